"""From what a detector saw to a finding in the asker's language: the words come from the playbook."""

from collections.abc import Mapping
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
)
from backend_advisor.phrases import fill

Value = str | int | float


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
