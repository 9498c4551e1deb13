"""One line for each finding, for editors, `grep` and agents; an answer in some lines more."""

import re
from collections.abc import Iterator

from backend_advisor.model import Advice, Finding, Report
from backend_advisor.report import proofs
from backend_advisor.report.citations import without_numbers
from backend_advisor.report.overview import sentence
from backend_advisor.report.places import findings_by_place, place
from backend_advisor.report.style import Style

_IN_FULL, _STEPS, _CHANGES = 2, 3, 2
_LONGEST = 300
_TIMED = re.compile(r"\d\s?(?:ms|s|µs)\b")
"""A claim that holds its own figures."""


def render(report: Report, style: Style) -> str:
    """`path:line:column: CODE [*] message (severity, confidence)`, in the order of files and lines, `[*]` where `--fix`
    mends it; then what answers a question or was measured, the first of it with cause, steps and changes."""
    lines = [_finding(finding) for finding in findings_by_place(report.findings)]
    answers = [one for one in report.advice if report.case.question.strip() or one.proofs or not one.findings]
    for number, advice in enumerate(answers):
        if number >= _IN_FULL and advice.findings:
            continue  # its findings stand above
        lines.append(f"{' '.join(advice.codes)} {advice.title} ({advice.severity.value}, {advice.strength.value})")
        if number < _IN_FULL:
            lines += (f"  {line}" for line in _told(advice, style))
    lines += (f"? {one.question}" for one in report.case.unknowns if not report.advice)
    return "".join(f"{line[: len(line) - len(line.lstrip())]}{' '.join(line.split())}\n" for line in lines)


def _finding(finding: Finding) -> str:
    mark = "[*] " if finding.fix is not None and finding.fix.edits and finding.fix.applicability == "safe" else ""
    sure = f"{finding.severity.value}, {finding.confidence.value} confidence"
    return f"{place(finding.location)}: {finding.code} {mark}{finding.message} ({sure})"


def _told(advice: Advice, style: Style) -> Iterator[str]:
    # What was seen or measured here stands before the general cause, and is told by itself.
    seen, _, general = advice.root_cause.partition("\n\n")
    cause = general if general and (advice.findings or advice.proofs) else seen
    yield f"{style.say('root_cause')}: {_short(cause)}"
    for proof in advice.proofs:
        if proof.holds:
            gain = "" if _TIMED.search(proof.claim) else proofs.gain(proof, style)
            yield f"{proofs.mark(proof)} {_short('; '.join(filter(None, [proof.claim, gain])))}"
            yield from (f"{change.apply}" for change in proof.changes[:_CHANGES])
    # A step that ends in a colon only leads to its code, which stands with the measurement.
    steps = [told for step in advice.solution if not (told := _short(step.text)).endswith(":")]
    yield from (f"{number}. {step}" for number, step in enumerate(steps[:_STEPS], 1))
    if advice.sources:
        yield f"{style.say('sources')}: {advice.sources[0].url}"


def _short(text: str) -> str:
    line = without_numbers(sentence(text.strip()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"
