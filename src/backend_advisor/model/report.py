"""What is answered: advice with all that belongs to it, and the report that holds it."""

from dataclasses import dataclass

from backend_advisor.model.case import Case, ExpertName, Location
from backend_advisor.model.findings import Finding, Severity, Source, StatedFact, Strength
from backend_advisor.model.proofs import Proof

SCHEMA_VERSION = "1.1"
"""Version of the published JSON Schema. A new optional field raises the second number, any other change the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A piece of code inside an advice."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionStep:
    """One thing to do, with the code that does it. The text is Markdown."""

    text: str
    code: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an option stands where it does: by how much (-3 to 3), and what in the case says so (empty when given)."""

    by: float
    text: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedOption:
    """An option of a decision with its sum of reasons, the weightiest first, and what would prove it wrong later."""

    name: str
    title: str
    score: float
    reasons: tuple[Reason, ...] = ()
    wrong_when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """An open question whose answer decides which option comes first."""

    key: str
    question: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A choice weighed for this case, best option first; `known` of `of` criteria are answered by the case.

    `asked` when the question is about this choice, rather than near it.
    """

    name: str
    question: str
    options: tuple[RankedOption, ...]
    swings: tuple[Swing, ...] = ()
    known: int = 0
    of: int = 0
    asked: bool = True
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What the asker's own figures come to, with the working. `[n]` in the texts counts into `sources` (ids) from 1."""

    calculator: str
    title: str
    given: tuple[str, ...]
    assumed: tuple[str, ...]
    working: tuple[str, ...]
    conclusion: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    code: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Findings that share a cause, answered in four parts: cause, solution, prevention, sources.

    Texts are Markdown in the case's language; `[n]` in them counts into `sources` from 1.
    `benefit` orders advice within a report: a larger one comes first.
    """

    title: str
    codes: tuple[str, ...]
    experts: tuple[ExpertName, ...]
    severity: Severity
    strength: Strength
    root_cause: str
    diagnosis: str = ""
    solution: tuple[SolutionStep, ...] = ()
    best_practices: tuple[str, ...] = ()
    monitoring: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    facts: tuple[StatedFact, ...] = ()
    """The facts in these texts that change, as they are on the day for which the answer was asked."""
    computed: tuple[Computed, ...] = ()
    decisions: tuple[Decision, ...] = ()
    part: str = ""
    """The part of the question that this answers, where it asks for several things."""
    findings: tuple[Finding, ...] = ()
    proofs: tuple[Proof, ...] = ()
    benefit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """Where a question outside our scope is better asked."""

    subject: str
    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """A finding that a comment in the artifact silenced, with the reason its author gave."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole answer: the case as understood, advice in order of benefit, and what is still unknown."""

    case: Case
    in_scope: bool = True
    advice: tuple[Advice, ...] = ()
    referrals: tuple[Referral, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    notices: tuple[str, ...] = ()
    secrets: tuple[Location, ...] = ()
    """Where secrets stand, also those of findings that are left out: no output quotes them."""
    advisor_version: str = ""
    schema_version: str = SCHEMA_VERSION

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every advice, in the order of the advice."""
        return tuple(finding for advice in self.advice for finding in advice.findings)
