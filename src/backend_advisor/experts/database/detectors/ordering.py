"""Rules on ORDER BY and on the LIMIT and OFFSET that depend on it."""

import re
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from backend_advisor.experts.database.detectors.query_shape import (
    Role,
    conjuncts,
    equalities,
    insertion,
    is_aggregate,
    is_base_table,
    is_limited,
    known_table,
    limit_value,
    offset_value,
    only_table,
    order_keys,
    own,
    role,
    selects,
    sources,
    stated_rows,
    text_of,
    tokens,
    unique_keys,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.experts.database.detectors.sort_order import (
    NULLS_SORT_HIGH,
    SMALL_TABLE_ROWS,
    sorted_table,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Severity
from backend_advisor.sql.schema import Schema, Table
from backend_advisor.sql.statement import Statement

_RANDOM_NAMES = {
    "random",
    "rand",
    "newid",
    "uuid",
    "gen_random_uuid",
    "uuid_generate_v4",
    "sys_guid",
    "newsequentialid",
}
_MOMENT = re.compile(r"(_at|_on|_date|_time|_ts)$|^(date|time|timestamp|created|updated|modified)$", re.IGNORECASE)
_ORDER_BLIND = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg)


@detects_in_query("DB123")
def order_by_random(query: QueryContext) -> Iterator[Match]:
    """Sorting all rows by a random number to take some of them."""
    for select in selects(query.tree):
        tables = [node for node in sources(select) if isinstance(node, exp.Table) and is_base_table(node)]
        if not tables or any(own(select, exp.TableSample)):
            continue
        rows = stated_rows(query, tables[0])
        if rows is not None and rows <= SMALL_TABLE_ROWS:
            continue
        for key in order_keys(select):
            call = next((node for node in own(key, exp.Func) if _is_random(node)), None)
            if call is None:
                continue
            limited = is_limited(select)
            yield Match(
                location=query.statement.location(call),
                values={"table": tables[0].name},
                severity=None if limited else Severity.NOTE,
                confidence=None if limited else Confidence.LOW,
            )


def _is_random(node: exp.Expr) -> bool:
    if isinstance(node, (exp.Rand, exp.Randn, exp.Uuid)):
        return True
    return isinstance(node, exp.Anonymous) and node.name.lower() in _RANDOM_NAMES


@detects_in_query("DB130", in_migrations=False)
def limit_without_order(query: QueryContext) -> Iterator[Match]:
    """LIMIT that takes whichever rows come first."""
    for select in selects(query.tree):
        limit = limit_value(select)
        if limit is None or order_keys(select) or not _order_matters(query, select, limit):
            continue
        table = only_table(select)
        offset = offset_value(select)
        yield Match(
            location=query.statement.location(limit),
            values={"table": table.name if table is not None else sources(select)[0].alias_or_name},
            severity=Severity.WARNING if offset is not None else None,
            confidence=Confidence.HIGH if offset is not None else Confidence.LOW if _is_one(limit) else None,
        )


def _is_one(limit: exp.Expr) -> bool:
    """LIMIT 1 mostly asks whether there is a row, or for the only one."""
    return isinstance(limit, exp.Literal) and limit.name == "1"


def _order_matters(query: QueryContext, select: exp.Select, limit: exp.Expr) -> bool:
    """Whether other rows could come out of the same LIMIT, and someone would see it."""
    read = sources(select)
    if role(select) not in (Role.RESULT, Role.CTE, Role.DERIVED) or not read:
        return False
    if query.tree.find(exp.Update, exp.Delete) is not None:
        # A batch: the next run takes the rows that this one leaves.
        return False
    if not all(isinstance(node, exp.Table) and is_base_table(node) for node in read):
        # A subquery may bring its own order, and Oracle's ROWNUM idiom relies on it.
        return False
    if select.args.get("locks") or any(own(select, exp.TableSample)) or isinstance(select.parent, exp.SetOperation):
        return False
    if is_aggregate(select) and select.args.get("group") is None:
        return False
    if all(projection.unalias().find(exp.Column, exp.Star) is None for projection in select.expressions):
        return False
    if isinstance(limit, exp.Literal) and limit.name == "0":
        return False
    return not _returns_one_row(query, select, limit)


def _returns_one_row(query: QueryContext, select: exp.Select, limit: exp.Expr) -> bool:
    fixed = set(equalities(select))
    known = known_table(query, only_table(select))
    if known is not None:
        return any(set(key) <= fixed for key in unique_keys(query.schema, known))
    one = isinstance(limit, exp.Literal) and limit.name == "1" and offset_value(select) is None
    return one and (bool(fixed) or select.args.get("where") is None)


@detects_in_query("DB131")
def order_in_subquery(query: QueryContext) -> Iterator[Match]:
    """ORDER BY in a subquery whose order nothing keeps."""
    for select in selects(query.tree):
        keys = order_keys(select)
        if not keys or is_limited(select) or select.args.get("offset") is not None:
            continue
        if select.args.get("for_") or _is_distinct_on(select):
            continue
        if query.tree.find(exp.Lock, exp.Update, exp.Delete, exp.Insert) is not None:
            # The order in which rows are visited is the order in which they are locked or written.
            continue
        if not _order_is_lost(select):
            continue
        yield Match(
            location=query.statement.location(keys[0]),
            values={"keys": ", ".join(text_of(key, query.statement) for key in keys)},
            edits=_without_order(query.statement, select),
            applicability="safe",
        )


def _is_distinct_on(select: exp.Select) -> bool:
    distinct = select.args.get("distinct")
    return distinct is not None and distinct.args.get("on") is not None


def _order_is_lost(select: exp.Select) -> bool:
    place = role(select)
    if place in (Role.MEMBERSHIP, Role.EXISTS):
        return not isinstance(select.parent, exp.SetOperation)
    if place not in (Role.DERIVED, Role.CTE) or isinstance(select.parent, exp.SetOperation):
        return False
    outer = select.parent.find_ancestor(exp.Select) if select.parent is not None else None
    if outer is None or any(own(outer, exp.Window)) or (is_limited(outer) and not order_keys(outer)):
        return False
    aggregates = list(own(outer, exp.AggFunc))
    if any(not isinstance(node, _ORDER_BLIND) for node in aggregates):
        # string_agg and its kin take their values in the order of the subquery.
        return False
    return bool(order_keys(outer) or outer.args.get("joins") or outer.args.get("group") or aggregates)


def _without_order(statement: Statement, select: exp.Select) -> tuple[Edit, ...]:
    """Cut ORDER BY out, up to the parenthesis that closes the subquery."""
    order = select.args["order"]
    starts = [node.meta["start"] for node in order.walk() if "start" in node.meta]
    found = tokens(statement)
    before = [
        i
        for i, token in enumerate(found)
        if token.token_type is TokenType.ORDER_BY and starts and token.start < min(starts)
    ]
    if not before:
        return ()
    begin, depth = before[-1], 0
    for position in range(begin, len(found)):
        kind = found[position].token_type
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(kind, 0)
        if depth < 0:
            start, end = found[begin - 1].end + 1, found[position - 1].end + 1
            return (Edit(location=statement.location_at(start, end), replacement=""),)
    return ()


@detects_in_query("DB132")
def nulls_before_latest(query: QueryContext) -> Iterator[Match]:
    """ORDER BY a nullable column DESC under LIMIT, where NULL sorts above every value."""
    if query.statement.dialect not in NULLS_SORT_HIGH:
        return
    for select in selects(query.tree):
        keys = order_keys(select)
        if not keys or not is_limited(select) or is_aggregate(select):
            continue
        first = keys[0]
        column = first.this
        if not isinstance(column, exp.Column) or not first.args.get("desc") or not first.args.get("nulls_first"):
            continue
        known = known_table(query, sorted_table(query, select, [first]))
        definition = known.column(column.name) if known is not None else None
        if known is None or definition is None or not definition.nullable or _says_nulls(query.statement):
            continue
        if _rejects_null(select, column.name):
            continue
        yield Match(
            location=query.statement.location(column),
            values={"column": column.name, "table": known.name},
            # A default leaves NULL to those who write it on purpose.
            confidence=Confidence.LOW if definition.default is not None else None,
            edits=_nulls_last(query.statement, column),
            applicability="unsafe",
        )


def _says_nulls(statement: Statement) -> bool:
    return re.search(r"\bnulls\s+first\b", statement.text, re.IGNORECASE) is not None


def _rejects_null(select: exp.Select, column: str) -> bool:
    """Whether WHERE drops the rows whose column is NULL; any comparison does."""
    for condition in conjuncts(select.args.get("where")):
        is_null = isinstance(condition, exp.Is) and not condition.args.get("negate")
        named = any(node.name == column for node in condition.find_all(exp.Column))
        if named and isinstance(condition, (exp.Predicate, exp.Not)) and not is_null:
            return True
    return False


def _nulls_last(statement: Statement, column: exp.Column) -> tuple[Edit, ...]:
    end = column.this.meta.get("end")
    descending = next((token for token in tokens(statement) if end is not None and token.start > end), None)
    if descending is None or descending.token_type is not TokenType.DESC:
        return ()
    return (Edit(location=insertion(statement, descending.end + 1), replacement=" NULLS LAST"),)


@detects_in_query("DB138", in_migrations=False)
def unstable_pages(query: QueryContext) -> Iterator[Match]:
    """LIMIT and OFFSET over an order that leaves ties open."""
    for select in selects(query.tree):
        keys = order_keys(select)
        if not keys or offset_value(select) is None or is_aggregate(select) or select.args.get("distinct"):
            continue
        table = only_table(select)
        if table is None or not all(isinstance(key.this, exp.Column) for key in keys):
            continue
        names = {key.this.name for key in keys} | set(equalities(select))
        known = known_table(query, table)
        if known is None:
            if not all(_MOMENT.search(key.this.name) for key in keys):
                continue
        elif not known.primary_key or _is_total(query.schema, known, names):
            continue
        yield Match(
            location=query.statement.location(keys[-1]),
            values={"keys": ", ".join(key.this.name for key in keys), "table": table.name},
            confidence=Confidence.HIGH if known is not None else None,
            edits=_tie_breaker(query, table, known, keys[-1]),
            applicability="safe",
        )


def _is_total(schema: Schema, table: Table, names: set[str]) -> bool:
    return any(set(key) <= names for key in unique_keys(schema, table))


def _tie_breaker(query: QueryContext, table: exp.Table, known: Table | None, last: exp.Ordered) -> tuple[Edit, ...]:
    """Append the primary key in the direction of the last sort key."""
    if known is None or last.args.get("nulls_first") is not bool(last.args.get("desc")) or _says_nulls(query.statement):
        return ()
    end = last.this.this.meta.get("end")
    following = next((t for t in tokens(query.statement) if end is not None and t.start > end), None)
    if end is None:
        return ()
    if following is not None and following.token_type in (TokenType.DESC, TokenType.ASC):
        end = following.end
    direction = " DESC" if last.args.get("desc") else ""
    prefix = f"{table.alias}." if table.alias else ""
    added = "".join(f", {prefix}{name}{direction}" for name in known.primary_key)
    return (Edit(location=insertion(query.statement, end + 1), replacement=added),)
