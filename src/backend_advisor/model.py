"""The words of the advisor as types: what is asked, found, proved, advised and reported.

Every value is a frozen dataclass that msgspec turns to JSON and back. Nothing here imports the rest of the
package, so every room can speak in these words.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

SCHEMA_VERSION = "1.0"
"""Version of the published JSON Schema. A new optional field raises the second number, any other change the first."""

Language = Literal["en", "ko"]

ExpertName = Literal["architecture", "api", "database", "security", "performance", "operations", "quality", "korea"]


class ArtifactKind(StrEnum):
    """What an artifact holds, decided by its content first and its name second."""

    SQL = "sql"
    DDL = "ddl"
    PLAN = "plan"
    STATISTICS = "statistics"
    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"
    JAVA = "java"
    KOTLIN = "kotlin"
    GO = "go"
    OPENAPI = "openapi"
    GRAPHQL = "graphql"
    PROTOBUF = "protobuf"
    DOCKERFILE = "dockerfile"
    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    PIPELINE = "pipeline"
    TRACE = "trace"
    CONFIGURATION = "configuration"
    YAML = "yaml"
    JSON = "json"
    XML = "xml"
    SHELL = "shell"
    LOG = "log"
    PROSE = "prose"
    OTHER = "other"


SOURCE_CODE = frozenset({ArtifactKind.PYTHON, ArtifactKind.JAVASCRIPT, ArtifactKind.TYPESCRIPT, ArtifactKind.JAVA})
"""The kinds that are source code we can read."""


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


class ProofStatus(StrEnum):
    """Whether a claim could be put to the test at all."""

    TESTED = "tested"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of an artifact's text. Lines and columns count from 1; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where in the case something is: an artifact, and a span or a path (plan node, JSON pointer) in it."""

    artifact: str
    span: Span | None = None
    path: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One thing the user gave. `first_line` is where its text starts in the file or question it came from."""

    name: str
    kind: ArtifactKind
    text: str
    origin: Literal["question", "file", "code"] = "question"
    dialect: str | None = None
    first_line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """A product that the asker's system uses, by its identifier in the catalogue."""

    id: str
    name: str
    category: str
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A quantity read in the question, in the base unit of what it measures.

    Base units: seconds, bytes, rows, users, per_second, ratio (0 to 1), count.
    """

    value: float
    unit: str
    about: str
    role: Literal["observation", "target", "limit"]
    bound: Literal["exactly", "about", "at_most", "at_least", "range"] = "exactly"
    upper: float | None = None
    quantile: float | None = None
    subject: str | None = None
    text: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of the question: context, requirements, issues, performance, target, tried, expected, errors."""

    kind: str
    title: str
    text: str
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One line of a service list, such as "User Service (Node.js + MongoDB)"."""

    name: str
    technologies: tuple[Technology, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something the question does not say, and what its answer would change."""

    key: str
    question: str
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The question and all that stands behind it, as read; nothing is judged yet."""

    question: str
    language: Language
    artifacts: tuple[Artifact, ...] = ()
    stack: tuple[Technology, ...] = ()
    figures: tuple[Figure, ...] = ()
    sections: tuple[Section, ...] = ()
    services: tuple[Service, ...] = ()
    unread: tuple[Unread, ...] = ()
    unknowns: tuple[Unknown, ...] = ()

    def of_kind(self, *kinds: ArtifactKind) -> tuple[Artifact, ...]:
        """The artifacts of the given kinds, in the order given by the asker."""
        return tuple(artifact for artifact in self.artifacts if artifact.kind in kinds)

    def uses(self, *technologies: str) -> bool:
        """Whether the stated stack names any of these catalogue identifiers."""
        return any(technology.id in technologies for technology in self.stack)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNode:
    """One node of an EXPLAIN plan.

    Rows are totals over all loops; `ms` and `self_ms` are milliseconds over all loops, with and without the
    children; blocks are 8 KiB pages. `properties` keeps the server's own names ("Filter", "Sort Method").
    """

    operation: str
    relation: str | None = None
    alias: str | None = None
    index: str | None = None
    estimated_rows: float | None = None
    actual_rows: float | None = None
    loops: float = 1.0
    startup_cost: float | None = None
    total_cost: float | None = None
    ms: float | None = None
    self_ms: float | None = None
    rows_removed: float | None = None
    hit_blocks: int | None = None
    read_blocks: int | None = None
    temp_blocks: int | None = None
    properties: dict[str, str] = field(default_factory=dict)
    line: int | None = None
    children: tuple["PlanNode", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was seen when a statement ran (or was planned, when only costs are given)."""

    statement: str
    median_ms: float | None = None
    runs: int = 0
    rows: int | None = None
    blocks: int | None = None
    cost: float | None = None
    plan: PlanNode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A statement to apply, with what it costs and how to take it back."""

    apply: str
    rollback: str
    reason: str = ""
    size_bytes: int | None = None
    build_ms: float | None = None
    write_overhead: float | None = None
    """Extra time for each inserted row, as a share of the time without the change (0.2 means 20 % slower)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Something that was tried and not recommended, and why."""

    statement: str
    reason: str
    median_ms: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The asker's own aim set against what was measured."""

    text: str
    value_ms: float
    met: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A claim, how it was tested, what was seen before and after, and whether it holds.

    `holds` is None unless `status` is tested. `conditions` name the method's terms: row counts, server version,
    assumptions about the data. `codes` are the playbooks whose advice the proof bears on.
    """

    claim: str
    method: Literal["bench", "scale_model", "equivalence", "reanalysis", "validation", "simulation"]
    status: ProofStatus
    holds: bool | None = None
    reason: str = ""
    codes: tuple[str, ...] = ()
    artifact: str | None = None
    before: Measurement | None = None
    after: Measurement | None = None
    changes: tuple[Change, ...] = ()
    rejected: tuple[Trial, ...] = ()
    conditions: tuple[str, ...] = ()
    target: Target | None = None

    @property
    def gain(self) -> float | None:
        """How many times faster (bench) or cheaper (scale model) the statement became."""
        if self.before is None or self.after is None:
            return None
        if self.before.median_ms is not None and self.after.median_ms:
            return self.before.median_ms / self.after.median_ms
        if self.before.cost is not None and self.after.cost:
            return self.before.cost / self.after.cost
        return None


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
    """A choice weighed for this case, best option first; `known` of `of` criteria are answered by the case."""

    name: str
    question: str
    options: tuple[RankedOption, ...]
    swings: tuple[Swing, ...] = ()
    known: int = 0
    of: int = 0
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
    advisor_version: str = ""
    schema_version: str = SCHEMA_VERSION

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every advice, in the order of the advice."""
        return tuple(finding for advice in self.advice for finding in advice.findings)
