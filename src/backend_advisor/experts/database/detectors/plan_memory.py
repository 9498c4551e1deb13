"""Rules on memory and pages: what did not fit, and what had to be fetched."""

import re
from collections.abc import Iterator

from backend_advisor.experts.database.detectors.plan_terms import (
    is_scan,
    matters,
    number,
    place,
    ratio,
    steps_in_sql,
)
from backend_advisor.experts.database.detectors.registry import PlanContext, detects_in_plan
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import PlanNode
from backend_advisor.sql.plan import Plan, label

SORT_MEMORY_FACTOR = 3
"""Memory that a sort needs in place of each kilobyte on disk. Measured on 18.6: 2.5 for rows of one integer,
1.7 for rows of about 40 bytes, 1.1 for rows of 500 bytes; rounded up so that the figure suffices."""
WORK_MEM_KB = 4096
HASH_MEM_MULTIPLIER = 2.0
"""The default since version 15; 1.0 in 13 and 14, and not there before."""
LOSSY_SHARE = 0.1
READ_PAGES = 1_000
"""Pages fetched from outside shared buffers, 8 MiB: below, a cold start explains them and nobody waits."""
HEAP_FETCHES = 1_000
HEAP_FETCH_SHARE = 0.1
"""Some visits are normal between two vacuums."""

_SIZE = re.compile(r"^(\d+)\s*(kB|MB|GB|TB)?$")
_UNITS = {"kB": 1, "MB": 1024, "GB": 1024**2, "TB": 1024**3}


@detects_in_plan("DB202")
def sort_spills(context: PlanContext) -> Iterator[Match]:
    """A sort that did not fit into work_mem."""
    for node, ancestors in context.plan.walk():
        disk = max((number(node, name) for name in node.properties if _is_on_disk(node, name)), default=0.0)
        if disk and matters(context.plan, node.self_ms):
            yield Match(
                location=place(context, node, ancestors),
                values={
                    "disk": megabytes(disk),
                    "limit": megabytes(work_mem(context.plan)),
                    "needed": megabytes(disk * SORT_MEMORY_FACTOR),
                    "keys": node.properties.get("Sort Key", ""),
                },
                steps=steps_in_sql(context, node.properties.get("Sort Key")),
            )


@detects_in_plan("DB203")
def hash_spills(context: PlanContext) -> Iterator[Match]:
    """A hash table that did not fit, and was cut into batches on disk."""
    for node, ancestors in context.plan.walk():
        batches = max(number(node, "Hash Batches"), number(node, "HashAgg Batches"))
        if batches <= 1:
            continue
        memory = number(node, "Peak Memory Usage")
        disk = number(node, "Disk Usage")
        needed = memory + disk if "HashAgg Batches" in node.properties else memory * batches
        own = node.self_ms
        if node.operation.removeprefix("Parallel ") == "Hash" and ancestors and own is not None:
            # The join above writes and reads the batches of both sides.
            own += ancestors[-1].self_ms or 0.0
        if matters(context.plan, own):
            yield Match(
                location=place(context, node, ancestors),
                values={
                    "node": label(node),
                    "batches": round(batches),
                    "needed": megabytes(needed),
                    "work_mem": megabytes(needed / _multiplier(context.plan)),
                },
                steps=steps_in_sql(context, _condition(node, ancestors)),
            )


@detects_in_plan("DB204")
def lossy_bitmap(context: PlanContext) -> Iterator[Match]:
    """A bitmap that remembers pages instead of rows, because rows did not fit."""
    for node, ancestors in context.plan.walk():
        lossy = sum(number(node, name) for name in node.properties if name.endswith("Lossy Heap Blocks"))
        exact = sum(number(node, name) for name in node.properties if name.endswith("Exact Heap Blocks"))
        if ratio(lossy, lossy + exact) >= LOSSY_SHARE and matters(context.plan, node.self_ms):
            yield Match(
                location=place(context, node, ancestors),
                values={
                    "table": node.relation or "",
                    "lossy": round(lossy),
                    "pages": round(lossy + exact),
                    "rechecked": round(number(node, "Rows Removed by Index Recheck") * node.loops),
                    "limit": megabytes(work_mem(context.plan)),
                },
                steps=steps_in_sql(context, node.properties.get("Recheck Cond")),
            )


