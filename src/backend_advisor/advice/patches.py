"""Findings in a patch: those that it brings, and those that stood there before."""

from collections.abc import Iterator, Sequence

from backend_advisor.model import Case, Finding, Location
from backend_advisor.phrases import phrase

_NAMED = 3


def of_patches(case: Case, findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings to which a line that a patch adds belongs, and a notice on those that are none of its doing.

    Whoever shows a patch asks about it; a finding on a line that it only shows is told by its place alone.
    """
    added = {artifact.name: frozenset(artifact.added) for artifact in case.artifacts if artifact.added}
    if not added:
        return tuple(findings), ()
    brought = [one for one in findings if any(_is_added(place, added) for place in _places(one))]
    before = [one for one in findings if one not in brought]
    if not before:
        return tuple(brought), ()
    listed = ", ".join(
        dict.fromkeys(f"{one.code} ({one.location.artifact}:{_line(one.location)})" for one in before[:_NAMED])
    )
    more = "" if len(before) <= _NAMED else " …"
    return tuple(brought), (
        phrase(__package__ or "", case.language, "before_patch", count=len(before), listed=listed + more),
    )


def _places(finding: Finding) -> Iterator[Location]:
    yield finding.location
    yield from (step.location for step in finding.steps)


def _is_added(place: Location, added: dict[str, frozenset[int]]) -> bool:
    """Whether a place lies in a line that is new; what comes from elsewhere counts as given for its own sake."""
    lines = added.get(place.artifact)
    if lines is None:
        return True
    if place.span is None:
        return True
    return any(line in lines for line in range(place.span.line, place.span.end_line + 1))


def _line(place: Location) -> int:
    return place.span.line if place.span is not None else 1
