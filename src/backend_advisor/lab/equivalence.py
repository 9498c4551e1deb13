"""Do two queries give the same rows? Asked of random small databases, and of one database that is already full.

Rows are compared as multisets. Order counts only as far as the original's ORDER BY fixes it: rows that tie may come
in any order, and under LIMIT those of the last tie may be any of the rows that tie there.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from backend_advisor.lab.errors import LabError, TimedOut
from backend_advisor.lab.order_keys import OrderSpec, order_of
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.catalogue import TableFacts, read_tables
from backend_advisor.lab.postgres.database import Database, Session
from backend_advisor.lab.postgres.server import Server
from backend_advisor.lab.postgres.wire import Rows
from backend_advisor.lab.random_rows import fill_randomly, literals
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Problem, parse

TRIALS = 24
MAX_ROWS = 10_000
_SHOWN_ROWS = 5
_DIGITS = 12

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two queries agreed on one database. `note` is a code for what the comparison allowed or found.

    Notes: `ties` (rows that tie under LIMIT were compared as ties), `any_rows` (LIMIT without ORDER BY), `columns`,
    `types`, `rows`, `order`, `order_lost`, `error` (only the rewrite failed), `skipped` (the original failed),
    `too_slow`, `fingerprint` (too many rows to fetch: counted and hashed in the server).
    """

    same: bool
    note: str = ""
    original_rows: int = 0
    missing: tuple[Row, ...] = ()
    extra: tuple[Row, ...] = ()

    @property
    def skipped(self) -> bool:
        """Whether nothing could be learnt because the original itself failed."""
        return self.note in ("skipped", "too_slow")


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A database on which the two differ: its rows by table, and the difference."""

    tables: dict[str, list[dict[str, str | None]]]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class EquivalenceResult:
    """`trials` counts the databases that told something, `eventful` those on which the original gave rows."""

    holds: bool
    trials: int
    eventful: int
    counterexample: Counterexample | None = None
    notes: tuple[str, ...] = ()


class Checker:
    """Compares queries on random contents of one database whose tables exist already."""

    def __init__(self, database: Database, session: Session) -> None:
        self._session = session
        self._tables = read_tables(database)

    def equivalent(self, original: str, rewritten: str, *, trials: int = TRIALS, seed: int = 0) -> EquivalenceResult:
        """Compare two queries on so many random databases; the same seed gives the same databases."""
        first = order_of(original)
        second = order_of(rewritten, first.keys) if first is not None else None
        if first is None or second is None:
            return EquivalenceResult(False, 0, 0, notes=("order_lost",))
        trees = [tree for tree in (parse(original, "postgres"), parse(rewritten, "postgres")) if _is_tree(tree)]
        near = literals([tree for tree in trees if isinstance(tree, exp.Expression)])
        tables = {name: table for name, table in self._tables.items() if name in _names(trees)}
        told, eventful, notes = 0, 0, set[str]()
        for trial in range(trials):
            rng = _numbers(seed, trial)
            with self._filling():
                rows = fill_randomly(self._session, self._with_parents(tables), rng, near)
                verdict = compare(self._session, first, second)
            if verdict.skipped:
                notes.add(verdict.note)
                continue
            told += 1
            eventful += verdict.original_rows > 0
            if not verdict.same:
                return EquivalenceResult(False, told, eventful, Counterexample(rows, verdict), (verdict.note,))
            notes |= {verdict.note} - {""}
        return EquivalenceResult(told > 0, told, eventful, notes=tuple(sorted(notes)))

    def same_page(self, original: str, keyset: str, *, trials: int = TRIALS, seed: int = 0) -> EquivalenceResult:
        """Whether a keyset query, given the last row of the page before, returns the page that OFFSET returns."""
        near = literals([tree for tree in [parse(original, "postgres")] if isinstance(tree, exp.Expression)])
        told, eventful = 0, 0
        for trial in range(trials):
            with self._filling():
                rows = fill_randomly(self._session, self._tables, _numbers(seed, trial), near)
                verdict = compare_page(self._session, original, keyset)
            if verdict.skipped:
                continue
            told += 1
            eventful += verdict.original_rows > 0
            if not verdict.same:
                return EquivalenceResult(False, told, eventful, Counterexample(rows, verdict), (verdict.note,))
        return EquivalenceResult(told > 0, told, eventful)

    def _with_parents(self, tables: dict[str, TableFacts]) -> dict[str, TableFacts]:
        """The tables and all that they refer to, in the order in which they were made."""
        wanted = dict(tables)
        waiting = list(tables)
        while waiting:
            for target, _ in self._tables[waiting.pop()].references.values():
                if target in self._tables and target not in wanted:
                    wanted[target] = self._tables[target]
                    waiting.append(target)
        return {name: wanted[name] for name in self._tables if name in wanted}

    @contextmanager
    def _filling(self) -> Iterator[None]:
        self._session.run("BEGIN")
        try:
            yield
        finally:
            self._session.run("ROLLBACK")


@contextmanager
def checking(server: Server, schema: Schema) -> Iterator[Checker]:
    """A checker on a new database with the schema's tables, dropped afterwards."""
    database = server.create_database()
    try:
        build(database, schema)
        with database.session() as session:
            yield Checker(database, session)
    finally:
        database.close()
        server.drop_database(database.name)


