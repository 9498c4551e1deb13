"""A throw-away database: the owner's way in for making it ready, and sessions in which a stranger's SQL runs."""

import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend_advisor.lab.errors import LabError, QueryFailed, TimedOut
from backend_advisor.lab.postgres.limits import Limits
from backend_advisor.lab.postgres.wire import OWN_SCHEMA, Rows, Wire
from backend_advisor.model import Measurement, PlanNode
from backend_advisor.sql.plan import Plan, read_plan

EXTENSIONS = ("pg_trgm", "btree_gin", "btree_gist", "citext", "hstore", "ltree", "intarray", "unaccent")
FORBIDDEN = (
    "pg_sleep",
    "lo_create",
    "lo_creat",
    "lo_from_bytea",
    "lo_put",
    "lowrite",
    "pg_export_snapshot",
    "pg_logical_emit_message",
    "pg_notify",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_try_advisory_lock",
)
"""Functions that no query under test needs and that wait, write files, or reach other sessions."""

_SIGNATURES = """SELECT oid::regprocedure::text FROM pg_proc
WHERE proname = $1 AND pronamespace = 'pg_catalog'::regnamespace"""

WATCHDOG_GRACE = 2.0
LONG_RUN_MS = 500.0
"""From here on one run is much work, and noise is a small share of it."""

_RUNS = ((5_000.0, 1), (1_000.0, 2), (LONG_RUN_MS, 3))


