"""JSON: the Report itself, the same bytes for the same report."""

import re

import msgspec

from backend_advisor.model import Report
from backend_advisor.report.style import Style

_BEYOND = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def render(report: Report, _style: Style) -> str:
    """The report by the published schema."""
    encoded = msgspec.json.encode(report, order="deterministic")
    return escape_controls(msgspec.json.format(encoded, indent=2).decode()) + "\n"


def escape_controls(text: str) -> str:
    """JSON text in which no character can steer a terminal; they only occur inside strings."""
    return _BEYOND.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
