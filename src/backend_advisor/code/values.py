"""What the interpreter knows of a value: where its data came from, its constants, its type and its parts.

Values are never changed after they are made; an assignment to `x.name` makes a new `x`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend_advisor.code.ir import Constant

ALL = "all"
"""A cleaning that makes data safe for every use."""

_CONSTANTS = 6
_PATH = 3
_PARTS = 48
_TRAIL = 14
_FIELDS = 64
_DEPTH = 4
_PATHS = 4
_TAINTS = 16
_BOUND_FIELDS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """The way that data took: the last station and the ones before it. `what` names the kind of station."""

    what: str
    path: str
    start: int
    end: int
    before: "Trail | None"
    length: int
    inside: "Trail | None" = None
    """For a call: the way through the called function."""

    def stations(self) -> "list[Trail]":
        """From the first to the last."""
        found: list[Trail] = []
        waiting: list[Trail] = [self]
        while waiting and len(found) < 4 * _TRAIL:
            at = waiting.pop()
            if at.inside is not None:
                waiting.append(Trail(at.what, at.path, at.start, at.end, at.before, at.length))
                waiting.append(at.inside)
                continue
            found.append(at)
            if at.before is not None:
                waiting.append(at.before)
        return found[::-1]


def station(what: str, path: str, start: int, end: int, before: Trail | None) -> Trail:
    """One station more; a long way keeps its beginning and its end."""
    if before is not None and before.path == path and before.start == start:
        return before
    length = 1 if before is None else before.length + 1
    if before is not None and length > _TRAIL:
        return Trail(what, path, start, end, before.before, before.length)
    return Trail(what, path, start, end, before, length)


def through(path: str, start: int, end: int, before: Trail | None, inside: Trail | None) -> Trail:
    """One call more, and the way inside what it calls."""
    length = 1 if before is None else before.length + 1
    kept = before if before is None or length <= 2 * _TRAIL else before.before
    return Trail("call", path, start, end, kept, length, inside)


class Taint:
    """Data of one source. A parameter of the function under study is a source until the caller is known.

    `role` is the source's role, or "parameter" with `index` and `path` (the fields read from it).
    `cleared` are the sink roles that the data has been made safe for. Equal taints are one object.
    """

    __slots__ = ("cleared", "index", "path", "role", "unsure")
    _known: "dict[tuple[Any, ...], Taint]" = {}  # noqa: RUF012

    role: str
    index: int
    path: tuple[str | int, ...]
    cleared: frozenset[str]
    unsure: bool

    def __new__(
        cls,
        role: str,
        index: int = -1,
        path: tuple[str | int, ...] = (),
        cleared: frozenset[str] = frozenset(),
        unsure: bool = False,
    ) -> "Taint":
        key = (role, index, path, cleared, unsure)
        found = cls._known.get(key)
        if found is None:
            found = object.__new__(cls)
            found.role, found.index, found.path, found.cleared, found.unsure = key
            cls._known[key] = found
        return found

    def clean(self, roles: Iterable[str]) -> "Taint":
        """The same data, made safe for more roles."""
        return Taint(self.role, self.index, self.path, self.cleared.union(roles), self.unsure)

    def restored(self) -> "Taint":
        """The same data after an encoding that had made it safe was undone."""
        return Taint(self.role, self.index, self.path, frozenset(), self.unsure)

    def doubted(self) -> "Taint":
        """The same data after a call that nothing is known of."""
        return self if self.unsure else Taint(self.role, self.index, self.path, self.cleared, True)

    def at(self, key: str | int) -> "Taint":
        """What a field of a parameter is before the caller is known."""
        if self.index < 0 or len(self.path) >= _PATH:
            return self
        return Taint(self.role, self.index, (*self.path, key), self.cleared, self.unsure)

    def harms(self, role: str) -> bool:
        """Whether the data is still unsafe for a sink of this role."""
        return role not in self.cleared and ALL not in self.cleared

    def __repr__(self) -> str:
        return f"Taint({self.role}{self.index if self.index >= 0 else ''}{list(self.path) or ''}-{set(self.cleared)})"


Taints = Mapping[Taint, Trail]
NO_TAINTS: Taints = {}
NO_TYPES: frozenset[str] = frozenset()


class Value:
    """One abstract value.

    `consts`: every constant it can be, or None when unknown. `text`: known parts of a string, None for each unknown
    part. `fields`: elements and attributes under known keys; `rest`: what stands under all other keys. A sequence
    whose elements are all known has int keys and `rest` None. `refs`: functions, classes and modules it can be.
    `name`: the qualified name of something outside the program.
    """

    __slots__ = ("consts", "fields", "guard", "name", "refs", "rest", "taints", "text", "types")

    def __init__(  # noqa: PLR0913
        self,
        taints: Taints = NO_TAINTS,
        consts: tuple[Constant, ...] | None = None,
        types: frozenset[str] = NO_TYPES,
        fields: "Mapping[str | int, Value] | None" = None,
        rest: "Value | None" = None,
        refs: tuple[Any, ...] = (),
        name: str | None = None,
        text: tuple[str | None, ...] | None = None,
        guard: Any = None,
    ) -> None:
        self.taints = taints
        self.consts = consts
        self.types = types
        self.fields = fields
        self.rest = rest
        self.refs = refs
        self.name = name
        self.text = text
        self.guard = guard

    def but(self, **changes: Any) -> "Value":
        """A copy with some parts changed."""
        made = Value.__new__(Value)
        for slot in Value.__slots__:
            setattr(made, slot, changes[slot] if slot in changes else getattr(self, slot))
        return made

    def __repr__(self) -> str:
        parts = [
            f"{slot}={getattr(self, slot)!r}"
            for slot in Value.__slots__
            if getattr(self, slot) not in (None, (), {}, NO_TYPES)
        ]
        return f"Value({', '.join(parts)})"


UNKNOWN = Value()


def constant(value: Constant) -> Value:
    """A value that is this constant."""
    return Value(consts=(value,))


def single(value: Value) -> Any:
    """The one constant that a value is; raises LookupError when it is not one."""
    if value.consts is not None and len(value.consts) == 1:
        return value.consts[0]
    raise LookupError


def known_text(value: Value) -> tuple[str | None, ...]:
    """The parts of a string that are known, None for each that is not."""
    if value.text is not None:
        return value.text
    if value.consts is not None and len(value.consts) == 1:
        only = value.consts[0]
        if isinstance(only, bytes):
            return (only.decode("latin-1"),)
        return (str(only),) if only is not None else (None,)
    return (None,)


def words(value: Value) -> tuple[str, ...] | None:
    """Everything that a value can be, as text: its constants, or the name of what it is outside the program."""
    if value.consts:
        return tuple(_word(one) for one in value.consts)
    return (value.name,) if value.name is not None else None


def _word(constant: Constant) -> str:
    if constant is None:
        return "null"
    if isinstance(constant, bool):
        return "true" if constant else "false"
    return constant.decode("latin-1") if isinstance(constant, bytes) else str(constant)


def joined_text(parts: Iterable[tuple[str | None, ...]]) -> tuple[str | None, ...]:
    """Strings put one after the other."""
    found: list[str | None] = []
    for part in parts:
        for piece in part:
            if piece is not None and found and found[-1] is not None:
                found[-1] += piece
            elif piece != "":
                found.append(piece)
    return tuple(found[:_PARTS])


def all_taints(value: Value, depth: int = _DEPTH) -> Taints:
    """The taints of a value and of everything in it."""
    if value.fields is None and value.rest is None:
        return value.taints
    found = dict(value.taints)
    if depth:
        for part in _parts(value):
            for taint, trail in all_taints(part, depth - 1).items():
                found.setdefault(taint, trail)
    return found


def _parts(value: Value) -> Iterable[Value]:
    if value.fields:
        yield from value.fields.values()
    if value.rest is not None:
        yield value.rest


def merge_taints(*several: Taints) -> Taints:
    """The union; the first way seen stands."""
    found: dict[Taint, Trail] | None = None
    first: Taints = NO_TAINTS
    for taints in several:
        if not taints or taints is first:
            continue
        if not first:
            first = taints
            continue
        if found is None:
            found = dict(first)
        for taint, trail in taints.items():
            found.setdefault(taint, trail)
    if found is None:
        return first
    return found if len(found) <= _TAINTS else bounded_taints(found)


def bounded_taints(taints: Taints) -> Taints:
    """Fewer taints that say as much or a little more: a parameter stands for its fields when they are many."""
    if len(taints) <= 3:
        return taints
    whole = {(taint.index, taint.cleared) for taint in taints if taint.index >= 0 and not taint.path}
    fields: dict[tuple[int, frozenset[str]], int] = {}
    for taint in taints:
        if taint.index >= 0 and taint.path:
            key = (taint.index, taint.cleared)
            fields[key] = fields.get(key, 0) + 1
    found: dict[Taint, Trail] = {}
    for taint, trail in taints.items():
        key = (taint.index, taint.cleared)
        if taint.index >= 0 and taint.path and (key in whole or fields[key] > _PATHS):
            taint = Taint(taint.role, taint.index, (), taint.cleared, taint.unsure)  # noqa: PLW2901
        found.setdefault(taint, trail)
        if len(found) >= _TAINTS:
            break
    return found


def bounded(value: Value, depth: int = 3) -> Value:
    """A value with bounded parts, for a summary that is used often; the same object when nothing is too large."""
    fields, rest = value.fields, value.rest
    if (depth == 0 and (fields is not None or rest is not None)) or (
        fields is not None and len(fields) > _BOUND_FIELDS
    ):
        return value.but(taints=bounded_taints(all_taints(value, 3)), fields=None, rest=None)
    if fields:
        fields = mapped(fields, lambda part: bounded(part, depth - 1))
    if rest is not None:
        rest = bounded(rest, depth - 1)
    taints = bounded_taints(value.taints)
    if taints is value.taints and fields is value.fields and rest is value.rest:
        return value
    return value.but(taints=taints, fields=fields, rest=rest)


def mapped(fields: Mapping[str | int, Value], change: Callable[[Value], Value]) -> Mapping[str | int, Value]:
    """Fields with each value changed; the same object when none is."""
    made = {key: change(part) for key, part in fields.items()}
    return fields if all(made[key] is part for key, part in fields.items()) else made


def join(left: Value, right: Value, depth: int = _DEPTH) -> Value:
    """What a value can be after either of two ways."""
    if left is right:
        return left
    return Value(
        left.taints if left.taints is right.taints else merge_taints(left.taints, right.taints),
        _joined_constants(left.consts, right.consts),
        left.types if left.types == right.types else left.types | right.types,
        *_joined_parts(left, right, depth),
        refs=left.refs if left.refs == right.refs else tuple(dict.fromkeys((*left.refs, *right.refs)))[:16],
        name=left.name if left.name == right.name else (left.name or right.name),
        text=left.text if left.text == right.text else _common_prefix(left, right),
    )


def _common_prefix(left: Value, right: Value) -> tuple[str | None, ...] | None:
    one, other = known_text(left)[:1], known_text(right)[:1]
    if one and other and one[0] and one[0] == other[0]:
        return (one[0], None)
    return None


def _joined_constants(
    left: tuple[Constant, ...] | None, right: tuple[Constant, ...] | None
) -> tuple[Constant, ...] | None:
    if left is None or right is None:
        return None
    if left == right:
        return left
    kinds = {(type(value), value): value for value in (*left, *right)}
    return tuple(kinds.values()) if len(kinds) <= _CONSTANTS else None


def _joined_parts(left: Value, right: Value, depth: int) -> tuple[Mapping[str | int, Value] | None, Value | None]:
    if left.fields is None and left.rest is None:
        return (right.fields, right.rest) if right.fields is None else (None, _everything(right, depth))
    if right.fields is None and right.rest is None:
        return (left.fields, left.rest) if left.fields is None else (None, _everything(left, depth))
    if depth == 0:
        return None, Value(merge_taints(all_taints(left, 2), all_taints(right, 2)))
    if left.fields is right.fields and left.rest is right.rest:
        return left.fields, left.rest
    ones, others = left.fields or {}, right.fields or {}
    rest = (
        left.rest if right.rest is None else right.rest if left.rest is None else join(left.rest, right.rest, depth - 1)
    )
    if ones.keys() == others.keys():
        return {key: join(value, others[key], depth - 1) for key, value in ones.items()}, rest
    fields: dict[str | int, Value] = {}
    for key in (*ones, *(k for k in others if k not in ones)):
        if key in ones and key in others:
            fields[key] = join(ones[key], others[key], depth - 1)
        elif isinstance(key, int):
            rest = (
                (ones.get(key) or others[key]) if rest is None else join(rest, ones.get(key) or others[key], depth - 1)
            )
        else:
            fields[key] = _maybe(ones.get(key) or others[key])
    return fields, rest


def _maybe(value: Value) -> Value:
    """A field that may be missing: its constants are no longer all that it can be."""
    return value if value.consts is None else value.but(consts=None)


def _everything(value: Value, depth: int) -> Value:
    rest = value.rest
    for part in (value.fields or {}).values():
        rest = part if rest is None else join(rest, part, max(depth - 1, 0))
    return rest if rest is not None else UNKNOWN


def join_all(values: Iterable[Value]) -> Value:
    """What a value can be after any of several ways; UNKNOWN for none."""
    found: Value | None = None
    for value in values:
        found = value if found is None else join(found, value)
    return UNKNOWN if found is None else found


def element(value: Value) -> Value:
    """Any element of a collection."""
    parts = [*(value.fields or {}).values()]
    if value.rest is not None:
        parts.append(value.rest)
    if not parts:
        return Value({taint.at("*"): trail for taint, trail in value.taints.items()})
    whole = join_all(parts)
    return whole if not value.taints else whole.but(taints=merge_taints(whole.taints, value.taints))


def field(value: Value, key: str | int) -> Value | None:
    """What stands under a key, as far as the value itself tells; None when it tells nothing."""
    if value.fields is not None and key in value.fields:
        found = value.fields[key]
        return found
    if value.rest is not None:
        return value.rest
    return None


def with_field(value: Value, key: str | int | None, new: Value, *, strong: bool = True) -> Value:
    """The value after an assignment to one of its keys (None: to a key that is not known)."""
    if key is None:
        rest = new if value.rest is None else join(value.rest, new)
        fields = {k: join(v, new) for k, v in value.fields.items()} if value.fields else value.fields
        return value.but(fields=fields, rest=rest, consts=None, text=None)
    fields = dict(value.fields or {})
    fields[key] = new if strong or key not in fields else join(fields[key], new)
    if len(fields) > _FIELDS:
        return value.but(
            fields=None, rest=_everything(Value(fields=fields, rest=value.rest), 3), consts=None, text=None
        )
    return value.but(fields=fields, consts=None, text=None)


def cleaned(value: Value, roles: Iterable[str], depth: int = 3) -> Value:
    """The same value, its data made safe for these roles."""
    wanted = frozenset(roles)
    if not value.taints and value.fields is None and value.rest is None:
        return value
    taints = {taint.clean(wanted): trail for taint, trail in value.taints.items()}
    if ALL in wanted:
        taints = {}
    fields, rest = value.fields, value.rest
    if depth:
        if fields:
            fields = {key: cleaned(part, wanted, depth - 1) for key, part in fields.items()}
        if rest is not None:
            rest = cleaned(rest, wanted, depth - 1)
    return value.but(taints=taints, fields=fields, rest=rest)


def shape(value: Value, depth: int = 2) -> Any:
    """What of a value decides how a function runs on it, as something hashable; data sources are left out."""
    fields: Any = None
    if value.fields is not None and depth:
        fields = tuple((key, shape(part, depth - 1)) for key, part in list(value.fields.items())[:12])
    consts = value.consts
    if consts is not None:
        if len(consts) != 1 or (isinstance(consts[0], str | bytes) and len(consts[0]) > 80):
            consts = None
        else:
            consts = ((type(consts[0]).__name__, consts[0]),)  # type: ignore[assignment]
    return (consts, value.types, value.refs, value.name, fields)


def as_parameter(value: Value, index: int, path: tuple[str | int, ...] = (), depth: int = 2) -> Value:
    """The value as the called function sees it: its data is "parameter index" until the caller puts its own in."""
    fields = value.fields
    if fields is not None:
        fields = (
            {key: as_parameter(part, index, (*path, key), depth - 1) for key, part in list(fields.items())[:12]}
            if depth
            else None
        )
    taints: Taints = {Taint("parameter", index, path): None}  # type: ignore[dict-item]
    consts = value.consts if value.consts is not None and len(value.consts) == 1 else None
    if consts and isinstance(consts[0], str | bytes) and len(consts[0]) > 80:
        consts = None
    rest = Value({Taint("parameter", index, (*path, "*")[:_PATH]): None}) if value.rest is not None else None  # type: ignore[dict-item]
    return Value(taints, consts, value.types, fields, rest, value.refs, value.name)


def at_path(value: Value, path: tuple[str | int, ...]) -> Taints:
    """The taints that stand under a path of fields of an actual argument."""
    at = value
    for number, key in enumerate(path):
        if key == "*":
            at = element(at)
            continue
        found = field(at, key)
        if found is None:
            left = path[number:]
            if any(taint.index >= 0 for taint in at.taints):
                return {_extended(taint, left): trail for taint, trail in at.taints.items()}
            return at.taints
        at = found if not at.taints else found.but(taints=merge_taints(found.taints, at.taints))
    return all_taints(at, 3)


def _extended(taint: Taint, path: tuple[str | int, ...]) -> Taint:
    for key in path:
        taint = taint.at(key)
    return taint
