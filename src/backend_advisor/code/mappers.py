"""MyBatis and iBATIS: the data that a statement pastes into its SQL text, by `${}` in a mapper or an annotation."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from backend_advisor.code import ir
from backend_advisor.code.frontends.mapper_results import NestedSelect, nested_selects
from backend_advisor.code.frontends.mybatis import MapperStatement, read, read_script
from backend_advisor.code.shapes import at_path
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, words

if TYPE_CHECKING:
    from backend_advisor.code.program import FunctionInfo, Program
    from backend_advisor.code.roles import CallRole
    from backend_advisor.code.run import Env, Run

_ANNOTATIONS = frozenset({"Select", "Insert", "Update", "Delete"})
_WHOLE = frozenset({"_parameter", "value"})
_NUMBERS = frozenset(
    "int long short byte double float boolean Integer Long Short Byte Double Float Boolean BigDecimal BigInteger Date "
    "LocalDate LocalDateTime Instant UUID".split()
)
_MAPS = frozenset({"Map", "HashMap", "LinkedHashMap"})
_COLLECTIONS = _MAPS | {"Object", "String"}
_NAME = re.compile(r"[A-Za-z_]\w*")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")


def is_mapper(name: str, text: str) -> bool:
    """Whether a file holds the statements of MyBatis or iBATIS."""
    return name.endswith(".xml") and ("<mapper" in text or "<sqlMap" in text)


class _Pasted(NamedTuple):
    """A value that becomes SQL text: the names under which the parameter holds it, and its place."""

    names: tuple[str, ...]
    path: str
    start: int
    end: int


class Mappers:
    """The statements of a tree that paste values into their text, by namespace and name."""

    def __init__(self, files: Iterable[tuple[str, bytes]] = ()) -> None:
        self._statements: dict[tuple[str, str], list[_Pasted]] = {}
        self._by_name: dict[str, list[tuple[str, str]]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._nested: dict[tuple[str, str], list[NestedSelect]] = {}
        for path, source in files:
            for nested in nested_selects(source, path):
                self._nested.setdefault((nested.namespace, nested.statement), []).append(nested)
            for one in read(source, path):
                self._texts[one.namespace, one.id] = f"{one.kind} {one.text}"
                if one.raw:
                    key = (one.namespace, one.id)
                    self._statements[key] = _pasted(one, path)
                    self._by_name.setdefault(one.id, []).append(key)

    def of_method(self, info: "FunctionInfo") -> list[_Pasted]:
        """What the statement of a mapper's method pastes."""
        owner = info.owner
        if owner is None:
            return []
        found = self._statements.get((owner.name.replace("$", "."), info.node.name))
        return found if found is not None else _annotated(info)

    def statement_of(self, info: "FunctionInfo") -> str:
        """The kind and the text of the statement in a mapper that a method stands for: `select SELECT …`."""
        if info.owner is None:
            return ""
        return self._texts.get((info.owner.name.replace("$", "."), info.node.name), "")

    def asked_for_each_row(self, info: "FunctionInfo") -> list[NestedSelect]:
        """The statements that each row of a mapper's method runs."""
        if info.owner is None or not self._nested:
            return []
        return self._nested.get((info.owner.name.replace("$", "."), info.node.name), [])

    @property
    def has_nested(self) -> bool:
        """Whether the rows of any statement run another one."""
        return bool(self._nested)

    def pasting(self) -> Iterable[tuple[str, str, list[_Pasted]]]:
        """Each statement of a mapper's file that pastes values: its namespace, its name, and what it pastes."""
        return [(namespace, name, found) for (namespace, name), found in self._statements.items()]

    def named(self, statement: str) -> list[_Pasted]:
        """What the statement of a name pastes; the namespace may be left out when there is one of that name."""
        namespace, _, name = statement.rpartition(".")
        found = self._statements.get((namespace, name))
        if found is None and not namespace and len(self._by_name.get(name, ())) == 1:
            found = self._statements[self._by_name[name][0]]
        return found or []


def _pasted(statement: MapperStatement, path: str) -> list[_Pasted]:
    bound = dict(statement.binds)
    loops = dict(statement.loops)
    found = []
    for one in statement.raw:
        keys = tuple(_NAME.findall(one.name.partition(",")[0]))
        if not keys:
            continue
        if keys[0] in loops:
            keys = (*_NAME.findall(loops[keys[0]]), "*", *keys[1:])
        several = [(name,) for name in _NAME.findall(_TEXT.sub("", bound[keys[0]]))] if keys[0] in bound else [keys]
        found += [_Pasted(names, path, one.start, one.end) for names in several]
    return found


