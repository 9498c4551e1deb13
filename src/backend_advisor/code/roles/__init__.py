"""What the names of frameworks mean: roles, read from a YAML file per framework (format: docs/code-model.md)."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from backend_advisor.plain_yaml import load_plain_yaml

_FAMILIES = {"typescript": "javascript"}
_HEADER = re.compile(r"^packages:\s*\[(.*)\]", re.MULTILINE)
_ARGUMENT = re.compile(r"^(?:(\d+)(\+)?)?(?:\|?([A-Za-z_][\w-]*))?((?:\.(?:[\w*$-]+|\([\w-]+\)))*)$")


class RolesError(Exception):
    """A file of roles says something that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Argument:
    """Which argument is meant: by position, by keyword, the receiver ("this") or all ("*"); and a path in it."""

    position: int | None = None
    onwards: bool = False
    keyword: str | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A property that has the same value in each call."""

    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gives back: a value of a type or several, a list of such, one of its arguments, or an element of one.
    With both, the argument where it is an object of a known type that is no text."""

    type: str | None = None
    argument: Argument | None = None
    element: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Further:
    """What a call means besides where conditions on its properties hold."""

    when: Mapping[str, re.Pattern[str]]
    unless: Mapping[str, re.Pattern[str]]
    sinks: tuple[tuple[Argument, tuple[str, ...]], ...]
    stores: Mapping[str, Argument | Fixed]


@dataclass(frozen=True, slots=True)
class CallRole:
    """What a call means; the keys of docs/code-model.md."""

    name: str
    framework: str
    does: tuple[str, ...] = ()
    sinks: tuple[tuple[Argument, tuple[str, ...]], ...] = ()
    named: Mapping[str, tuple[Argument | Fixed, ...]] = field(default_factory=dict)
    returns: Result | None = None
    source: str | None = None
    passes: tuple[Argument, ...] | None = None
    cleans: tuple[str, ...] = ()
    stores: Mapping[str, Argument | Fixed] = field(default_factory=dict)
    taints: tuple[tuple[Argument, str], ...] = ()
    calls: tuple[tuple[Argument, tuple[str, ...]], ...] = ()
    marks: tuple[str, ...] = ()
    ends: bool = False
    restores: bool = False
    checks: tuple[tuple[Argument, tuple[str, ...]], ...] = ()
    receiver: re.Pattern[str] | None = None
    parameters: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    when: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    unless: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    keeps: Mapping[str, Argument] = field(default_factory=dict)
    also: "tuple[Further, ...]" = ()
    makes: str | None = None
    fills: tuple[tuple[Argument, Argument], ...] = ()
    begins: str | None = None


@dataclass(frozen=True, slots=True)
class ValueRole:
    """What an attribute or a module-level name is."""

    type: str | None = None
    source: str | None = None
    constant: bool = False
    cleans: tuple[str, ...] = ()
    several: bool = False
    """Whether it is a list of values of the type."""


@dataclass(frozen=True, slots=True)
class ClassRole:
    """What the methods of a subclass receive, and what they are marked as."""

    methods: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(slots=True)
