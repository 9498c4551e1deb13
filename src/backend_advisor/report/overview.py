"""What an answer to several questions says in short: for each advice its title and what to do first."""

import re
from collections.abc import Iterator

from backend_advisor.model import Advice, Code, Report, SolutionStep
from backend_advisor.report.citations import without_numbers

_SENTENCE_END = re.compile(r"(?<=[.!?\]])\s+(?=[A-Z가-힣`\"'(*])")
_STEPS = 3
_BESIDE, _STEPS_BESIDE = 3, 2


def answers_several(report: Report) -> bool:
    """Whether the question asked for several things, each with its own advice."""
    return sum(1 for advice in report.advice if advice.part) > 1


def sentence(text: str) -> str:
    """The first sentence of a step, which carries what to do."""
    line = text.split("\n", 1)[0]
    # `WHERE id = ? AND …` does not end at its question mark.
    ends = (match.start() for match in _SENTENCE_END.finditer(line) if line.count("`", 0, match.start()) % 2 == 0)
    return line[: next(ends, len(line))]


def in_short(report: Report) -> Iterator[tuple[Advice, str]]:
    """Each advice with the first sentences of its first steps; nothing for an answer to one question."""
    if answers_several(report):
        for advice in report.advice:
            yield advice, " ".join(without_numbers(sentence(step.text)) for step in advice.solution[:_STEPS])


def beside(report: Report) -> Iterator[tuple[Advice, str]]:
    """What else bears on one general question: the next advice with its first steps in a sentence each.

    A question often lies between two pages; the second is then told with the first, not after all its details.
    """
    first = report.advice[0] if report.advice else None
    if first is None or first.proofs or answers_several(report):
        return
    for advice in report.advice[1 : 1 + _BESIDE]:
        steps = [sentence(step.text) for step in advice.solution[:_STEPS_BESIDE]]
        # What was measured is told by its claim: its steps are statements to copy.
        said = [proof.claim for proof in advice.proofs if proof.holds][:1] or steps
        yield advice, " ".join(map(without_numbers, said))


def opening(step: SolutionStep) -> str:
    """The first paragraph of a step: what to do and with which figures. Its tables and code come after the plan."""
    return step.text.split("\n\n", 1)[0]


def further(step: SolutionStep) -> str:
    """What a step says after its first paragraph."""
    return step.text.partition("\n\n")[2].strip()


def is_measured(code: Code, advice: Advice) -> bool:
    """Whether code is a change that was measured, which stands in its step, since it is there to be copied."""
    return any(
        change.apply.strip() in code.text or (change.rollback and change.rollback in code.text)
        for proof in advice.proofs
        for change in proof.changes
    )
