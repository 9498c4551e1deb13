"""Small random databases: NULLs, duplicates, empty tables and the query's own literals, with every key respected."""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlglot import exp

from backend_advisor.lab.errors import QueryFailed
from backend_advisor.lab.postgres.catalogue import ColumnFacts, TableFacts
from backend_advisor.lab.postgres.database import Session
from backend_advisor.lab.postgres.quantities import ends

_LONGEST = 10_000
SIZES = (0, 1, 2, 5, 9, 14, 20)
_NULL_SHARES = (0.0, 0.15, 0.4, 0.9)
_RETRIES = 8
_CHECK_VIOLATION = ("23514", "23P01", "23502", "23505")
_NUMBERS, _WORDS = ("0", "1", "2", "3", "-1", "7"), ("a", "b", "B", "ab", "", "abc", "%", "a_c", " a")
_MOMENTS = ("2024-01-01", "2024-02-29", "2024-03-31 23:59:59.999999", "2024-12-31 23:30:00", "2025-06-15 12:00:00")
_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "boolean": ("true", "false"),
    "json": ('{"a": 1}', '{"a": "b"}', "[]", "{}"),
    "jsonb": ('{"a": 1}', '{"a": "b"}', "[]", "{}"),
    "uuid": tuple(f"00000000-0000-4000-8000-{number:012d}" for number in range(30)),
    "interval": ("1 day", "1 month", "3600 seconds", "0"),
    "inet": ("10.0.0.1", "10.0.0.2"),
    "bytea": ("\\x00", "\\x01"),
    "time without time zone": ("00:00:00", "12:30:00"),
}
_INTEGERS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


@dataclass(frozen=True, slots=True)
class Literals:
    """The constants of the queries: values near them decide whether two forms agree."""

    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()


def literals(trees: Iterable[exp.Expression]) -> Literals:
    """The constants of these trees, with their neighbours."""
    numbers: set[str] = set()
    words: set[str] = set()
    moments: set[str] = set()
    for tree in trees:
        for literal in tree.find_all(exp.Literal):
            text = literal.name
            if not literal.is_string:
                numbers |= _around_number(text)
                continue
            words |= {text, text + "x", text.upper(), text[:-1], text.replace("%", "z").replace("_", "y")}
            moments |= _around_moment(text)
            numbers |= _around_number(text)
    return Literals(tuple(sorted(numbers)), tuple(sorted(words)), tuple(sorted(moments)))


def _around_number(text: str) -> set[str]:
    if not text.lstrip("-").isdigit() or len(text) > 15:
        return set()
    number = int(text)
    years = _around_moment(f"{number:04d}-01-01") if 1900 <= number <= 2100 else set()
    return {str(number - 1), str(number), str(number + 1), *(year for year in years if year.startswith(text))}


def _around_moment(text: str) -> set[str]:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
        steps = [timedelta(), timedelta(days=1), timedelta(days=31), timedelta(hours=5), timedelta(microseconds=1)]
        return {(moment + sign * step).isoformat(" ") for step in steps for sign in (1, -1)}
    except (ValueError, OverflowError):
        return set()


def fill_randomly(
    session: Session, tables: Mapping[str, TableFacts], rng: random.Random, found: Literals
) -> dict[str, list[dict[str, str | None]]]:
    """Insert random rows into every table, inside the session's open transaction; what was inserted, by table."""
    made: dict[str, list[dict[str, str | None]]] = {}
    for table in _by_reference(tables):
        rows = _rows(table, made, rng, found)
        made[table.name] = _insert(session, table, rows)
    return made


def _by_reference(tables: Mapping[str, TableFacts]) -> list[TableFacts]:
    """Tables before those that refer to them; a cycle is cut where it is met."""
    ordered: dict[str, TableFacts] = {}

    def visit(table: TableFacts, path: frozenset[str]) -> None:
        for target, _ in table.references.values():
            if target in tables and target not in path and target not in ordered:
                visit(tables[target], path | {target})
        ordered.setdefault(table.name, table)

    for table in tables.values():
        visit(table, frozenset({table.name}))
    return list(ordered.values())


def _rows(
    table: TableFacts, made: Mapping[str, list[dict[str, str | None]]], rng: random.Random, found: Literals
) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    keys = [key for key in (table.primary_key, *table.unique) if key]
    seen: list[set[tuple[str | None, ...]]] = [set() for _ in keys]
    share = rng.choice(_NULL_SHARES)
    pools = {column.name: _pool(column, rng, found) for column in table.columns}
    for _ in range(rng.choice(SIZES)):
        for _ in range(_RETRIES):
            row = _row(table, {**made, table.name: rows}, pools, rng, share)
            if row is None:
                break
            values = [tuple(row.get(name) for name in key) for key in keys]
            clash = any(value in known for value, known in zip(values, seen, strict=True) if None not in value)
            if not clash:
                for value, known in zip(values, seen, strict=True):
                    known.add(value)
                rows.append(row)
                break
    return rows