def equivalent(
    server: Server, schema: Schema, original: str, rewritten: str, *, trials: int = TRIALS, seed: int = 0
) -> EquivalenceResult:
    """Compare two queries on random databases of a schema."""
    with checking(server, schema) as checker:
        return checker.equivalent(original, rewritten, trials=trials, seed=seed)


def compare(
    session: Session, original: OrderSpec | str, rewritten: OrderSpec | str, *, seconds: float | None = None
) -> Verdict:
    """Compare two queries on the data the session sees now. Must run inside a transaction, which stays usable."""
    first = order_of(original) if isinstance(original, str) else original
    second = order_of(rewritten, first.keys if first else 0) if isinstance(rewritten, str) else rewritten
    if first is None or second is None or first.keys != second.keys:
        return Verdict(False, "order_lost")
    before = _run(session, first.sql, seconds)
    if isinstance(before, LabError):
        return Verdict(True, "too_slow" if isinstance(before, TimedOut) else "skipped")
    after = _run(session, second.sql, seconds)
    if isinstance(after, LabError):
        return Verdict(False, "error", len(before.rows))
    head = len(before.columns) - first.keys
    if before.columns[:head] != after.columns[: len(after.columns) - second.keys]:
        return Verdict(False, "columns", len(before.rows))
    if before.types != after.types:
        return Verdict(False, "types", len(before.rows))
    if before.truncated or after.truncated:
        return _compare_by_fingerprint(session, first, second, before, after, seconds)
    return _compare_rows(session, first, _cells(before), _cells(after), seconds)


def compare_page(session: Session, original: str, keyset: str, *, seconds: float | None = None) -> Verdict:
    """Compare a page read by OFFSET with the keyset query's, its parameters taken from the row before the page."""
    values = keys_before_page(session, original, seconds=seconds)
    page = _run(session, original, seconds)
    if isinstance(page, LabError) or values is None:
        return Verdict(True, "skipped")
    found = _run(session, keyset, seconds, values)
    if isinstance(found, LabError):
        return Verdict(False, "error", len(page.rows))
    if page.columns != found.columns or page.types != found.types:
        return Verdict(False, "columns", len(page.rows))
    same = _cells(page) == _cells(found)
    return Verdict(same, "" if same else "rows", len(page.rows))


def keys_before_page(session: Session, original: str, *, seconds: float | None = None) -> Row | None:
    """The ORDER BY keys of the last row that OFFSET skips; None when there is no such row or no such query."""
    tree = parse(original, "postgres")
    spec = order_of(original)
    offset = tree.args.get("offset") if isinstance(tree, exp.Select) else None
    before = parse(spec.sql, "postgres") if spec is not None else None
    if spec is None or offset is None or not isinstance(before, exp.Select):
        return None
    skipped = int(offset.expression.name)
    before.set("offset", exp.Offset(expression=exp.Literal.number(skipped - 1)))
    before.set("limit", exp.Limit(expression=exp.Literal.number(1)))
    last = _run(session, before.sql("postgres"), seconds)
    return last.rows[0][-spec.keys :] if isinstance(last, Rows) and last.rows else None


