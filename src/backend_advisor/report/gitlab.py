"""GitLab's Code Quality report: a list of violations that a merge request shows beside its lines."""

from typing import Any

import msgspec

from backend_advisor.model import Confidence, Finding, Report, Severity
from backend_advisor.report.fingerprint import fingerprints
from backend_advisor.report.json_format import escape_controls
from backend_advisor.report.places import findings_by_place
from backend_advisor.report.style import Style

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}
_UNSURE = {"critical": "major", "major": "minor", "minor": "info"}


def render(report: Report, _style: Style) -> str:
    """One violation for each finding; advice without a place has none, since GitLab asks for a file."""
    findings = findings_by_place(report.findings)
    found = [_violation(*pair) for pair in zip(findings, fingerprints(report.case, findings), strict=True)]
    return escape_controls(msgspec.json.format(msgspec.json.encode(found), indent=2).decode()) + "\n"


def _violation(finding: Finding, fingerprint: str) -> dict[str, Any]:
    span = finding.location.span
    severity = _SEVERITIES[finding.severity]
    return {
        # GitLab shows the description and not the check's name.
        "description": f"{finding.code}: {finding.message}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _UNSURE[severity] if finding.confidence is Confidence.LOW else severity,
        "location": {
            "path": finding.location.artifact.replace("\\", "/"),
            "lines": {"begin": span.line, "end": max(span.end_line, span.line)} if span else {"begin": 1},
        },
    }
