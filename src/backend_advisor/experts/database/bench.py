"""A query on the bench: its tables built and filled in a lab database, its placeholders bound."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.experts.database.remedies.parameters import Bound, bind, has_placeholders
from backend_advisor.experts.database.remedies.wishes import links, wishes
from backend_advisor.lab.errors import LabError, QueryFailed
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.fill import REST, Filling, fill
from backend_advisor.lab.postgres.server import Server
from backend_advisor.lab.postgres.values import Wish
from backend_advisor.lab.postgres.wire import quoted
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement

ASSUMED_ROWS = 100_000
MAX_TABLE_ROWS = 2_000_000
MAX_ROWS = 5_000_000
"""Beyond this the rows are scaled down in proportion: filling takes about 3 s a million on two cores."""
MAX_SHARES = 8
MAX_PARTITIONS = 24


@dataclass(frozen=True, slots=True)
class Bench:
    """A query that can be run as it is, with what was assumed to get there.

    `partitions` name each partitioned table's own; none are named where there are many, or partitions of partitions.

    `shares` are the query's own predicates and the part of the rows for which each came out true.
    """

    server: Server
    database: Database
    schema: Schema
    sql: str
    bound: Bound | None
    filling: Filling
    shares: tuple[tuple[str, float], ...]
    scale: float
    partitions: Mapping[str, tuple[str, ...]]


@contextmanager
def bench(
    server: Server, statement: Statement, tree: exp.Expression, schema: Schema, rows: Mapping[str, int]
) -> Iterator[Bench]:
    """Set a query up on a server; raises LabError when its tables cannot be built or filled."""
    tables = _tables(tree, schema)
    wanted, scale = _scaled({name: rows.get(name, ASSUMED_ROWS) for name in tables})
    database = server.create_database()
    try:
        built = build(database, schema)
        lacking = [name for name in tables if name not in built.tables]
        if lacking:
            refused = next((message for text, message in built.refused if lacking[0] in text), lacking[0])
            raise QueryFailed("42P01", refused)
        asked = wishes(tree, schema)
        filling = fill(database, wanted, asked, links(tree, schema))
        partitions = {name: _declared(database, name) for name in tables if _is_partitioned(database, name)}
        bound = bind(tree, schema, lambda table, column: _typical(database, table, column))
        sql = str(bound.tree.sql(dialect="postgres")) if has_placeholders(tree) else statement.text
        yield Bench(server, database, schema, sql, bound, filling, tuple(_shares(database, asked)), scale, partitions)
    finally:
        database.close()
        server.drop_database(database.name)


def _tables(tree: exp.Expression, schema: Schema) -> list[str]:
    names = dict.fromkeys(table.name for table in tree.find_all(exp.Table))
    return [name for name in names if name in schema.tables]


def _scaled(rows: dict[str, int]) -> tuple[dict[str, int], float]:
    """The rows as stated, or all of them smaller by the same factor when they are too many to make."""
    largest, total = max(rows.values(), default=0), sum(rows.values())
    factor = min(1.0, MAX_TABLE_ROWS / max(largest, 1), MAX_ROWS / max(total, 1))
    return {name: max(int(count * factor), min(count, 100)) for name, count in rows.items()}, factor


def _is_partitioned(database: Database, table: str) -> bool:
    rows = database.admin("SELECT relkind::text FROM pg_class WHERE oid = $1::regclass", f"public.{quoted(table)}")
    return bool(rows) and rows[0][0] == "p"


def _declared(database: Database, table: str) -> tuple[str, ...]:
    """The partitions that the asker declared, when all of them can be named in an answer."""
    rows = database.admin(_PARTITIONS, f"public.{quoted(table)}")
    shown = len(rows) <= MAX_PARTITIONS and all(is_leaf for _, is_leaf in rows)
    return tuple(name for name, _ in rows if not name.endswith(REST)) if shown else ()


_PARTITIONS = """SELECT c.relname, t.isleaf FROM pg_partition_tree($1::regclass) t JOIN pg_class c ON c.oid = t.relid
WHERE t.level > 0 ORDER BY c.oid"""


def _shares(database: Database, asked: Iterable[Wish]) -> Iterator[tuple[str, float]]:
    """How much each predicate selects of the rows as they came out, which is what the figures rest on."""
    for wish in list(asked)[:MAX_SHARES]:
        if wish.kind not in ("range", "equal", "pattern") or not wish.values:
            continue
        column, values = quoted(wish.column), ", ".join(wish.values)
        sign, other = {
            "range": ("<" if wish.below else ">", values),
            "equal": ("IN", f"({values})"),
            "pattern": ("LIKE", f"'%' || {values} || '%'"),
        }[wish.kind]
        condition = f"{column} {sign} {other}"
        statement = f"SELECT avg(CASE WHEN {condition} THEN 1 ELSE 0 END)::float8 FROM public.{quoted(wish.table)}"
        try:
            share = database.execute(statement).rows[0][0]
        except LabError:
            continue
        if share is not None:
            shown = {"IN": "=" if len(wish.values) == 1 else "IN"}.get(sign, sign)
            yield f"{wish.table}.{wish.column} {shown} {values}", float(share)


def _typical(database: Database, table: str, column: str) -> object:
    """A value from the middle of the column."""
    found = database.execute(
        f"SELECT {quoted(column)} FROM public.{quoted(table)} WHERE {quoted(column)} IS NOT NULL "
        f"OFFSET (SELECT count(*) * 3 / 8 FROM public.{quoted(table)}) LIMIT 1"
    ).rows
    return found[0][0] if found else None
