"""Synthetic rows, made inside the server: the same on every run, with keys that hold and predicates that select.

Every value is a function of the row's number, so that a foreign key can be computed from the number of the row it
refers to, and nothing depends on the order in which rows are made.
"""

import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from backend_advisor.lab.errors import LabError, QueryFailed
from backend_advisor.lab.postgres.catalogue import ColumnFacts, TableFacts, read_tables
from backend_advisor.lab.postgres.database import Database, Session
from backend_advisor.lab.postgres.wire import quoted

WORKERS = 2
FILL_SECONDS = 300.0
NULL_SHARE = 0.1
MARKER_NULL_SHARE = 0.9
SPAN = "interval '3 years'"
BASE = "timestamptz '2026-01-01 00:00:00+00'"
_STATES = ("alpha", "beta", "gamma", "delta", "epsilon")
_REST = "_rest"
_CHECK_VIOLATION, _EXCLUSION_VIOLATION = "23514", "23P01"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a predicate of the query asks of a column: `kind` is equal, range, pattern, json or null.

    `values` are the literals as SQL; `share` is the part of the rows for which the predicate shall be true, or None
    to leave it to the column. `below` says that a range asks for smaller values than its literal.
    """

    table: str
    column: str
    kind: str
    values: tuple[str, ...] = ()
    share: float | None = None
    below: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A column that holds values of another table's column, although no foreign key says so."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, slots=True)
class Filling:
    """How many rows each table holds now, and the constraints that had to be dropped to fill it."""

    rows: Mapping[str, int]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    tables: Mapping[str, TableFacts]
    rows: Mapping[str, int]
    wishes: Mapping[tuple[str, str], list[Wish]] = field(default_factory=dict)


def fill(
    database: Database, rows: Mapping[str, int], wishes: Iterable[Wish] = (), links: Iterable[Link] = ()
) -> Filling:
    """Fill every table with so many rows (none where `rows` does not name it), then gather statistics."""
    tables = _linked(read_tables(database), links)
    by_column: dict[tuple[str, str], list[Wish]] = {}
    for wish in wishes:
        by_column.setdefault((wish.table, wish.column), []).append(wish)
    plan = _Plan(tables, rows, by_column)
    wanted = sorted((table for table in tables.values() if rows.get(table.name)), key=lambda t: -rows[t.name])
    _without_log(database, wanted)
    # No value depends on another row, so tables fill side by side, the largest first.
    with ThreadPoolExecutor(WORKERS) as pool:
        dropped = list(pool.map(lambda table: _fill_one(database, table, plan), wanted))
    counts = {t.name: int(database.admin(f"SELECT count(*) FROM public.{quoted(t.name)}")[0][0]) for t in wanted}
    return Filling(counts, tuple(name for names in dropped for name in names))


def _without_log(database: Database, tables: Iterable[TableFacts]) -> None:
    """Nothing here outlives the server, so rows need no log; where the server wants one (partitions), it stays."""
    for table in sorted(tables, key=lambda one: -len(one.references)):
        with contextlib.suppress(LabError):
            database.execute(f"ALTER TABLE public.{quoted(table.name)} SET UNLOGGED")


def _fill_one(database: Database, table: TableFacts, plan: _Plan) -> list[str]:
    with database.session() as session:
        dropped = _insert(database, session, table, plan)
        session.run(f"VACUUM (ANALYZE) public.{quoted(table.name)}", seconds=FILL_SECONDS)
    return dropped


def _linked(tables: Mapping[str, TableFacts], links: Iterable[Link]) -> dict[str, TableFacts]:
    """The tables with links added as references."""
    found = dict(tables)
    for link in links:
        table = found.get(link.table)
        if table is not None and link.to_table in found and link.column not in table.references:
            references = {**table.references, link.column: (link.to_table, link.to_column)}
            found[link.table] = replace(table, references=references)
    return found


def _insert(database: Database, session: Session, table: TableFacts, plan: _Plan) -> list[str]:
    """Insert the rows; a check that the made-up values break is dropped, since it cannot change a plan's shape."""
    columns = [column for column in table.columns if not column.generated]
    names = ", ".join(quoted(column.name) for column in columns)
    values = ", ".join(_value(column, table, plan, "g") for column in columns)
    overriding = " OVERRIDING SYSTEM VALUE" if any(column.identity for column in columns) else ""
    conflict = " ON CONFLICT DO NOTHING" if _may_collide(table) else ""
    statement = (
        f"INSERT INTO public.{quoted(table.name)} ({names}){overriding} "
        f"SELECT {values} FROM generate_series(1::bigint, {plan.rows[table.name]}) g{conflict}"
    )
    dropped: list[str] = []
    while True:
        try:
            session.run(statement, seconds=FILL_SECONDS)
        except QueryFailed as error:
            if _opened(session, table, error):
                continue
            broken = _broken_check(database, table, error)
            if broken is None or broken in dropped:
                raise
            session.run(f"ALTER TABLE public.{quoted(table.name)} DROP CONSTRAINT {quoted(broken)}")
            dropped.append(broken)
        else:
            return dropped


