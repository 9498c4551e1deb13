"""Rules on rows: estimates that are wrong, rows read to be thrown away, loops that multiply them."""

from collections.abc import Iterator

from backend_advisor.experts.database.detectors.plan_terms import (
    DOMINANT_SHARE,
    descendants,
    is_scan,
    matters,
    number,
    place,
    ratio,
    run_ms,
    serving_index_of,
    steps_in_sql,
)
from backend_advisor.experts.database.detectors.registry import PlanContext, detects_in_plan
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, PlanNode
from backend_advisor.sql.plan import label
from backend_advisor.sql.plan.serving_index import ServingIndex

MISESTIMATE_FACTOR = 10.0
"""Below a factor of ten the planner's choice of join seldom changes; this is also what people look for by eye."""
MISESTIMATE_ROWS = 1_000
"""Being wrong about fewer rows than this costs nothing, whatever the factor."""
FILTERED_ROWS = 10_000
"""Rows thrown away below this number are read in a few milliseconds."""
FILTERED_SHARE = 0.9
"""An index pays when at least nine rows in ten are thrown away; a scan that keeps more is often the right plan."""
LOOPS = 1_000
"""Executions of a nested loop's inner side from which on a single pass over the table deserves a thought."""
LOOPED_MS = 50.0
"""Look-ups that take less than this in all are not worth another join."""
RESCANNED_ROWS = 100_000
"""Rows read by scanning a table again and again, from which on the repetition is felt."""
ESTIMATED_RESCANS = 1_000_000
"""The same for a plan that was not run: its estimates deserve a wider margin."""
SORTED_ROWS = 10_000
SORTED_FACTOR = 100
"""Rows sorted for each row that LIMIT keeps: below, reading in index order saves little."""

_NO_ROWS_OF_THEIR_OWN = (
    "Hash", "Materialize", "Memoize", "Sort", "Incremental Sort", "Gather", "Gather Merge", "Limit", "BitmapAnd",
    "BitmapOr", "Bitmap Index Scan", "Insert", "Update", "Delete", "Merge", "CTE Scan", "WorkTable Scan", "LockRows",
    "Result", "Append", "Subquery Scan",
)  # fmt: skip
_STOPS_EARLY = ("Limit", "Merge", "Nested Loop Semi Join", "Nested Loop Anti Join")
_CANNOT_BE_READ_IN_ORDER = ("Aggregate", "WindowAgg", "SetOp", "Unique", "Group", "Union", "Append", "ProjectSet")


@detects_in_plan("DB201")
def row_misestimate(context: PlanContext) -> Iterator[Match]:
    """The deepest node of each branch whose estimate is wrong: the ones above only pass the error on."""
    for node, ancestors in context.plan.walk():
        factor = _misestimate(node, ancestors)
        if factor < MISESTIMATE_FACTOR or not _decides(context, node, ancestors):
            continue
        below = (node, *ancestors)
        if any(
            _misestimate(child, below) >= MISESTIMATE_FACTOR
            for child in descendants(node)
            if child.operation not in _NO_ROWS_OF_THEIR_OWN
        ):
            continue
        condition = next((node.properties[k] for k in _CONDITIONS if k in node.properties), None)
        yield Match(
            location=place(context, node, ancestors),
            values={
                "node": label(node),
                "estimated": round(node.estimated_rows or 0),
                "actual": round(node.actual_rows or 0),
                "factor": round(factor),
            },
            steps=steps_in_sql(context, condition),
        )


_CONDITIONS = ("Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Group Key")


def _misestimate(node: PlanNode, ancestors: tuple[PlanNode, ...]) -> float:
    """By which factor the estimate is certainly wrong; zero when it is not, or cannot be judged."""
    estimated, actual = node.estimated_rows, node.actual_rows
    if estimated is None or actual is None or node.loops == 0 or _bare_name(node) in _NO_ROWS_OF_THEIR_OWN:
        return 0.0
    # Servers before 18 round the rows of one loop to a whole number.
    slack = node.loops * 0.5 if node.loops > 1 else 0.0
    if actual < estimated:
        if any(step.operation.startswith(_STOPS_EARLY) for step in ancestors):
            return 0.0
        actual = min(actual + slack, estimated)
    else:
        actual = max(actual - slack, estimated)
    if abs(actual - estimated) < MISESTIMATE_ROWS:
        return 0.0
    return max(actual, estimated) / max(min(actual, estimated), 1.0)


