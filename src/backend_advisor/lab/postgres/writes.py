"""What indexes cost to writes: the same rows inserted with and without them, and taken back."""

from collections.abc import Iterable, Sequence

from backend_advisor.lab.errors import LabError
from backend_advisor.lab.postgres.database import Database, Session
from backend_advisor.lab.postgres.wire import quoted
from backend_advisor.sql.schema import Index

ROWS = 10_000
RUNS = 3


def write_overhead(database: Database, indexes: Sequence[Index]) -> dict[str, float]:
    """By table, the extra time of an insert as a share of the time without these indexes; missing when unknown."""
    found = {}
    for table in dict.fromkeys(index.table for index in indexes):
        own = [index.name for index in indexes if index.table == table]
        try:
            with database.session() as session:
                costs = [_cost(session, database, table, own) for _ in range(RUNS)]
        except LabError:
            continue
        without, with_indexes = min(cost[0] for cost in costs), min(cost[1] for cost in costs)
        if without > 0:
            found[table] = round(max(with_indexes / without - 1, 0.0), 3)
    return found


def _cost(session: Session, database: Database, table: str, names: Iterable[str]) -> tuple[float, float]:
    drops = [f"DROP INDEX {quoted(name)}" for name in names]
    return _insert_ms(session, database, table, drops), _insert_ms(session, database, table, [])


def _insert_ms(session: Session, database: Database, table: str, drops: Iterable[str]) -> float:
    """Milliseconds to insert copies of existing rows under new keys, in a transaction that is rolled back."""
    target = f"public.{quoted(table)}"
    columns = [name for (name,) in database.admin(_COLUMNS, f"public.{quoted(table)}")]
    keys = {name for (name,) in database.admin(_KEYS, f"public.{quoted(table)}")}
    names = ", ".join(quoted(name) for name in columns)
    values = ", ".join(f"{quoted(name)} + 1000000000" if name in keys else quoted(name) for name in columns)
    session.run("BEGIN")
    try:
        for drop in drops:
            session.run(drop)
        plan = session.run(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE "
            f"SELECT {values} FROM {target} TABLESAMPLE SYSTEM (10) LIMIT {ROWS}"
        ).rows[0][0]
    finally:
        session.run("ROLLBACK")
    return float(plan[0]["Execution Time"])


_COLUMNS = """SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
AND attgenerated = '' ORDER BY attnum"""
_KEYS = """SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
AND a.attnum = ANY (i.indkey::smallint[]) WHERE i.indrelid = $1::regclass AND i.indisunique"""