def _run(session: Session, sql: str, seconds: float | None, values: Sequence[object] = ()) -> Rows | LabError:
    session.run("SAVEPOINT compared", seconds=seconds)
    try:
        capped = sql if values else f"SELECT * FROM ({sql}) AS compared_rows LIMIT {MAX_ROWS + 1}"
        rows = session.run(capped, *values, seconds=seconds)
    except LabError as error:
        try:
            session.run("ROLLBACK TO SAVEPOINT compared", seconds=seconds)
        except LabError:
            return error
        return error
    session.run("RELEASE SAVEPOINT compared", seconds=seconds)
    return Rows(rows.columns, rows.types, rows.rows[:MAX_ROWS], truncated=len(rows.rows) > MAX_ROWS)


def _compare_rows(
    session: Session, spec: OrderSpec, before: list[Row], after: list[Row], seconds: float | None
) -> Verdict:
    keys = spec.keys
    if len(before) != len(after):
        return _different("rows", before, after)
    if spec.unlimited is not None and Counter(before) != Counter(after):
        return _compare_under_limit(session, spec, before, after, seconds)
    if Counter(before) != Counter(after):
        return _different("rows", before, after)
    if keys and [row[-keys:] for row in before] != [row[-keys:] for row in after]:
        return _different("order", before, after)
    return Verdict(True, "", len(before))


def _compare_under_limit(
    session: Session, spec: OrderSpec, before: list[Row], after: list[Row], seconds: float | None
) -> Verdict:
    """Rows that tie at either end of the page may be any of those that tie; all others must be the same."""
    whole = _run(session, spec.unlimited or "", seconds)
    if isinstance(whole, LabError) or whole.truncated:
        return Verdict(False, "rows", len(before))
    keys = spec.keys
    if keys and [row[-keys:] for row in before] != [row[-keys:] for row in after]:
        return _different("order", before, after)
    edges = {row[-keys:] for row in (before[0], before[-1])} if keys else {()}
    inside_before = Counter(row for row in before if (row[-keys:] if keys else ()) not in edges)
    inside_after = Counter(row for row in after if (row[-keys:] if keys else ()) not in edges)
    if inside_before != inside_after or Counter(after) - Counter(_cells(whole)):
        return _different("rows", before, after)
    return Verdict(True, "ties" if keys else "any_rows", len(before))


def _compare_by_fingerprint(
    session: Session, first: OrderSpec, second: OrderSpec, before: Rows, after: Rows, seconds: float | None
) -> Verdict:
    """Too many rows to fetch: count and hash them in the server, and compare the order of the first ones."""
    prints = [_run(session, _fingerprint(spec.sql), seconds) for spec in (first, second)]
    if any(isinstance(one, LabError) for one in prints):
        return Verdict(False, "too_slow", len(before.rows))
    if prints[0].rows != prints[1].rows:  # type: ignore[union-attr]
        return Verdict(False, "rows", len(before.rows))
    keys = first.keys
    if keys and [row[-keys:] for row in _cells(before)] != [row[-keys:] for row in _cells(after)]:
        return Verdict(False, "order", len(before.rows))
    return Verdict(True, "fingerprint", len(before.rows))


def _fingerprint(sql: str) -> str:
    hashes = ", ".join(f"sum(hashtextextended(hashed::text, {salt})::numeric)" for salt in (1, 2))
    return f"SELECT count(*), {hashes} FROM ({sql}) AS hashed"


def _different(note: str, before: list[Row], after: list[Row]) -> Verdict:
    missing = Counter(before) - Counter(after)
    extra = Counter(after) - Counter(before)
    return Verdict(
        False, note, len(before), tuple(missing.elements())[:_SHOWN_ROWS], tuple(extra.elements())[:_SHOWN_ROWS]
    )


def _cells(rows: Rows) -> list[Row]:
    return [tuple(_cell(value) for value in row) for row in rows.rows]


def _cell(value: object) -> object:
    """A value as something hashable; sums of floats may differ in their last digits with the order of adding."""
    if isinstance(value, float):
        return repr(value) if not math.isfinite(value) else float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Decimal):
        return str(value) if not value.is_finite() else value
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, default=str)
    if isinstance(value, bool):
        return f"bool {value}"
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _numbers(seed: int, trial: int) -> random.Random:
    return random.Random(f"{seed}/{trial}")  # noqa: S311 (data, not secrets)


def _is_tree(tree: exp.Expr | Problem) -> bool:
    return not isinstance(tree, Problem)


def _names(trees: Sequence[exp.Expr | Problem]) -> set[str]:
    return {table.name for tree in trees if isinstance(tree, exp.Expression) for table in tree.find_all(exp.Table)}
