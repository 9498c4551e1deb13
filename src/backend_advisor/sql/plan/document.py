"""What is read from EXPLAIN: the tree, the figures about the whole run, and what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from backend_advisor.model import PlanNode

PlanFormat = Literal["text", "json", "yaml", "xml"]

MAX_CHARACTERS = 20_000_000
MAX_NODES = 50_000
MAX_DEPTH = 150
"""Real plans are at most some dozens of nodes deep; beyond this Python's own recursion limit comes near."""


class PlanProblemKind:
    """Why a plan, or a part of it, could not be read. The words for them stand in the phrase files."""

    EMPTY = "empty"
    NOT_A_PLAN = "not_a_plan"
    SYNTAX = "syntax"
    TRUNCATED = "truncated"
    INDENTATION = "indentation"
    TOO_LARGE = "too_large"
    TOO_MANY_NODES = "too_many_nodes"
    TOO_DEEP = "too_deep"
    SEVERAL_PLANS = "several_plans"


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Something about the text that keeps it from being read, or read in full; `line` counts from 1."""

    kind: str
    detail: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger that fired. `constraint` is set for those that enforce a foreign key."""

    name: str
    relation: str | None = None
    constraint: str | None = None
    ms: float | None = None
    calls: float = 0.0
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Jit:
    """Just-in-time compilation: how many functions, and the milliseconds spent in each phase."""

    functions: int = 0
    total_ms: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    options: dict[str, bool] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as read. `root` is None when nothing could be read; `problems` then say why.

    `first_line` is the line of the root node, `planning` and `summary` keep the server's own names for the
    figures about planning (its buffers and memory) and about the whole run ("Query Identifier").
    """

    format: PlanFormat = "text"
    root: PlanNode | None = None
    planning_ms: float | None = None
    execution_ms: float | None = None
    settings: dict[str, str] = field(default_factory=dict)
    planning: dict[str, str] = field(default_factory=dict)
    summary: dict[str, str] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    jit: Jit | None = None
    problems: tuple[PlanProblem, ...] = ()

    @property
    def analyzed(self) -> bool:
        """Whether the statement was run (EXPLAIN ANALYZE), so that there are actual figures."""
        return self.root is not None and self.root.actual_rows is not None

    def walk(self) -> Iterator[tuple[PlanNode, tuple[PlanNode, ...]]]:
        """Every node with its ancestors (root first), in the order in which EXPLAIN prints them."""
        stack: list[tuple[PlanNode, tuple[PlanNode, ...]]] = [(self.root, ())] if self.root else []
        while stack:
            node, ancestors = stack.pop()
            yield node, ancestors
            stack.extend((child, (*ancestors, node)) for child in reversed(node.children))


def label(node: PlanNode) -> str:
    """A node as EXPLAIN words it: "Index Scan using users_pkey on users u"."""
    using = f" using {node.index}" if node.index and node.relation else ""
    target = node.relation or node.index
    on = f" on {target}" if target else ""
    alias = f" {node.alias}" if node.alias and node.alias != node.relation else ""
    if alias and not on:
        on = " on"
    return f"{node.operation}{using}{on}{alias}"


def path(node: PlanNode, ancestors: tuple[PlanNode, ...]) -> str:
    """Where a node is: "Limit > Sort > Seq Scan on users"."""
    return " > ".join(label(step) for step in (*ancestors, node))