@detects_in_plan("DB207")
def cold_buffers(context: PlanContext) -> Iterator[Match]:
    """Most pages came from outside shared buffers; said once, of the scan that fetched the most."""
    root = context.plan.root
    if root is None or (root.read_blocks or 0) < READ_PAGES or (root.read_blocks or 0) <= (root.hit_blocks or 0):
        return
    scans = [(node, ancestors) for node, ancestors in context.plan.walk() if is_scan(node) and node.read_blocks]
    if not scans or not matters(context.plan, None):
        return
    node, ancestors = max(scans, key=lambda pair: pair[0].read_blocks or 0)
    if matters(context.plan, node.self_ms):
        yield Match(
            location=place(context, node, ancestors),
            values={
                "read": root.read_blocks or 0,
                "hit": root.hit_blocks or 0,
                "size": megabytes((root.read_blocks or 0) * 8),
                "table": node.relation or "",
            },
        )


@detects_in_plan("DB208")
def heap_fetches(context: PlanContext) -> Iterator[Match]:
    """An index-only scan that goes to the table all the same."""
    for node, ancestors in context.plan.walk():
        fetches = number(node, "Heap Fetches")
        rows = (node.actual_rows or 0.0) + (node.rows_removed or 0.0)
        if fetches < HEAP_FETCHES or fetches < HEAP_FETCH_SHARE * rows:
            continue
        if matters(context.plan, node.self_ms):
            yield Match(
                location=place(context, node, ancestors),
                values={"table": node.relation or "", "fetches": round(fetches), "rows": round(rows)},
            )


@detects_in_plan("DB215")
def memoize_evictions(context: PlanContext) -> Iterator[Match]:
    """A cache of a join's inner side that throws out what it will need again."""
    for node, ancestors in context.plan.walk():
        lost = number(node, "Cache Evictions") + number(node, "Cache Overflows")
        hits, misses = number(node, "Cache Hits"), number(node, "Cache Misses")
        if lost and hits < misses and matters(context.plan, node.ms):
            yield Match(
                location=place(context, node, ancestors),
                values={
                    "key": node.properties.get("Cache Key", ""),
                    "evictions": round(lost),
                    "hits": round(hits),
                    "misses": round(misses),
                },
            )


def _is_on_disk(node: PlanNode, name: str) -> bool:
    """Whether a figure of a sort, of one of its workers or of an incremental sort's groups is space on disk."""
    if name.endswith("Sort Space Disk Peak Sort Space Used"):
        return True
    return name.endswith("Sort Space Used") and node.properties.get(name.replace("Used", "Type")) == "Disk"


def work_mem(plan: Plan) -> float:
    """The sort and hash memory of the run in kB: as its Settings line says, else the default."""
    match = _SIZE.match(plan.settings.get("work_mem", ""))
    return float(match.group(1)) * _UNITS[match.group(2) or "kB"] if match else WORK_MEM_KB


def megabytes(kilobytes: float) -> str:
    """A size that can be put into a setting, rounded up to whole units."""
    if kilobytes < 1024:
        return f"{max(int(kilobytes), 64)}kB"
    return f"{int(-(-kilobytes // 1024))}MB"


def _multiplier(plan: Plan) -> float:
    try:
        return max(float(plan.settings.get("hash_mem_multiplier", HASH_MEM_MULTIPLIER)), 1.0)
    except ValueError:
        return HASH_MEM_MULTIPLIER


def _condition(node: PlanNode, ancestors: tuple[PlanNode, ...]) -> str | None:
    return node.properties.get("Group Key") or (ancestors[-1].properties.get("Hash Cond") if ancestors else None)
