"""What older servers print differently, from the formats of versions 10 to 17."""

from backend_advisor.sql.plan import Plan, read_plan


def find(plan: Plan, operation: str) -> dict[str, str]:
    return next(node.properties for node, _ in plan.walk() if node.operation == operation)


def test_version_10_words_the_times_in_lower_case() -> None:
    plan = read_plan(
        "Sort  (cost=717.34..717.59 rows=101 width=488) (actual time=7.761..7.774 rows=100 loops=1)\n"
        "  Sort Key: t1.fivethous\n"
        "  Sort Method: quicksort  Memory: 77kB\n"
        "  ->  Seq Scan on t1  (cost=0.00..445.00 rows=100 width=244) (actual time=0.007..2.583 rows=100 loops=1)\n"
        "Planning time: 0.194 ms\n"
        "Execution time: 8.008 ms\n"
    )
    assert (plan.planning_ms, plan.execution_ms) == (0.194, 8.008)
    assert find(plan, "Sort")["Sort Space Used"] == "77"


def test_version_11_lists_the_phases_of_jit_one_by_one() -> None:
    plan = read_plan(
        "Aggregate  (cost=16.27..16.29 rows=1 width=8) (actual time=6.049..6.049 rows=1 loops=1)\n"
        "  ->  Seq Scan on pg_class  (cost=0.00..15.42 rows=342 width=4) (actual time=0.019..0.052 rows=356 loops=1)\n"
        "Planning Time: 0.133 ms\n"
        "JIT:\n"
        "  Functions: 3\n"
        "  Generation Time: 1.259 ms\n"
        "  Inlining: false\n"
        "  Inlining Time: 0.000 ms\n"
        "  Optimization: false\n"
        "  Optimization Time: 0.797 ms\n"
        "  Emission Time: 5.048 ms\n"
        "Execution Time: 7.416 ms\n"
    )
    assert plan.jit is not None
    assert (plan.jit.functions, plan.jit.total_ms) == (3, 1.259 + 0.797 + 5.048)
    assert plan.jit.options == {"Inlining": False, "Optimization": False}


def test_later_versions_put_jit_on_three_lines_and_json_agrees() -> None:
    text = read_plan(
        "Result  (cost=0.00..0.01 rows=1 width=4) (actual time=0.001..0.001 rows=1 loops=1)\n"
        "JIT:\n"
        "  Functions: 4\n"
        "  Options: Inlining true, Optimization false, Expressions true, Deforming true\n"
        "  Timing: Generation 1.2 ms (Deform 0.5 ms), Inlining 0.1 ms, Optimization 2.0 ms, Emission 3.0 ms, "
        "Total 6.3 ms\n"
        "Execution Time: 8.0 ms\n"
    )
    json = read_plan(
        '[{"Plan": {"Node Type": "Result"}, "JIT": {"Functions": 4, "Options": {"Inlining": true, '
        '"Optimization": false, "Expressions": true, "Deforming": true}, "Timing": {"Generation": '
        '{"Deform": 0.5, "Total": 1.2}, "Inlining": 0.1, "Optimization": 2.0, "Emission": 3.0, "Total": 6.3}}}]'
    )
    assert text.jit is not None and json.jit is not None
    assert text.jit.total_ms == json.jit.total_ms == 6.3
    assert text.jit.phases == json.jit.phases
    assert text.jit.options == json.jit.options


def test_version_13_words_hash_aggregates_differently() -> None:
    plan = read_plan(
        "HashAggregate  (cost=1.0..2.0 rows=200 width=4) (actual time=1.0..2.0 rows=10 loops=1)\n"
        "  Group Key: a\n"
        "  Peak Memory Usage: 37 kB\n"
        "  ->  Seq Scan on t  (cost=0.00..1.00 rows=10 width=4) (actual time=0.1..0.2 rows=10 loops=1)\n"
    )
    assert find(plan, "HashAggregate")["Peak Memory Usage"] == "37"


def test_before_17_initplans_return_a_parameter_and_io_timings_name_no_kind() -> None:
    plan = read_plan(
        "Seq Scan on users  (cost=1.0..2.0 rows=10 width=4) (actual time=9.0..19.0 rows=10 loops=1)\n"
        "  Filter: (score = $0)\n"
        "  Buffers: shared hit=5 read=3, temp read=7 written=8\n"
        "  I/O Timings: read=0.121 write=0.003\n"
        "  InitPlan 1 (returns $0)\n"
        "    ->  Aggregate  (cost=0.0..1.0 rows=1 width=4) (actual time=8.0..8.0 rows=1 loops=1)\n"
    )
    assert plan.root is not None
    assert plan.root.properties["I/O Read Time"] == "0.121"
    assert (plan.root.hit_blocks, plan.root.read_blocks, plan.root.temp_blocks) == (5, 3, 15)
    assert plan.root.self_ms == 11.0
    assert plan.root.children[0].properties["Subplan Name"] == "InitPlan 1 (returns $0)"


def test_nodes_that_never_ran_and_fractional_rows() -> None:
    plan = read_plan(
        "Nested Loop  (cost=0.0..9.0 rows=5 width=4) (actual time=0.1..0.2 rows=0.00 loops=1)\n"
        "  ->  Seq Scan on a  (cost=0.0..1.0 rows=5 width=4) (actual time=0.1..0.1 rows=3.00 loops=1)\n"
        "  ->  Index Scan using b_pk on b  (cost=0.0..1.0 rows=2 width=4) (actual time=0.1..0.1 rows=0.33 loops=3)\n"
        "        Index Searches: 3\n"
        "        ->  Result  (cost=0.0..1.0 rows=7 width=4) (never executed)\n"
    )
    assert plan.root is not None
    inner = plan.root.children[1]
    assert inner.actual_rows == 0.99 and inner.estimated_rows == 6
    never = inner.children[0]
    assert (never.loops, never.actual_rows, never.estimated_rows, never.ms) == (0, 0, 7, None)


def test_workers_keep_their_own_figures() -> None:
    plan = read_plan(
        "Gather Merge  (cost=1.0..2.0 rows=10 width=4) (actual time=1.0..9.0 rows=10 loops=1)\n"
        "  Workers Planned: 1\n"
        "  Workers Launched: 1\n"
        "  ->  Sort  (cost=0.0..1.0 rows=5 width=4) (actual time=1.0..8.0 rows=5 loops=2)\n"
        "        Sort Key: a\n"
        "        Sort Method: external merge  Disk: 1200kB\n"
        "        Worker 0:  Sort Method: external merge  Disk: 1400kB\n"
        "        ->  Parallel Seq Scan on t  (cost=0.0..1.0 rows=5 width=4) (actual time=0.1..4.0 rows=5 loops=2)\n"
        "              Worker 0:  actual time=0.1..3.0 rows=4 loops=1\n"
        "                Buffers: shared hit=7\n"
    )
    sort, scan = find(plan, "Sort"), find(plan, "Parallel Seq Scan")
    assert (sort["Sort Space Used"], sort["Worker 0 Sort Space Used"]) == ("1200", "1400")
    assert (scan["Worker 0 Actual Rows"], scan["Worker 0 Shared Hit Blocks"]) == ("4", "7")
    assert len(plan.root.children) == 1 if plan.root else False
