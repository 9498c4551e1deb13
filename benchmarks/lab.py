"""How long the lab takes: to start, to prove a three-table query at full size, to plan over a model of 20 tables.

    python benchmarks/lab.py [--rows 1200000] [--starts 5] [--skip-proof]

Prints the time from nothing to the first query answered; the time of each phase of the proof, what it recommends, and
the most disk its database took; and the time to build a model of 20 tables and plan ten queries over it.
The targets are 1.5 s, 30 s and 1 GB, and 5 s.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend_advisor import intake
from backend_advisor.experts import Terms
from backend_advisor.experts.database import bench, proving
from backend_advisor.experts.database.workload import workload_of
from backend_advisor.lab.postgres import server as servers
from backend_advisor.lab.scale_model import scale_model
from backend_advisor.lab.statistics import stated_statistics
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import statements

QUERY = """SELECT u.id, u.email, p.bio, o.total FROM users u
LEFT JOIN profiles p ON p.user_id = u.id
LEFT JOIN orders o ON o.user_id = u.id
WHERE u.created_at > '2024-01-01' ORDER BY u.created_at DESC LIMIT 100;"""
START, PROOF, DISK, MODEL = 1.5, 30.0, 1 << 30, 5.0
TABLES, MODEL_ROWS = 20, 50_000_000


def main() -> int:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_200_000)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--skip-proof", action="store_true")
    options = parser.parse_args()
    met = _starts(options.starts)
    met &= options.skip_proof or _proof(options.rows)
    met &= _model()
    return 0 if met else 1


def _starts(count: int) -> bool:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        with servers.running() as server:
            server.create_database().execute("SELECT 1")
            times.append(time.perf_counter() - started)
    return _row(f"start to first query, median of {count}", statistics.median(times), START)


def _proof(rows: int) -> bool:
    case = intake.read(f"```sql\n{QUERY}\n```\nHow can I make this faster? (PostgreSQL)")
    names = ("users", "profiles", "orders")
    disk = _Disk()
    with _timed(disk) as phases:
        started = time.perf_counter()
        [proof, *rewritten] = proving.prove_queries(case, workload_of(case), Terms(rows=dict.fromkeys(names, rows)))
        seconds = time.perf_counter() - started
    met = _row(f"proof, three tables of {rows:,} rows", seconds, PROOF)
    for name, spent in phases.items():
        print(f"    {name:42}{spent:8.2f} s")
    print(f"    {'the rest (start, write cost, stop)':42}{seconds - sum(phases.values()):8.2f} s")
    print(
        f"  most disk below the server's folder{disk.most / 2**20:17,.0f} MB {'met' if disk.most < DISK else 'MISSED'}"
    )
    if proof.before is None or proof.after is None:
        print(f"  nothing proved: {proof.reason}")
        return False
    print(
        f"  query {proof.before.median_ms:,.1f} ms → {proof.after.median_ms:,.3f} ms ({proof.gain:,.0f} times faster)"
    )
    for change in proof.changes:
        print(f"    {change.apply}")
    print(f"  tried and rejected {len(proof.rejected)}, rewrites that pay {len(rewritten)}")
    return met and disk.most < DISK


class _Disk:
    """The most that the server's folder took, looked at twenty times a second."""

    def __init__(self) -> None:
        self.most = 0
        self.folder: Path | None = None
        self.done = threading.Event()

    def watch(self) -> None:
        while not self.done.wait(0.05):
            if self.folder is not None:
                self.most = max(self.most, servers._used(self.folder))


@contextmanager
def _timed(disk: _Disk) -> Iterator[dict[str, float]]:
    """Time each phase of a proof by standing between the caller and the function it calls."""
    phases: dict[str, float] = {}
    places = ((bench, "build"), (bench, "fill"), (proving, "search"), (proving, "try_rewrites"))
    labels = {"build": "tables", "fill": "filling", "search": "measuring", "try_rewrites": "rewrites"}

    def between(module: object, name: str) -> Callable[[], None]:
        real = getattr(module, name)

        def timed(first: object, *words: object, **named: object) -> object:
            database = getattr(first, "database", first)
            disk.folder = getattr(database, "data_directory", disk.folder)
            started = time.perf_counter()
            try:
                return real(first, *words, **named)
            finally:
                phases[labels[name]] = phases.get(labels[name], 0.0) + time.perf_counter() - started

        setattr(module, name, timed)
        return lambda: setattr(module, name, real)

    undo = [between(module, name) for module, name in places]
    watcher = threading.Thread(target=disk.watch, daemon=True)
    watcher.start()
    try:
        yield phases
    finally:
        disk.done.set()
        watcher.join()
        for step in undo:
            step()


def _model() -> bool:
    schema = _wide_schema()
    with servers.running() as server:
        started = time.perf_counter()
        with scale_model(server, schema, stated_statistics(schema)) as model:
            built = time.perf_counter() - started
            for number in range(10):
                parent, child = f"t{number:02}", f"t{number + 10:02}"
                model.plan(
                    f"SELECT * FROM {parent} p JOIN {child} c ON c.parent_id = p.id "
                    "WHERE p.status = 'open' ORDER BY c.created_at DESC LIMIT 50"
                )
            seconds = time.perf_counter() - started
    met = _row(f"model of {TABLES} tables of {MODEL_ROWS:,} rows, 10 plans", seconds, MODEL)
    print(f"    {'of it building':42}{built:8.2f} s")
    return met


def _wide_schema() -> Schema:
    ddl = "".join(
        f"CREATE TABLE t{n:02} (id bigint PRIMARY KEY, parent_id bigint, status text, note text, total numeric(12,2), "
        f"created_at timestamptz); CREATE INDEX ON t{n:02} (parent_id); CREATE INDEX ON t{n:02} (created_at);\n"
        for n in range(TABLES)
    )
    schema = read_ddl(statements(Artifact(name="schema.sql", kind=ArtifactKind.DDL, text=ddl)))
    return schema.with_rows(dict.fromkeys(schema.tables, MODEL_ROWS))


def _row(label: str, seconds: float, target: float) -> bool:
    print(f"{label:46}{seconds:8.2f} s  target {target:g} s: {'met' if seconds < target else 'MISSED'}", flush=True)
    return seconds < target


if __name__ == "__main__":
    raise SystemExit(main())
