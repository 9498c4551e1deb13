"""The classes and schemas of a program whose objects are rows, and which of their fields are unique."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, Program
from backend_advisor.code.tree import everything, name_of
from backend_advisor.code.uniqueness import Uniqueness, plain, singular, uniqueness_in

_STORED_NOTES = frozenset({"Entity", "Document", "Table", "Schema"})
_STORED_BASE = re.compile(r"^(?:\w*Base|\w*Model|SQLModel|Document|BaseDocument|DynamicDocument)$")
_PLAIN_BASE = frozenset({"BaseModel", "RootModel"})
_MAKES_MODEL = frozenset({"define", "model"})
_SCHEMA = "Schema"
_MAKES = re.compile(rb"\bSchema\b|\.define\(|\.init\(")
_SAYS = re.compile(rb"(?i)unique")


@dataclass(frozen=True, slots=True)
class Model:
    """A class or schema whose objects are rows: its fields, and a text that declares them."""

    name: str
    fields: frozenset[str]
    text: str


def models_of(program: Program) -> dict[str, Model]:
    """The stored classes and schemas of a program by their singular name; a name that two have is left out."""
    found: dict[str, Model] = {}
    twice: set[str] = set()
    for model in (*_classes(program), *_schemas(program)):
        key = singular(model.name)
        if key in found:
            twice.add(key)
        found[key] = model
    return {key: model for key, model in found.items() if key not in twice}


def declared_unique(program: Program) -> tuple[Uniqueness, ...]:
    """What migrations, files of SQL and other sources of the program declare unique, without its stored classes."""
    sources = (
        unit.module.source.decode("utf-8", "replace")
        for unit in program.units.values()
        if _SAYS.search(unit.module.source) and not unit.classes
    )
    migrations = (
        unit.module.source.decode("utf-8", "replace")
        for unit in program.units.values()
        if unit.classes and "migrat" in unit.path.lower() and _SAYS.search(unit.module.source)
    )
    return tuple(uniqueness_in((*sources, *migrations, *program.schemas)))


def is_unique(model: Model, fields: Iterable[str], declared: Iterable[Uniqueness]) -> bool:
    """Whether one of the fields is part of what the model or the tree declares unique."""
    wanted = set(fields)
    own = singular(model.name)
    if any(wanted & one.columns for one in uniqueness_in([model.text])):
        return True
    return any(
        wanted & one.columns and (not one.table or one.table == own or one.table in plain(model.text))
        for one in declared
    )


def _classes(program: Program) -> Iterator[Model]:
    for owner in program.classes.values():
        if not _is_stored(owner):
            continue
        node = owner.node
        of_parents = [one for parent in program.ancestry(owner) for one in parent.fields]
        fields = frozenset(plain(one) for one in (*owner.fields, *of_parents))
        start = min([node.start, *(note.start for note in node.decorators)])
        text = owner.unit.module.source[start : node.end].decode("utf-8", "replace")
        yield Model(node.name.partition("@")[0], fields, text)


def _is_stored(owner: ClassInfo) -> bool:
    if owner.unit.language != "python":
        return bool({name_of(note) for note in owner.node.decorators} & _STORED_NOTES)
    bases = {name_of(base) for base in owner.node.bases}
    return "__tablename__" in owner.fields or (
        any(_STORED_BASE.match(base) for base in bases) and not bases & _PLAIN_BASE and _has_columns(owner)
    )


def _has_columns(owner: ClassInfo) -> bool:
    return any(isinstance(field.value, ir.Call) for field in owner.fields.values())


def _schemas(program: Program) -> Iterator[Model]:
    """`sequelize.define('User', {…})`, `User.init({…})`, `mongoose.model('User', schema)` with its schema."""
    for unit in program.units.values():
        source = unit.module.source
        if program.language in ("python", "java") or not _MAKES.search(source):
            continue
        text = source.decode("utf-8", "replace")
        calls = [node for node in everything(unit.module.body) if isinstance(node, ir.Assign | ir.Call)]
        schemas = dict(_named_schemas(calls))
        for node in calls:
            name, given = _made(node, schemas) if isinstance(node, ir.Call) else ("", None)
            if name and given is not None:
                yield Model(name, _names(given), text)


def _named_schemas(nodes: Iterable[ir.Node]) -> Iterator[tuple[str, ir.Mapping]]:
    for node in nodes:
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and name_of(node.value) == _SCHEMA:
            fields = _fields_given(node.value)
            if fields is not None:
                yield node.target.id, fields


def _made(call: ir.Call, schemas: dict[str, ir.Mapping]) -> tuple[str, ir.Mapping | None]:
    name = name_of(call.func)
    if name == "init" and isinstance(call.func, ir.Attr) and call.args:
        return name_of(call.func.value), call.args[0] if isinstance(call.args[0], ir.Mapping) else None
    if name not in _MAKES_MODEL or len(call.args) < 2 or not isinstance(call.args[0], ir.Const):
        return "", None
    given = call.args[1]
    if isinstance(given, ir.Name):
        return str(call.args[0].value), schemas.get(given.id)
    return str(call.args[0].value), given if isinstance(given, ir.Mapping) else _fields_given(given)


def _fields_given(value: ir.Expr | None) -> ir.Mapping | None:
    if isinstance(value, ir.Call) and value.args and isinstance(value.args[0], ir.Mapping):
        return value.args[0]
    return None


def _names(mapping: ir.Mapping) -> frozenset[str]:
    keys = (key.value if isinstance(key, ir.Const) else name_of(key) for key, _ in mapping.pairs)
    return frozenset(plain(str(key)) for key in keys if key)
