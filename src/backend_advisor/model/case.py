"""What is asked: the question and whatever stands behind it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

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

WITHOUT_RULES = frozenset({ArtifactKind.GO, ArtifactKind.KOTLIN, ArtifactKind.GRAPHQL, ArtifactKind.PROTOBUF})
"""The kinds that a backend is made of and that no rule reads."""

NOT_REVIEWED = WITHOUT_RULES | {ArtifactKind.LOG, ArtifactKind.PROSE}
"""The kinds of which a review says nothing, whatever stands in them."""


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
    """One thing the user gave. `first_line` is where its text starts in the file or question it came from; `above` is
    how much of its name only tells where on this machine the tree lies. `added` are the lines that a patch adds, where
    it came as one. `written_as` is the code that says what the text says, where that is not written out: places are
    those of the code. `assumed` is the encoding in which a file was read that is no Unicode and declares none."""

    name: str
    kind: ArtifactKind
    text: str
    origin: Literal["question", "file", "code"] = "question"
    dialect: str | None = None
    first_line: int = 1
    above: int = 0
    added: tuple[int, ...] = ()
    written_as: str = ""
    assumed: str = ""

    @property
    def place(self) -> str:
        """Its path within its tree: `tests/` above that says nothing of the file."""
        return self.name[self.above :]


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

    Base units: seconds, bytes, rows, users, per_second, ratio (0 to 1), count. `around` is its clause, figure included.
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
    around: str = ""
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
