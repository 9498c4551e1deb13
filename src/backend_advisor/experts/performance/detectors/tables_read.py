"""Which table a read of JavaScript asks, by every name that says so: of the model, of what its repository was declared
or made with (`Repository<LoginEvent>`, `db.collection("messages")`), of the table that a builder begins with."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import in_body, name_of, own, within
from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_MAKES = frozenset(
    ["collection", "getRepository", "getCustomRepository", "getTreeRepository", "model", "table", "from", "into",
     "InjectRepository", "InjectModel", "query", "selectFrom"]
)  # fmt: skip
"""What gives access to a table by its name or its class."""


_OTHERS = ("or", "with", "having", "group", "distinct", "count", "union")
"""What makes a builder's query another than that of some rows of one table."""


def table_names(spot: Spot) -> set[str]:
    """The names that may be those of the table that a read asks."""
    root = spot.node
    found: set[str] = set()
    while isinstance(root, ir.Call | ir.Attr | ir.Await | ir.Index):
        if isinstance(root, ir.Call):
            found.update(_named_in(root))
            root = root.func
        else:
            if isinstance(root, ir.Attr):
                found.add(root.name)
                if isinstance(root.value, ir.Name) and root.value.id == "this" and spot.info is not None:
                    found.update(_of_field(spot.info.owner, root.name))
            root = root.value
    if isinstance(root, ir.Name) and root.id != "this":
        found.add(root.id)
        found.update(_of_variable(spot, root.id))
    return found


def _named_in(call: ir.Call) -> Iterator[str]:
    """`db.collection("messages")`, `source.getRepository(Booking)`, `knex("audit_events")`."""
    given = call.args[0] if call.args else None
    makes = name_of(call.func) in _MAKES or isinstance(call.func, ir.Name)
    if not makes or given is None:
        return
    if isinstance(given, ir.Const) and isinstance(given.value, str):
        yield given.value.split(" ")[0].rpartition(".")[2]
    elif isinstance(given, ir.Name):
        yield given.id
    elif isinstance(given, ir.Attr) and given.name == "name":
        yield name_of(given.value)


def _of_field(owner: ClassInfo | None, name: str) -> Iterator[str]:
    """What a field of a class is declared or made with, also as a parameter of its constructor."""
    field = owner.fields.get(name) if owner is not None else None
    if field is not None:
        yield from _declared(field.type)
        yield from _made(field.value)
        for note in field.decorators:
            yield from _made(note)
    for constructor in owner.methods.get("constructor", ()) if owner is not None else ():
        for param in constructor.node.params:
            if param.name == name:
                yield from _declared(param.type)
                for note in param.decorators:
                    yield from _made(note)
        for node in own(*constructor.node.body):
            if isinstance(node, ir.Assign) and isinstance(node.target, ir.Attr) and node.target.name == name:
                yield from _made(node.value)


def _of_variable(spot: Spot, name: str) -> Iterator[str]:
    info: FunctionInfo | None = spot.info
    for node in (*(in_body(info.node) if info is not None else ()), *spot.unit.module.body):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.target.id == name:
            yield from _made(node.value)
            yield from _declared(node.type)


def _declared(kind: ir.Type | None) -> Iterator[str]:
    for one in kind.args if kind is not None else ():
        yield one.name.removesuffix("Document")


def _made(value: ir.Expr | None) -> Iterator[str]:
    for node in within(value):
        if isinstance(node, ir.Call):
            yield from _named_in(node)


def filter_of(spot: Spot, given: dict[str, ir.Expr]) -> ir.Mapping | None:
    """The conditions of a read of an ORM: `{ where: { … } }`, `find({ … })`, `findBy({ … })`."""
    where = given.get("where")
    if isinstance(where, ir.Mapping):
        return where
    node = spot.node
    if where is None and isinstance(node, ir.Call) and name_of(node.func) in ("find", "findBy") and node.args:
        first = node.args[0]
        wants = isinstance(first, ir.Mapping) and not {"order", "select", "relations"} & _keys(first)
        return first if wants else None  # type: ignore[return-value]
    return None


def kept_filters(seen: Survey, spot: Spot, where: ir.Name) -> list[ir.Mapping | None]:
    """The conditions that a variable holds, where the function makes them or each of its callers does:
    `const where = { tenantId }; if (action) where.action = action`. What only a test adds may be missing."""
    info = spot.info
    if info is None:
        return []
    place = next((at for at, param in enumerate(info.node.params) if param.name == where.id), None)
    if place is None:
        return [_made_once(info, where.id)]
    found: list[ir.Mapping | None] = []
    for caller in seen.reaches:
        if caller.reach is None or caller.reach.callee is not info:
            continue
        given = caller.node.args[place] if isinstance(caller.node, ir.Call) and place < len(caller.node.args) else None
        if isinstance(given, ir.Name) and caller.info is not None:
            given = _made_once(caller.info, given.id)
        found.append(given if isinstance(given, ir.Mapping) else None)
    return found


def _made_once(info: FunctionInfo, name: str) -> ir.Mapping | None:
    """The one object that a variable of a function is made as, to which nothing is added in any case."""
    assigned = [one for one in in_body(info.node) if isinstance(one, ir.Assign)]
    values = [one.value for one in assigned if isinstance(one.target, ir.Name) and one.target.id == name]
    tests = [one for one in in_body(info.node) if isinstance(one, ir.If)]
    tested = {id(part) for one in tests for part in within(*one.then, *one.otherwise)}
    in_any_case = any(_adds_to(one.target, name) and id(one) not in tested for one in assigned)
    value = values[0] if len(values) == 1 and not in_any_case else None
    return value if isinstance(value, ir.Mapping) else None


def _adds_to(target: ir.Expr, name: str) -> bool:
    return isinstance(target, ir.Attr | ir.Index) and isinstance(target.value, ir.Name) and target.value.id == name


def _keys(mapping: ir.Mapping) -> set[object]:
    return {key.value for key, _ in mapping.pairs if isinstance(key, ir.Const)}


def conditions_of(outer: ir.Node) -> list[str] | None:
    """The columns that a builder's query is narrowed by; None where not all of them are seen or it is joined."""
    columns: list[str] = []
    node: ir.Node = outer
    while isinstance(node, ir.Call | ir.Attr | ir.Await):
        if isinstance(node, ir.Call):
            name = name_of(node.func).lower()
            if "join" in name or (name.startswith(_OTHERS) and not name.startswith("orderby")):
                return None
            if name in ("where", "andwhere"):
                found = _columns(node.args)
                if found is None:
                    return None
                columns += found
            elif "where" in name:
                return None
            node = node.func
        else:
            node = node.value
    return columns


def _columns(args: list[ir.Expr]) -> list[str] | None:
    first = args[0] if args else None
    if isinstance(first, ir.Mapping):
        keys = [key.value for key, _ in first.pairs if isinstance(key, ir.Const)]
        return [str(key).rpartition(".")[2] for key in keys] if len(keys) == len(first.pairs) else None
    if not isinstance(first, ir.Const) or not isinstance(first.value, str):
        return None
    column, _, rest = first.value.strip().partition(" ")
    if rest and not rest.lstrip().startswith("="):
        return None
    return [column.rpartition(".")[2].strip("\"'`")] if " and " not in rest.lower() else None
