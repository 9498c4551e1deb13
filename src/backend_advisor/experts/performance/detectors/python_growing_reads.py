"""Reads of Python whose condition does not keep them short: everything that one owner has of what is written down for
ever, taken into memory at once (PERF204)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.growing_reads import is_endless
from backend_advisor.experts.performance.detectors.python_rows import RowSources, assigned
from backend_advisor.experts.performance.detectors.serving import Served
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_WRITTEN_DOWN = re.compile(
    r"(?i)(?:^|_|(?<=[a-z])(?=[A-Z]))(?:audit|events?|logs?|history|histories|activit(?:y|ies)|messages?|notifications?|"
    r"readings?|measurements?|transactions?|ledger|visits?|entry|entries|movements?|moves?|samples?|deliveries|"
    r"payments?|orders?|invoices?|comments?)(?:$|_|(?-i:(?=[A-Z])))"
)
"""Tables to which the use of a program adds rows, and from which nothing is taken."""
_OWNERS = re.compile(
    r"(?i)^_?(?:account|tenant|org(?:anization|anisation)?|user|customer|member|owner|team|workspace|company|merchant|"
    r"shop|store|device|recipient|author)_?(?:id|uuid|pk)?$"
)
"""What narrows a table to the rows of one who goes on adding to them."""
_HIDES = re.compile(r"(?i)^(?:is_)?(?:deleted|removed|archived|hidden|visible|active)(?:_at)?$")
_NARROWS = frozenset({"filter", "filter_by", "where"})
_KEEPS = frozenset(
    ["all", "order_by", "select_related", "prefetch_related", "options", "scalars", "execute", "select", "query",
     "list", "sorted", "tuple", "unique", "exec", "only", "defer", "values", "values_list", "mappings", "reversed",
     "sort", "with_entities", "fetchall"]
)  # fmt: skip
_TAKES_ALL = frozenset({"list", "sorted", "tuple"})
_LISTS = re.compile(r"^(?:List(?:Create)?APIView|(?:ReadOnly)?ModelViewSet|ListModelMixin)$")


def python_growing_reads(context: CodeContext, during: Served, told: set[int]) -> Iterator[Match]:
    """Reads with a condition that grow all the same; `told` are those of which something else is said."""
    if context.program.language != "python":
        return
    sources = RowSources(context.program)
    known = set(told)
    for info in context.program.functions():
        if info not in during or is_by_hand(info.unit, info):
            continue
        for node in _taken(info):
            found = _query_of(sources, info, node) or _cursor_of(info, node)
            if found is None or id(found) in known or known & {id(one) for one in within(node)}:
                continue
            known.add(id(found))
            yield Match(
                location=context.location(info.unit, node),
                values={"call": short(context.text(info.unit, node))},
                confidence=Confidence.MEDIUM,
            )
    yield from _lists_without_pages(context, sources)
    for spot in survey(context).of("db.read_all", "db.query"):
        if spot.info not in during or spot.call is None or is_by_hand(spot.unit, spot.info):
            continue
        if id(spot.node) not in known and is_endless(statement_text(spot.call)):
            yield Match(
                location=context.location(spot.unit, spot.node),
                values={"call": short(context.text(spot.unit, spot.node))},
                confidence=Confidence.MEDIUM,
            )


def _taken(info: FunctionInfo) -> Iterator[ir.Expr]:
    """What is taken into memory whole: `list(rows)`, `….all()`, `cursor.to_list(None)`, `[f(row) for row in rows]`."""
    for node in in_body(info.node):
        if isinstance(node, ir.Call) and (
            (isinstance(node.func, ir.Name) and node.func.id in _TAKES_ALL and len(node.args) == 1)
            or (isinstance(node.func, ir.Attr) and node.func.name in ("all", "fetchall", "to_list"))
        ):
            yield node
        elif isinstance(node, ir.Call) and ("many", True) in _constants(node):
            yield from node.args[:1]  # a serialiser of many rows
        elif isinstance(node, ir.Comprehension) and not node.is_async and node.clauses:
            yield node.clauses[0][1]


def _constants(call: ir.Call) -> list[tuple[str, object]]:
    return [(key, value.value) for key, value in call.keywords if isinstance(value, ir.Const)]


def _query_of(sources: RowSources, info: FunctionInfo, node: ir.Expr) -> ir.Expr | None:
    """The innermost call of an ORM's query that leaves a growing table long."""
    rows = sources.behind(info, node)
    if rows is None or not rows.calls or not _WRITTEN_DOWN.search(rows.model.node.name):
        return None
    return rows.calls[-1] if _stays_long(info, rows.calls) else None


