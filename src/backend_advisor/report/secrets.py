"""Hiding secrets: where one was found, no output shows more than its first characters, wherever it is quoted."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from backend_advisor.model import Location, Report
from backend_advisor.report.places import artifacts_by_name, source_lines
from backend_advisor.report.texts import with_texts

_LITERAL = re.compile(r"^[A-Za-z]{0,2}(?P<quote>\"{3}|'{3}|[\"'`])(?P<inner>.*)(?P=quote)$", re.DOTALL)
_PASSWORD = re.compile(r"^[a-z][a-z0-9+.\-]*://[^\s:/@]*:(?P<secret>[^\s@]+)@")
_FRAME = re.compile(r"^[\s\\nr]*-----(?:BEGIN|END) [A-Z ]+-----[\s\\nr]*$")
_LEFT = 4
_LONG = 24
"""Of a secret of this length a part may be quoted, cut off."""
_SHORTEST = 6


def without_secrets(report: Report) -> Report:
    """The report with the secrets that it tells of made unreadable, each as long as before so that columns stay."""
    if not report.secrets:
        return report
    hidden: Report = with_texts(report, hiding(report))
    return replace(hidden, advisor_version=report.advisor_version, schema_version=report.schema_version)


def hiding(report: Report) -> Callable[[str], str]:
    """What makes the secrets that a report tells of unreadable in a text."""
    named = artifacts_by_name(report.case)
    parts = {part for location in report.secrets for part in _parts(location, named)}
    return _hiding(sorted(parts, key=lambda part: (-len(part), part)))


def _parts(location: Location, named: Any) -> Iterator[str]:
    """What has to be hidden of the text at a place, line by line."""
    lines = source_lines(location, named)
    text = "\n".join(line.text[line.start or 0 : line.end] for line in lines)
    literal = _LITERAL.match(text)
    text = literal["inner"] if literal is not None else text
    password = _PASSWORD.match(text)
    for line in (password["secret"] if password is not None else text).split("\n"):
        part = line.strip().removesuffix("\\n\\").removesuffix("\\")
        if len(part) >= _SHORTEST and not _FRAME.match(part):
            yield part


def _hiding(parts: list[str]) -> Callable[[str], str]:
    masks = [(part, _mask(part)) for part in parts]
    cut = [re.compile(re.escape(part[:_LONG]) + r"[^\s\"'`…]*") for part in parts if len(part) > _LONG]

    def hide(text: str) -> str:
        for part, mask in masks:
            if part in text:
                text = text.replace(part, mask)
        for beginning in cut:
            text = beginning.sub(lambda found: _mask(found[0]), text)
        return text

    return hide


def _mask(part: str) -> str:
    shown = _LEFT if len(part) > 2 * _LEFT and not part.startswith("-----") else 0
    return part[:shown] + "*" * (len(part) - shown)
