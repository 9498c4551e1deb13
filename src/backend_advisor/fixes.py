"""Applying fixes to what was reviewed, and proving each by reviewing the result again.

A fix counts only when, after it, its finding is gone, no finding is new and nothing else was changed. When several
together do not hold, each is tried alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from backend_advisor.model import Artifact, Case, Edit, Finding, Report

_TRIED_ALONE = 40

Review = Callable[[Case], Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One artifact before and after its fixes, with the findings that are gone for it."""

    before: Artifact
    after: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """What was fixed, and the findings whose fix did not stand the second review."""

    fixed: tuple[Fixed, ...] = ()
    rejected: tuple[Finding, ...] = ()


def proved_fixes(
    report: Report, review: Review, *, unsafe: bool = False, only: Sequence[Finding] | None = None
) -> Fixes:
    """Fixes that stand a second review. `review` gives the report of a case; `unsafe` takes suggestions, `only` names
    the findings to fix where others, which the second review finds again, are to stay."""
    whole = {a.name: a for a in report.case.artifacts if a.origin == "file" and a.first_line == 1}
    wanted: dict[str, list[Finding]] = {}
    for finding in report.findings if only is None else only:
        if _applicable(finding, unsafe) and finding.location.artifact in whole:
            wanted.setdefault(finding.location.artifact, []).append(finding)
    chosen = {name: _compatible(findings) for name, findings in wanted.items()}
    if not chosen:
        return Fixes()
    if _stands(report, whole, chosen, review):
        return Fixes(fixed=tuple(_fixed(whole[name], findings) for name, findings in chosen.items()))
    return _one_by_one(report, whole, chosen, review)


def _applicable(finding: Finding, unsafe: bool) -> bool:
    fix = finding.fix
    return (
        fix is not None
        and bool(fix.edits)
        and (fix.applicability == "safe" or (unsafe and fix.applicability != "display"))
    )


def _compatible(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings whose edits do not touch one another, the first in the file first."""
    taken: list[tuple[tuple[int, int], tuple[int, int]]] = []
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda one: _bounds(one.fix.edits[0]) if one.fix else ((0, 0), (0, 0))):
        spans = [_bounds(edit) for edit in finding.fix.edits] if finding.fix else []
        if all(end <= start or begin >= stop for begin, end in spans for start, stop in taken):
            taken += spans
            kept.append(finding)
    return tuple(kept)


def _bounds(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    span = edit.location.span
    if span is None:
        return (0, 0), (0, 0)
    return (span.line, span.column), (span.end_line, span.end_column)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with its edits made; the rest of it stays as it is, to the letter."""
    starts = [0]
    for row in text.split("\n"):
        starts.append(starts[-1] + len(row) + 1)
    for edit in sorted(edits, key=_bounds, reverse=True):
        (line, column), (end_line, end_column) = _bounds(edit)
        begin, end = starts[line - 1] + column - 1, starts[end_line - 1] + end_column - 1
        text = text[:begin] + edit.replacement + text[end:]
    return text


def _fixed(artifact: Artifact, findings: Sequence[Finding]) -> Fixed:
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    return Fixed(before=artifact, after=edited(artifact.text, edits), findings=tuple(findings))


def _stands(report: Report, whole: dict[str, Artifact], chosen: dict[str, tuple[Finding, ...]], review: Review) -> bool:
    """Whether a review of the fixed files finds all that it found before, but for what was fixed, and nothing new."""
    changed = {name: _fixed(whole[name], findings).after for name, findings in chosen.items()}
    artifacts = tuple(
        replace(artifact, text=changed.get(artifact.name, artifact.text))
        for artifact in report.case.artifacts
        if artifact.origin != "code"
    )
    after = review(replace(report.case, artifacts=artifacts, unread=(), unknowns=()))
    gone = Counter((finding.location.artifact, finding.code) for findings in chosen.values() for finding in findings)
    expected = _counted(report)
    expected.subtract(gone)
    found = _counted(after)
    unread = {one.name for one in after.case.unread} - {one.name for one in report.case.unread}
    return (
        not unread
        and all(found[key] <= count for key, count in expected.items())
        and not found.keys() - expected.keys()
    )


def _counted(report: Report) -> Counter[tuple[str, str]]:
    return Counter((finding.location.artifact, finding.code) for finding in report.findings)


def _one_by_one(
    report: Report, whole: dict[str, Artifact], chosen: dict[str, tuple[Finding, ...]], review: Review
) -> Fixes:
    good: dict[str, tuple[Finding, ...]] = {}
    rejected: list[Finding] = []
    tried = 0
    for name, findings in chosen.items():
        for finding in findings:
            tried += 1
            together = {**good, name: (*good.get(name, ()), finding)}
            if tried <= _TRIED_ALONE and _stands(report, whole, together, review):
                good = together
            else:
                rejected.append(finding)
    return Fixes(
        fixed=tuple(_fixed(whole[name], findings) for name, findings in good.items()), rejected=tuple(rejected)
    )
