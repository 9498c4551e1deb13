"""GitHub workflow commands that annotate the changed files."""

from backend_advisor.model import Advice, Finding, Report, Severity
from backend_advisor.report.places import findings_by_place
from backend_advisor.report.style import Style

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(report: Report, _style: Style) -> str:
    """One workflow command for each finding, and for each piece of advice that has none."""
    general = [_general(advice) for advice in report.advice if not advice.findings]
    return "".join(line + "\n" for line in [*map(_annotation, findings_by_place(report.findings)), *general])


def _general(advice: Advice) -> str:
    title = ",".join(advice.codes).translate(_PROPERTY)
    return f"::{_LEVELS[advice.severity]} title={title}::{advice.title.translate(_DATA)}"


def _annotation(finding: Finding) -> str:
    properties = {"file": finding.location.artifact.replace("\\", "/")}
    span = finding.location.span
    if span is not None:
        properties |= {"line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:
            last = max(span.end_column - 1, span.column)
            properties |= {"col": str(span.column), "endColumn": str(last)}
    properties["title"] = f"{finding.code} {finding.name}"
    written = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items())
    return f"::{_LEVELS[finding.severity]} {written}::{finding.message.translate(_DATA)}"
