"""A plan as lines of a tree, with the node that costs most marked; the formats only lay them out."""

from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.model import PlanNode
from backend_advisor.quantities import duration, significant, whole
from backend_advisor.report.style import Style

_DETAILS = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key", "Sort Method")


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One node: the branch drawing before it, what it is, its figures, its share of the whole, and why it matters."""

    branch: str
    label: str
    figures: tuple[str, ...]
    amount: str
    share: float
    costly: bool
    details: tuple[str, ...]


def plan_lines(plan: PlanNode, style: Style) -> list[PlanLine]:
    """The nodes in the order in which EXPLAIN prints them."""
    walked = list(_walk(plan, "", ""))
    own = [_own(node) for _, node in walked]
    whole_amount = sum(own)
    timed = plan.self_ms is not None or plan.ms is not None
    marked = _costliest(own)
    return [
        PlanLine(
            branch=branch,
            label=label(node),
            figures=tuple(_figures(node, style)),
            amount=_amount(amount, timed=timed, style=style),
            share=amount / whole_amount if whole_amount else 0.0,
            costly=number == marked,
            details=tuple(_details(node)),
        )
        for number, ((branch, node), amount) in enumerate(zip(walked, own, strict=True))
    ]


def label(node: PlanNode) -> str:
    """What the node is, as EXPLAIN words it: "Index Scan using orders_user_id on orders o"."""
    parts = [node.operation]
    if node.index:
        parts.append(f"using {node.index}")
    if node.relation:
        parts.append(f"on {node.relation}")
        if node.alias and node.alias != node.relation:
            parts.append(node.alias)
    return " ".join(parts)


def _costliest(own: list[float]) -> int:
    """The node that stands out; -1 when several cost about the same."""
    ordered = sorted(own, reverse=True)
    stands_out = len(own) > 1 and ordered[0] > 1.2 * ordered[1]
    return own.index(ordered[0]) if stands_out else -1


def _walk(node: PlanNode, branch: str, below: str) -> Iterator[tuple[str, PlanNode]]:
    yield branch, node
    for number, child in enumerate(node.children, 1):
        last = number == len(node.children)
        yield from _walk(child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))


def _own(node: PlanNode) -> float:
    if node.self_ms is not None:
        return max(node.self_ms, 0.0)
    if node.ms is not None:
        return max(node.ms - sum(child.ms or 0.0 for child in node.children), 0.0)
    if node.total_cost is not None:
        return max(node.total_cost - sum(child.total_cost or 0.0 for child in node.children), 0.0)
    return 0.0


def _amount(own: float, *, timed: bool, style: Style) -> str:
    return duration(own) if timed else style.say("plan_cost", cost=significant(own))


def _figures(node: PlanNode, style: Style) -> Iterator[str]:
    if node.actual_rows is not None:
        yield style.say("plan_rows", rows=whole(node.actual_rows))
        if node.estimated_rows is not None and _misses(node):
            yield style.say("plan_estimated", rows=whole(node.estimated_rows))
    elif node.estimated_rows is not None:
        yield style.say("plan_estimated", rows=whole(node.estimated_rows))
    if node.loops > 1:
        yield style.say("plan_loops", loops=whole(node.loops))
    if node.rows_removed:
        yield style.say("plan_removed", rows=whole(node.rows_removed))
    if node.temp_blocks:
        yield style.say("plan_spilled", blocks=f"{node.temp_blocks:,}")


def _misses(node: PlanNode) -> bool:
    """Whether the planner's estimate is off by ten times or more."""
    actual = max(node.actual_rows or 0.0, 1.0)
    estimated = max(node.estimated_rows or 0.0, 1.0)
    return max(actual / estimated, estimated / actual) >= 10


def _details(node: PlanNode) -> Iterator[str]:
    for name in _DETAILS:
        if name in node.properties:
            yield f"{name}: {node.properties[name]}"
