"""What a proof says in words and figures, for every format to lay out in its own way."""

from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.model import Advice, Change, PlanNode, Proof, ProofStatus, Report, Strength, Trial
from backend_advisor.quantities import blocks, duration, percent, significant, size
from backend_advisor.report.style import Style

MARKS = {Strength.PROVED: "✔", Strength.DETECTED: "◆", Strength.INFERRED: "≈", Strength.GENERAL: "○"}
"""Marks of the strength of evidence that differ in shape, so that they read without colour."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One pair of bars: a quantity before and after."""

    title: str
    before: float
    after: float
    before_text: str
    after_text: str


def strength(value: Strength, style: Style) -> str:
    """The mark and the word for a strength of evidence."""
    return f"{MARKS[value]} {style.say(f'strength_{value.value}')}"


def mark(proof: Proof) -> str:
    """Whether it holds, by one character."""
    return {True: "✔", False: "✘", None: "–"}[proof.holds]


def leading_proof(report: Report) -> Proof | None:
    """The proof that the answer opens with: the first of its first advice that holds and was measured."""
    proofs = [proof for advice in report.advice[:1] for proof in advice.proofs]
    return next((proof for proof in proofs if proof.holds and gain(proof, Style())), None)


def gain(proof: Proof, style: Style) -> str:
    """ "1.38 s → 0.153 ms, 9,033× faster"; empty when nothing comparable was measured."""
    before, after, factor = proof.before, proof.after, proof.gain
    if proof.method == "locking" and before is not None and after is not None:
        key = "gain_waits" if after.median_ms else "gain_waits_none"
        return style.say(key, before=duration(before.median_ms or 0.0), after=duration(after.median_ms or 0.0))
    if before is None or after is None or not factor:
        return ""
    if before.median_ms is not None and after.median_ms is not None:
        return style.say(
            "gain_faster" if factor >= 1 else "gain_slower",
            before=duration(before.median_ms),
            after=duration(after.median_ms),
            times=significant(max(factor, 1 / factor)),
        )
    return style.say(
        "gain_cheaper" if factor >= 1 else "gain_dearer",
        before=significant(before.cost or 0.0),
        after=significant(after.cost or 0.0),
        times=significant(max(factor, 1 / factor)),
    )


def outcome(proof: Proof, style: Style) -> str:
    """The result in words: holds, does not hold, not applicable or not testable, and how it was tested."""
    method = style.say(f"method_{proof.method}")
    if proof.status is not ProofStatus.TESTED:
        return style.say(proof.status.value, method=method, reason=proof.reason)
    return style.say("holds" if proof.holds else "holds_not", method=method)


def conditions(proof: Proof, style: Style) -> list[str]:
    """The terms on which the figures stand, the number of runs last."""
    runs = proof.after.runs if proof.after else 0
    median = style.say("median_of", runs=runs)
    said = runs < 2 or any(median in condition for condition in proof.conditions)
    return [*proof.conditions] if said else [*proof.conditions, median]


def target(proof: Proof, style: Style) -> str:
    """Whether the asker's aim is met; empty when none was stated."""
    if proof.target is None:
        return ""
    key = {True: "target_met", False: "target_missed", None: "target_unknown"}[proof.target.met]
    return style.say(key, target=proof.target.text or duration(proof.target.value_ms))


def bars(proof: Proof, style: Style) -> Iterator[Bar]:
    """Time and buffers, or cost, where both sides were measured."""
    before, after = proof.before, proof.after
    if before is None or after is None:
        return
    if before.median_ms is not None and after.median_ms is not None:
        texts = duration(before.median_ms), duration(after.median_ms)
        yield Bar(
            style.say("others_wait" if proof.method == "locking" else "time"), before.median_ms, after.median_ms, *texts
        )
    if before.blocks is not None and after.blocks is not None:
        yield Bar(style.say("buffers"), before.blocks, after.blocks, blocks(before.blocks), blocks(after.blocks))
    if before.median_ms is None and before.cost is not None and after.cost is not None:
        yield Bar(style.say("cost"), before.cost, after.cost, significant(before.cost), significant(after.cost))


def change_facts(change: Change, style: Style) -> list[str]:
    """What a change costs: its size, the time to build it, what it adds to each write."""
    facts = []
    if change.size_bytes is not None:
        facts.append(style.say("change_size", size=size(change.size_bytes)))
    if change.build_ms is not None:
        facts.append(style.say("change_build", time=duration(change.build_ms)))
    if change.write_overhead is not None:
        key = "change_writes" if change.write_overhead > 0 else "change_writes_none"
        facts.append(style.say(key, share=percent(change.write_overhead)))
    return facts


def changes_key(proof: Proof) -> str:
    """The heading of the changes: of those that were run, or that the planner was only asked about."""
    return "changes_planned" if proof.method == "scale_model" else "changes"


def trial_figure(trial: Trial, style: Style) -> str:
    """What a rejected trial came to."""
    if trial.median_ms is not None:
        return duration(trial.median_ms)
    return style.say("plan_cost", cost=significant(trial.cost)) if trial.cost is not None else ""


def plans(proof: Proof) -> list[tuple[str, PlanNode]]:
    """The plans that were seen, by the key of their heading."""
    pairs = [("plan_before", proof.before), ("plan_after", proof.after)]
    return [(key, measured.plan) for key, measured in pairs if measured is not None and measured.plan is not None]


def shown_in_solution(statement: str, advice: Advice) -> bool:
    """Whether a statement already stands in a step of the solution."""
    return any(statement.strip() in code.text for step in advice.solution for code in step.code)
