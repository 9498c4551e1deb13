"""From what a detector saw to a finding in the asker's language: the words come from the playbook."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.model import (
    Confidence,
    Edit,
    Evidence,
    Finding,
    Fix,
    Language,
    Location,
    Severity,
    Step,
    Strength,
    Unread,
)
from backend_advisor.phrases import fill, phrase

Value = str | int | float
_LONGEST_CAUSE = 300
_PACKAGE = __package__ or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a detector saw: a place and the values that the playbook's message speaks of; no prose.

    `steps` pair a place with the key of a text in the playbook's `steps`. `edits` make a fix whose title is the
    playbook's `fix`.
    """

    location: Location
    values: Mapping[str, Value] = field(default_factory=dict)
    confidence: Confidence | None = None
    severity: Severity | None = None
    strength: Strength = Strength.DETECTED
    steps: tuple[tuple[Location, str], ...] = ()
    edits: tuple[Edit, ...] = ()
    applicability: Literal["safe", "unsafe", "display"] = "display"


class Failures:
    """Rules that broke off by a mistake of ours: each is told, and what the others found stands."""

    def __init__(self) -> None:
        self.causes: dict[str, str] = {}

    def noting(self, code: str, found: Iterable[Match]) -> Iterator[Match]:
        """What a detector finds, until it fails."""
        try:
            yield from found
        except Exception as error:
            if os.environ.get("ADVISOR_DEBUG"):
                raise
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            self.causes.setdefault(code, cause[:_LONGEST_CAUSE])

    def unread(self, language: Language) -> tuple[Unread, ...]:
        """The rules that failed, in the asker's language."""
        return tuple(
            Unread(name=code, reason=phrase(_PACKAGE, language, "rule_failed", cause=cause))
            for code, cause in self.causes.items()
        )


def finding(playbook: Playbook, match: Match, language: Language) -> Finding:
    """Put a match into the words of its playbook."""
    page = playbook.pages[language]
    message = fill(page.message or page.title, match.values)
    fix = None
    if match.edits:
        title = fill(page.fix or page.title, match.values)
        fix = Fix(title=title, edits=match.edits, applicability=match.applicability)
    return Finding(
        code=playbook.code,
        name=playbook.name,
        expert=playbook.expert,
        title=page.title,
        message=message,
        severity=match.severity or playbook.severity,
        confidence=match.confidence or playbook.confidence,
        location=match.location,
        evidence=(Evidence(strength=match.strength, text=message, location=match.location),),
        steps=tuple(Step(location=place, text=fill(page.steps[key], match.values)) for place, key in match.steps),
        fix=fix,
        cwe=playbook.cwe,
    )
