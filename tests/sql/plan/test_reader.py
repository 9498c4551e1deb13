"""Plans of a real server (18.6): a statement explained in four formats must read as one tree."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend_advisor.model import PlanNode
from backend_advisor.sql.plan import Plan, read_plan

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted({path.name.split(".")[0] for path in FIXTURES.iterdir()})
STRUCTURED = ("json", "yaml", "xml")


def read(name: str, variant: str, format: str) -> Plan:
    return read_plan((FIXTURES / f"{name}.{variant}.{format}").read_text())


def without(node: PlanNode, *, times: bool) -> PlanNode:
    """Drop lines, which differ by format, I/O times, and with `times` all that differs from run to run."""
    cleared = replace(node, line=None, children=tuple(without(child, times=times) for child in node.children))
    if not times:
        # XML does not say whether an incremental sort's groups fitted in memory.
        kept = {k: v for k, v in node.properties.items() if "I/O" not in k and "Groups Sort Space" not in k}
        return replace(cleared, properties=kept)
    varying = (
        "Time",
        "WAL",
        "Blocks",
        "Memory",
        "Worker",
        "Space Used",
        "Disk Usage",
        "HashAgg Batches",
        "Storage",
        "Sort",
        "Hash",
    )
    properties = {k: v for k, v in node.properties.items() if not any(word in k for word in varying)}
    return replace(
        cleared,
        ms=None,
        self_ms=None,
        hit_blocks=None,
        read_blocks=None,
        temp_blocks=None,
        properties=properties,
    )


def stated(plan: Plan) -> list[set[str]]:
    """What each node states, but for figures that are zero in some runs and for XML's gap."""
    return [
        {
            key
            for key in node.properties
            if not any(w in key for w in ("I/O", "Worker", "Groups Sort Space", "WAL", "Dirtied", "Written"))
        }
        for node, _ in plan.walk()
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", STRUCTURED)
def test_formats_without_analyze_agree_exactly(name: str, format: str) -> None:
    text, other = read(name, "plain", "text"), read(name, "plain", format)
    assert text.root is not None and other.root is not None
    assert without(text.root, times=False) == without(other.root, times=False)
    assert text.settings == other.settings


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", STRUCTURED)
def test_formats_agree_on_what_a_run_counted(name: str, format: str) -> None:
    text, other = read(name, "rows", "text"), read(name, "rows", format)
    assert text.root is not None and other.root is not None
    if "parallel" not in name:
        assert without(text.root, times=False) == without(other.root, times=False)
    assert without(text.root, times=True) == without(other.root, times=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", STRUCTURED)
def test_formats_agree_with_every_option(name: str, format: str) -> None:
    text, other = read(name, "full", "text"), read(name, "full", format)
    assert text.root is not None and other.root is not None
    assert without(text.root, times=True) == without(other.root, times=True)
    assert stated(text) == stated(other)
    assert text.settings == other.settings
    assert [(t.name, t.constraint, t.calls) for t in text.triggers] == [
        (t.name, t.constraint, t.calls) for t in other.triggers
    ]
    assert text.execution_ms is not None and other.execution_ms is not None


@pytest.mark.parametrize("name", NAMES)
def test_own_times_add_up_to_the_whole(name: str) -> None:
    plan = read(name, "full", "text")
    assert plan.root is not None and plan.root.ms is not None
    total = sum(node.self_ms or 0.0 for node, _ in plan.walk())
    # Timing is sampled in microseconds by loop and shared between processes, so the sum is close, not equal.
    assert total <= plan.root.ms * 1.15 + 0.2
    assert total >= plan.root.ms * 0.85 - 0.2


def test_rows_and_times_are_totals_over_loops_and_wall_time_under_a_gather() -> None:
    plan = read_plan(
        "Gather  (cost=0.00..9.00 rows=30 width=4) (actual time=0.5..100.0 rows=30 loops=1)\n"
        "  Workers Planned: 2\n  Workers Launched: 2\n"
        "  ->  Nested Loop  (cost=0.00..9.00 rows=12 width=4) (actual time=0.5..90.0 rows=10 loops=3)\n"
        "        ->  Parallel Seq Scan on a  (cost=0..9 rows=4 width=4) (actual time=0..10.0 rows=5 loops=3)\n"
        "        ->  Index Scan using b_pk on b  (cost=0..9 rows=1 width=4) (actual time=1..4.0 rows=2 loops=15)\n"
        "              Rows Removed by Filter: 7\n"
    )
    assert plan.root is not None
    join = plan.root.children[0]
    outer, inner = join.children
    assert (join.actual_rows, outer.actual_rows, inner.actual_rows) == (30, 15, 30)
    assert (join.ms, outer.ms, inner.ms) == (90.0, 10.0, 20.0)
    assert (plan.root.self_ms, join.self_ms) == (10.0, 60.0)
    assert inner.rows_removed == 105


def test_the_time_of_a_cte_and_an_initplan_is_counted_once() -> None:
    plan = read_plan(
        "Hash Join  (cost=1..2 rows=1 width=4) (actual time=50..100 rows=1 loops=1)\n"
        "  CTE big\n"
        "    ->  Seq Scan on t  (cost=1..2 rows=1 width=4) (actual time=0..60 rows=1 loops=1)\n"
        "  InitPlan 2 (returns $1)\n"
        "    ->  Aggregate  (cost=1..2 rows=1 width=4) (actual time=20..20 rows=1 loops=1)\n"
        "  ->  CTE Scan on big a  (cost=1..2 rows=1 width=4) (actual time=0..62 rows=1 loops=1)\n"
        "  ->  Hash  (cost=1..2 rows=1 width=4) (actual time=30..30 rows=1 loops=1)\n"
        "        ->  CTE Scan on big b  (cost=1..2 rows=1 width=4) (actual time=0..25 rows=1 loops=1)\n"
        "              Filter: (s > $1)\n"
    )
    own = {node.alias or node.operation: node.self_ms for node, _ in plan.walk()}
    assert own == {"Hash Join": 8.0, "t": 60.0, "Aggregate": 20.0, "a": 2.0, "Hash": 5.0, "b": 5.0}
