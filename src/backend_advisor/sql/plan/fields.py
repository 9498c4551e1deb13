"""A node of the structured formats, given the names and the shape that the text format prints."""

from collections.abc import Mapping

from backend_advisor.sql.plan.limits import check_count, check_depth
from backend_advisor.sql.plan.nodes import RawNode
from backend_advisor.sql.plan.structured import Tree

_FIGURES = {
    "Startup Cost": "startup_cost",
    "Total Cost": "total_cost",
    "Plan Rows": "estimated_rows",
    "Actual Rows": "actual_rows",
    "Actual Total Time": "ms_per_loop",
    "Actual Loops": "loops",
}
_NAMES = {
    "Node Type", "Strategy", "Partial Mode", "Operation", "Command", "Join Type", "Parallel Aware",
    "Async Capable",    "Scan Direction", "Relation Name", "Schema", "Alias", "Index Name", "CTE Name", "Function Name",
    "Custom Plan Provider", "Subplan Name", "Parent Relationship", "Plan Width", "Plans",
    "Actual Startup Time",    "Table Function Name", "Tuplestore Name", "Inner Unique",
}  # fmt: skip
_PRINTED_WHEN_TRUE = {"Single Copy", "Disabled"}
PRINTED_WHEN_POSITIVE = frozenset({
    "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck",
    "Rows Removed by Conflict Filter", "Exact Heap Blocks", "Lossy Heap Blocks", "Planned Partitions",
    "Tuples Inserted", "Tuples Updated", "Tuples Deleted", "Tuples Skipped", "Subplans Removed",
    "Disk Usage",
})  # fmt: skip
"""Figures that the text format leaves out when they are zero."""
_POSITIVE_ENDINGS = (
    " Blocks",
    " Time",
    "WAL Records",
    "WAL FPI",
    "WAL Bytes",
    "WAL Buffers Full",
    "WAL FPI Bytes",
)
_AGGREGATES = {
    "Plain": "Aggregate",
    "Sorted": "GroupAggregate",
    "Hashed": "HashAggregate",
    "Mixed": "MixedAggregate",
}
_JOINS = {"Nested Loop": "Nested Loop", "Hash Join": "Hash", "Merge Join": "Merge"}


