"""Synthetic rows, made inside the server: the same on every run, with keys that hold and predicates that select."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from backend_advisor.lab.errors import LabError, QueryFailed
from backend_advisor.lab.postgres.assumptions import Assumption, assumed_values, spread_over_partitions
from backend_advisor.lab.postgres.catalogue import TableFacts, read_tables
from backend_advisor.lab.postgres.database import Database, Session
from backend_advisor.lab.postgres.values import Plan, Wish, value
from backend_advisor.lab.postgres.wire import quoted

WORKERS = 2
FILL_SECONDS = 300.0
REST = "_advisor_rest"
_NOT_DIVIDED = re.compile(r'no partition of relation "(.*)" found for row', re.DOTALL)
_CHECK_VIOLATION, _EXCLUSION_VIOLATION, _UNIQUE_VIOLATION = "23514", "23P01", "23505"
_BROKEN = """
SELECT k.conname, c.relname, t.typname
  FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
 WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('c', 'x') AND k.coninhcount = 0
 ORDER BY length(k.conname) DESC"""


@dataclass(frozen=True, slots=True)
class Link:
    """A column that holds values of another table's column, although no foreign key says so."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, slots=True)
class Filling:
    """How many rows each table holds now, what was assumed of their values, and what else a reader must know.

    `notes` name constraints that no row could be made for and so were dropped, and how partitions were filled.
    """

    rows: Mapping[str, int]
    values: tuple[Assumption, ...] = ()
    notes: tuple[Assumption, ...] = ()


@dataclass(frozen=True, slots=True)
class _Given:
    """What had to be given up to fill a table: constraints dropped, and partitions added for the rest of the rows."""

    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def fill(
    database: Database, rows: Mapping[str, int], wishes: Iterable[Wish] = (), links: Iterable[Link] = ()
) -> Filling:
    """Fill every table with so many rows (none where `rows` does not name it), then gather statistics."""
    tables = _linked(read_tables(database, rows.keys()), links)
    by_column: dict[tuple[str, str], list[Wish]] = {}
    for wish in wishes:
        by_column.setdefault((wish.table, wish.column), []).append(wish)
    plan = Plan(tables, rows, by_column)
    wanted = sorted((table for table in tables.values() if rows.get(table.name)), key=lambda t: -rows[t.name])
    _without_log(database, wanted)
    # No value depends on another row, so tables fill side by side, the largest first.
    with ThreadPoolExecutor(WORKERS) as pool:
        given = list(pool.map(lambda table: _fill_one(database, table, plan), wanted))
    counts = {t.name: int(database.admin(f"SELECT count(*) FROM public.{quoted(t.name)}")[0][0]) for t in wanted}
    return Filling(counts, assumed_values(plan), tuple(_notes(zip(wanted, given, strict=True))))


def _notes(filled: Iterable[tuple[TableFacts, _Given]]) -> Iterator[Assumption]:
    given = list(filled)
    dropped = [name for _, one in given for name in one.dropped]
    if dropped:
        yield Assumption("dropped", {"names": ", ".join(dropped)})
    for table, one in given:
        if one.added:
            yield Assumption("rest", {"table": table.name})
        else:
            yield from spread_over_partitions(table)


def _without_log(database: Database, tables: Iterable[TableFacts]) -> None:
    """Nothing here outlives the server, so rows need no log; where the server wants one (partitions), it stays."""
    for table in sorted(tables, key=lambda one: -len(one.references)):
        with contextlib.suppress(LabError):
            database.execute(f"ALTER TABLE public.{quoted(table.name)} SET UNLOGGED")


def _fill_one(database: Database, table: TableFacts, plan: Plan) -> _Given:
    with database.session() as session:
        given = _insert(database, session, table, plan)
        session.run(f"VACUUM (ANALYZE) public.{quoted(table.name)}", seconds=FILL_SECONDS)
    return given


def _linked(tables: Mapping[str, TableFacts], links: Iterable[Link]) -> dict[str, TableFacts]:
    """The tables with links added as references."""
    found = dict(tables)
    for link in links:
        table = found.get(link.table)
        if table is not None and link.to_table in found and link.column not in table.references:
            references = {**table.references, link.column: (link.to_table, link.to_column)}
            found[link.table] = replace(table, references=references)
    return found


def _insert(database: Database, session: Session, table: TableFacts, plan: Plan) -> _Given:
    """Insert the rows; where the server refuses them, give up what it names and try again."""
    dropped: list[str] = []
    added: list[str] = []
    collide = _may_collide(table)
    while True:
        try:
            session.run(_statement(table, plan, collide=collide), seconds=FILL_SECONDS)
        except QueryFailed as error:
            if error.sqlstate == _UNIQUE_VIOLATION and not collide:
                collide = True
            elif (opened := _open_rest(session, error)) is not None:
                added.append(opened)
            elif (broken := _drop_broken(database, session, error)) is not None:
                dropped.append(broken)
            else:
                raise
        else:
            return _Given(tuple(dropped), tuple(added))


def _statement(table: TableFacts, plan: Plan, *, collide: bool) -> str:
    columns = [column for column in table.columns if not column.generated]
    names = ", ".join(quoted(column.name) for column in columns)
    values = ", ".join(value(column, table, plan, "g") for column in columns)
    overriding = " OVERRIDING SYSTEM VALUE" if any(column.identity for column in columns) else ""
    return (
        f"INSERT INTO public.{quoted(table.name)} ({names}){overriding} "
        f"SELECT {values} FROM generate_series(1::bigint, {plan.rows[table.name]}) g"
        f"{' ON CONFLICT DO NOTHING' if collide else ''}"
    )


def _open_rest(session: Session, error: QueryFailed) -> str | None:
    """Add a partition for the rows that no other one takes, when that is what failed; its name."""
    undivided = _NOT_DIVIDED.match(error.message) if error.sqlstate == _CHECK_VIOLATION else None
    if undivided is None:
        return None
    parent = undivided.group(1)
    name = parent[:50] + REST
    try:
        session.run(f"CREATE TABLE public.{quoted(name)} PARTITION OF public.{quoted(parent)} DEFAULT")
    except QueryFailed:
        return None
    return name


def _drop_broken(database: Database, session: Session, error: QueryFailed) -> str | None:
    """Drop the constraint that refused the rows, of a table or of a domain; its name."""
    if error.sqlstate not in (_CHECK_VIOLATION, _EXCLUSION_VIOLATION):
        return None
    for name, table, domain in database.admin(_BROKEN):
        owner = table or domain
        if f'"{name}"' in error.message and (domain is None or domain in error.message):
            kind = "TABLE" if table is not None else "DOMAIN"
            session.run(f"ALTER {kind} public.{quoted(owner)} DROP CONSTRAINT {quoted(name)}")
            return f"{owner}.{name}"
    return None


def _may_collide(table: TableFacts) -> bool:
    """Whether a unique key holds only by luck: one of several columns, or one that a foreign key fills."""
    keys = [table.primary_key, *table.unique]
    return any(len(key) > 1 or (key and key[0] in table.references) for key in keys if key)