class Roles:
    """All that is known of the frameworks that a program uses."""

    calls: dict[str, CallRole] = field(default_factory=dict)
    wild: dict[str, list[CallRole]] = field(default_factory=dict)
    values: dict[str, ValueRole] = field(default_factory=dict)
    decorators: dict[str, CallRole] = field(default_factory=dict)
    parameters: dict[str, CallRole] = field(default_factory=dict)
    classes: dict[str, ClassRole] = field(default_factory=dict)
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    """The type of a request behind a schema, by the type of any request."""
    named_so: dict[str, list[tuple[re.Pattern[str], CallRole]]] = field(default_factory=dict)
    """The methods of a type that it has by a pattern only, such as those that an ORM makes for each association."""
    names: dict[str, str] = field(default_factory=dict)
    general: set[str] = field(default_factory=set)
    """The types that are stated where one of their kinds is meant; a kind that is known counts instead of them."""
    kept: set[str] = field(default_factory=set)
    """The types whose attributes and keys the program writes in one place to read them in another."""
    likened: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    """What a generated class that others inherit from is, by its qualified name."""
    unseen: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    frameworks: list[str] = field(default_factory=list)
    _ways: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def ancestry(self, name: str) -> tuple[str, ...]:
        """A type and everything it is, nearest first."""
        found = self._ways.get(name)
        if found is None:
            order = [name]
            for one in order:
                order += [base for base in self.bases.get(one, ()) if base not in order]
            found = self._ways[name] = tuple(order)
        return found

    def stands_for(self, name: str) -> str:
        """The framework's type that a class outside of the program most likely is, by its name; else the name."""
        return next((kind for pattern, kind in self.unseen if pattern.search(name)), name)

    def likeness(self, base: str) -> str | None:
        """The framework's type that a generated base class stands for, by its name: `shop_pb2_grpc.CartServicer`."""
        return next((kind for pattern, kind in self.likened if pattern.search(base)), None)

    def method(self, kind: str, name: str) -> CallRole | None:
        """The role of a method of a type, its own or inherited."""
        for one in self.ancestry(kind):
            role = self.calls.get(f"{one}.{name}")
            if role is not None:
                return role
        return None

    def made_method(self, kind: str, name: str) -> CallRole | None:
        """The role of a method that a type has by a pattern only."""
        several = (pair for one in self.ancestry(kind) for pair in self.named_so.get(one, ()))
        return next((role for named, role in several if named.match(name)), None)

    def attribute(self, kind: str, name: str) -> ValueRole | None:
        """The role of an attribute of a type, its own or inherited; `TYPE.*` stands for every other attribute."""
        for one in self.ancestry(kind):
            role = self.values.get(f"{one}.{name}") or self.values.get(f"{one}.*")
            if role is not None:
                return role
        return None


def roles_for(language: str, imported: Collection[str], *, pieces: bool = False) -> Roles:
    """The roles of the frameworks that a program of this language imports; `imported` are its import roots.

    Pieces of code name frameworks without importing them: all roles are read for them, with those of packages "?".
    """
    family = _FAMILIES.get(language, language)
    all_of_it = pieces and any("?" in packages for _, packages in _files(family))
    merged = Roles()
    for name, packages in _files(family):
        if all_of_it or any(wanted == "*" or wanted in imported or _under(wanted, imported) for wanted in packages):
            _merge(merged, _loaded(family, name))
    return merged


def _under(wanted: str, imported: Collection[str]) -> bool:
    return any(one.startswith((f"{wanted}.", f"{wanted}/")) for one in imported)


