"""What the plan detectors share: when a node is worth a word, where it is, and which SQL asked for it."""

import re
from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.registry import PlanContext
from backend_advisor.model import Location, PlanNode, Span
from backend_advisor.sql.plan import Plan, path
from backend_advisor.sql.plan.serving_index import ServingIndex, parsed, serving_index

TRIVIAL_MS = 5.0
"""A statement faster than this is not what makes anyone wait; nothing in its plan is worth an alarm."""

NOTICEABLE_SHARE = 0.1
"""Removing a node that takes less of the time than this would hardly be noticed."""

DOMINANT_SHARE = 0.5
"""From here on a part of the plan is most of the waiting."""

_EXCERPT_LENGTH = 160
_SCANS_OF_ROWS = ("Seq Scan", "Index Scan", "Index Only Scan", "Index Scan Backward", "Bitmap Heap Scan")


def run_ms(plan: Plan) -> float | None:
    """How long the statement ran, when it was run and timed."""
    if plan.execution_ms is not None:
        return plan.execution_ms
    return plan.root.ms if plan.root is not None else None


def matters(plan: Plan, ms: float | None, share: float = NOTICEABLE_SHARE) -> bool:
    """Whether that much time is worth a word. Without a clock (TIMING OFF) the counts alone decide."""
    total = run_ms(plan)
    if total is None:
        return True
    if ms is None:
        return total >= TRIVIAL_MS
    return total >= TRIVIAL_MS and ms >= share * total


def place(context: PlanContext, node: PlanNode, ancestors: tuple[PlanNode, ...]) -> Location:
    """The node's line in the plan, and its path from the root."""
    return line_place(context, node.line, path(node, ancestors))


def line_place(context: PlanContext, line: int | None, where: str) -> Location:
    """A line of the plan under a name of its own."""
    if line is None:
        return Location(artifact=context.artifact.name, path=where)
    text = context.artifact.text.splitlines()[line - 1]
    start = len(text) - len(text.lstrip()) + 1
    number = context.artifact.first_line + line - 1
    span = Span(line=number, column=start, end_line=number, end_column=max(len(text.rstrip()) + 1, start))
    return Location(artifact=context.artifact.name, span=span, path=where, excerpt=text.strip()[:_EXCERPT_LENGTH])


def number(node: PlanNode, name: str) -> float:
    """A figure that the node states, zero when it does not."""
    try:
        return float(node.properties.get(name, "0"))
    except ValueError:
        return 0.0


def is_scan(node: PlanNode) -> bool:
    """Whether the node reads rows of a table."""
    return node.operation.removeprefix("Parallel ") in _SCANS_OF_ROWS


def descendants(node: PlanNode) -> Iterator[PlanNode]:
    """Every node below, nearest first; no subplans."""
    stack = list(reversed(node.children))
    while stack:
        child = stack.pop()
        if "Subplan Name" in child.properties:
            continue
        yield child
        stack.extend(reversed(child.children))


def serving_index_of(node: PlanNode, ancestors: tuple[PlanNode, ...]) -> ServingIndex | None:
    """The index that would find the rows of a scan, and give them in order where a sort stands right above it."""
    keys = ""
    for above in reversed(ancestors):
        if above.operation not in ("Sort", "Gather", "Gather Merge"):
            break
        keys = keys or above.properties.get("Sort Key", "")
    names = [name for name in (node.alias, node.relation) if name]
    return serving_index(node.properties.get("Filter", ""), keys, names)


def cause_in_sql(context: PlanContext, text: str) -> Location | None:
    """Where the statement names the columns that a condition or sort key of the plan is about."""
    statement, tree = context.statement, parsed(text.split(", ", maxsplit=1)[0].removesuffix(" DESC"))
    if statement is None or statement.tree is None:
        return None
    names = {column.name for column in tree.find_all(exp.Column)} if tree is not None else set()
    names = names or set(re.findall(r"[A-Za-z_]\w*", text))
    found = [c for c in statement.tree.find_all(exp.Column) if c.name in names]
    inside = [c for c in found if c.find_ancestor(exp.Where, exp.Order, exp.Join) is not None]
    for column in inside:
        comparison = column.find_ancestor(exp.Predicate, exp.Ordered)
        return statement.location(comparison or column)
    return None


def steps_in_sql(context: PlanContext, text: str | None, key: str = "asked") -> tuple[tuple[Location, str], ...]:
    """The place in the SQL as a finding's step, when it is known."""
    where = cause_in_sql(context, text) if text else None
    return ((where, key),) if where is not None else ()


def ratio(part: float, whole: float) -> float:
    """One figure over another, safe from zero."""
    return part / whole if whole else 0.0