class Database:
    """One database of the lab. Its tables belong to the unprivileged role `guest`."""

    def __init__(self, name: str, connector: Callable[[str, str], Wire], limits: Limits, data_directory: Path) -> None:
        self.name = name
        self.limits = limits
        self.data_directory = data_directory
        self._connector = connector
        self._admin = connector("postgres", name)
        self._guest: Session | None = None

    def prepare(self) -> None:
        """Make a fresh database ready: extensions, and a schema that the guest may fill."""
        self._admin.run(f"CREATE SCHEMA {OWN_SCHEMA}")
        for extension in EXTENSIONS:
            try:
                self._admin.run(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public")
            except LabError:
                # Another installation may come without contrib; queries that need it will say so.
                continue
        self._admin.run(f'REVOKE ALL ON DATABASE "{self.name}" FROM PUBLIC')
        self._admin.run(f'GRANT CONNECT, TEMPORARY, CREATE ON DATABASE "{self.name}" TO guest')
        self._admin.run("ALTER SCHEMA public OWNER TO guest")
        for function in FORBIDDEN:
            self._forbid(function)

    def _forbid(self, function: str) -> None:
        for (signature,) in self._admin.run(_SIGNATURES, function).rows:
            self._admin.run(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")

    def admin(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement of our own as superuser: catalogue work only, never anything a stranger wrote."""
        return self._admin.run(sql, *values).rows

    def execute(self, sql: str, *values: object) -> Rows:
        """Run a statement as the guest, in a session that stays open, committed at once."""
        if self._guest is None:
            self._guest = Session(self._connector("guest", self.name), self._cancel, self.limits)
        return self._guest.run(sql, *values)

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A fresh connection as the guest."""
        session = Session(self._connector("guest", self.name), self._cancel, self.limits)
        try:
            yield session
        finally:
            session.close()

    def close(self) -> None:
        """Close the connections that the database keeps."""
        if self._guest is not None:
            self._guest.close()
        self._admin.close()

    def _cancel(self, process: int) -> None:
        wire = self._connector("postgres", self.name)
        try:
            wire.run("SELECT pg_terminate_backend($1::int)", str(process))
        finally:
            wire.close()


class Session:
    """One connection as the unprivileged role, in which each statement is bounded from inside and from outside."""

    def __init__(self, wire: Wire, cancel: Callable[[int], None], limits: Limits) -> None:
        self._wire = wire
        self._cancel = cancel
        self._limits = limits
        self._process = wire.process
        wire.seconds = limits.statement_seconds

    def run(self, sql: str, *values: object, seconds: float | None = None) -> Rows:
        """Run one statement. A watchdog ends the connection when the server's own timeout was switched off."""
        allowed = seconds or self._limits.statement_seconds
        if allowed != self._wire.seconds:
            self._wire.run(f"SET statement_timeout = {int(allowed * 1000)}")
            self._wire.seconds = allowed
        fired = threading.Event()
        watchdog = threading.Timer(allowed + WATCHDOG_GRACE, self._end, (fired,))
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._wire.run(sql, *values)
        except LabError:
            if fired.is_set():
                raise TimedOut(allowed) from None
            raise
        finally:
            watchdog.cancel()

    def query(self, sql: str, *, limit: int | None = None) -> Rows:
        """The rows of a query, at most `limit` of them, read in a transaction that cannot write."""
        most = limit or self._limits.rows
        self._wire.run("BEGIN TRANSACTION READ ONLY")
        try:
            self._run_after("DECLARE asked NO SCROLL CURSOR FOR ", sql)
            rows = self.run(f"FETCH {most + 1} FROM asked")
        finally:
            self._rollback()
        return Rows(rows.columns, rows.types, rows.rows[:most], truncated=len(rows.rows) > most)

    def explain(
        self, sql: str, *, analyze: bool = True, runs: int = 5, hopeless_ms: float = float("inf")
    ) -> Measurement:
        """Run a statement with its plan watched, or only plan it: the median of the runs, after one to warm up.

        A statement that takes long is run fewer times and its first run counts; one that takes longer than
        `hopeless_ms` is not repeated at all. Everything is rolled back.
        """
        if not analyze:
            root = self._plan(sql, "FORMAT JSON").root
            return Measurement(statement=sql, cost=root.total_cost if root is not None else None, plan=root)
        options = "ANALYZE, BUFFERS, TIMING ON, FORMAT JSON"
        plans = [self._plan(sql, options)]
        first = plans[0].execution_ms or 0.0
        wanted = 1 if first > hopeless_ms else min(runs, _runs_for(first))
        if wanted > 1 and first < LONG_RUN_MS:
            plans = []
        plans += [self._plan(sql, options) for _ in range(wanted - len(plans))]
        return _measurement(sql, plans)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _run_after(self, words: str, sql: str) -> Rows:
        """Run a statement behind words of our own; an error's position counts in the statement alone."""
        try:
            return self.run(words + sql)
        except QueryFailed as error:
            position = max(error.position - len(words), 1) if error.position is not None else None
            raise QueryFailed(error.sqlstate, error.message, position) from None

    def _plan(self, sql: str, options: str) -> Plan:
        self._wire.run("BEGIN")
        try:
            rows = self._run_after(f"EXPLAIN ({options}) ", sql).rows
        finally:
            self._rollback()
        text = rows[0][0]
        plan = read_plan(text if isinstance(text, str) else _json_text(text))
        if plan.root is None:
            raise LabError("the server's plan could not be read")
        return plan

    def _rollback(self) -> None:
        try:
            self._wire.run("ROLLBACK")
        except LabError:
            # The connection is gone, and the transaction with it.
            return

    def _end(self, fired: threading.Event) -> None:
        fired.set()
        self._cancel(self._process)


def _runs_for(first_ms: float) -> int:
    return next((runs for limit, runs in _RUNS if first_ms > limit), 5)


def _measurement(sql: str, plans: list[Plan]) -> Measurement:
    times = [plan.execution_ms or 0.0 for plan in plans]
    middle = sorted(plans, key=lambda plan: plan.execution_ms or 0.0)[len(plans) // 2]
    root = middle.root or PlanNode(operation="Result")
    return Measurement(
        statement=sql,
        median_ms=statistics.median(times),
        runs=len(plans),
        rows=int(root.actual_rows or 0),
        blocks=(root.hit_blocks or 0) + (root.read_blocks or 0),
        cost=root.total_cost,
        plan=root,
    )


def _json_text(value: object) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()
