"""Claims that were put to the test, and what was seen."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class ProofStatus(StrEnum):
    """Whether a claim could be put to the test at all."""

    TESTED = "tested"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"


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
    method: Literal["bench", "scale_model", "equivalence", "reanalysis", "validation", "simulation", "locking"]
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