def _annotated(info: "FunctionInfo") -> list[_Pasted]:
    for note in info.node.decorators:
        if isinstance(note, ir.Call) and isinstance(note.func, ir.Name | ir.Attr) and _last(note.func) in _ANNOTATIONS:
            text = annotated_text(note)
            if "${" in text:
                statement = read_script(text)
                return [
                    one._replace(path=info.unit.path, start=note.start, end=note.end) for one in _pasted(statement, "")
                ]
    return []


def annotated_text(note: ir.Expr) -> str:
    """The text of a statement that stands in an annotation."""
    if not isinstance(note, ir.Call):
        return ""
    stated = [value for key, value in note.keywords if key in ("value", "sql")]
    return "".join(_texts([*note.args, *(stated or (value for _, value in note.keywords))]))


def _last(node: ir.Name | ir.Attr) -> str:
    return node.id if isinstance(node, ir.Name) else node.name


def _texts(nodes: Iterable[ir.Expr]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ir.Const) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ir.Binary):
            yield from _texts([node.left, node.right])
        elif isinstance(node, ir.Sequence):
            yield " ".join(_texts(node.items))


def paste_method(run: "Run", info: "FunctionInfo", env: "Env") -> None:
    """A mapper's method without a body is called."""
    params = {_param_name(param): param for param in info.node.params}
    for one in run.machine.program.mappers.of_method(info):
        param = params.get(one.names[0])
        names = one.names[1:]
        if param is None and len(params) == 1:
            param = next(iter(params.values()))
            if any(_is_param(note) for note in param.decorators):
                continue
            names = one.names[1:] if one.names[0] in _WHOLE or _is_text(param) else one.names
        kind = _kind(run.machine.program, param.type, names) if param is not None else ""
        if param is not None and kind != "number":
            # What stands in a map inside of an object is mostly put there by the program.
            _hit(run, one, env[param.name], names, info.name, in_map=kind == "map" and len(names) > 1)


def paste_named(run: "Run", role: "CallRole", site: Site) -> None:
    """A statement is run by its name with one object of parameters."""
    properties = site.properties(role)
    statement, given = properties.get("statement"), properties.get("parameters")
    if statement is None or given is None:
        return
    for name in words(statement) or ():
        for one in run.machine.program.mappers.named(name):
            _hit(run, one, given, () if one.names[0] in _WHOLE else one.names, name)


def text_param(program: "Program", info: "FunctionInfo", pasted: _Pasted) -> ir.Param | None:
    """The parameter of a mapper's method that a statement pastes, unless it is known to hold no text."""
    params = {_param_name(param): param for param in info.node.params}
    param, names = params.get(pasted.names[0]), pasted.names[1:]
    if param is None and len(params) == 1:
        param = next(iter(params.values()))
        names = pasted.names[1:] if pasted.names[0] in _WHOLE or _is_text(param) else pasted.names
    return param if param is not None and _kind(program, param.type, names) != "number" else None


def _hit(
    run: "Run", pasted: _Pasted, value: Value, names: tuple[str, ...], callee: str, *, in_map: bool = False
) -> None:
    for found, trail in at_path(value, names).items():
        taint = found.doubted() if in_map else found
        if taint.harms("sql.text"):
            run.machine.functions.hit_at(
                run, "sql.text", (pasted.path, pasted.start, pasted.end), callee, taint, trail, (None,)
            )


def _param_name(param: ir.Param) -> str:
    for note in param.decorators:
        if _is_param(note) and isinstance(note, ir.Call):
            for given in (*note.args, *(value for _, value in note.keywords)):
                if isinstance(given, ir.Const) and isinstance(given.value, str):
                    return given.value
    return param.name


def _is_param(note: ir.Expr) -> bool:
    func = note.func if isinstance(note, ir.Call) else note
    return isinstance(func, ir.Name | ir.Attr) and _last(func) == "Param"


def _is_text(param: ir.Param) -> bool:
    return param.type is not None and param.type.name.rpartition(".")[2] == "String"


def _kind(program: "Program", kind: ir.Type | None, names: tuple[str, ...]) -> str:
    """What the type of the field that some names lead to is: "number" when it holds no text, "map" behind a map."""
    for name in names:
        short = kind.name.rpartition(".")[2] if kind is not None else ""
        if kind is None or short in _COLLECTIONS:
            return "map" if short in _MAPS else ""
        if name == "*":
            kind = kind.args[0] if kind.args else None
            continue
        owners = program.by_short_name.get(short, ())
        field = next((two.fields[name] for one in owners for two in program.ancestry(one) if name in two.fields), None)
        kind = field.type if field is not None else None
    short = kind.name.rpartition(".")[2] if kind is not None else ""
    is_enum = any(one.node.kind == "enum" for one in program.by_short_name.get(short, ()))
    return "number" if short in _NUMBERS or is_enum else ""