def _stays_long(info: FunctionInfo, calls: list[ir.Expr]) -> bool:
    sometimes = {id(part) for one in in_body(info.node) if isinstance(one, ir.If) for part in within(one)}
    narrowed = False
    for one in calls:
        name = name_of(one.func) if isinstance(one, ir.Call) else ""
        if id(one) in sometimes and name in _NARROWS:
            continue  # a condition that the caller may leave out
        if not isinstance(one, ir.Call) or not (name in _KEEPS or name in _NARROWS):
            return False
        if name in _NARROWS:
            narrowed = True
            if not all(map(_is_of_owner, one.args)) or not all(_is_owner(key) for key, _ in one.keywords):
                return False
    return narrowed


def _is_of_owner(condition: ir.Expr) -> bool:
    """`Reading.tenant_id == tenant_id`, `Reading.deleted_at.is_(None)`."""
    if isinstance(condition, ir.Call) and isinstance(condition.func, ir.Attr) and condition.func.name == "is_":
        return _HIDES.match(name_of(condition.func.value)) is not None
    return isinstance(condition, ir.Binary) and condition.op == "==" and _is_owner(name_of(condition.left))


def _is_owner(name: str) -> bool:
    last = name.removesuffix("__exact").rpartition("__")[2]
    return _OWNERS.match(last) is not None or _HIDES.match(last) is not None


def _cursor_of(info: FunctionInfo, node: ir.Expr) -> ir.Expr | None:
    """`collection.find({"tenant": tenant})` whose documents are all taken, with no length that ends it."""
    if not isinstance(node, ir.Call):
        return None
    over: ir.Expr | None = node.args[0] if isinstance(node.func, ir.Name) and node.args else None
    if isinstance(node.func, ir.Attr) and node.func.name == "to_list":
        length = [*node.args, *(value for key, value in node.keywords if key == "length")]
        if any(not isinstance(one, ir.Const) or one.value is not None for one in length):
            return None
        over = node.func.value
    if isinstance(over, ir.Name):
        given = assigned(info, over.id)
        over = given[0] if len(given) == 1 else None
    while (
        isinstance(over, ir.Call) and isinstance(over.func, ir.Attr) and over.func.name in ("sort", "hint", "collation")
    ):
        over = over.func.value
    if not (isinstance(over, ir.Call) and isinstance(over.func, ir.Attr) and over.func.name == "find" and over.args):
        return None
    where = over.args[0]
    keys = [key.value for key, _ in where.pairs if isinstance(key, ir.Const)] if isinstance(where, ir.Mapping) else []
    if not keys or len(keys) != len(where.pairs) or not all(_is_owner(str(key)) for key in keys):  # type: ignore[attr-defined]
        return None
    words = [one.name for one in within(over.func) if isinstance(one, ir.Attr)]
    words += [str(one.value) for one in within(over.func) if isinstance(one, ir.Const)]
    words += [info.owner.node.name] if info.owner is not None else []
    return over if any(_WRITTEN_DOWN.search(one) for one in words) or _WRITTEN_DOWN.search(info.node.name) else None


def _lists_without_pages(context: CodeContext, sources: RowSources) -> Iterator[Match]:
    """Views of Django REST framework that switch the pages off over a table that grows."""
    for view in context.program.classes.values():
        stated = view.fields.get("pagination_class")
        if stated is None or not isinstance(stated.value, ir.Const) or stated.value.value is not None:
            continue
        if not any(_LISTS.match(name_of(base)) for base in view.node.bases) or is_by_hand(view.unit, None):
            continue
        if any(name in view.methods for name in ("list", "paginate_queryset", "filter_queryset")):
            continue
        query = _query_of_view(sources, view)
        if query is not None:
            yield Match(
                location=context.location(view.unit, query),
                values={"call": short(context.text(view.unit, query))},
                confidence=Confidence.MEDIUM,
            )


def _query_of_view(sources: RowSources, view: ClassInfo) -> ir.Expr | None:
    for method in view.methods.get("get_queryset", ()):
        for one in in_body(method.node):
            if isinstance(one, ir.Return) and one.value is not None:
                return one.value if _query_of(sources, method, one.value) is not None else None
    stated = view.fields.get("queryset")
    query = stated.value if stated is not None else None
    holder = next((one for one in within(query) if isinstance(one, ir.Attr) and one.name == "objects"), None)
    model = name_of(holder.value) if holder is not None else ""
    names = [name_of(one) for one in within(query) if isinstance(one, ir.Call)]
    return query if _WRITTEN_DOWN.search(model) and all(name in _KEEPS for name in names) else None