def _decides(context: PlanContext, node: PlanNode, ancestors: tuple[PlanNode, ...]) -> bool:
    """Whether time is spent at the node, or in the node above that was chosen by its estimate."""
    return matters(context.plan, max(node.ms or 0.0, (ancestors[-1].ms or 0.0) if ancestors else 0.0) or None)


def _bare_name(node: PlanNode) -> str:
    return node.operation.removeprefix("Parallel ")


@detects_in_plan("DB205")
def rows_removed_by_filter(context: PlanContext) -> Iterator[Match]:
    """A scan that reads many rows and keeps few."""
    for node, ancestors in context.plan.walk():
        removed = number(node, "Rows Removed by Filter") * node.loops
        read = removed + (node.actual_rows or 0.0)
        if not is_scan(node) or removed < FILTERED_ROWS or ratio(removed, read) < FILTERED_SHARE:
            continue
        if node.loops > 1 and _is_rescanned(node, ancestors):
            continue
        condition = node.properties.get("Filter", "")
        index = serving_index_of(node, ancestors)
        if matters(context.plan, node.self_ms):
            yield Match(
                location=place(context, node, ancestors),
                values={
                    "node": label(node),
                    "removed": round(removed),
                    "read": round(read),
                    "filter": condition,
                    "table": node.relation or "",
                    "columns": ", ".join(index.columns) if index else "…",
                    "index": node.index or "",
                },
                confidence=Confidence.HIGH if index else Confidence.MEDIUM,
                steps=(
                    *((place(context, node, ancestors), key) for key in _remedies(index, node, ancestors)),
                    *steps_in_sql(context, condition),
                ),
            )


def _remedies(index: ServingIndex | None, node: PlanNode, ancestors: tuple[PlanNode, ...]) -> Iterator[str]:
    if index is None:
        return
    yield "sorted" if index.serves_order else "candidate"
    if _is_for_order(node, ancestors):
        yield "ordered"


def _is_for_order(node: PlanNode, ancestors: tuple[PlanNode, ...]) -> bool:
    """Whether an index is read from one end, in its order, until a LIMIT has enough rows."""
    has_limit = any(step.operation.startswith("Limit") for step in ancestors)
    return has_limit and node.index is not None and "Index Cond" not in node.properties


@detects_in_plan("DB206")
def nested_loop_blow_up(context: PlanContext) -> Iterator[Match]:
    """The inner side of a nested loop, run so often that it is most of the time."""
    for node, ancestors in context.plan.walk():
        inner = _inner(node)
        if inner is None or inner.loops < LOOPS or inner.actual_rows is None:
            continue
        scanned = next((n for n in (inner, *descendants(inner)) if is_scan(n)), inner)
        if scanned.operation.endswith("Seq Scan") or inner.operation in ("Materialize", "Memoize"):
            continue
        if inner.ms is None or inner.ms < LOOPED_MS:
            continue
        if matters(context.plan, inner.ms, DOMINANT_SHARE):
            outer = node.children[0]
            yield Match(
                location=place(context, inner, (*ancestors, node)),
                values={
                    "node": label(scanned),
                    "loops": round(inner.loops),
                    "ms": round(inner.ms),
                    "share": round(100 * ratio(inner.ms, run_ms(context.plan) or inner.ms)),
                    "expected": round(outer.estimated_rows or 0),
                },
                steps=steps_in_sql(context, scanned.properties.get("Index Cond")),
            )


@detects_in_plan("DB209")
def seq_scan_repeated(context: PlanContext) -> Iterator[Match]:
    """A whole table read again for each row of a nested loop's outer side."""
    for node, ancestors in context.plan.walk():
        inner = _inner(node)
        scan = _seq_scan_of(inner) if inner is not None else None
        if inner is None or scan is None:
            continue
        if node.actual_rows is not None:
            passes = inner.loops
            rows = (inner.actual_rows or 0.0) + number(scan, "Rows Removed by Filter") * scan.loops
            enough = rows >= RESCANNED_ROWS and matters(context.plan, inner.ms or node.self_ms)
            if inner.operation == "Materialize":
                enough = rows >= RESCANNED_ROWS and matters(context.plan, _sum(node.self_ms, inner.ms))
        else:
            passes = node.children[0].estimated_rows or 0.0
            rows = passes * (scan.estimated_rows or 0.0)
            enough = rows >= ESTIMATED_RESCANS
        if passes > 1 and enough:
            condition = scan.properties.get("Filter") or node.properties.get("Join Filter")
            yield Match(
                location=place(context, scan, _ancestors(scan, inner, node, ancestors)),
                values={
                    "table": scan.relation or label(scan),
                    "passes": round(passes),
                    "rows": round(rows),
                },
                confidence=Confidence.HIGH if node.actual_rows is not None else Confidence.MEDIUM,
                steps=steps_in_sql(context, condition),
            )


