"""What a change of tables locks: which locks it takes, who waits meanwhile, and how many rows it reads for it."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.lab.errors import LabError, TimedOut
from backend_advisor.lab.postgres.database import Database, Session
from backend_advisor.lab.postgres.wire import quoted

STRENGTHS = (
    "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
    "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
"""The modes of a lock on a table, the weakest first, by their names in pg_locks."""

_PATIENCE_MS = 50
_PAUSE_SECONDS = 0.002
_LOCKS = """SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = $1::int AND l.locktype = 'relation' AND l.granted AND c.relnamespace = 'public'::regnamespace"""
_READ = """SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0)::bigint FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
_FILES = """SELECT relname, pg_relation_filenode(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""


@dataclass(frozen=True, slots=True)
class Observed:
    """One statement that ran.

    `ms` is the time from its start to its end, in which it held `locks` (the strongest mode by table, of the tables
    watched). `reads_wait` and `writes_wait` are the tables of which another session could not read or write meanwhile.
    `rows_read` is what it read of all tables, None where the server does not tell (CONCURRENTLY); `rewritten` are the
    tables whose file it replaced.
    """

    statement: str
    ms: float
    locks: Mapping[str, str]
    reads_wait: tuple[str, ...] = ()
    writes_wait: tuple[str, ...] = ()
    rows_read: int | None = None
    rewritten: tuple[str, ...] = ()

    @property
    def blocked_ms(self) -> float:
        """How long reads or writes had to wait for it, in milliseconds."""
        return self.ms if self.reads_wait or self.writes_wait else 0.0

    @property
    def strongest(self) -> str:
        """The strongest lock that it took on a table."""
        return max(self.locks.values(), key=STRENGTHS.index, default=STRENGTHS[0])


def observe(database: Database, statement: str, tables: Collection[str], *, keep: bool) -> Observed:
    """Run a statement in a transaction of its own, look at its locks before it ends, and keep or undo what it did.

    Raises LabError when the server refuses it.
    """
    with database.session() as session:
        process = session.run("SELECT pg_backend_pid()").rows[0][0]
        # On few cores a parallel build misleads, and its other processes do not tell what they read.
        session.run("SET max_parallel_maintenance_workers = 0")
        session.run("BEGIN")
        read, files = _read(session), _files(session)
        start = time.perf_counter()
        session.run(statement)
        ms = (time.perf_counter() - start) * 1000
        locks = _locks(database, process, tables)
        reads, writes = _waiting(database, tables)
        seen = Observed(
            statement,
            ms,
            locks,
            reads,
            writes,
            _read(session) - read,
            tuple(name for name, file in _files(session).items() if name in files and files[name] != file),
        )
        session.run("COMMIT" if keep else "ROLLBACK")
    return seen


def observe_concurrent(database: Database, statement: str, tables: Collection[str]) -> Observed:
    """Run a statement that refuses a transaction block, and look at its locks from outside while it runs."""
    locks: dict[str, str] = {}
    blocked: tuple[set[str], set[str]] = (set(), set())
    with database.session() as session:
        process = session.run("SELECT pg_backend_pid()").rows[0][0]
        session.run("SET max_parallel_maintenance_workers = 0")
        run = _Run(session, statement)
        run.start()
        while run.is_alive():
            for table, mode in _locks(database, process, tables).items():
                locks[table] = max(mode, locks.get(table, STRENGTHS[0]), key=STRENGTHS.index)
            for known, seen in zip(blocked, _waiting(database, tables), strict=True):
                known.update(seen)
            run.join(_PAUSE_SECONDS)
        if run.error is not None:
            raise run.error
    reads, writes = blocked
    return Observed(statement, run.ms, locks, tuple(sorted(reads)), tuple(sorted(writes)))


class _Run(threading.Thread):
    """A statement in a thread of its own, timed."""

    def __init__(self, session: Session, statement: str) -> None:
        super().__init__(daemon=True)
        self._session, self._statement = session, statement
        self.ms = 0.0
        self.error: LabError | None = None

    def run(self) -> None:
        """Run it; an error is kept for whoever waits."""
        start = time.perf_counter()
        try:
            self._session.run(self._statement)
        except LabError as error:
            self.error = error
        self.ms = (time.perf_counter() - start) * 1000


def _locks(database: Database, process: int, tables: Collection[str]) -> dict[str, str]:
    strongest: dict[str, str] = {}
    for table, mode in database.admin(_LOCKS, str(process)):
        if table in tables:
            strongest[table] = max(mode, strongest.get(table, STRENGTHS[0]), key=STRENGTHS.index)
    return strongest


def _waiting(database: Database, tables: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables that another session cannot read, and those that it cannot write, at this moment."""
    with database.session() as other:
        other.run(f"SET lock_timeout = {_PATIENCE_MS}")
        return tuple(_refusing(other, tables, "ACCESS SHARE")), tuple(_refusing(other, tables, "ROW EXCLUSIVE"))


def _refusing(session: Session, tables: Collection[str], mode: str) -> Iterator[str]:
    """The tables whose lock for reading or writing is not to be had."""
    for table in tables:
        session.run("BEGIN")
        try:
            session.run(f"LOCK TABLE public.{quoted(table)} IN {mode} MODE")
        except TimedOut:
            yield table
        finally:
            session.run("ROLLBACK")


def _read(session: Session) -> int:
    return int(session.run(_READ).rows[0][0])


def _files(session: Session) -> dict[str, int]:
    return dict(session.run(_FILES).rows)
