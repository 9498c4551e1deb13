"""Rules on what conditions cost: JSON filters, filters on groups, functions evaluated for every row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from backend_advisor.experts.database.detectors.query_shape import (
    conjuncts,
    insertion,
    is_base_table,
    key_column,
    known_table,
    only_token,
    own,
    selects,
    sources,
    text_of,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Severity
from backend_advisor.sql.schema import Index, Table

_VOLATILE_NAMES = {
    "clock_timestamp",
    "timeofday",
    "nextval",
    "gen_random_uuid",
    "uuid_generate_v4",
    "random_normal",
}
_COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_CONTAINMENT = (exp.ArrayContainsAll, exp.JSONBContainsTopKey, exp.JSONBPathExists)
_TEXT_EXTRACTION = (exp.JSONExtractScalar, exp.JSONBExtractScalar)


@dataclass(frozen=True, slots=True)
class _JsonFilter:
    """A condition on JSON: the expression an index would hold, and the column at its root."""

    expression: exp.Expr
    column: exp.Column
    contains: bool
    key_exists: bool


@detects_in_query("DB127", in_migrations=False)
def json_filter(query: QueryContext) -> Iterator[Match]:
    """A filter on the inside of a JSON column that no index serves."""
    if query.statement.dialect != "postgres":
        return
    for scope in query.tree.find_all(exp.Select, exp.Update, exp.Delete):
        conditions = conjuncts(scope.args.get("where"))
        for condition in conditions:
            found = _json_filter(condition)
            if found is None:
                continue
            table = _table_of(scope, found.column)
            known = known_table(query, table)
            if table is None or _is_served(query, known, found) or _is_narrowed(query, known, conditions):
                continue
            yield Match(
                location=query.statement.location(found.expression),
                values={
                    "expression": text_of(found.expression, query.statement),
                    "index": _index_for(table, found, query.statement.dialect),
                },
                severity=Severity.NOTE if known is None else None,
                confidence=Confidence.LOW if known is None else None,
            )


def _json_filter(condition: exp.Expr) -> _JsonFilter | None:
    if isinstance(condition, _CONTAINMENT):
        target, contains = condition.this.unnest(), True
    elif isinstance(condition, (*_COMPARISONS, exp.In)):
        target, contains = condition.this.unnest(), False
        inner = target.this.unnest() if isinstance(target, exp.Cast) else target
        if not isinstance(inner, _TEXT_EXTRACTION):
            return None
    else:
        return None
    column = target if isinstance(target, exp.Column) else target.find(exp.Column)
    if not isinstance(column, exp.Column):
        return None
    return _JsonFilter(target, column, contains, isinstance(condition, exp.JSONBContainsTopKey))


def _table_of(scope: exp.Expr, column: exp.Column) -> exp.Table | None:
    read = sources(scope) if isinstance(scope, exp.Select) else [scope.this]
    tables = [node for node in read if isinstance(node, exp.Table) and is_base_table(node)]
    if column.table:
        return next((table for table in tables if table.alias_or_name == column.table), None)
    return tables[0] if len(tables) == 1 == len(read) else None


def _is_served(query: QueryContext, known: Table | None, found: _JsonFilter) -> bool:
    """Whether an index covers the filter, or the column cannot be told to be JSON."""
    if known is None:
        # `@>` also compares arrays and ranges; only ->> says JSON without a definition.
        return found.contains
    column = known.column(found.column.name)
    if column is None or "json" not in column.type.lower():
        return True
    wanted = _plain(found.expression.sql(dialect=query.statement.dialect), found.column)
    return any(_serves(index, wanted, found) for index in query.schema.indexes if index.table == known.name)


def _serves(index: Index, wanted: str, found: _JsonFilter) -> bool:
    for key in index.keys:
        plain = _plain(key, found.column)
        if found.contains:
            paths_only = "jsonb_path_ops" in plain
            if index.method == "gin" and plain.startswith(wanted) and not (found.key_exists and paths_only):
                return True
        elif index.method != "gin" and plain.startswith(wanted):
            return True
    return False


def _plain(text: str, column: exp.Column) -> str:
    """SQL text without parentheses, blanks and the table's qualifier, to compare expressions."""
    bare = re.sub(r"[()\s]", "", text.lower())
    return bare.replace(f"{column.table.lower()}.", "") if column.table else bare


def _is_narrowed(query: QueryContext, known: Table | None, conditions: list[exp.Expr]) -> bool:
    """Whether an equality on another column already leads to few rows."""
    names = {
        condition.this.name
        for condition in conditions
        if isinstance(condition, (exp.EQ, exp.In)) and isinstance(condition.this, exp.Column)
    }
    if known is None:
        return bool(names)
    leading = {key_column(index.keys[0]) for index in query.schema.indexes if index.table == known.name and index.keys}
    return bool(names & leading)


