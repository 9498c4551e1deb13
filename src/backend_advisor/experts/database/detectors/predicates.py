"""Rules on conditions that keep a column's index from being used: the column is computed with before it is compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlglot import exp
from sqlglot.errors import SqlglotError

from backend_advisor.experts.database.detectors.columns import (
    COMPARISONS,
    alternatives,
    clauses,
    definition,
    is_fixed_to_row,
    is_narrowed,
    is_small,
    place,
    scopes,
    stored_table,
    written,
)
from backend_advisor.experts.database.detectors.query_shape import known_table
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Severity

_FUNCTIONS = (
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Substring,
    exp.Left,
    exp.Right,
    exp.Coalesce,
    exp.DateTrunc,
    exp.TimestampTrunc,
    exp.Date,
    exp.TsOrDsToDate,
    exp.Extract,
    exp.Year,
    exp.Month,
    exp.Day,
    exp.TimeToStr,
    exp.ToChar,
    exp.Round,
    exp.Abs,
    exp.DateDiff,
    exp.AtTimeZone,
)
_FUNCTION_NAMES = frozenset(
    "trunc to_char to_date date_part date_format datepart datediff isnull nvl ifnull unix_timestamp from_unixtime "
    "strftime substr replace unaccent year month day date yearweek week convert_tz".split()
)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TimestampSub)
_LIKE = (exp.Like, exp.ILike)
_JSON_EXTRACTION = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar)
_EVENT_NAME = re.compile(r"(_at|_ts|_timestamp)$", re.IGNORECASE)
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_TRIGRAM = re.compile(r"trgm|bigm|pgroonga", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Computed:
    """A condition that compares an expression over one column with something that holds no column."""

    scope: exp.Expr
    condition: exp.Expr
    expression: exp.Expr
    column: exp.Column
    table: exp.Table


@detects_in_query("DB102", in_migrations=False)
def function_on_column(query: QueryContext) -> Iterator[Match]:
    """A function of a column compared with a value, and no index on that expression."""
    for found in _computed(query):
        if _is_function(found.expression) and not _is_optional_filter(found):
            yield from _match(query, found, {"expression": written(query, found.expression)})


@detects_in_query("DB103", in_migrations=False)
def cast_on_column(query: QueryContext) -> Iterator[Match]:
    """A column converted to another type by the query and then compared."""
    dialect = query.statement.dialect
    for found in _computed(query):
        target = found.expression.args.get("to") if isinstance(found.expression, exp.Cast) else None
        if not isinstance(target, exp.DataType) or found.expression.find(*_JSON_EXTRACTION):
            continue
        # SQL Server turns a comparison of CAST(column AS date) into a range that an index can seek.
        if dialect == "tsql" and target.this == exp.DType.DATE:
            continue
        column = definition(query, found.column)
        if column is not None and _same_type(column.type, target, dialect):
            continue
        values = {"expression": written(query, found.expression), "type": target.sql(dialect=dialect)}
        yield from _match(query, found, values, _day_as_range(query, found))


@detects_in_query("DB105", in_migrations=False)
def arithmetic_on_column(query: QueryContext) -> Iterator[Match]:
    """Arithmetic on a column where the other side of the comparison could take it."""
    for found in _computed(query):
        if isinstance(found.expression, _ARITHMETIC) and _is_movable(found):
            yield from _match(query, found, {"expression": written(query, found.expression)})


@detects_in_query("DB106", in_migrations=False)
def leading_wildcard(query: QueryContext) -> Iterator[Match]:
    """LIKE with a pattern that begins with a wildcard."""
    for scope in scopes(query):
        for condition in _leaves(scope):
            if not isinstance(condition, _LIKE) or condition.args.get("negate"):
                continue
            column, pattern = condition.this.unnest(), condition.expression
            column = column.this if isinstance(column, (exp.Lower, exp.Upper)) else column
            start = _pattern_start(pattern)
            if not isinstance(column, exp.Column) or not start.startswith(("%", "_")) or not start.strip("%_"):
                continue
            table = stored_table(column)
            if table is None or is_small(query, table) or _has_trigram_index(query, column, table):
                continue
            if is_fixed_to_row(query, scope, table):
                continue
            narrowed = is_narrowed(query, scope, table)
            yield Match(
                location=place(query, condition),
                values={"column": column.name, "pattern": written(query, pattern), "table": table.name},
                severity=Severity.NOTE if narrowed else None,
                confidence=Confidence.LOW if narrowed else None,
            )


@detects_in_query("DB118")
def between_on_timestamps(query: QueryContext) -> Iterator[Match]:
    """BETWEEN two days on a column that holds times: the last day ends at its first instant."""
    for scope in scopes(query):
        for condition in _leaves(scope):
            if not isinstance(condition, exp.Between) or condition.args.get("symmetric"):
                continue
            column, high = condition.this.unnest(), _day(condition.args["high"])
            if not isinstance(column, exp.Column) or high is None or _day(condition.args["low"]) is None:
                continue
            defined = definition(query, column)
            if defined is None and (stored_table(column) is None or not _EVENT_NAME.search(column.name)):
                continue
            if defined is not None and not _holds_time(defined.type):
                continue
            yield Match(
                location=place(query, condition),
                values={"column": column.name, "last": high.isoformat(), "next": _next(high)},
                confidence=None if defined is not None else Confidence.MEDIUM,
                edits=_half_open(query, condition),
                applicability="unsafe",
            )


def _leaves(scope: exp.Expr) -> Iterator[exp.Expr]:
    for clause in clauses(scope):
        for condition in clause:
            yield from alternatives(condition)


def _computed(query: QueryContext) -> Iterator[_Computed]:
    for scope in scopes(query):
        for condition in _leaves(scope):
            for expression in _sides(condition):
                columns = list(expression.find_all(exp.Column))
                if isinstance(expression, exp.Column) or len(columns) != 1 or expression.find(exp.Query):
                    continue
                table = stored_table(columns[0])
                if table is not None and not is_small(query, table):
                    yield _Computed(scope, condition, expression, columns[0], table)


def _sides(condition: exp.Expr) -> list[exp.Expr]:
    """The sides of a comparison that stand against a side without columns."""
    if isinstance(condition, (exp.Between, exp.In)):
        values = [condition.args.get("low"), condition.args.get("high"), *condition.expressions]
        plain = all(value is None or value.find(exp.Column) is None for value in values)
        return [condition.this.unnest()] if plain and condition.args.get("query") is None else []
    if not isinstance(condition, (*COMPARISONS, *_LIKE)):
        return []
    if isinstance(condition, _LIKE) and _pattern_start(condition.expression).startswith(("%", "_")):
        # No index on the expression would help: another rule tells of the wildcard.
        return []
    left, right = condition.this.unnest(), condition.expression.unnest()
    if right.find(exp.Column) is None:
        return [left]
    return [right] if left.find(exp.Column) is None and isinstance(condition, COMPARISONS) else []


def _is_function(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _FUNCTION_NAMES
    if isinstance(node, exp.Extract):
        # Hours and days of the week recur: no range of the column replaces them.
        return node.name.upper() in ("YEAR", "MONTH", "DAY", "DATE", "EPOCH")
    return isinstance(node, _FUNCTIONS)


def _is_optional_filter(found: _Computed) -> bool:
    """Whether it reads like coalesce(column, ...) against a flag-like constant that selects most rows."""
    other = found.condition.expression if isinstance(found.condition, exp.Binary) else None
    return isinstance(found.expression, exp.Coalesce) and isinstance(other, (exp.Boolean, exp.Null))


def _match(
    query: QueryContext, found: _Computed, values: dict[str, str], edits: tuple[Edit, ...] = ()
) -> Iterator[Match]:
    if _is_indexed(query, found) or is_fixed_to_row(query, found.scope, found.table):
        return
    narrowed = is_narrowed(query, found.scope, found.table)
    yield Match(
        location=place(query, found.condition),
        values={**values, "column": found.column.name, "table": found.table.name},
        severity=Severity.NOTE if narrowed else None,
        confidence=Confidence.LOW if narrowed else None,
        edits=edits,
        applicability="unsafe",
    )


def _is_indexed(query: QueryContext, found: _Computed) -> bool:
    wanted = _plain(found.expression.sql(dialect=query.statement.dialect), found.column)
    known = known_table(query, found.table)
    if known is None:
        return False
    return any(
        _plain(key, found.column) == wanted for i in query.schema.indexes if i.table == known.name for key in i.keys
    )


def _plain(text: str, column: exp.Column) -> str:
    bare = re.sub(r"[()\s\"`]|::\w+", "", text.lower().removesuffix(" desc"))
    return bare.replace(f"{column.table.lower()}.", "") if column.table else bare


def _is_movable(found: _Computed) -> bool:
    """Whether the other operand is a constant that the far side of the comparison could take."""
    expression = found.expression
    operands = (expression.this.unnest(), expression.expression.unnest())
    columns = [node for node in operands if isinstance(node, exp.Column)]
    zero = any(isinstance(node, exp.Literal) and node.name == "0" for node in operands)
    return len(columns) == 1 and not zero


def _same_type(declared: str, target: exp.DataType, dialect: str) -> bool:
    try:
        return bool(exp.DataType.build(declared, dialect=dialect).this == target.this)
    except (SqlglotError, ValueError):
        return True


def _day_as_range(query: QueryContext, found: _Computed) -> tuple[Edit, ...]:
    """`column::date = 'day'` as a half-open range, when the text is written in just that way."""
    where = place(query, found.condition)
    pattern = r"(?P<column>[\w.\"]+)::date\s*=\s*'(?P<day>\d{4}-\d{2}-\d{2})'"
    match = re.fullmatch(pattern, where.excerpt or "", re.IGNORECASE)
    day = _parse(match["day"]) if match else None
    if match is None or day is None:
        return ()
    text = f"({match['column']} >= '{day.isoformat()}' AND {match['column']} < '{_next(day)}')"
    return (Edit(location=where, replacement=text),)


def _pattern_start(pattern: exp.Expr) -> str:
    """The literal text that a LIKE pattern begins with; a placeholder letter stands for what is not known."""
    node = pattern.unnest()
    if isinstance(node, exp.Literal):
        return str(node.this)
    parts = node.expressions if isinstance(node, exp.Concat) else []
    if isinstance(node, exp.DPipe):
        parts = list(node.flatten())
    first = parts[0].unnest() if parts else None
    if isinstance(first, exp.Cast):
        first = first.this
    return f"{first.this}x" if isinstance(first, exp.Literal) and first.this else ""


def _has_trigram_index(query: QueryContext, column: exp.Column, table: exp.Table) -> bool:
    return any(
        index.table == table.name and column.name in key and (_TRIGRAM.search(key) or index.method in ("gin", "gist"))
        for index in query.schema.indexes
        for key in index.keys
    )


def _holds_time(declared: str) -> bool:
    return declared.lower().startswith(("timestamp", "datetime", "smalldatetime"))


def _day(node: exp.Expr | None) -> date | None:
    inner = node.unnest() if node is not None else None
    if isinstance(inner, exp.Cast) and inner.to.this == exp.DType.DATE:
        inner = inner.this
    return _parse(inner.name) if isinstance(inner, exp.Literal) and inner.is_string else None


def _parse(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        return None


def _next(day: date) -> str:
    return (day + timedelta(days=1)).isoformat() if day < date.max else day.isoformat()


def _half_open(query: QueryContext, condition: exp.Between) -> tuple[Edit, ...]:
    where = place(query, condition)
    pattern = r"(?P<column>[\w.\"`]+)\s+between\s+'(?P<low>[\d-]+)'\s+and\s+'(?P<high>[\d-]+)'"
    match = re.fullmatch(pattern, where.excerpt or "", re.IGNORECASE)
    high = _parse(match["high"]) if match else None
    if match is None or high is None:
        return ()
    text = f"({match['column']} >= '{match['low']}' AND {match['column']} < '{_next(high)}')"
    return (Edit(location=where, replacement=text),)
