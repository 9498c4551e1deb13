"""Rows that JavaScript reads by a condition only to count them, or to cut a page out of them afterwards (PERF205)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import children, names_in, within
from backend_advisor.experts.performance.detectors.growing_reads import OWNERS, is_limited
from backend_advisor.experts.performance.detectors.options import options_of
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.experts.performance.detectors.tables_read import filter_of
from backend_advisor.rules.registry import CodeContext

_KEEPS_ROWS = frozenset({"filter", "sort", "reverse", "toSorted", "toReversed"})
_LOOKS_UP = frozenset({"get", "has", "set", "add", "getTime", "slice", "toISOString", "substring", "toFixed"})
_TESTS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">="})
_GROUPS = frozenset({"group", "groupBy", "distinct"})
"""What makes one row of many: counting those takes more than `count`."""
_FOLLOWED = 2
_Use = tuple[str, ir.Node]


def counted_or_cut(context: CodeContext) -> Iterator[tuple[Spot, ir.Node, str]]:
    """Reads without a limit, where the program counts the rows, and what is done with them instead of a query."""
    if context.program.language not in ("javascript", "typescript"):
        return
    for spot in survey(context).of("db.read_all"):
        if is_by_hand(spot.unit, spot.info) or is_limited(spot) or not isinstance(spot.node, ir.Call):
            continue
        body = _body_around(spot)
        kept = _kept_in(spot)
        if body is None or kept is None or _is_by_keys(context, spot):
            continue
        uses = list(_uses(kept, body, _parents(body), _FOLLOWED))
        kinds = {kind for kind, _ in uses}
        if "other" in kinds or not kinds & {"step_page", "step_count"}:
            continue
        wanted = "step_page" if "step_page" in kinds else "step_count"
        node = next(node for kind, node in uses if kind == wanted)
        if wanted == "step_page" or not _goes_over(node) or _grows(context, spot):
            yield spot, node, wanted


def _goes_over(node: ir.Node) -> bool:
    """Whether rows are added up in a loop rather than counted."""
    return isinstance(node, ir.For) or (isinstance(node, ir.Call) and not isinstance(node.args[-1], ir.Const))


def _grows(context: CodeContext, spot: Spot) -> bool:
    """Whether what is added up are the rows of an owner, or all of them; the parts of one object are few."""
    given = options_of(context, spot).given
    where = filter_of(spot, given)
    keys = [str(key.value) for key, _ in where.pairs if isinstance(key, ir.Const)] if where is not None else []
    return where is not None and any(map(OWNERS.match, keys))


def _is_by_keys(context: CodeContext, spot: Spot) -> bool:
    """Whether the read has a limit or options that are not seen, or asks for keys, of which there are so many."""
    options = options_of(context, spot)
    if options.has_limit or not _GROUPS.isdisjoint(options.given):
        return True
    where = options.given.get("where")
    keys = {**dict(_written(where)), **options.given}
    return any(name in ("id", "_id") or (name.endswith(("Id", "_id")) and _is_list(one)) for name, one in keys.items())


def _written(where: ir.Expr | None) -> Iterator[tuple[str, ir.Expr]]:
    for key, value in where.pairs if isinstance(where, ir.Mapping) else ():
        if isinstance(key, ir.Const) and isinstance(key.value, str):
            yield key.value, value


def _is_list(value: ir.Expr) -> bool:
    """`In(ids)`, `{ in: ids }`, `{ [Op.in]: ids }`, `{ $in: ids }`, `ids`."""
    if isinstance(value, ir.Mapping):
        return any(
            (isinstance(key, ir.Const) and str(key.value) in ("in", "$in")) or getattr(key, "name", "") == "in"
            for key, _ in value.pairs
        )
    return isinstance(value, ir.Call) or (isinstance(value, ir.Name) and value.id.lower().endswith("ids"))


def _body_around(spot: Spot) -> list[ir.Stmt] | None:
    """The function that the read stands in, unless it is in a loop: there a part may be taken in each round."""
    for node in reversed(spot.path):
        if isinstance(node, ir.For | ir.While):
            return None
        if isinstance(node, ir.Function):
            return node.body
    return None


def _kept_in(spot: Spot) -> str | None:
    """The variable that the rows are kept in: `const rows = await Reading.find({ … }).lean()`."""
    for node in reversed(spot.path):
        if isinstance(node, ir.Assign):
            return node.target.id if isinstance(node.target, ir.Name) and node.declares else None
        if isinstance(node, ir.Attr) and node.name in ("length", "slice", "filter", "map"):
            return None
        if not isinstance(node, ir.Await | ir.Cast | ir.Attr | ir.Call):
            return None
    return None


def _parents(body: list[ir.Stmt]) -> dict[int, ir.Node]:
    return {id(child): node for node in within(*body) for child in children(node)}


def _uses(name: str, body: list[ir.Stmt], parents: dict[int, ir.Node], depth: int) -> Iterator[_Use]:
    for node in within(*body):
        if isinstance(node, ir.Name) and node.id == name:
            parent = parents.get(id(node))
            if not (isinstance(parent, ir.Assign) and parent.target is node):
                yield from _use_of(node, body, parents, depth)


def _use_of(rows: ir.Node, body: list[ir.Stmt], parents: dict[int, ir.Node], depth: int) -> Iterator[_Use]:
    """What is done with rows: counted, looked at whether there are any, cut, or anything else."""
    held = parents.get(id(rows))
    if isinstance(held, ir.For) and held.iterable is rows and isinstance(held.target, ir.Name):
        yield "step_count" if _adds_up(held.body, held.target.id) else "other", held
        return
    if isinstance(held, ir.Assign) and held.value is rows and isinstance(held.target, ir.Name) and depth:
        yield from _uses(held.target.id, body, parents, depth - 1)
        return
    call = parents.get(id(held)) if isinstance(held, ir.Attr) else None
    if isinstance(held, ir.Attr) and held.name == "length":
        yield "tested" if _is_tested(held, parents) else "step_count", held
    elif not isinstance(held, ir.Attr) or not isinstance(call, ir.Call) or call.func is not held:
        yield "other", rows
    elif held.name == "slice" and _cuts(call, parents):
        yield "step_page", call
    elif (held.name == "reduce" and len(call.args) > 1 and isinstance(call.args[1], ir.Const)) or (
        held.name in ("reduce", "forEach") and _folds(call, held.name)
    ):
        yield "step_count", call
    elif held.name in _KEEPS_ROWS:
        yield from _use_of(call, body, parents, depth)
    else:
        yield "other", rows


def _is_tested(length: ir.Attr, parents: dict[int, ir.Node]) -> bool:
    """`rows.length > 0`, `if (!rows.length)`."""
    parent = parents.get(id(length))
    if isinstance(parent, ir.Binary):
        return parent.op in _TESTS
    return isinstance(parent, ir.Unary | ir.If | ir.Logic) or (
        isinstance(parent, ir.Conditional) and parent.test is length
    )


def _cuts(call: ir.Call, parents: dict[int, ir.Node]) -> bool:
    """`rows.slice(offset, offset + limit)`, once: what goes over its rows in pieces uses all of them."""
    if len(call.args) < 2 or isinstance(call.args[1], ir.Unary):
        return False
    node: ir.Node | None = call
    while node is not None:
        if isinstance(node, ir.For | ir.While | ir.Lambda):
            return False
        node = parents.get(id(node))
    return True


def _folds(call: ir.Call, how: str) -> bool:
    """`rows.reduce((sums, row) => { sums[row.kind] += row.cents; return sums; }, {})`, `rows.forEach((row) => …)`."""
    given = call.args[0] if call.args else None
    number = 1 if how == "reduce" else 0
    if not isinstance(given, ir.Lambda) or len(given.function.params) <= number or len(call.args) != number + 1:
        return False
    return _adds_up(given.function.body, given.function.params[number].name)


def _adds_up(body: list[ir.Stmt], item: str) -> bool:
    """Whether rounds only count and add: figures are kept, and no row is."""
    figures = False
    for node in within(*body):
        if isinstance(node, ir.Await | ir.Throw | ir.Break | ir.Yield | ir.Spread):
            return False
        if isinstance(node, ir.Call) and not _is_harmless(node, item):
            return False
        if isinstance(node, ir.Assign | ir.AssignExpr):
            changed = names_in(node.target) if isinstance(node.target, ir.Attr) else set()
            if item in changed or (isinstance(node.value, ir.Name) and node.value.id == item):
                return False  # the row itself is changed, or kept
            figures = figures or node.op in ("+", "-") or _is_sum(node.value)
    return figures


def _is_harmless(call: ir.Call, item: str) -> bool:
    """Whether a call in a round only looks something up, or keeps a figure; `push` keeps a row."""
    if any(isinstance(one, ir.Name) and one.id == item for one in call.args):
        return False
    if isinstance(call.func, ir.Name):
        return True
    func = call.func
    math = isinstance(func, ir.Attr) and isinstance(func.value, ir.Name) and func.value.id == "Math"
    return math or (isinstance(func, ir.Attr) and func.name in _LOOKS_UP)


def _is_sum(value: ir.Expr | None) -> bool:
    return isinstance(value, ir.Binary) and value.op in ("+", "-") and not isinstance(value.left, ir.Text)
