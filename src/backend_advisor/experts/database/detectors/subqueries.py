"""Rules on subqueries in expressions: run again for every row, or counting where one row would do."""

import re
from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.columns import (
    COMPARISONS,
    is_fixed_to_row,
    is_small,
    place,
    relations,
    working_tree,
)
from backend_advisor.experts.database.detectors.query_shape import (
    is_base_table,
    is_limited,
    known_table,
    own,
    sources,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Severity

_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.LT: exp.GT, exp.GTE: exp.LTE, exp.LTE: exp.GTE}
_RUN_PER_ROW = {"postgres", "mysql", "sqlite"}
_COUNT_TEXT = re.compile(
    r"\(\s*select\s+count\s*\(\s*\*\s*\)\s+(?P<rest>from\b[^()]*)\)\s*(?P<test>>\s*0|>=\s*1|<>\s*0|!=\s*0|=\s*0|<\s*1)"
    r"(?![\d.])",
    re.IGNORECASE,
)


@detects_in_query("DB114", in_migrations=False)
def correlated_subquery(query: QueryContext) -> Iterator[Match]:
    """A scalar subquery that refers to the row outside and so runs once for each."""
    if query.statement.dialect not in _RUN_PER_ROW or query.resolved is None:
        return
    for outer in query.resolved.find_all(exp.Select):
        read = sources(outer)
        if not read or is_limited(outer) or any(is_fixed_to_row(query, outer, relation) for relation in read):
            continue
        if all(isinstance(r, exp.Table) and (not is_base_table(r) or is_small(query, r)) for r in read):
            continue
        for subquery in _scalar_subqueries(outer):
            inner = subquery.this
            linked = _linked_columns(inner, outer)
            if not linked:
                continue
            indexed = _is_indexed(query, inner, linked)
            table = next((r.name for r in relations(inner) if isinstance(r, exp.Table)), "")
            yield Match(
                location=place(query, subquery),
                values={"table": table, "outer": read[0].alias_or_name},
                severity=Severity.NOTE if indexed else None,
                confidence=Confidence.LOW if indexed else None,
            )


def _scalar_subqueries(outer: exp.Select) -> Iterator[exp.Subquery]:
    places = list(outer.expressions)
    where = outer.args.get("where")
    for projection in places:
        for node in _subqueries(projection):
            if not _is_existence_test(node):
                yield node
    if where is not None:
        for node in _subqueries(where):
            if isinstance(node.parent, (*COMPARISONS, exp.NEQ)) and not _is_existence_test(node):
                yield node


def _subqueries(place: exp.Expr) -> Iterator[exp.Subquery]:
    for node in place.walk(prune=lambda n: isinstance(n, (exp.Query, exp.Exists, exp.In))):
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
            yield node


def _linked_columns(inner: exp.Select, outer: exp.Select) -> list[exp.Column]:
    """Columns inside that belong to the outer query's relations."""
    within = {relation.alias_or_name for scope in inner.find_all(exp.Select) for relation in relations(scope)}
    around = {relation.alias_or_name for relation in relations(outer)} - within
    return [column for column in inner.find_all(exp.Column) if column.table in around]


def _is_indexed(query: QueryContext, inner: exp.Select, linked: list[exp.Column]) -> bool:
    """Whether an index begins with the inner column that is compared with the outer row."""
    for column in linked:
        condition = column.parent
        if not isinstance(condition, exp.EQ):
            continue
        other = condition.expression if condition.this is column else condition.this
        if not isinstance(other, exp.Column):
            continue
        table = next((r for r in relations(inner) if r.alias_or_name == other.table), None)
        known = known_table(query, table) if isinstance(table, exp.Table) else None
        if known is None:
            if other.name == "id":
                return True
            continue
        if any(i.table == known.name and i.keys and i.keys[0] == other.name for i in query.schema.indexes):
            return True
    return False


def _is_existence_test(subquery: exp.Expr) -> bool:
    return isinstance(subquery.parent, (*COMPARISONS, exp.NEQ)) and _tests_existence(subquery.parent, subquery)


@detects_in_query("DB115", in_migrations=False)
def count_for_existence(query: QueryContext) -> Iterator[Match]:
    """Counting all rows only to learn whether there is one."""
    edits = list(_COUNT_TEXT.finditer(query.statement.text))
    found = list(_counts(query))
    for comparison in found:
        edit = edits[0] if len(edits) == 1 == len(found) else None
        yield Match(
            location=place(query, comparison),
            values={},
            edits=_exists(query, edit) if edit is not None else (),
            applicability="safe",
        )


def _counts(query: QueryContext) -> Iterator[exp.Expr]:
    for comparison in working_tree(query).find_all(*COMPARISONS, exp.NEQ):
        for side in (comparison.this.unnest(), comparison.expression.unnest()):
            select = side.this if isinstance(side, exp.Subquery) else side
            if (isinstance(select, exp.Select) and _counts_all(select) and _tests_existence(comparison, side)) or (
                isinstance(side, exp.Count) and _tests_existence(comparison, side) and _is_whole_result(comparison)
            ):
                yield comparison


def _counts_all(select: exp.Select) -> bool:
    if len(select.expressions) != 1 or any(select.args.get(k) for k in ("group", "having", "limit", "distinct")):
        return False
    count = select.expressions[0].unalias()
    return isinstance(count, exp.Count) and not isinstance(count.this, exp.Distinct)


def _is_whole_result(comparison: exp.Expr) -> bool:
    """Whether `count(*) > 0` is all that an ungrouped SELECT returns."""
    around = comparison.parent
    while isinstance(around, (exp.Alias, exp.Paren, exp.If, exp.Case)):
        around = around.parent
    if not isinstance(around, exp.Select) or len(around.expressions) != 1 or around.args.get("from_") is None:
        return False
    counts = list(own(around.expressions[0], exp.AggFunc))
    return around.args.get("group") is None and around.args.get("having") is None and len(counts) == 1


def _tests_existence(comparison: exp.Expr, side: exp.Expr) -> bool:
    flipped = comparison.this.unnest() is not side and comparison.this is not side
    literal = comparison.this if flipped else comparison.expression
    if not isinstance(literal, exp.Literal) or literal.is_string:
        return False
    kind: type[exp.Expr] = type(comparison)
    if flipped:
        kind = _FLIPPED.get(kind, kind)
    zero = {exp.GT, exp.EQ, exp.NEQ, exp.LTE}
    return (literal.name == "0" and kind in zero) or (literal.name == "1" and kind in {exp.GTE, exp.LT})


def _exists(query: QueryContext, match: re.Match[str]) -> tuple[Edit, ...]:
    absent = re.sub(r"\s", "", match["test"]) in ("=0", "<1")
    text = f"{'NOT ' if absent else ''}EXISTS (SELECT 1 {match['rest'].rstrip()})"
    return (Edit(location=query.statement.location_at(match.start(), match.end()), replacement=text),)
