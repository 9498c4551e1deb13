"""Places in a report and its artifacts: what comes first, naming locations, and finding their lines."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend_advisor.model import Artifact, Case, Finding, Location, Referral, Report
from backend_advisor.report.style import Style


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of an artifact with its number in the file, and the stretch of it to underline (0-based, end open)."""

    number: int
    text: str
    start: int | None = None
    end: int | None = None


def asks_back(report: Report) -> bool:
    """Whether the question said too little, so that what is missing comes before any advice."""
    return any(one.key == "problem" for one in report.case.unknowns)


def subject(referral: Referral, style: Style) -> str:
    """What a question outside our scope is about, in words."""
    return style.say(f"subject_{referral.subject}")


def place(location: Location) -> str:
    """ "path:line:column", or the path inside the artifact, as far as known."""
    if location.span is not None:
        return f"{location.artifact}:{location.span.line}:{location.span.column}"
    return f"{location.artifact} ({location.path})" if location.path else location.artifact


def findings_by_place(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of files, lines and columns."""

    def key(finding: Finding) -> tuple[str, int, int, str]:
        span = finding.location.span
        return (
            finding.location.artifact,
            span.line if span else 0,
            span.column if span else 0,
            finding.code,
        )

    return sorted(findings, key=key)


def artifacts_by_name(case: Case) -> dict[str, list[Artifact]]:
    """The artifacts of each name; one file can hold several."""
    named: dict[str, list[Artifact]] = {}
    for artifact in case.artifacts:
        named.setdefault(artifact.name, []).append(artifact)
    return named


def source_lines(location: Location, named: dict[str, list[Artifact]], around: int = 0) -> list[SourceLine]:
    """The lines of a span, and some around it; empty when the artifact's text is not at hand."""
    span = location.span
    if span is None:
        return []
    for artifact in named.get(location.artifact, []):
        lines = artifact.text.split("\n")
        first, last = artifact.first_line, artifact.first_line + len(lines) - 1
        if first <= span.line <= last:
            end_line = min(max(span.end_line, span.line), last)
            return [
                _line(number, lines[number - first], location)
                for number in range(max(span.line - around, first), min(end_line + around, last) + 1)
            ]
    return []


def excerpt(location: Location, named: dict[str, list[Artifact]]) -> str:
    """The text at a location, from the finding itself or from its artifact."""
    if location.excerpt is not None:
        return location.excerpt
    lines = source_lines(location, named)
    return "\n".join(line.text[line.start or 0 : line.end] for line in lines)


def _line(number: int, text: str, location: Location) -> SourceLine:
    span = location.span
    if span is None or not span.line <= number <= max(span.end_line, span.line):
        return SourceLine(number, text)
    indent = len(text) - len(text.lstrip())
    start = span.column - 1 if number == span.line else indent
    end = span.end_column - 1 if number >= span.end_line else len(text.rstrip())
    start = min(max(start, 0), len(text))
    return SourceLine(number, text, start, max(min(end, len(text)), min(start + 1, len(text))))
