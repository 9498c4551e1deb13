"""What stands in a synthetic column: SQL that makes each value from the number of its row.

Every value is a function of the row's number, so that a foreign key can be computed from the number of the row it
refers to, and nothing depends on the order in which rows are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backend_advisor.lab.postgres.catalogue import ColumnFacts, TableFacts
from backend_advisor.lab.postgres.quantities import Range, distinct_figure, figure, moment, over_pieces
from backend_advisor.lab.postgres.spread import HASHED, hashed, literal, picked

NULL_SHARE = 0.1
MARKER_NULL_SHARE = 0.9
TOGETHER = 100
"""Rows that meet all comparisons of a table with rare values."""
MARKERS = ("deleted", "removed", "cancel")
STATES = ("status", "state", "type", "kind", "category", "level", "role")
_BASE = "timestamptz '2026-01-01 00:00:00+00'"
_STATE_NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
_HEX_DIGITS = 8


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
class Plan:
    """The tables to fill, how many rows each gets, and what the query asks of their columns."""

    tables: Mapping[str, TableFacts]
    rows: Mapping[str, int]
    wishes: Mapping[tuple[str, str], list[Wish]] = field(default_factory=dict)


def value(column: ColumnFacts, table: TableFacts, plan: Plan, number: str) -> str:
    """The SQL that makes one column's value from a row's number, NULLs included."""
    made = _present(column, table, plan, number)
    share = null_share(column, table, plan)
    if column.name in compared_together(table, plan):
        wish = next(one for one in plan.wishes[table.name, column.name] if one.kind == "equal")
        met = f"{hashed('=', number, 2**31 - 1)} % {max(plan.rows[table.name] // TOGETHER, 1)} = 0"
        made = f"CASE WHEN {met} THEN ({wish.values[0]})::{column.type} ELSE {made} END"
    if share <= 0:
        return made
    return f"CASE WHEN {hashed(column.name + '?', number)} < {int(share * HASHED)} THEN NULL ELSE {made} END"


def compared_together(table: TableFacts, plan: Plan) -> tuple[str, ...]:
    """The columns that the query compares with rare values at once, where it compares several: values that are drawn
    one by one would hardly ever meet in a row."""
    found = tuple(
        column.name
        for column in table.columns
        if column.category in ("N", "S")
        and not (column.generated or column.labels or column.pieces or is_unique(column, table))
        and referred_table(column, table, plan) is None
        and any(
            wish.kind == "equal" and wish.values and wish.share is None
            for wish in plan.wishes.get((table.name, column.name), ())
        )
    )
    return found if len(found) > 1 else ()


def null_share(column: ColumnFacts, table: TableFacts, plan: Plan) -> float:
    """The share of NULLs among a column's values; a partition key has none, since few partitions take them."""
    if column.required or column.pieces or column.name in table.primary_key or is_unique(column, table):
        return 0.0
    asked = [wish for wish in plan.wishes.get((table.name, column.name), ()) if wish.kind == "null"]
    if asked and asked[0].share is not None:
        return min(asked[0].share, 0.999)
    return MARKER_NULL_SHARE if column.name.startswith(MARKERS) else NULL_SHARE


def is_unique(column: ColumnFacts, table: TableFacts) -> bool:
    """Whether the column alone is a key."""
    return (column.name,) in (table.primary_key, *table.unique)


def referred_table(column: ColumnFacts, table: TableFacts, plan: Plan) -> str | None:
    """The table whose key the column holds, when that one is filled too."""
    reference = table.references.get(column.name)
    return (
        reference[0] if reference is not None and reference[0] in plan.tables and plan.rows.get(reference[0]) else None
    )


def _present(column: ColumnFacts, table: TableFacts, plan: Plan, number: str) -> str:
    """The value where it is not NULL, of the column's type and not before the column that it must follow."""
    made = _cast(_unordered(column, table, plan, number), column)
    earlier = next((one for one in table.columns if one.name == column.allowed.after), None)
    if earlier is None or earlier.allowed.after is not None or earlier.category != column.category:
        return made
    step = "interval '1 day'" if column.category == "D" else "1"
    if column.category not in ("D", "N"):
        return made
    return f"greatest({made}, ({_present(earlier, table, plan, number)} + {step})::{column.type})"