def _index_for(table: exp.Table, found: _JsonFilter, dialect: str) -> str:
    target = found.expression.copy()
    for column in [target] if isinstance(target, exp.Column) else list(target.find_all(exp.Column)):
        column.set("table", None)
    text = target.sql(dialect=dialect)
    if not found.contains:
        return f"CREATE INDEX ON {table.name} (({text}))"
    key = text if isinstance(target, exp.Column) else f"({text})"
    operators = "" if found.key_exists else " jsonb_path_ops"
    return f"CREATE INDEX ON {table.name} USING gin ({key}{operators})"


@detects_in_query("DB133")
def row_filter_in_having(query: QueryContext) -> Iterator[Match]:
    """A condition in HAVING that a row alone can answer."""
    for select in selects(query.tree):
        having, group = select.args.get("having"), select.args.get("group")
        if having is None or group is None or not _is_plain_grouping(group):
            continue
        grouped = {key.name for key in group.expressions if isinstance(key, exp.Column)}
        aliases = {p.alias for p in select.expressions if isinstance(p, exp.Alias)} - grouped
        conditions = conjuncts(having)
        rows_only = [part for part in conditions if _needs_row_only(part, grouped, aliases)]
        for condition in rows_only:
            optimises = query.statement.dialect == "postgres"
            yield Match(
                location=query.statement.location(condition),
                values={"condition": text_of(condition, query.statement)},
                severity=Severity.NOTE if optimises else None,
                edits=_moved_to_where(query, select, condition) if conditions == rows_only[:1] else (),
                applicability="safe",
            )


def _is_plain_grouping(group: exp.Expr) -> bool:
    sets = ("grouping_sets", "cube", "rollup", "totals")
    if any(group.args.get(name) for name in sets):
        return False
    return not any(isinstance(key, (exp.Rollup, exp.Cube, exp.GroupingSets)) for key in group.expressions)


def _needs_row_only(condition: exp.Expr, grouped: set[str], aliases: set[str]) -> bool:
    if condition.find(exp.AggFunc, exp.Window, exp.Query, exp.Anonymous, exp.Rand) is not None:
        return False
    columns = list(condition.find_all(exp.Column))
    return bool(columns) and all(c.name in grouped and c.name not in aliases for c in columns)


def _moved_to_where(query: QueryContext, select: exp.Select, condition: exp.Expr) -> tuple[Edit, ...]:
    """Move HAVING's only condition in front of GROUP BY, when the text leaves no doubt where that is."""
    statement = query.statement
    group = only_token(statement, TokenType.GROUP_BY)
    having = only_token(statement, TokenType.HAVING)
    where = select.args.get("where")
    if group is None or having is None or (where is not None and isinstance(where.this, exp.Or)):
        return ()
    if isinstance(condition, exp.Or) or any(
        p.alias in {c.name for c in condition.find_all(exp.Column)}
        for p in select.expressions
        if isinstance(p, exp.Alias)
    ):
        return ()
    follows = any(select.args.get(name) for name in ("order", "limit", "offset", "windows", "qualify"))
    if follows or select.parent is not None:
        return ()
    keyword = "AND" if where is not None else "WHERE"
    text = statement.text[having.end + 1 :].strip()
    start = len(statement.text[: having.start].rstrip())
    return (
        Edit(location=insertion(statement, group.start), replacement=f"{keyword} {text} "),
        Edit(location=statement.location_at(start, len(statement.text)), replacement=""),
    )


@detects_in_query("DB139", in_migrations=False)
def volatile_comparison(query: QueryContext) -> Iterator[Match]:
    """A column compared with a function that is evaluated anew for every row."""
    if query.statement.dialect != "postgres":
        return
    for where in query.tree.find_all(exp.Where):
        for comparison in own(where, *_COMPARISONS):
            sides = [comparison.this, *(comparison.args.get(k) for k in ("expression", "low", "high"))]
            for side in sides:
                call = next((n for n in own(side, exp.Func) if _is_volatile(n)), None) if side is not None else None
                others = [other for other in sides if other is not None and other is not side]
                if call is None or not any(True for other in others for _ in own(other, exp.Column)):
                    continue
                yield Match(
                    location=query.statement.location(call),
                    values={"function": call.sql_name().lower() if isinstance(call, exp.Rand) else call.name.lower()},
                    edits=_stable_call(query, call),
                    applicability="unsafe",
                )


def _is_volatile(node: exp.Expr) -> bool:
    if isinstance(node, (exp.Rand, exp.Uuid)):
        return True
    return isinstance(node, exp.Anonymous) and node.name.lower() in _VOLATILE_NAMES


def _stable_call(query: QueryContext, call: exp.Expr) -> tuple[Edit, ...]:
    if call.name.lower() != "clock_timestamp" or "start" not in call.meta:
        return ()
    start, end = call.meta["start"], call.meta["end"] + 1
    return (Edit(location=query.statement.location_at(start, end), replacement="statement_timestamp"),)