def read_nodes(plan: Mapping[str, Tree], lines: list[int]) -> RawNode:
    """Read a plan's nodes without recursion, so that depth is judged before it hurts."""
    root = RawNode()
    stack: list[tuple[Mapping[str, Tree], RawNode, int]] = [(plan, root, 1)]
    order: list[RawNode] = []
    while stack:
        fields, node, depth = stack.pop()
        order.append(node)
        check_depth(depth)
        check_count(len(order) + len(stack))
        _fill(node, fields)
        children = fields.get("Plans", [])
        inner = [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []
        node.children = [RawNode() for _ in inner]
        stack.extend((child, raw, depth + 1) for child, raw in reversed(list(zip(inner, node.children, strict=True))))
    if len(lines) >= len(order):
        for node, line in zip(order, lines, strict=False):
            node.line = line
    return root


def _fill(node: RawNode, fields: Mapping[str, Tree]) -> None:
    word = {key: value for key, value in fields.items() if isinstance(value, str)}
    node.operation = operation(word)
    node.index = word.get("Index Name")
    names = ("Relation Name", "CTE Name", "Function Name", "Table Function Name", "Tuplestore Name")
    node.relation = next((word[name] for name in names if name in word), None)
    node.alias = word.get("Alias")
    node.subplan = word.get("Subplan Name")
    for name, attribute in _FIGURES.items():
        if name in word:
            setattr(node, attribute, number(word[name]))
    if "Actual Loops" in word and number(word["Actual Loops"]) is None:
        # A damaged count of loops says nothing, and every figure is multiplied by it.
        node.loops = 1.0
    if node.actual_rows is not None and node.loops == 0:
        node.ms_per_loop = None
    node.properties = properties(fields)


def operation(word: Mapping[str, str]) -> str:
    """The node's name as the text format words it: "Parallel Hash Left Join"."""
    kind = word.get("Node Type", "")
    if kind == "Aggregate":
        kind = _AGGREGATES.get(word.get("Strategy", "Plain"), kind)
        if word.get("Partial Mode", "Simple") != "Simple":
            kind = f"{word['Partial Mode']} {kind}"
    elif kind == "SetOp":
        hashed = "Hash" if word.get("Strategy") == "Hashed" else ""
        kind = f"{hashed}SetOp {word.get('Command', '')}".strip()
    elif kind == "ModifyTable" or (kind == "Foreign Scan" and word.get("Operation", "Select") != "Select"):
        kind = word.get("Operation", kind) if kind == "ModifyTable" else f"Foreign {word['Operation']}"
    elif kind == "Custom Scan":
        kind = f"Custom Scan ({word.get('Custom Plan Provider', '')})"
    elif kind in _JOINS:
        join = word.get("Join Type", "Inner")
        suffix = f" {join} Join" if join != "Inner" else "" if kind == "Nested Loop" else " Join"
        kind = _JOINS[kind] + suffix
    if word.get("Scan Direction") == "Backward":
        kind += " Backward"
    prefix = "Parallel " if word.get("Parallel Aware") == "true" else ""
    return f"{prefix}{'Async ' if word.get('Async Capable') == 'true' else ''}{kind}"


def properties(fields: Mapping[str, Tree]) -> dict[str, str]:
    """Everything else a node states, flattened; what the text format leaves out is left out."""
    found: dict[str, str] = {}
    for key, value in fields.items():
        if key in _NAMES or key in _FIGURES:
            continue
        if key == "Workers":
            _workers(found, value)
        elif key == "Grouping Sets":
            _grouping_sets(found, value)
        else:
            _flatten(found, key, value)
    return found


def number(text: str) -> float | None:
    """A figure of the plan, or None when it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


def _flatten(found: dict[str, str], key: str, value: Tree) -> None:
    if isinstance(value, str):
        if _is_printed(key, value):
            found[key] = value
    elif isinstance(value, list):
        found[key] = ", ".join(item for item in value if isinstance(item, str))
    else:
        for name, inner in value.items():
            if not isinstance(inner, dict | list) or isinstance(inner, list):
                _flatten(found, f"{key} {name}", inner)
            else:
                for deepest, leaf in inner.items():
                    if isinstance(leaf, str):
                        _flatten(found, f"{key} {name} {deepest}", leaf)


def _is_printed(key: str, value: str) -> bool:
    if key in _PRINTED_WHEN_TRUE or key.removeprefix("Worker ") in _PRINTED_WHEN_TRUE:
        return value == "true"
    if key in PRINTED_WHEN_POSITIVE or key.endswith(_POSITIVE_ENDINGS):
        return (number(value) or 0.0) > 0
    return True


def _workers(found: dict[str, str], workers: Tree) -> None:
    for worker in workers if isinstance(workers, list) else []:
        if isinstance(worker, dict):
            prefix = f"Worker {worker.get('Worker Number', '?')}"
            inner: dict[str, str] = {}
            for key, value in worker.items():
                if key != "Worker Number":
                    _flatten(inner, key, value)
            found.update({f"{prefix} {key}": value for key, value in inner.items()})


def _grouping_sets(found: dict[str, str], sets: Tree) -> None:
    for group in sets if isinstance(sets, list) else []:
        for key, value in group.items() if isinstance(group, dict) else []:
            if isinstance(value, list):
                name = key.removesuffix("s")
                texts = [", ".join(str(k) for k in keys) if isinstance(keys, list) else str(keys) for keys in value]
                if key == "Sort Key":
                    texts, name = [", ".join(texts)], "Sort Key"
                for text in texts:
                    shown = text or "()"
                    found[name] = f"{found[name]}; {shown}" if name in found else shown