def _opened(session: Session, table: TableFacts, error: QueryFailed) -> bool:
    """Whether a partition for the rows that no other partition takes could be added, as the failure asks for."""
    if error.sqlstate != _CHECK_VIOLATION or not error.message.startswith("no partition of relation"):
        return False
    parent = quoted(table.name)
    try:
        session.run(f"CREATE TABLE public.{quoted(table.name + _REST)} PARTITION OF public.{parent} DEFAULT")
    except QueryFailed:
        return False
    return True


def _broken_check(database: Database, table: TableFacts, error: QueryFailed) -> str | None:
    if error.sqlstate not in (_CHECK_VIOLATION, _EXCLUSION_VIOLATION):
        return None
    found = database.admin(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'x')",
        f"public.{quoted(table.name)}",
    )
    return next((name for (name,) in found if f'"{name}"' in error.message), None)


def _may_collide(table: TableFacts) -> bool:
    """Whether a unique key holds only by luck: one of several columns, or one that a foreign key fills."""
    keys = [table.primary_key, *table.unique]
    return any(len(key) > 1 or (key and key[0] in table.references) for key in keys if key)


def _value(column: ColumnFacts, table: TableFacts, plan: _Plan, number: str) -> str:
    """The SQL that makes one column's value from a row's number, NULLs included."""
    made = _bare(column, table, plan, number)
    share = _null_share(column, table, plan)
    if share <= 0:
        return made
    return f"CASE WHEN {_hash(column.name + '?', number)} < {int(share * 1_000_000)} THEN NULL ELSE {made} END"


def _null_share(column: ColumnFacts, table: TableFacts, plan: _Plan) -> float:
    if column.required or column.name in table.primary_key or _is_unique(column, table):
        return 0.0
    asked = [wish for wish in plan.wishes.get((table.name, column.name), ()) if wish.kind == "null"]
    if asked and asked[0].share is not None:
        return min(asked[0].share, 0.999)
    return MARKER_NULL_SHARE if column.name.startswith(("deleted", "removed", "cancel")) else NULL_SHARE


def _bare(column: ColumnFacts, table: TableFacts, plan: _Plan, number: str) -> str:
    reference = table.references.get(column.name)
    if reference is not None and reference[0] in plan.tables and plan.rows.get(reference[0]):
        return _referenced(column, table, plan, number, reference)
    wishes = _among_values(plan.wishes.get((table.name, column.name), []), _null_share(column, table, plan))
    if column.labels:
        return _cast(_picked([_literal(label) for label in column.labels], column.name, number), column)
    if _is_unique(column, table):
        return _cast(_distinct(column, number), column)
    return _cast(_by_category(column, table, plan, number, wishes), column)


def _among_values(wishes: list[Wish], nulls: float) -> list[Wish]:
    """Shares are of all rows, and only rows with a value can meet them."""
    return [
        wish if wish.share is None or wish.kind == "null" else replace(wish, share=min(wish.share / (1 - nulls), 1.0))
        for wish in wishes
    ]


def _referenced(column: ColumnFacts, table: TableFacts, plan: _Plan, number: str, reference: tuple[str, str]) -> str:
    parent, size = plan.tables[reference[0]], plan.rows[reference[0]]
    target = next((c for c in parent.columns if c.name == reference[1]), None)
    one_to_one = _is_unique(column, table) and plan.rows[table.name] <= size
    chosen = number if one_to_one else f"(1 + {_hash(column.name, number, 2**31 - 1)} % {size})"
    if target is None or parent.name == table.name:
        return f"least({chosen}, {number})"
    return _bare(target, parent, plan, chosen)


def _is_unique(column: ColumnFacts, table: TableFacts) -> bool:
    return (column.name,) in (table.primary_key, *table.unique)


def _distinct(column: ColumnFacts, number: str) -> str:
    if column.type == "uuid":
        return f"md5(({number})::text)"
    if column.category == "N":
        return f"({number})"
    if column.category == "D":
        return f"({BASE} + ({number}) * interval '1 second')"
    if "mail" in column.name:
        return f"'user' || ({number}) || '@example.com'"
    return f"'{column.name[:20].lower()}_' || ({number})"


def _by_category(column: ColumnFacts, table: TableFacts, plan: _Plan, number: str, wishes: list[Wish]) -> str:
    count = plan.rows[table.name]
    if column.type in ("json", "jsonb"):
        return _document(column, number, wishes)
    if column.category == "A":
        element = wishes[0].values[0] if wishes and wishes[0].values else "'a'"
        return f"ARRAY[{element}::text, 'v' || {_hash(column.name, number)} % 1000]"
    if column.category == "B":
        return _truth(column, number)
    maker = {"D": _moment, "N": _figure}.get(column.category, _text)
    if column.type == "uuid":
        return f"md5({_hash(column.name, number)} % {max(count // 20, 1)} || 'u')"
    return maker(column, count, number, wishes)


