"""Candidate indexes built once in a lab database, then shown to the planner or hidden from it at will."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend_advisor.experts.database.remedies.candidates import create_statement
from backend_advisor.lab.errors import LabError, TimedOut
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.wire import quoted
from backend_advisor.model import Measurement, PlanNode
from backend_advisor.sql.schema import Index

_SHOWN = """UPDATE pg_index SET indisvalid = $1
WHERE indexrelid = $2::regclass OR indexrelid IN (SELECT relid FROM pg_partition_tree($2::regclass))"""
_SIZE = """SELECT pg_relation_size($1::regclass)
+ coalesce((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree($1::regclass) WHERE isleaf
            AND relid <> $1::regclass), 0)"""
_PARTS = "SELECT c.relname FROM pg_partition_tree($1::regclass) t JOIN pg_class c ON c.oid = t.relid"


@dataclass(frozen=True, slots=True)
class Built:
    """A candidate that exists in the lab, with what it cost to make."""

    index: Index
    build_ms: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A candidate that the server refused, in the server's words."""

    index: Index
    message: str


class Shelf:
    """The candidates of one database. Only those named at a measurement are visible to the planner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._measured: dict[tuple[str, frozenset[str]], Measurement | None] = {}
        self._visible: frozenset[str] = frozenset()
        self._owners: dict[str, str] = {}
        self.built: dict[str, Built] = {}
        self.failed: list[Failed] = []
        self.untried: list[Index] = []

    def build(self, indexes: Sequence[Index], seconds: float) -> None:
        """Create the candidates in order until the time is used up; one that fails never stops the others."""
        end = time.monotonic() + seconds
        for index in indexes:
            if index.name in self.built:
                continue
            if time.monotonic() > end:
                self.untried.append(index)
                continue
            try:
                self.built[index.name] = self._create(index)
                self._visible |= {index.name}
            except LabError as error:
                self.failed.append(Failed(index, str(error)))
        for table in {index.table for index in indexes if any("(" in key for key in index.keys)}:
            self._database.execute(f"ANALYZE {quoted(table)}")

    def _create(self, index: Index) -> Built:
        started = time.perf_counter()
        self._database.execute(create_statement(index).rstrip(";"))
        elapsed = (time.perf_counter() - started) * 1000
        name = _regclass(index.name)
        self._owners.update({part: index.name for (part,) in self._database.admin(_PARTS, name)})
        return Built(index, elapsed, int(self._database.admin(_SIZE, name)[0][0]))

    def show(self, names: Iterable[str]) -> None:
        """Let the planner see exactly these candidates."""
        wanted = frozenset(names)
        for name in sorted(wanted ^ self._visible):
            self._database.admin(_SHOWN, name in wanted, _regclass(name))
        self._visible = wanted

    def used(self, plan: PlanNode | None) -> frozenset[str]:
        """The candidates that a plan reads; one on a partitioned table is read through its partitions' own indexes."""
        return frozenset(self._owners.get(name, name) for name in used_indexes(plan)) & frozenset(self.built)

    def measure(
        self, sql: str, names: Iterable[str], *, runs: int = 5, hopeless_ms: float = float("inf")
    ) -> Measurement | None:
        """Run the query with these candidates visible; None when it does not finish in time.

        What was measured is kept. A run beyond `hopeless_ms` is not repeated, since it decides by itself.
        """
        wanted = frozenset(names)
        key = (sql, wanted)
        if key not in self._measured:
            self.show(wanted)
            try:
                with self._database.session() as session:
                    self._measured[key] = session.explain(sql, runs=runs, hopeless_ms=hopeless_ms)
            except TimedOut:
                self._measured[key] = None
        return self._measured[key]


def _regclass(index: str) -> str:
    return f"public.{quoted(index)}"


def used_indexes(plan: PlanNode | None) -> frozenset[str]:
    """The names of the indexes that a plan reads."""
    found, pending = set(), [plan] if plan is not None else []
    while pending:
        node = pending.pop()
        if node.index is not None:
            found.add(node.index)
        pending += node.children
    return frozenset(found)
