"""Reads of whole tables that do not look like one: sorted, from Mongo, by plain SQL, or by a query set of Django that
the program only counts or sifts (parts of PERF204 and PERF205)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.experts.performance.detectors.python_rows import RowSources, assigned
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot
from backend_advisor.rules.registry import CodeContext

_WITH_MAPPER = 2
_TWICE = 2
"""A variable that is given its value and used once."""
_KEEPS_SET = frozenset(
    ["all", "filter", "exclude", "order_by", "annotate", "select_related", "prefetch_related", "distinct", "only",
     "defer", "using", "reverse", "alias", "list", "sorted"]
)  # fmt: skip
"""What a query set stays one by; what a program's own manager does is not known."""
_NARROWS = frozenset({"filter", "exclude", "annotate"})
_OF_TEXT = frozenset({"lower", "upper", "strip", "startswith", "endswith", "casefold", "date"})
"""What a database can do to a column too."""


def takes_everything(spot: Spot, call: CallSeen) -> bool:
    """Whether the arguments of a read leave nothing out: an order, an empty condition, the text with a row mapper."""
    given = spot.node.args if isinstance(spot.node, ir.Call) else []
    if spot.unit.language == "java":
        sorts = len(given) == 1 and _root(given[0]) == "Sort"
        return sorts or (0 < len(given) <= _WITH_MAPPER and _is_text(given[0]) and bool(statement_text(call)))
    if spot.unit.language == "python" and call.role.framework == "mongodb" and name_of(call_of(spot)) == "find":
        return not given or (isinstance(given[0], ir.Mapping) and not given[0].pairs)
    return False


def call_of(spot: Spot) -> ir.Expr | None:
    """What is called."""
    return spot.node.func if isinstance(spot.node, ir.Call) else None


def _is_text(given: ir.Expr) -> bool:
    return isinstance(given, ir.Const | ir.Name | ir.Binary | ir.Text)


def _root(expression: ir.Expr) -> str:
    while isinstance(expression, ir.Call | ir.Attr):
        expression = expression.func if isinstance(expression, ir.Call) else expression.value
    return expression.id if isinstance(expression, ir.Name) else ""


def narrowed_query_sets(context: CodeContext) -> Iterator[tuple[Spot, ir.Node, str]]:
    """`len(events)` and `[one for one in Customer.objects.all() if …]` of query sets with no other use."""
    if context.program.language != "python" or not any(map(_is_of_django, context.program.units.values())):
        return
    sources = RowSources(context.program)
    for info in context.program.functions():
        if is_by_hand(info.unit, info):
            continue
        for node in in_body(info.node):
            over, key = _narrowed(node)
            rows = sources.of(info, over) if over is not None and _is_only_use(info, over) else None
            if over is None or rows is None or not any(_is_manager(one) for one in within(*rows.calls)):
                continue
            bounded = any(isinstance(one, ir.Index) or name_of(one) not in _KEEPS_SET for one in rows.calls)
            narrowed = key == "step_filter" and any(name_of(one) in _NARROWS for one in rows.calls)
            if not bounded and not narrowed:
                place = assigned(info, over.id)[0] if isinstance(over, ir.Name) else over
                yield Spot(info.unit, info, place, ()), node, key


def _is_of_django(unit: Unit) -> bool:
    return any(statement.module.startswith("django") for statement in unit.imports.values())


def _is_manager(node: ir.Node) -> bool:
    return isinstance(node, ir.Attr) and node.name in ("objects", "_default_manager")


def _narrowed(node: ir.Node) -> tuple[ir.Expr | None, str]:
    """What is counted or sifted."""
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id == "len" and len(node.args) == 1:
        return node.args[0], "step_count"
    if isinstance(node, ir.Comprehension) and len(node.clauses) == 1:
        target, over, conditions = node.clauses[0]
        if any(_is_column_test(one, names_in(target)) for one in conditions):
            return over, "step_filter"
    return None, ""


def _is_column_test(test: ir.Expr, item: set[str]) -> bool:
    """Whether a test compares an attribute of the row, which a WHERE can do, rather than to run a method of it."""
    own = [one for one in within(test) if isinstance(one, ir.Attr) and _root(one) in item]
    called = [one.func for one in within(test) if isinstance(one, ir.Call)]
    methods = [one for one in called if isinstance(one, ir.Attr) and _root(one) in item and one.name not in _OF_TEXT]
    handed = any(isinstance(one, ir.Call) and item & names_in(*one.args) for one in within(test))
    return bool(own) and not methods and not handed and isinstance(test, ir.Binary | ir.Logic | ir.Attr | ir.Unary)


def _is_only_use(info: FunctionInfo, over: ir.Expr) -> bool:
    """Whether a query set is gone through here alone, so that no other use needs its rows."""
    if not isinstance(over, ir.Name):
        return True
    uses = sum(isinstance(one, ir.Name) and one.id == over.id for one in in_body(info.node))
    return uses == _TWICE and len(assigned(info, over.id)) == 1
