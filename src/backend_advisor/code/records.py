"""Records filled from one object: `Order(**body)`, `new User(body)`, `Object.assign(user, body)`."""

import re
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.meaning import sink
from backend_advisor.code.program import ClassInfo, Program, Unit
from backend_advisor.code.roles import CallRole
from backend_advisor.code.run import Env, Run
from backend_advisor.code.site import Site
from backend_advisor.code.tree import in_body, names_in, within
from backend_advisor.code.values import Value, doubtful, types_of

_FIELDS = "model.fields"
_COLUMNS = frozenset({"Column", "mapped_column", "relationship"})
_MODELS = ("django.db.models.Model", "flask_sqlalchemy.SQLAlchemy.Model", "sqlalchemy.orm.DeclarativeBase")
_LISTED = frozenset(
    {"dict", "model_dump", "asdict", "dump", "load", "validate", "cleaned_data", "validated_data", "parse_args"}
)
"""What gives the keys of a schema or form, whatever the client sent."""
_KEEPS = frozenset({"add", "merge", "save", "bulk_save_objects"})
_ASKS = frozenset({"query", "select", "get", "get_or_404", "delete", "update", "exists"})
_STATIC = re.compile(r"(?:find|update|delete|count|create|build|destroy|insert|bulk|upsert|aggregate|exists)[A-Za-z]*")


def note_filled(run: Run, node: ir.Call, site: Site, called: Sequence[object]) -> None:
    """Note what fills the fields of a record that is kept in a database."""
    if run.language == "python":
        if site.unpacked is not None and any(key == "**" for key, _ in node.keywords):
            _unpacked(run, node, site, called)
    elif run.language in ("javascript", "typescript") and site.args and not called:
        if node.new and isinstance(node.func, ir.Name) and _is_kept(run, node.func.id):
            _tell(run, site, node.func.id, site.args[0])
        elif _assigns(node) and len(site.args) > 1 and _is_record(run, site.args[0]):
            for given in site.args[1:]:
                _tell(run, site, "Object.assign", given)


def _assigns(node: ir.Call) -> bool:
    func = node.func
    return isinstance(func, ir.Attr) and func.name == "assign" and getattr(func.value, "id", None) == "Object"


def note_set(run: Run, site: Site) -> None:
    """Note `setattr(order, key, value)` of a record, under a key that the client chose: one that was read, one of a
    class that is kept in a database, or what a helper is given to change, which is most likely such a record."""
    record, key, value = site.args
    if key.consts is not None or not value.taints or _goes_through_listed(run, site.node):
        return
    classes = [one for kind in types_of(record) if (one := run.machine.program.classes.get(kind)) is not None]
    if any(taint.role == "db.value" for taint in record.taints) or any(_is_entity(run, one) for one in classes):
        _tell(run, site, "setattr", key)
    elif not record.types and record.taints and all(taint.index >= 0 and not taint.path for taint in record.taints):
        _tell(run, site, "setattr", doubtful(key, 1))


def note_chosen(run: Run, target: ir.Index, key: Value, value: Value, env: Env) -> None:
    """Note `order[key] = body[key]` of a record that was read, for each key that the client sent."""
    if value.taints and _is_record(run, run.evaluate(target.value, env)):
        source = run.unit.module.source[target.start : target.end].decode("utf-8", "replace")
        _tell(run, Site(target, source, None, None, [], []), f"*.{source}", key)


def _unpacked(run: Run, node: ir.Call, site: Site, called: Sequence[object]) -> None:
    name = node.func.id if isinstance(node.func, ir.Name) else getattr(node.func, "name", "")
    if site.unpacked is None or _lists_fields(run, node):
        return
    classes = [one for one in called if isinstance(one, ClassInfo)]
    if isinstance(node.func, ir.Attr) and name in ("create", "acreate"):
        manager = "django.db.models.Manager"
        receiver = site.receiver.types if site.receiver is not None else ()
        if any(manager in run.machine.roles.ancestry(kind) for kind in receiver):
            _tell(run, site, f"{manager}.create", site.unpacked)
    elif classes:
        if any(_is_entity(run, one) for one in classes):
            _tell(run, site, name, site.unpacked)
    elif name[:1].isupper() and not called and _is_kept(run, name):
        _tell(run, site, name, site.unpacked)


