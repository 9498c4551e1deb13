"""JSON: the Report itself, the same bytes for the same report."""

import re
from dataclasses import replace

import msgspec

from backend_advisor.model import Artifact, Finding, Location, Report
from backend_advisor.report.places import artifacts_by_name, excerpt
from backend_advisor.report.style import Style

Named = dict[str, list[Artifact]]
_LONGEST = 1_000
"""Of what stands at a place: a finding may be on a whole class."""
_BEYOND = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def render(report: Report, style: Style) -> str:
    """The report by the published schema. The texts of files, which their reader has, are only in the verbose one: each
    place of a finding quotes what stands there."""
    return _encoded(report if style.verbose else _without_files(report))


def _encoded(report: Report) -> str:
    encoded = msgspec.json.encode(report, order="deterministic")
    return escape_controls(msgspec.json.format(encoded, indent=2).decode()) + "\n"


def _without_files(report: Report) -> Report:
    named = artifacts_by_name(report.case)
    artifacts = tuple(one if one.origin == "question" else replace(one, text="") for one in report.case.artifacts)
    advice = tuple(
        replace(one, findings=tuple(_quoted(finding, named) for finding in one.findings)) for one in report.advice
    )
    suppressed = tuple(replace(one, finding=_quoted(one.finding, named)) for one in report.suppressed)
    return replace(report, case=replace(report.case, artifacts=artifacts), advice=advice, suppressed=suppressed)


def _quoted(finding: Finding, named: Named) -> Finding:
    steps = tuple(replace(step, location=_excerpted(step.location, named)) for step in finding.steps)
    return replace(finding, location=_excerpted(finding.location, named), steps=steps)


def _excerpted(location: Location, named: Named) -> Location:
    return replace(location, excerpt=excerpt(location, named)[:_LONGEST] or None)


def escape_controls(text: str) -> str:
    """JSON text in which no character can steer a terminal; they only occur inside strings."""
    return _BEYOND.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