def _unordered(column: ColumnFacts, table: TableFacts, plan: Plan, number: str) -> str:
    if referred_table(column, table, plan) is not None:
        return _referenced(column, table, plan, number, table.references[column.name])
    if column.labels:
        return picked([literal(label) for label in column.labels], column.name, number, even=bool(column.pieces))
    unique = is_unique(column, table)
    count = plan.rows[table.name]
    divided = over_pieces(column, count, number, in_order=unique or column.category == "D")
    if divided is not None:
        return divided
    if unique:
        return _distinct(column, number)
    wishes = _among_values(plan.wishes.get((table.name, column.name), []), null_share(column, table, plan))
    return _by_category(column, count, number, wishes)


def _among_values(wishes: list[Wish], nulls: float) -> list[Wish]:
    """Shares are of all rows, and only rows with a value can meet them."""
    return [
        wish if wish.share is None or wish.kind == "null" else replace(wish, share=min(wish.share / (1 - nulls), 1.0))
        for wish in wishes
    ]


def _referenced(column: ColumnFacts, table: TableFacts, plan: Plan, number: str, reference: tuple[str, str]) -> str:
    parent, size = plan.tables[reference[0]], plan.rows[reference[0]]
    target = next((c for c in parent.columns if c.name == reference[1]), None)
    one_to_one = is_unique(column, table) and plan.rows[table.name] <= size
    chosen = number if one_to_one else f"(1 + {hashed(column.name, number, 2**31 - 1)} % {size})"
    if target is None or parent.name == table.name:
        return f"least({chosen}, {number})"
    return _present(target, parent, plan, chosen)


def _distinct(column: ColumnFacts, number: str) -> str:
    if column.type == "uuid":
        return f"md5(({number})::text)"
    if column.category == "N":
        return distinct_figure(column, number)
    if column.category == "D":
        return f"({_BASE} + ({number}) * interval '1 second')"
    longest = _longest(column)
    if longest is not None and longest < len(column.name) + _HEX_DIGITS:
        return f"lpad(to_hex(({number})::bigint), {min(longest, _HEX_DIGITS)}, '0')"
    if "mail" in column.name:
        return f"'user' || ({number}) || '@example.com'"
    return f"'{column.name[:20].lower()}_' || ({number})"


def _by_category(column: ColumnFacts, count: int, number: str, wishes: list[Wish]) -> str:
    asked = _range(wishes)
    spread = hashed(column.name, number)
    if column.type in ("json", "jsonb"):
        return _document(column, number, wishes)
    if column.type == "uuid":
        return f"md5({spread} % {max(count // 20, 1)} || 'u')"
    match column.category:
        case "B":
            likely = 0.1 if column.name.startswith(("is_deleted", "deleted", "archived", "is_admin")) else 0.5
            return f"({spread} < {int(likely * HASHED)})"
        case "D":
            return moment(column, count, number, asked)
        case "N":
            listed = [one for wish in wishes if wish.kind == "equal" for one in wish.values]
            return figure(column, count, number, asked, listed)
        case "T":
            return f"({spread} % 86400) * interval '1 second'"
        case "A":
            return _array(column, number, wishes)
        case "S":
            return _text(column, count, number, wishes)
    made = _RARE.get(column.type)
    return made.format(spread=spread) if made is not None else "'empty'" if column.category == "R" else "NULL"


_RARE = {
    "inet": "(inet '10.0.0.0' + {spread})",
    "cidr": "(inet '10.0.0.0' + {spread})",
    "bytea": "decode(md5(({spread})::text), 'hex')",
    "tsvector": "to_tsvector('simple', 'word ' || {spread} % 1000)",
    "point": "point({spread} % 1000, {spread} / 1000)",
    "hstore": "('n=>' || {spread} % 1000)",
    "citext": "('name ' || {spread})",
    "ltree": "('top.n' || {spread} % 100)",
    "xml": "('<n>' || {spread} || '</n>')",
}
"""Types outside the common categories; any other one is left NULL."""


