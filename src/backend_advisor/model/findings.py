"""What was found, by what evidence, and what removes it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from backend_advisor.model.case import ExpertName, Location


class Severity(StrEnum):
    """How much harm the problem does when it is real."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Confidence(StrEnum):
    """How sure the detector is that the problem is real."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Strength(StrEnum):
    """How strong the evidence is; an axis apart from severity."""

    PROVED = "proved"
    """Executed or re-analysed on this run."""
    DETECTED = "detected"
    """Found in the artifact."""
    INFERRED = "inferred"
    """Computed from figures that the asker stated."""
    GENERAL = "general"
    """Knowledge only; nothing in the case was examined for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An authoritative reference. `date` is the edition's date or the day the page was consulted."""

    id: str
    publisher: str
    title: str
    section: str
    url: str
    date: str
    edition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A day from which a fact has another value; None when no value is known for the time after."""

    date: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFact:
    """A fact that changes, as it is on the day of the answer.

    `since` and `until` are the days between which `value` holds, where they are known; `value` is None when nothing
    holds on that day. `source` is a source's id, `checked` the day on which it was last read, `overdue` whether that
    is longer ago than it should be.
    """

    id: str
    what: str
    value: str | None
    source: str
    checked: str
    version: str | None = None
    since: str | None = None
    until: str | None = None
    change: FactChange | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What supports a finding or an advice, and how strongly."""

    strength: Strength
    text: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One station on the way that leads to a finding, such as where a value enters and where it is used."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replace a span of an artifact by other text."""

    location: Location
    replacement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Edits that remove a finding. Only a safe fix is ever applied without being asked for by name."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Literal["safe", "unsafe", "display"] = "display"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A playbook recognised at a location, with the evidence for it."""

    code: str
    name: str
    expert: ExpertName
    title: str
    message: str
    severity: Severity
    confidence: Confidence
    location: Location
    evidence: tuple[Evidence, ...] = ()
    steps: tuple[Step, ...] = ()
    fix: Fix | None = None
    cwe: tuple[int, ...] = ()