def _moment(column: ColumnFacts, count: int, number: str, wishes: list[Wish]) -> str:
    """Times rise with the row number, as they do in tables that grow; a wished share lies beyond the literal."""
    jitter = f"({_hash(column.name, number)} % 3600) * interval '1 second'"
    position = f"(({number})::float8 / {count})"
    wish = next((w for w in wishes if w.kind == "range" and w.values and w.share is not None), None)
    if wish is None or wish.share is None:
        return f"(now() - {SPAN} * (1 - {position}) - {jitter})"
    start = wish.share if wish.below else 1 - wish.share
    return f"(({wish.values[0]})::timestamptz + {SPAN} * ({position} - {start}) + {jitter})"


def _truth(column: ColumnFacts, number: str) -> str:
    likely = 0.1 if column.name.startswith(("is_deleted", "deleted", "archived", "is_admin")) else 0.5
    return f"({_hash(column.name, number)} < {int(likely * 1_000_000)})"


def _figure(column: ColumnFacts, count: int, number: str, wishes: list[Wish]) -> str:
    spread = _hash(column.name, number)
    listed = [value for wish in wishes if wish.kind == "equal" for value in wish.values]
    wish = next((w for w in wishes if w.kind == "range" and w.values), None)
    if wish is not None:
        share = wish.share if wish.share is not None else 1 / 3
        top = share if wish.below else 1 - share
        return f"(({wish.values[0]})::numeric * ({spread} / 1000000.0) / {max(top, 0.001)})"
    distinct = max(count // 20, 10)
    made = f"({spread} % {distinct})"
    if listed:
        hit = f"{_hash(column.name + '=', number)} % {distinct} < {len(listed)}"
        made = f"CASE WHEN {hit} THEN {_picked(listed, column.name, number)} ELSE {made} END"
    return made


def _text(column: ColumnFacts, count: int, number: str, wishes: list[Wish]) -> str:
    equal = next((w for w in wishes if w.kind == "equal" and w.values), None)
    if equal is not None:
        return _chosen_text(column, equal, count, number)
    pattern = next((w for w in wishes if w.kind == "pattern" and w.values), None)
    words = f"md5({_hash(column.name, number, 2**31 - 1)}::text)"
    if pattern is not None:
        rare = f"{_hash(column.name + '%', number)} < {int((pattern.share or 0.001) * 1_000_000)}"
        return f"CASE WHEN {rare} THEN left({words}, 6) || {pattern.values[0]} || left({words}, 4) ELSE {words} END"
    if column.name == "other_columns":
        return f"({words} || {words})"
    if column.name in ("status", "state", "type", "kind", "category", "level", "role"):
        return _picked([_literal(state) for state in _STATES], column.name, number)
    return f"'{column.name[:12].lower()} ' || left({words}, 12)"


def _chosen_text(column: ColumnFacts, wish: Wish, count: int, number: str) -> str:
    """The literals of the query among others: a state has a few values, anything else about one row each."""
    if wish.share is not None:
        others = [_literal(state) for state in _STATES[: max(round(1 / wish.share) - len(wish.values), 1)]]
        return _picked([*wish.values, *others], column.name, number, even=True)
    distinct = max(count // 2, 1)
    made = f"'{column.name[:12].lower()} ' || {_hash(column.name, number)} % {distinct}"
    picked = _picked(list(wish.values), column.name, number)
    return (
        f"CASE WHEN {_hash(column.name + '=', number)} % {distinct} < {len(wish.values)} THEN {picked} ELSE {made} END"
    )


def _document(column: ColumnFacts, number: str, wishes: list[Wish]) -> str:
    pairs = ["'n'", f"{_hash(column.name, number)} % 1000"]
    for wish in wishes:
        if wish.kind == "json" and len(wish.values) == 2:
            key, value = wish.values
            hit = f"{_hash(column.name + key, number)} % 100 = 0"
            pairs += [key, f"CASE WHEN {hit} THEN {value} ELSE 'v' || {_hash(column.name, number)} % 100 END"]
    return f"json_build_object({', '.join(pairs)})"


def _picked(values: list[str], salt: str, number: str, *, even: bool = False) -> str:
    """One of the values; the first ones are more frequent, as states are, unless an even choice is asked for."""
    spread = _hash(salt, number)
    array = f"(ARRAY[{', '.join(values)}])"
    if even or len(values) == 1:
        return f"{array}[1 + {spread} % {len(values)}]"
    return f"{array}[1 + floor({len(values)} * power({spread} / 1000000.0, 1.7))::int]"


def _hash(salt: str, number: str, modulus: int = 1_000_000) -> str:
    """A number below the modulus that looks random and is the same on every run."""
    return f"((hashint8extended(({number})::bigint, {_seed(salt)}) & 9223372036854775807) % {modulus})"


def _seed(salt: str) -> int:
    seed = 7
    for character in salt:
        seed = (seed * 131 + ord(character)) % 1_000_003
    return seed


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _cast(expression: str, column: ColumnFacts) -> str:
    shortened = f"left(({expression})::text, {column.length})" if column.length else expression
    return f"({shortened})::{column.type}"