def _range(wishes: list[Wish]) -> Range | None:
    wish = next((one for one in wishes if one.kind == "range" and one.values), None)
    if wish is None:
        return None
    share = wish.share if wish.share is not None else 1 / 3
    return Range(wish.values[0], wish.below, share if wish.below else 1 - share)


def _array(column: ColumnFacts, number: str, wishes: list[Wish]) -> str:
    spread = f"{hashed(column.name, number)} % 1000"
    if column.type in ("text[]", "character varying[]"):
        element = wishes[0].values[0] if wishes and wishes[0].values else "'a'"
        return f"ARRAY[{element}::text, 'v' || {spread}]"
    return f"ARRAY[{spread}]" if column.type in ("integer[]", "bigint[]", "numeric[]") else "'{}'"


def _text(column: ColumnFacts, count: int, number: str, wishes: list[Wish]) -> str:
    equal = next((w for w in wishes if w.kind == "equal" and w.values), None)
    if equal is not None:
        return _chosen_text(column, equal, count, number)
    pattern = next((w for w in wishes if w.kind == "pattern" and w.values), None)
    words = f"md5({hashed(column.name, number, 2**31 - 1)}::text)"
    if pattern is not None:
        rare = f"{hashed(column.name + '%', number)} < {int((pattern.share or 0.001) * HASHED)}"
        return f"CASE WHEN {rare} THEN left({words}, 6) || {pattern.values[0]} || left({words}, 4) ELSE {words} END"
    if column.name == "other_columns":
        return f"({words} || {words})"
    if column.name in STATES:
        return picked([literal(state) for state in _STATE_NAMES], column.name, number)
    return f"'{column.name[:12].lower()} ' || left({words}, 12)"


def _chosen_text(column: ColumnFacts, wish: Wish, count: int, number: str) -> str:
    """The literals of the query among others: a state has a few values, anything else about one row each."""
    if wish.share is not None:
        others = [literal(state) for state in _STATE_NAMES[: max(round(1 / wish.share) - len(wish.values), 1)]]
        return picked([*wish.values, *others], column.name, number, even=True)
    distinct = max(count // 2, 1)
    made = f"'{column.name[:12].lower()} ' || {hashed(column.name, number)} % {distinct}"
    chosen = picked(list(wish.values), column.name, number)
    hit = f"{hashed(column.name + '=', number)} % {distinct} < {len(wish.values)}"
    return f"CASE WHEN {hit} THEN {chosen} ELSE {made} END"


def _document(column: ColumnFacts, number: str, wishes: list[Wish]) -> str:
    pairs = ["'n'", f"{hashed(column.name, number)} % 1000"]
    for wish in wishes:
        if wish.kind == "json" and len(wish.values) == 2:
            key, wanted = wish.values
            hit = f"{hashed(column.name + key, number)} % 100 = 0"
            pairs += [key, f"CASE WHEN {hit} THEN {wanted} ELSE 'v' || {hashed(column.name, number)} % 100 END"]
    return f"json_build_object({', '.join(pairs)})"


def _longest(column: ColumnFacts) -> int | None:
    lengths = [length for length in (column.length, column.allowed.longest) if length is not None]
    return min(lengths) if lengths else None


def _cast(expression: str, column: ColumnFacts) -> str:
    longest, shortest = _longest(column), column.allowed.shortest
    made = f"left(({expression})::text, {longest})" if longest is not None else f"({expression})"
    if shortest and not column.labels:
        made = f"rpad({made}::text, greatest({shortest}, length({made}::text)), 'x')"
    # Plain `character` means one character.
    return f"({made})::{'bpchar' if column.type == 'character' else column.type}"
