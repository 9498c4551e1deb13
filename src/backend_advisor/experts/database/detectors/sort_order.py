"""The rule on sorting under LIMIT, and how an index's order is compared with a query's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.experts.database.detectors.columns import columns_joined_to_one_row, is_one_value
from backend_advisor.experts.database.detectors.query_shape import (
    conjuncts,
    has_plain_index,
    is_aggregate,
    is_base_table,
    is_limited,
    known_table,
    order_keys,
    selects,
    sources,
    text_of,
    unique_keys,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.sql.schema import Index, Table
from backend_advisor.sql.statement import Statement

SMALL_TABLE_ROWS = 1_000
NULLS_SORT_HIGH = {"postgres", "oracle"}
"""Dialects in which NULL sorts above every value; in the others it sorts below."""

_VALUES = (exp.Parameter, exp.Placeholder, exp.SessionParameter, exp.Literal, exp.Case)
_INDEX_KEY = re.compile(r"^(?P<what>.*?)(?P<desc> DESC)?(?: NULLS (?P<nulls>FIRST|LAST))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Key:
    """One sort key of a query or of an index."""

    what: str
    descending: bool
    nulls_first: bool


@detects_in_query("DB122", in_migrations=False)
def sort_under_limit(query: QueryContext) -> Iterator[Match]:
    """ORDER BY … LIMIT over a table whose DDL shows no index in that order."""
    for select in selects(query.tree):
        keys = order_keys(select)
        if not keys or not is_limited(select) or is_aggregate(select) or select.args.get("distinct"):
            continue
        table = sorted_table(query, select, keys)
        known = known_table(query, table)
        if any(_depends_on_values(key) for key in keys):
            continue
        if table is None or known is None or (known.rows is not None and known.rows <= SMALL_TABLE_ROWS):
            continue
        fixed = _fixed_columns(select, table) | set(columns_joined_to_one_row(query, select, table))
        if any(set(key) <= fixed for key in unique_keys(query.schema, known)):
            continue
        wanted = [_query_key(key, query.statement) for key in keys]
        wanted = [key for key in wanted if key.what not in fixed]
        indexes = [index for index in query.schema.indexes if index.table == known.name]
        if not wanted or any(_delivers(index, wanted, fixed, known, query.statement.dialect) for index in indexes):
            continue
        narrowed = any(index.keys and _bare(index.keys[0]) in fixed for index in indexes)
        leading = sorted(fixed & {column.name for column in known.columns})
        yield Match(
            location=query.statement.location(keys[0]),
            values={
                "table": known.name,
                "keys": ", ".join(text_of(key, query.statement) for key in keys),
                "columns": ", ".join([*leading, *(_index_text(key) for key in wanted)]),
            },
            severity=Severity.NOTE if narrowed else None,
            confidence=None if has_plain_index(query.schema) and not narrowed else Confidence.LOW,
        )


def _depends_on_values(key: exp.Ordered) -> bool:
    """Whether the key is computed from values of the query, as a distance is: no B-tree holds that order."""
    return not isinstance(key.this, exp.Column) and key.this.find(*_VALUES) is not None


def sorted_table(query: QueryContext, select: exp.Select, keys: list[exp.Ordered]) -> exp.Table | None:
    """The one stored table that every sort key belongs to."""
    tables = [node for node in sources(select) if isinstance(node, exp.Table) and is_base_table(node)]
    columns = [column for key in keys for column in key.find_all(exp.Column)]
    aliases = {p.alias for p in select.expressions if isinstance(p, exp.Alias)}
    if not columns or any(not column.table and column.name in aliases for column in columns):
        return None
    owners = [_owner(query, column, tables, len(sources(select))) for column in columns]
    first = owners[0]
    return first if first is not None and all(owner is first for owner in owners) else None


def _owner(query: QueryContext, column: exp.Column, tables: list[exp.Table], read: int) -> exp.Table | None:
    if column.table:
        return next((table for table in tables if table.alias_or_name == column.table), None)
    holders = []
    for table in tables:
        known = known_table(query, table)
        if known is not None and known.column(column.name) is not None:
            holders.append(table)
    return holders[0] if len(holders) == 1 and len(tables) == read else None


def _fixed_columns(select: exp.Select, table: exp.Table) -> set[str]:
    """Columns of the table that WHERE fixes to one value."""
    fixed = set()
    for condition in conjuncts(select.args.get("where")):
        if isinstance(condition, (exp.EQ, exp.Is)) and not condition.args.get("negate"):
            for column, value in (
                (condition.this, condition.expression),
                (condition.expression, condition.this),
            ):
                own_column = isinstance(column, exp.Column) and column.table in ("", table.alias_or_name)
                if own_column and (value.find(exp.Column) is None or is_one_value(value)):
                    fixed.add(column.name)
    return fixed


def _query_key(key: exp.Ordered, statement: Statement) -> _Key:
    what = key.this.copy()
    for column in [what] if isinstance(what, exp.Column) else list(what.find_all(exp.Column)):
        column.set("table", None)
        column.this.set("quoted", False)
    return _Key(
        what.sql(dialect=statement.dialect, comments=False),
        bool(key.args.get("desc")),
        bool(key.args.get("nulls_first")),
    )


def _index_key(text: str) -> _Key:
    match = _INDEX_KEY.match(text)
    if match is None:
        return _Key(text, False, False)
    descending = match["desc"] is not None
    nulls_first = descending if match["nulls"] is None else match["nulls"] == "FIRST"
    return _Key(match["what"].replace('"', ""), descending, nulls_first)


def _bare(text: str) -> str:
    return _index_key(text).what.strip("()").split(" ")[0]


def _index_text(key: _Key) -> str:
    return key.what + (" DESC" if key.descending else "")


def _delivers(index: Index, wanted: list[_Key], fixed: set[str], table: Table, dialect: str) -> bool:
    """Whether scanning the index gives at least the first wanted key in order, given the fixed columns.

    A prefix is enough: PostgreSQL 13 and later sort the rest incrementally. A partial index gets the benefit
    of the doubt.
    """
    if index.method != "btree":
        return False
    first = wanted[0]
    for text in index.keys:
        key = _index_key(text)
        if key.what == first.what:
            column = table.column(first.what)
            if dialect not in NULLS_SORT_HIGH or (column is not None and not column.nullable):
                return True
            backward = key.descending is not first.descending
            return (key.nulls_first is not first.nulls_first) is backward
        if key.what not in fixed:
            return False
    return False