def _tell(run: Run, site: Site, name: str, value: Value) -> None:
    sink(run, _FIELDS, value, site, CallRole(name=name, framework="records"))


def _lists_fields(run: Run, node: ir.Call) -> bool:
    """Whether a schema or the program says which keys are unpacked: `Order(**payload.model_dump())`."""
    return any(
        key == "**" and (_is_listed(value) or (isinstance(value, ir.Name) and _is_assigned_listed(run, value.id)))
        for key, value in node.keywords
    )


def _is_assigned_listed(run: Run, name: str) -> bool:
    """Whether a variable is given the fields that a schema or the program lists."""
    return run.info is not None and any(
        isinstance(one, ir.Assign)
        and isinstance(one.target, ir.Name)
        and one.target.id == name
        and _is_listed(one.value)
        for one in in_body(run.info.node)
    )


def _goes_through_listed(run: Run, node: ir.Node) -> bool:
    """Whether a call stands in a loop over such fields: `for key, value in changes.items()`."""
    return any(
        loop.start <= node.start < loop.end and any(_is_assigned_listed(run, name) for name in names_in(loop.iterable))
        for loop in (in_body(run.info.node) if run.info is not None else ())
        if isinstance(loop, ir.For)
    )


def _is_listed(value: ir.Expr | None) -> bool:
    if isinstance(value, ir.Await):
        value = value.value
    if isinstance(value, ir.Comprehension | ir.Mapping):
        return not (isinstance(value, ir.Mapping) and any(key is None for key, _ in value.pairs))
    last = value.func if isinstance(value, ir.Call) else value
    if not isinstance(last, ir.Attr) or getattr(last.value, "id", "") in ("json", "simplejson", "orjson", "ujson"):
        return False
    return last.name in _LISTED


def _is_entity(run: Run, info: ClassInfo) -> bool:
    """Whether a class in view is kept in a database, by its bases or columns."""
    if any(base in _MODELS for base in run.machine.objects.bases(info)) or "__tablename__" in info.fields:
        return True
    calls = [field.value for field in info.node.fields if isinstance(field.value, ir.Call)]
    return any((getattr(one.func, "id", "") or getattr(one.func, "name", "")) in _COLUMNS for one in calls)


def _is_record(run: Run, value: Value) -> bool:
    """Whether a value is an object that is read from a database and can be saved."""
    return any(
        role is not None and "orm.save" in role.does
        for kind in types_of(value)
        for role in (run.machine.method_role(kind, "save"),)
    )


def _is_kept(run: Run, name: str) -> bool:
    """Whether a class that is not in view is kept in a database, by how its file uses it."""
    program = run.machine.program
    return program.is_pieces and name not in program.by_short_name and name in _entities(program, run.unit)


_known: WeakKeyDictionary[Program, dict[str, frozenset[str]]] = WeakKeyDictionary()


def _entities(program: Program, unit: Unit) -> frozenset[str]:
    """The classes that a file asks a database for or saves objects of."""
    known = _known.setdefault(program, {})
    if unit.path not in known:
        known[unit.path] = frozenset(_used(unit))
    return known[unit.path]


def _used(unit: Unit) -> set[str]:
    nodes = list(within(*unit.module.body, *(info.node for info in unit.functions)))
    made: dict[str, str] = {}
    names: set[str] = set()
    for node in nodes:
        value = node.value if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) else None
        if isinstance(value, ir.Call) and isinstance(value.func, ir.Name):
            made[node.target.id] = value.func.id  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ir.Attr) and node.name in ("query", "objects") and isinstance(node.value, ir.Name):
            names.add(node.value.id)
        if not isinstance(node, ir.Call):
            continue
        func = node.func
        word = func.name if isinstance(func, ir.Attr) else getattr(func, "id", "")
        if word in _KEEPS:
            kept = [*node.args[:1], *((func.value,) if isinstance(func, ir.Attr) else ())]
            for one in kept:
                if isinstance(one, ir.Call) and isinstance(one.func, ir.Name):
                    names.add(one.func.id)
                elif isinstance(one, ir.Name):
                    names.add(made.get(one.id, ""))
        elif word in _ASKS:
            names |= {one.id for one in node.args if isinstance(one, ir.Name)}
        if isinstance(func, ir.Attr) and isinstance(func.value, ir.Name) and _STATIC.fullmatch(func.name):
            names.add(func.value.id)
    return {name for name in names if name[:1].isupper()}
