"""Rules on the run as a whole: compilation, planning, triggers and workers."""

from collections.abc import Iterator

from backend_advisor.experts.database.detectors.plan_terms import (
    TRIVIAL_MS,
    line_place,
    number,
    place,
    ratio,
    run_ms,
)
from backend_advisor.experts.database.detectors.registry import PlanContext, detects_in_plan
from backend_advisor.knowledge.detection import Match

JIT_SHARE = 0.25
"""Compilation may cost a part of what it saves; from a quarter of the run on it is worth trying without."""
TRIGGER_SHARE = 0.3
PLANNING_MS = 10.0
"""Planning a join of a few tables takes around a millisecond; a first plan in a session also loads the catalogue."""
PLANNING_FACTOR = 2.0
_CHANGES_A_REFERENCED_ROW = ("Delete", "Update", "Merge")


@detects_in_plan("DB211")
def jit_overhead(context: PlanContext) -> Iterator[Match]:
    """Compiling took a large part of the time that the statement took."""
    jit, total = context.plan.jit, run_ms(context.plan)
    if jit is None or jit.total_ms is None or total is None or total < TRIVIAL_MS:
        return
    if jit.total_ms >= JIT_SHARE * total:
        yield Match(
            location=line_place(context, jit.line, "JIT"),
            values={
                "ms": round(jit.total_ms),
                "total": round(total),
                "share": round(100 * ratio(jit.total_ms, total)),
                "functions": jit.functions,
            },
        )


@detects_in_plan("DB212")
def trigger_time(context: PlanContext) -> Iterator[Match]:
    """Checking a foreign key from the referenced side took most of a DELETE or UPDATE."""
    root, total = context.plan.root, run_ms(context.plan)
    if root is None or total is None or total < TRIVIAL_MS:
        return
    if not any(node.operation in _CHANGES_A_REFERENCED_ROW for node, _ in context.plan.walk()):
        return
    for trigger in context.plan.triggers:
        if trigger.constraint is None or trigger.ms is None or trigger.name.startswith("RI_ConstraintTrigger_c_"):
            continue
        if trigger.ms >= TRIGGER_SHARE * total:
            yield Match(
                location=line_place(context, trigger.line, f"Trigger for constraint {trigger.constraint}"),
                values={
                    "constraint": trigger.constraint,
                    "ms": round(trigger.ms),
                    "total": round(total),
                    "calls": round(trigger.calls),
                },
            )


@detects_in_plan("DB213")
def planning_dominates(context: PlanContext) -> Iterator[Match]:
    """Planning took longer than running."""
    plan = context.plan
    if plan.root is None or plan.planning_ms is None or plan.execution_ms is None:
        return
    if plan.planning_ms >= PLANNING_MS and plan.planning_ms >= PLANNING_FACTOR * plan.execution_ms:
        yield Match(
            location=place(context, plan.root, ()),
            values={"planning": round(plan.planning_ms), "execution": round(plan.execution_ms, 1)},
        )


@detects_in_plan("DB214")
def workers_not_launched(context: PlanContext) -> Iterator[Match]:
    """A parallel plan that ran with fewer processes than it was made for."""
    total = run_ms(context.plan)
    for node, ancestors in context.plan.walk():
        planned, launched = number(node, "Workers Planned"), number(node, "Workers Launched")
        if node.loops != 1 or "Workers Launched" not in node.properties or launched >= planned:
            continue
        if total is None or total >= TRIVIAL_MS:
            yield Match(
                location=place(context, node, ancestors),
                values={"planned": round(planned), "launched": round(launched)},
            )