@detects_in_plan("DB210")
def limit_discards_sort(context: PlanContext) -> Iterator[Match]:
    """A LIMIT of a few rows that waits for all rows to be read and sorted."""
    for node, ancestors in context.plan.walk():
        chain = _sort_below(node)
        if chain is None:
            continue
        sort = chain[-1]
        source = sort.children[0]
        ran = source.actual_rows is not None
        rows = (source.actual_rows if ran else source.estimated_rows) or 0.0
        kept = max((node.actual_rows if ran else node.estimated_rows) or 0.0, 1.0)
        if rows < SORTED_ROWS or rows < SORTED_FACTOR * kept or not _from_tables(sort):
            continue
        if matters(context.plan, sort.ms, DOMINANT_SHARE) or not ran:
            keys = sort.properties.get("Sort Key", "")
            where = place(context, sort, (*ancestors, node, *chain[:-1]))
            scan, index = _scan_below(sort)
            yield Match(
                location=where,
                values={
                    "rows": round(rows),
                    "kept": round(kept),
                    "keys": keys,
                    "table": scan.relation or "",
                    "columns": ", ".join(index.columns) if index else "…",
                },
                confidence=Confidence.HIGH if ran else Confidence.MEDIUM,
                steps=(
                    *(((where, "candidate"),) if index and index.serves_order else ()),
                    *steps_in_sql(context, keys),
                ),
            )


def _inner(node: PlanNode) -> PlanNode | None:
    sides = [child for child in node.children if "Subplan Name" not in child.properties]
    return sides[1] if node.operation.startswith("Nested Loop") and len(sides) == 2 else None


def _seq_scan_of(inner: PlanNode) -> PlanNode | None:
    scan = inner.children[0] if inner.operation == "Materialize" and inner.children else inner
    return scan if scan.operation.endswith("Seq Scan") else None


def _ancestors(
    scan: PlanNode, inner: PlanNode, join: PlanNode, ancestors: tuple[PlanNode, ...]
) -> tuple[PlanNode, ...]:
    return (*ancestors, join) if scan is inner else (*ancestors, join, inner)


def _is_rescanned(node: PlanNode, ancestors: tuple[PlanNode, ...]) -> bool:
    """Whether it is the plain inner side of a nested loop, which another rule speaks of."""
    return bool(ancestors) and _inner(ancestors[-1]) is node and node.operation.endswith("Seq Scan")


def _sum(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _sort_below(node: PlanNode) -> list[PlanNode] | None:
    """The nodes from a LIMIT down to the sort that feeds it."""
    if node.operation != "Limit":
        return None
    chain: list[PlanNode] = []
    while node.children and node.operation in ("Limit", "Gather Merge", "Result", "LockRows"):
        node = node.children[-1]
        chain.append(node)
    return chain if node.operation == "Sort" and node.children else None


def _scan_below(sort: PlanNode) -> tuple[PlanNode, ServingIndex | None]:
    """The one scan that feeds a sort, and the index that would take the place of both; no index behind joins."""
    chain = [sort]
    while len(chain[-1].children) == 1 and not is_scan(chain[-1]):
        chain.append(chain[-1].children[0])
    scan = chain[-1]
    return scan, serving_index_of(scan, tuple(chain[:-1])) if is_scan(scan) else None


def _from_tables(sort: PlanNode) -> bool:
    """Whether the sorted rows come from tables alone, so that an index could deliver them in order."""
    below = list(descendants(sort))
    if any(word in node.operation for node in below for word in _CANNOT_BE_READ_IN_ORDER):
        return False
    tree_keys = sort.properties.get("Sort Key", "")
    return any(is_scan(node) for node in below) and "(" not in tree_keys
