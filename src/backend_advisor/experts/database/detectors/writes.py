"""Rules on statements that write or lock rows."""

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from backend_advisor.experts.database.detectors.query_shape import (
    conjuncts,
    equalities,
    insertion,
    is_base_table,
    is_limited,
    is_scratch,
    known_table,
    selects,
    sources,
    stated_rows,
    unique_keys,
)
from backend_advisor.experts.database.detectors.registry import (
    QueryContext,
    detects_in_query,
    detects_in_schema,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Severity
from backend_advisor.sql.migrations import runs_once
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement

BATCHED_FROM_ROWS = 1_000_000

_KEY_COLUMN = re.compile(r"(^|_)(id|ids|uuid|guid|key|no|number|code|email|token|slug|name)$|Id$", re.IGNORECASE)
_PAST_COLUMN = re.compile(r"(_at|_on|_date|_time|_ts|date|timestamp)$", re.IGNORECASE)
_EXPIRY_COLUMN = re.compile(r"expir|valid_(to|until)|lock|lease|ttl", re.IGNORECASE)
_BY_HAND = re.compile(r"(?:^|/)(?:cli|commands?|manage)\.\w+$|(?:^|/)(?:management/commands|scripts?|bin|cli)/")
"""Files of commands that somebody runs knowing what they do."""
_TIME_BOUND = (exp.LT, exp.LTE)


@detects_in_query("DB124")
def write_without_where(query: QueryContext) -> Iterator[Match]:
    """UPDATE or DELETE of every row of a table; in a migration that is mostly meant."""
    once = runs_once(query.statement)
    for write in query.tree.find_all(exp.Update, exp.Delete):
        table = write.this
        if not isinstance(table, exp.Table) or is_scratch(table) or _is_narrowed(write):
            continue
        if isinstance(write, exp.Update) and _fills_new_column(query, write):
            continue
        if write.args.get("returning") is not None and isinstance(write.parent, exp.CTE):
            # WITH moved AS (DELETE … RETURNING *) empties a queue on purpose.
            continue
        yield Match(
            location=query.statement.location(table),
            values={"table": table.name, "verb": "UPDATE" if isinstance(write, exp.Update) else "DELETE"},
            severity=Severity.NOTE if once else None,
            confidence=Confidence.LOW if once or _BY_HAND.search(query.statement.artifact.place) else None,
        )


def _is_narrowed(write: exp.Expr) -> bool:
    if write.args.get("where") is not None or is_limited(write):
        return True
    if write.this.args.get("joins") or write.args.get("joins") or write.args.get("tables"):
        return True
    return _is_driven_by_cte(write)


def _is_driven_by_cte(write: exp.Expr) -> bool:
    """Whether USING or FROM names a CTE: then no row is touched unless that brings one."""
    start = write.args.get("from_")
    drivers = [*(write.args.get("using") or ()), *([start.this] if start is not None else [])]
    with_ = write.args.get("with_")
    names = {cte.alias for cte in with_.expressions} if with_ is not None else set()
    return any(driver.name in names for driver in drivers)


def _fills_new_column(query: QueryContext, update: exp.Update) -> bool:
    """Whether every column set here was added by the same script: a migration's backfill."""
    before = query.statement.artifact.text[: query.statement.offset]
    targets = [part.this.name for part in update.expressions if isinstance(part, exp.EQ)]
    return bool(targets) and all(
        re.search(rf"\badd\s+(column\s+)?(if\s+not\s+exists\s+)?[\"`\[]?{re.escape(name)}\b", before, re.IGNORECASE)
        for name in targets
    )


@detects_in_schema("DB135")
def insert_without_columns(schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """INSERT that relies on the order of the table's columns; the first one of each table in a file."""
    seen = set()
    for statement in statements:
        for insert in _inserts_by_position(statement):
            key = (statement.artifact.name, insert.this.name.lower())
            if key not in seen:
                seen.add(key)
                yield Match(
                    location=statement.location(insert.this),
                    values={"table": insert.this.name},
                    confidence=Confidence.LOW if _creates(statement.artifact.text, insert.this.name) else None,
                    edits=_column_list(schema, statement, insert),
                    applicability="safe",
                )


def _creates(script: str, table: str) -> bool:
    """Whether a script makes the table itself: then the order of its columns stands beside the rows."""
    made = rf"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:[\w`\"\[\]]+\.)?[`\"\[]?{re.escape(table)}\b"
    return re.search(made, script, re.IGNORECASE) is not None


def _inserts_by_position(statement: Statement) -> Iterator[exp.Insert]:
    if statement.tree is None or runs_once(statement):
        return
    for insert in statement.tree.find_all(exp.Insert):
        table, rows = insert.this, insert.expression
        if not isinstance(table, exp.Table) or is_scratch(table) or insert.args.get("by_name"):
            continue
        if isinstance(rows, exp.Values) or (isinstance(rows, exp.Select) and not rows.is_star):
            yield insert


def _column_list(schema: Schema, statement: Statement, insert: exp.Insert) -> tuple[Edit, ...]:
    table = insert.this
    known = schema.table(table.name)
    width = _width(insert.expression)
    end = table.this.meta.get("end")
    if known is None or width != len(known.columns) or end is None or table.alias:
        return ()
    columns = ", ".join(column.name for column in known.columns)
    return (Edit(location=insertion(statement, end + 1), replacement=f" ({columns})"),)


def _width(rows: exp.Expr) -> int | None:
    """How many values each row carries, when all rows carry as many."""
    if isinstance(rows, exp.Select):
        return len(rows.expressions)
    widths = {len(row.expressions) for row in rows.expressions if isinstance(row, exp.Tuple)}
    return widths.pop() if len(widths) == 1 else None


@detects_in_query("DB136")
def lock_without_key(query: QueryContext) -> Iterator[Match]:
    """A locking read that names no row and waits for every lock in its way."""
    for select in selects(query.tree):
        tables = [node for node in sources(select) if isinstance(node, exp.Table)]
        if len(tables) != 1 or len(sources(select)) != 1 or not is_base_table(tables[0]):
            continue
        if not _waits_for_locks(select, tables) or _names_rows(query, select, tables[0]):
            continue
        location = query.statement.location(tables[0])
        kind = "queue" if is_limited(select) else "many"
        yield Match(location=location, values={"table": tables[0].name}, steps=((location, kind),))


def _waits_for_locks(select: exp.Select, tables: list[exp.Table]) -> bool:
    locks = select.args.get("locks") or ()
    if any(lock.args.get("update") and lock.args.get("wait") is None for lock in locks):
        return True
    hints = {
        hint.name.upper() for table in tables for group in table.args.get("hints") or () for hint in group.expressions
    }
    return bool(hints & {"UPDLOCK", "XLOCK"}) and not hints & {"READPAST", "NOWAIT"}


def _names_rows(query: QueryContext, select: exp.Select, table: exp.Table) -> bool:
    fixed = set(equalities(select))
    for condition in conjuncts(select.args.get("where")):
        if condition.find(exp.Query, exp.Tuple, exp.Any) is not None:
            return True
        if isinstance(condition, (exp.In, exp.EQ)) and isinstance(condition.this, exp.Column):
            fixed.add(condition.this.name)
    known = known_table(query, table)
    if known is not None and any(set(key) <= fixed for key in unique_keys(query.schema, known)):
        return True
    return any(_KEY_COLUMN.search(name) for name in fixed)


@detects_in_query("DB137")
def write_over_open_range(query: QueryContext) -> Iterator[Match]:
    """DELETE or UPDATE of everything older than a moment, in one statement."""
    write = query.tree
    if not isinstance(write, (exp.Delete, exp.Update)) or not isinstance(write.this, exp.Table):
        return
    conditions = conjuncts(write.args.get("where"))
    column = _open_past(conditions)
    if column is None or is_limited(write) or any(_is_bounded(part) for part in conditions):
        return
    rows = stated_rows(query, write.this)
    if rows is not None and rows < BATCHED_FROM_ROWS:
        return
    yield Match(
        location=query.statement.location(column),
        values={
            "table": write.this.name,
            "column": column.name,
            "verb": "UPDATE" if isinstance(write, exp.Update) else "DELETE",
        },
        severity=Severity.WARNING if rows is not None else None,
        confidence=Confidence.MEDIUM if rows is not None else None,
    )


def _open_past(conditions: list[exp.Expr]) -> exp.Column | None:
    """The point-in-time column that is only bounded from above."""
    for condition in conditions:
        column = condition.this if isinstance(condition, _TIME_BOUND) else None
        if not isinstance(column, exp.Column) or _EXPIRY_COLUMN.search(column.name):
            continue
        if _PAST_COLUMN.search(column.name) and condition.expression.find(exp.Column) is None:
            return column
    return None


def _is_bounded(condition: exp.Expr) -> bool:
    """Whether a condition names rows or closes a range, as a batch does."""
    if isinstance(condition, (exp.GT, exp.GTE, exp.Between)):
        return True
    if isinstance(condition, (exp.EQ, exp.In)) and isinstance(condition.this, exp.Column):
        return bool(_KEY_COLUMN.search(condition.this.name)) or condition.args.get("query") is not None
    return isinstance(condition, (exp.EQ, exp.In))