def _row(
    table: TableFacts,
    made: Mapping[str, list[dict[str, str | None]]],
    pools: Mapping[str, list[str]],
    rng: random.Random,
    share: float,
) -> dict[str, str | None] | None:
    """One row, or None when it would need a row of another table that has none."""
    row: dict[str, str | None] = {}
    chosen: dict[str, dict[str, str | None] | None] = {}
    for column in table.columns:
        if column.generated:
            continue
        required = column.required or column.name in table.primary_key
        choices = pools[column.name]
        if column.name in table.references:
            target, far = table.references[column.name]
            if target not in chosen:
                chosen[target] = rng.choice(made[target]) if made.get(target) else None
            parent = chosen[target] if _composite(table, target) else None
            values = [one[far] for one in made.get(target, []) if one.get(far) is not None]
            choices = [parent[far] or ""] if parent is not None else [value or "" for value in values]
        if not required and (not choices or rng.random() < share):
            row[column.name] = None
        elif not choices:
            return None
        else:
            row[column.name] = rng.choice(choices)
    return row


def _composite(table: TableFacts, target: str) -> bool:
    return sum(1 for name, _ in table.references.values() if name == target) > 1


def _pool(column: ColumnFacts, rng: random.Random, found: Literals) -> list[str]:
    """Few values, so that equal ones meet, and among them those that the query names."""
    if column.labels:
        return list(column.labels)
    if column.type in _BY_TYPE:
        return list(_BY_TYPE[column.type])
    lows = [piece.low for piece in column.pieces if piece.low is not None]
    if column.category == "N":
        return lows or _number_pool(column, rng, found)
    if column.category == "D":
        return lows or _moment_pool(column, rng, found)
    if column.category == "A":
        return ["{}"]
    words = lows or rng.sample(_WORDS, 4) + _some(found.words, rng, 4)
    longest = min(column.length or _LONGEST, column.allowed.longest or _LONGEST)
    return [word.ljust(column.allowed.shortest, "x")[:longest] for word in words]


def _moment_pool(column: ColumnFacts, rng: random.Random, found: Literals) -> list[str]:
    """A bound that is a plain date joins the others; the server refuses those beyond it."""
    bounds = [bound.strip("'") for bound in (column.allowed.low, column.allowed.high) if bound and bound[0] == "'"]
    return rng.sample(_MOMENTS, 2) + _some(found.moments, rng, 5) + bounds


def _number_pool(column: ColumnFacts, rng: random.Random, found: Literals) -> list[str]:
    whole = [number for number in _some(found.numbers, rng, 6) if number.lstrip("-").isdigit()]
    bound = _INTEGERS.get(column.type)
    values = [number for number in [*_NUMBERS, *whole] if bound is None or -bound <= int(number) < bound]
    if column.identity or column.required:
        values += [str(number) for number in range(1, 25)]
    return _within(values if bound is not None else [*values, "0.5", "1.50"], *ends(column))


def _within(values: list[str], low: Decimal | None, high: Decimal | None) -> list[str]:
    """Those that constraints allow, and the bounds themselves."""
    kept = [one for one in values if (low is None or Decimal(one) >= low) and (high is None or Decimal(one) <= high)]
    return kept + [str(end) for end in (low, high) if end is not None]


def _some(values: tuple[str, ...], rng: random.Random, count: int) -> list[str]:
    return rng.sample(values, min(count, len(values)))


def _insert(session: Session, table: TableFacts, rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    """Insert all rows at once; where a rule we do not know refuses one, row by row without the refused ones."""
    if not rows:
        return []
    session.run("SAVEPOINT rows")
    try:
        session.run(_statement(table), json.dumps(rows))
    except QueryFailed:
        session.run("ROLLBACK TO SAVEPOINT rows")
        return [row for row in rows if _fits(session, table, row)]
    return rows


def _fits(session: Session, table: TableFacts, row: dict[str, str | None]) -> bool:
    session.run("SAVEPOINT one_row")
    try:
        session.run(_statement(table), json.dumps([row]))
    except QueryFailed as error:
        if error.sqlstate not in _CHECK_VIOLATION and not error.sqlstate.startswith("22"):
            raise
        session.run("ROLLBACK TO SAVEPOINT one_row")
        return False
    return True


def _statement(table: TableFacts) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns if not column.generated)
    overriding = "OVERRIDING SYSTEM VALUE " if any(column.identity for column in table.columns) else ""
    return (
        f'INSERT INTO public."{table.name}" ({names}) {overriding}'
        f'SELECT {names} FROM json_populate_recordset(NULL::public."{table.name}", $1::json)'
    )
