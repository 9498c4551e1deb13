"""Where the time of a plan went: wall-clock time of each node, and the part of it that is the node's own.

EXPLAIN prints an average for one loop. Under a Gather each process counts as a loop, so the sum over loops
is work, not time: it is divided by the number of processes that shared it. The time of a CTE is inside the CTE
Scan that reads it, and that of an InitPlan inside the node that first asks for its value, not beside the node
under which EXPLAIN prints them.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend_advisor.sql.plan.nodes import RawNode

_GATHER = ("Gather", "Gather Merge")
_INITPLAN_NUMBER = re.compile(r"^InitPlan (\d+|expr_\d+)")
_SEARCHED_NODES = 500
"""An InitPlan's value is asked for near its holder; looking further costs more than it tells."""
_RETURNED = re.compile(r"\$\d+")


def wall_times(root: "RawNode") -> dict["RawNode", float]:
    """Elapsed milliseconds of each node that was timed, over all its loops."""
    times: dict[RawNode, float] = {}
    stack: list[tuple[RawNode, float]] = [(root, 1.0)]
    while stack:
        node, processes = stack.pop()
        if node.ms_per_loop is not None:
            times[node] = node.ms_per_loop * node.loops / processes
        for child in node.children:
            shared = processes
            if node.operation in _GATHER and not _is_initplan(child) and node.loops > 0:
                shared = max(processes * child.loops / node.loops, 1.0)
            stack.append((child, shared))
    return times


def own_times(root: "RawNode", wall: dict["RawNode", float]) -> dict["RawNode", float]:
    """The wall time of each node less that of everything that ran inside it; never below zero."""
    own = dict(wall)
    ctes: list[RawNode] = []
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        for child in node.children:
            if child not in wall:
                continue
            if _cte_name(child) is not None:
                ctes.append(child)
            elif _is_initplan(child):
                _charge(own, [_asks_for(node, child)], wall[child])
            elif node in own:
                own[node] -= wall[child]
    # CTEs come last: an InitPlan may be the one that reads, inside the time of the node that asked for it.
    scans = _cte_scans(root)
    for cte in ctes:
        _charge(own, scans.get(_cte_name(cte) or "", []), wall[cte])
    return {node: max(ms, 0.0) for node, ms in own.items()}


def _charge(own: dict["RawNode", float], nodes: list["RawNode"], ms: float) -> None:
    """Take time from the nodes inside which it passed; the slowest reader is the one that had to wait."""
    for node in sorted((n for n in nodes if n in own), key=lambda n: -own[n]):
        part = min(ms, max(own[node], 0.0))
        own[node] -= part
        ms -= part


def _cte_scans(root: "RawNode") -> dict[str, list["RawNode"]]:
    found: dict[str, list[RawNode]] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        if node.operation.endswith("CTE Scan") and node.relation:
            found.setdefault(node.relation, []).append(node)
    return found


def _asks_for(holder: "RawNode", initplan: "RawNode") -> "RawNode":
    """The topmost node at or below the holder whose expressions use the InitPlan's value; else the holder."""
    name = initplan.subplan or ""
    number = _INITPLAN_NUMBER.match(name)
    marks = _RETURNED.findall(name) or ([f"(InitPlan {number.group(1)})"] if number else [])
    if not marks:
        return holder
    pattern = re.compile("|".join(re.escape(mark) + r"(?!\d)" for mark in marks))
    queue = [holder]
    for node in queue:
        if len(queue) > _SEARCHED_NODES:
            break
        if any(pattern.search(value) for value in node.properties.values()):
            return node
        queue.extend(child for child in node.children if child is not initplan)
    return holder


def _is_initplan(node: "RawNode") -> bool:
    return (node.subplan or "").startswith(("InitPlan", "CTE "))


def _cte_name(node: "RawNode") -> str | None:
    name = node.subplan or ""
    return name.removeprefix("CTE ") if name.startswith("CTE ") else None