@cache
def _files(family: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    folder = resources.files(__package__ or "").joinpath(family)
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            header = _HEADER.search(file.read_text("utf-8")[:2000])
            if header is None:
                raise RolesError(f"{family}/{file.name}: packages: [...] must stand on one line near the top")
            packages = tuple(word.strip(" \"'") for word in header[1].split(",") if word.strip())
            found.append((file.name, packages))
    return tuple(found)


@cache
def _loaded(family: str, name: str) -> Roles:
    text = resources.files(__package__ or "").joinpath(family, name).read_text("utf-8")
    return read_roles(load_plain_yaml(text), f"{family}/{name}")


def _merge(into: Roles, new: Roles) -> None:
    into.calls.update(new.calls)
    for key, several in new.wild.items():
        into.wild.setdefault(key, []).extend(several)
    for key, patterns in new.named_so.items():
        into.named_so.setdefault(key, []).extend(patterns)
    into.values.update(new.values)
    into.decorators.update(new.decorators)
    into.parameters.update(new.parameters)
    into.classes.update(new.classes)
    into.checked.update(new.checked)
    into.names.update(new.names)
    into.kept |= new.kept
    into.general |= new.general
    into.likened += new.likened
    into.unseen += new.unseen
    into.frameworks += new.frameworks
    for kind, bases in new.bases.items():
        into.bases[kind] = tuple(dict.fromkeys((*into.bases.get(kind, ()), *bases)))


@cache
def vocabulary() -> Mapping[str, frozenset[str]]:
    """The words that roles may use: `sources`, `sinks`, `acts` and `marks`."""
    document = load_plain_yaml(resources.files(__package__ or "").joinpath("vocabulary.yaml").read_text("utf-8"))
    return {kind: frozenset(words) for kind, words in document.items()}


def _read_types(made: Roles, document: Mapping[str, Any]) -> None:
    for name, entry in _entries(document, "types"):
        made.bases[name] = tuple(_words(entry.get("is", ())))
        if "checked" in entry:
            made.checked[name] = str(entry["checked"])
        if entry.get("kept") == "true":
            made.kept.add(name)
        if entry.get("general") == "true":
            made.general.add(name)
        if "like" in entry:
            made.likened.append((re.compile(entry["like"]), name))


def read_roles(document: Mapping[str, Any], place: str) -> Roles:
    """Roles from one file's document; raises RolesError naming the place of what is wrong."""
    made = Roles(frameworks=[str(document["framework"])])
    framework = made.frameworks[0]
    sections = {
        "framework",
        "packages",
        "language",
        "types",
        "values",
        "calls",
        "decorators",
        "parameters",
        "classes",
        "names",
        "unseen",
    }
    unknown = document.keys() - sections
    if unknown:
        raise RolesError(f"{place}: unknown section {sorted(unknown)[0]}")
    _read_types(made, document)
    for name, entry in _entries(document, "values"):
        _only(entry, {"type", "source", "constant", "cleans"}, f"{place}: {name}")
        kind = entry.get("type")
        made.values[name] = ValueRole(
            kind.removeprefix("list:") if kind is not None else None,
            _word(entry.get("source"), "sources", place, name),
            entry.get("constant") == "true",
            _cleans(entry.get("cleans", ()), f"{place}: {name}"),
            several=kind is not None and kind.startswith("list:"),
        )
    for name, entry in _entries(document, "calls"):
        kind, of_pattern, pattern = name.partition("./")
        role = _call(f"{kind}.{_BEGINNING.match(pattern)[0]}" if of_pattern else name, entry, framework, place)  # type: ignore[index]
        if name.startswith("*."):
            made.wild.setdefault(name[2:], []).append(role)
        elif of_pattern:
            made.named_so.setdefault(kind, []).append((re.compile(rf"(?:{pattern.removesuffix('/')})\Z"), role))
        else:
            made.calls[name] = role
    for name, entry in _entries(document, "decorators"):
        made.decorators[name] = _call(name, entry, framework, place)
    for name, entry in _entries(document, "parameters"):
        made.parameters[name] = _call(name, entry, framework, place)
    for name, entry in _entries(document, "classes"):
        made.classes[name] = _class(name, entry, place)
    made.names.update(document.get("names") or {})
    made.unseen += [(re.compile(pattern), kind) for pattern, kind in (document.get("unseen") or {}).items()]
    return made


def _entries(document: Mapping[str, Any], section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for names, entry in (document.get(section) or {}).items():
        for name in names.split(", "):
            yield name.strip(" \"'"), entry or {}  # a quoted name may stand in the middle of a plain key


def _only(entry: Mapping[str, Any], known: Collection[str], place: str) -> None:
    unknown = set(entry) - set(known)
    if unknown:
        raise RolesError(f"{place}: unknown key {sorted(unknown)[0]}")


def _call(name: str, entry: Mapping[str, Any], framework: str, place: str) -> CallRole:
    where = f"{place}: {name}"
    _only(entry, _READERS, where)
    told = {_FIELDS.get(key, key): _READERS[key](value, where) for key, value in entry.items() if value is not None}
    return CallRole(name=name, framework=framework, **told)


def _parameters(entry: Any) -> tuple[str, ...]:
    if entry is None:
        return ()
    return tuple(
        f"source:{word}" if "." in word and word in vocabulary()["sources"] else word for word in _words(entry)
    )


def _class(name: str, entry: Mapping[str, Any], place: str) -> ClassRole:
    _only(entry, {"methods", "marks"}, f"{place}: {name}")
    methods = tuple(
        (re.compile(rf"(?:{pattern})\Z"), tuple(_words(kinds)))
        for pattern, kinds in (entry.get("methods") or {}).items()
    )
    return ClassRole(methods, _checked(entry.get("marks", ()), "marks", f"{place}: {name}"))


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(word) for word in value]


def _checked(value: Any, kind: str, where: str) -> tuple[str, ...]:
    words = tuple(_words(value))
    for word in words:
        if word not in vocabulary()[kind]:
            raise RolesError(f"{where}: {word} is not among the {kind} of vocabulary.yaml")
    return words


def _word(value: Any, kind: str, place: str, name: str) -> str | None:
    return None if value is None else _checked(value, kind, f"{place}: {name}")[0]


def _cleans(value: Any, where: str) -> tuple[str, ...]:
    words = _words(value)
    return tuple(words) if words == ["all"] else _checked(words, "sinks", where)


def _argument(text: str, where: str) -> Argument:
    text = text.strip()
    if text == "*":
        return Argument(position=0, onwards=True)
    if text == "**":
        return Argument(keyword="**")
    found = _ARGUMENT.match(text)
    if found is None:
        raise RolesError(f"{where}: {text} does not name an argument")
    position, onwards, keyword, path = found.groups()
    return Argument(
        None if position is None else int(position), bool(onwards), keyword, tuple(path.split(".")[1:]) if path else ()
    )


_PLAIN = {"true": True, "false": False, "null": None, "~": None}


def _properties(value: Any, where: str) -> tuple[Argument | Fixed, ...]:
    return tuple(_property(one, where) for one in (value if isinstance(value, list) else [value]))


def _property(value: Any, where: str) -> Argument | Fixed:
    if isinstance(value, Mapping):
        text = value["value"]
        return Fixed(_PLAIN[text] if text in _PLAIN else int(text) if text.isdigit() else text)
    return _argument(value, where)


def _result(value: Any, where: str) -> Result:
    if isinstance(value, Mapping):
        value = value.get("type")
    if value == "this":
        return Result(argument=Argument(keyword="this"))
    if value.startswith("arg:"):
        argument, _, otherwise = value[4:].partition(" or ")
        return Result(argument=_argument(argument, where), type=otherwise or None)
    if value.startswith("element:"):
        return Result(argument=_argument(value[8:], where), element=True)
    if value.startswith("list:"):
        return Result(type=value[5:], several=True)
    return Result(type=value)


def _collection(value: str, where: str) -> str:
    if value not in ("list", "map", "entry", "entries", "merged"):
        raise RolesError(f"{where}: {value} is no collection that a call can make of its arguments")
    return value


def _further(entry: Mapping[str, Any], where: str) -> Further:
    _only(entry, {"when", "unless", "args", "stores"}, where)
    keys = {"when": "when", "unless": "unless", "args": "sinks", "stores": "stores"}
    return Further(**{name: _READERS[key](entry.get(key), where) for key, name in keys.items()})


def _sunk(kind: str) -> Callable[[Any, str], tuple[tuple[Argument, tuple[str, ...]], ...]]:
    return lambda value, where: tuple((_argument(k, where), _checked(v, kind, where)) for k, v in (value or {}).items())


def _by_name(read: Callable[[Any, str], Any]) -> Callable[[Any, str], dict[str, Any]]:
    return lambda value, where: {key: read(one, where) for key, one in (value or {}).items()}


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "does": lambda value, where: _checked(value, "acts", where),
    "args": _sunk("sinks"),
    "named": _by_name(_properties),
    "returns": _result,
    "type": _result,
    "source": lambda value, where: _checked(value, "sources", where)[0],
    "passes": lambda value, where: tuple(_argument(one, where) for one in _words(value)),
    "cleans": _cleans,
    "restores": lambda value, _: value == "true",
    "stores": _by_name(_property),
    "keeps": _by_name(_argument),
    "also": lambda value, where: tuple(_further(one, where) for one in value),
    "makes": _collection,
    "begins": lambda value, _: str(value),
    "fills": lambda value, where: tuple((_argument(k, where), _argument(v, where)) for k, v in (value or {}).items()),
    "taints": lambda value, where: tuple(
        (argument, word) for argument, words in _sunk("sources")(value, where) for word in words
    ),
    "calls": lambda value, where: tuple((_argument(k, where), tuple(_words(v))) for k, v in (value or {}).items()),
    "marks": lambda value, where: _checked(value, "marks", where),
    "ends": lambda value, _: value == "true",
    "result": lambda value, where: _checked(value, "sinks", where),
    "when": _by_name(lambda value, _: re.compile(value)),
    "unless": _by_name(lambda value, _: re.compile(value)),
    "checks": lambda value, where: tuple((_argument(k, where), _cleans(v, where)) for k, v in (value or {}).items()),
    "receiver": lambda value, _: re.compile(value),
    "parameters": lambda value, _: _parameters(value),
}
"""What may be said of a call, and how it is read."""
_BEGINNING = re.compile(r"\w*")
"""What all methods that a pattern stands for begin with."""
_FIELDS = {"args": "sinks", "type": "returns"}
"""The fields of a role that are not named as their keys are."""
