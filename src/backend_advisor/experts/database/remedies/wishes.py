"""What the lab's rows must be like for a query to select as it would in production: shares, literals and links."""

from collections.abc import Iterator
from typing import cast

from sqlglot import exp

from backend_advisor.lab.postgres.fill import Link
from backend_advisor.lab.postgres.values import Wish
from backend_advisor.sql.schema import Schema

SINCE_A_DATE = 0.5
A_STATE = 0.2
WITHIN_A_RANGE = 1 / 3
A_PATTERN = 0.001
"""Shares assumed where the asker states none; each is named beside the figures it led to."""

_STATES = ("status", "state", "type", "kind", "category", "role", "level", "channel", "currency", "country")
_BELOW = (exp.LT, exp.LTE)
_RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE)
_NOW = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime)


def wishes(tree: exp.Expression, schema: Schema) -> tuple[Wish, ...]:
    """What the predicates of a resolved query ask of its columns; a column in NULL tests keeps its NULLs."""
    owners = _owners(tree)
    found: dict[tuple[str, str, str], Wish] = {}
    for predicate in tree.find_all(exp.EQ, exp.In, exp.Like, exp.ILike, exp.Between, *_RANGES):
        for wish in _of(cast(exp.Expression, predicate), owners, schema):
            held = found.get((wish.table, wish.column, wish.kind))
            if held is None:
                found[(wish.table, wish.column, wish.kind)] = wish
            elif wish.kind == "equal":
                merged = tuple(dict.fromkeys([*held.values, *wish.values]))
                found[(wish.table, wish.column, wish.kind)] = Wish(
                    wish.table, wish.column, wish.kind, merged, held.share
                )
    return tuple(found.values())


def links(tree: exp.Expression, schema: Schema) -> tuple[Link, ...]:
    """Joins on another table's key, which imply that the values come from there."""
    owners = _owners(tree)
    found = []
    for join in tree.find_all(exp.EQ):
        left, right = join.this, join.expression
        if not (isinstance(left, exp.Column) and isinstance(right, exp.Column)):
            continue
        for near, far in ((left, right), (right, left)):
            table, other = owners.get(near.table), owners.get(far.table)
            known = schema.table(other) if other is not None else None
            own = schema.table(table) if table is not None else None
            if table is None or other is None or known is None or own is None or table == other:
                continue
            if (far.name,) in (known.primary_key, *known.unique) and (near.name,) != own.primary_key:
                found.append(Link(table, near.name, other, far.name))
    return tuple(dict.fromkeys(found))


def _owners(tree: exp.Expression) -> dict[str, str]:
    return {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}


def _of(predicate: exp.Expression, owners: dict[str, str], schema: Schema) -> Iterator[Wish]:
    if isinstance(predicate, exp.EQ):
        yield from _equality(predicate, owners)
    elif isinstance(predicate, exp.In):
        values = tuple(_sql(value) for value in predicate.expressions if isinstance(value, exp.Literal))
        yield from (_equal(table, column, values) for table, column in _column(predicate.this, owners) if values)
    elif isinstance(predicate, (exp.Like, exp.ILike)) and isinstance(predicate.expression, exp.Literal):
        needle = predicate.expression.name.strip("%").replace("%", "").replace("_", "x")
        for table, column in _column(predicate.this, owners):
            yield Wish(table, column, "pattern", (_sql(exp.Literal.string(needle)),), A_PATTERN)
    elif isinstance(predicate, exp.Between):
        yield from _range(predicate.this, predicate.args["low"], False, owners, schema)
    elif isinstance(predicate, _RANGES):
        below = isinstance(predicate, _BELOW)
        yield from _range(predicate.this, predicate.expression, below, owners, schema)
        yield from _range(predicate.expression, predicate.this, not below, owners, schema)


def _equality(predicate: exp.EQ, owners: dict[str, str]) -> Iterator[Wish]:
    for side, other in ((predicate.this, predicate.expression), (predicate.expression, predicate.this)):
        if not isinstance(other, exp.Literal):
            continue
        for table, column in _column(side, owners):
            yield _equal(table, column, (_sql(other),))
        if isinstance(side, (exp.JSONExtractScalar, exp.JSONBExtractScalar)):
            key = side.expression.find(exp.JSONPathKey)
            for table, column in _column(side.this, owners):
                if key is not None:
                    yield Wish(table, column, "json", (_sql(exp.Literal.string(str(key.this))), _sql(other)))


def _equal(table: str, column: str, values: tuple[str, ...]) -> Wish:
    return Wish(table, column, "equal", values, A_STATE if column.lower().endswith(_STATES) else None)


def _range(
    side: exp.Expression, other: exp.Expression, below: bool, owners: dict[str, str], schema: Schema
) -> Iterator[Wish]:
    """A range against a fixed value; one against the clock is met by rows that reach up to now."""
    if other.find(exp.Column, exp.Query, exp.Placeholder, exp.Parameter, *_NOW) is not None:
        return
    for table, column in _column(side, owners):
        known = schema.tables[table].column(column) if table in schema.tables else None
        timed = known is not None and known.type.startswith(("timestamp", "date"))
        share = SINCE_A_DATE if timed else WITHIN_A_RANGE
        yield Wish(table, column, "range", (_sql(other),), share, below)


def _column(node: exp.Expression, owners: dict[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, exp.Column) and node.table in owners:
        yield owners[node.table], node.name


def _sql(node: exp.Expression) -> str:
    return str(node.sql(dialect="postgres"))
