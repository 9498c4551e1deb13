"""What the lines of a finding in Python say themselves: that they are tried by hand, or meant as they stand."""

import re
from dataclasses import replace
from functools import lru_cache

from backend_advisor.code.program import Unit
from backend_advisor.knowledge.detection import Match
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.places import Places

_TRIED = re.compile(rb"""if\s+__name__\s*==\s*["']__main__["']\s*:""")
_SERVES = re.compile(rb"\brun(?:_app|_simple)?\(|\bserve(?:_forever)?\(|\blisten\(")
"""The server itself is often started so."""
_MEANT = re.compile(
    rb"#.*?(?:\bnosec\b|\bnosemgrep\b|\bNOSONAR\b|\bnoqa\s*:[^#]*?\b(?:BLE|B|S|SIM|TRY|PLW|PLR|PERF|ASYNC|RUF|E722)\d*\b"
    rb"|\bpylint:\s*disable=(?!\s*(?:line-too-long|invalid-name|missing-\w+|unused-\w+|import-\w+)))"
)
"""Marks of linters for what our rules are about as well; those for names and long lines say nothing."""
_PLAIN = re.compile(rb"#\s*noqa\s*(?:$|#)")


def as_it_stands(match: Match, playbook: Playbook, unit: Unit, places: Places) -> Match:
    """A match, as a note where it stands under `if __name__ == "__main__"`, or where a comment on its lines tells a
    linter that it is meant. What a client could do with it is told all the same."""
    span = match.location.span
    if unit.language != "python" or span is None or match.confidence is Confidence.LOW:
        return match
    first = span.line - places.first_line(unit.path)
    last = (span.end_line or span.line) - places.first_line(unit.path)
    source = unit.module.source
    tried = _tried(source)
    if tried is not None and tried[0] <= first < tried[1] and not _SERVES.search(_lines(source)[first]):
        return replace(match, confidence=Confidence.LOW)
    if (match.severity or playbook.severity) is Severity.ERROR or not _is_meant(source, first, last, playbook.code):
        return match
    return replace(match, confidence=Confidence.LOW)


@lru_cache(maxsize=4)
def _lines(source: bytes) -> list[bytes]:
    return source.split(b"\n")


@lru_cache(maxsize=64)
def _tried(source: bytes) -> tuple[int, int] | None:
    """The lines of the block that runs only when the file is the program itself, from 0."""
    if b"__main__" not in source:
        return None
    lines = source.split(b"\n")
    start = next((number for number, line in enumerate(lines) if _TRIED.match(line)), None)
    if start is None:
        return None
    after = range(start + 1, len(lines))
    return start, next((n for n in after if lines[n][:1].strip() not in (b"", b"#", b")")), len(lines))


def _is_meant(source: bytes, first: int, last: int, code: str) -> bool:
    lines = _lines(source)
    near = [lines[number] for number in {first, last} if number < len(lines)]
    if first and lines[first - 1].lstrip().startswith(b"#"):
        near.append(lines[first - 1])
    if any(_MEANT.search(line) for line in near):
        return True
    return not code.startswith("SEC") and any(_PLAIN.search(line) for line in near)
