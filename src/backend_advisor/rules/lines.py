"""Places in files that are read as values, and one match for all lines that have the same cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend_advisor.knowledge.detection import Match, Value
from backend_advisor.model import Artifact, Confidence, Location, Severity, Span
from backend_advisor.placed_yaml import Node

_LONGEST = 120
_MOST_TOLD = 5
_MOST_STEPS = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """One line that has a cause, what it is called in the message, and how grave it is by itself."""

    location: Location
    name: str
    severity: Severity | None = None
    confidence: Confidence | None = None


def at(artifact: Artifact, node: Node, start: int = 0, length: int | None = None) -> Location:
    """Where a value stands; a part of a plain one, when it is told from where to where."""
    above = artifact.first_line - 1
    lines = _lines(artifact.text)
    line = lines[node.line - 1] if node.line <= len(lines) else ""
    column, end_line, end = node.column, node.end_line, node.end_column
    if node.text is None:
        # Of a mapping or list, only its first line.
        end_line, end = node.line, len(line.rstrip()) + 1
    elif length is not None and node.end_line == node.line:
        quote = line[column - 1 : column] in ("'", '"')
        column += start + quote
        end = column + length
    excerpt = " ".join(line[column - 1 : end - 1 if end_line == node.line else None].split())[:_LONGEST]
    span = Span(line=node.line + above, column=column, end_line=end_line + above, end_column=end)
    return Location(artifact=artifact.name, span=span, excerpt=excerpt)


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    """Every place of a file asks for its lines."""
    return text.split("\n")


_GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE, None)
_SURENESS = (Confidence.HIGH, Confidence.MEDIUM, None, Confidence.LOW)
"""`None` is what the page says, which is more than a doubt."""


def together(seen: Sequence[Seen], values: Mapping[str, Value] | None = None) -> Match | None:
    """One match for lines that share a cause: at the gravest, with the others as its steps."""
    if not seen:
        return None
    ranked = sorted(seen, key=lambda one: (_SURENESS.index(one.confidence), _GRAVITY.index(one.severity)))
    first = ranked[0]
    names = list(dict.fromkeys([first.name, *(one.name for one in seen)]))
    told = ", ".join(names[:_MOST_TOLD]) + (f" (+{len(names) - _MOST_TOLD})" if len(names) > _MOST_TOLD else "")
    others = [one for one in seen if one is not first][:_MOST_STEPS]
    return Match(
        location=first.location,
        values={"names": told, **(values or {})},
        severity=first.severity,
        confidence=first.confidence,
        steps=tuple((one.location, "also") for one in others),
    )
