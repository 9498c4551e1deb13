"""Rules on what conditions mean: NULL in comparisons and NOT IN, contradictions, repetitions, OR across tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from backend_advisor.experts.database.detectors.columns import (
    COMPARISONS,
    alternatives,
    clauses,
    definition,
    fixed_columns,
    place,
    relation_of,
    scopes,
    stored_table,
    working_tree,
    written,
)
from backend_advisor.experts.database.detectors.query_shape import conjuncts, known_table
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Severity

_CONDITION_PARTS = (exp.And, exp.Or, exp.Not, exp.Paren)
_CONDITION_PLACES = (exp.Where, exp.Having, exp.Join, exp.If, exp.Filter)
_NULL_TEXT = re.compile(r"\s*(=|<>|!=)\s*NULL\b", re.IGNORECASE)
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}


@detects_in_query("DB107")
def not_in_with_nulls(query: QueryContext) -> Iterator[Match]:
    """NOT IN over something that may hold NULL."""
    for node in working_tree(query).find_all(exp.Not):
        membership = node.this.unnest()
        if not isinstance(membership, exp.In):
            continue
        if any(isinstance(value, exp.Null) for value in membership.expressions):
            yield Match(
                location=place(query, membership),
                values={"column": "NULL"},
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
            )
        subquery = membership.args.get("query")
        select = subquery.unnest() if isinstance(subquery, exp.Expr) else None
        if not isinstance(select, exp.Select) or len(select.expressions) != 1:
            continue
        column = select.expressions[0].unalias()
        if not isinstance(column, exp.Column) or _cannot_be_null(query, select, column):
            continue
        nullable = definition(query, column) is not None
        yield Match(
            location=place(query, membership),
            values={"column": column.name},
            confidence=Confidence.HIGH if nullable else Confidence.MEDIUM,
        )


def _cannot_be_null(query: QueryContext, select: exp.Select, column: exp.Column) -> bool:
    if isinstance(column.this, exp.Star) or stored_table(column) is None:
        return True
    table = known_table(query, stored_table(column))
    if table is not None:
        defined = table.column(column.name)
        if defined is None or not defined.nullable or column.name in table.primary_key:
            return True
    elif column.name.lower() in ("id", "uuid", "code", "name", "email"):
        # Without DDL these are keys or required values far more often than not.
        return True
    return any(_rejects_null(condition, column) for condition in conjuncts(select.args.get("where")))


def _rejects_null(condition: exp.Expr, column: exp.Column) -> bool:
    if isinstance(condition, exp.Not):
        inner = condition.this.unnest()
        return isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null) and inner.this == column
    if isinstance(condition, (exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Or)):
        negated = isinstance(condition, exp.Is) and bool(condition.args.get("negate"))
        return negated and condition.this == column
    if isinstance(condition, (*COMPARISONS, exp.NEQ)):
        return column in (condition.this, condition.expression)
    return isinstance(condition, (exp.In, exp.Between, exp.Like, exp.ILike)) and condition.this == column


@detects_in_query("DB117")
def equality_with_null(query: QueryContext) -> Iterator[Match]:
    """`= NULL`, `<> NULL` or IN (NULL): never true."""
    for node in query.tree.find_all(exp.EQ, exp.NEQ, exp.In):
        if isinstance(node, exp.In):
            null = any(isinstance(value, exp.Null) for value in node.expressions)
            if not null or isinstance(node.parent, exp.Not):
                continue
        elif not isinstance(node.expression, exp.Null) or isinstance(node.this, exp.Null):
            continue
        if not _is_condition(node):
            continue
        yield Match(
            location=place(query, node),
            values={"condition": written(query, node)},
            edits=_is_null(query, node),
            applicability="unsafe",
        )


def _is_condition(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, _CONDITION_PARTS):
        parent = parent.parent
    return isinstance(parent, _CONDITION_PLACES)


def _is_null(query: QueryContext, node: exp.Expr) -> tuple[Edit, ...]:
    if isinstance(node, exp.In) or not isinstance(node.this, exp.Column):
        return ()
    end = max((part.meta["end"] + 1 for part in node.this.walk() if "end" in part.meta), default=None)
    match = _NULL_TEXT.match(query.statement.text, end) if end is not None else None
    if match is None:
        return ()
    words = " IS NULL" if isinstance(node, exp.EQ) else " IS NOT NULL"
    return (Edit(location=query.statement.location_at(match.start(), match.end()), replacement=words),)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A comparison of a column with a literal, the column standing left."""

    node: exp.Expr
    kind: type[exp.Expr]
    value: Decimal | str


@detects_in_query("DB116")
def redundant_predicate(query: QueryContext) -> Iterator[Match]:
    """Conditions that contradict or repeat each other."""
    for scope in scopes(query):
        for clause in clauses(scope):
            yield from _repeated(query, clause)
            yield from _contradicting(query, clause)
            for condition in clause:
                yield from _on_its_own(query, condition)


def _repeated(query: QueryContext, clause: list[exp.Expr]) -> Iterator[Match]:
    seen: dict[str, exp.Expr] = {}
    for condition in clause:
        if condition.find(exp.Column) is None or condition.find(exp.Placeholder, exp.Parameter, exp.Rand) is not None:
            continue
        text = condition.sql(dialect=query.statement.dialect)
        if text in seen:
            yield _pair(query, condition, seen[text], "repeats")
        seen.setdefault(text, condition)


def _contradicting(query: QueryContext, clause: list[exp.Expr]) -> Iterator[Match]:
    by_column: dict[str, list[_Bound]] = {}
    for condition in clause:
        column, bound = _bound(condition)
        if bound is None or column is None:
            continue
        for other in by_column.setdefault(column, []):
            relation = _relation(other, bound)
            if relation:
                yield _pair(query, bound.node, other.node, relation)
                break
        if all((other.kind, other.value) != (bound.kind, bound.value) for other in by_column[column]):
            by_column[column].append(bound)


def _bound(condition: exp.Expr) -> tuple[str | None, _Bound | None]:
    if type(condition) not in _FLIPPED:
        return None, None
    for column, literal, kind in (
        (condition.this, condition.expression, type(condition)),
        (condition.expression, condition.this, _FLIPPED[type(condition)]),
    ):
        value = _value(literal)
        if isinstance(column, exp.Column) and value is not None:
            return column.sql(), _Bound(condition, kind, value)
    return None, None


def _value(node: exp.Expr | None) -> Decimal | str | None:
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        return -inner if isinstance(inner, Decimal) else None
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this)
    try:
        return Decimal(node.name)
    except InvalidOperation:
        return None


def _relation(first: _Bound, second: _Bound) -> str:
    """How two bounds on one column stand to each other: "contradicts", "repeats" or nothing."""
    kinds = {first.kind, second.kind}
    if isinstance(first.value, str) or isinstance(second.value, str):
        return "contradicts" if kinds == {exp.EQ} and _differ(first.value, second.value) else ""
    if kinds == {exp.EQ}:
        return "contradicts" if first.value != second.value else ""
    low = [b for b in (first, second) if b.kind in (exp.GT, exp.GTE, exp.EQ)]
    high = [b for b in (first, second) if b.kind in (exp.LT, exp.LTE, exp.EQ)]
    if exp.EQ in kinds:
        fixed, other = (first, second) if first.kind is exp.EQ else (second, first)
        return "repeats" if _holds(other, Decimal(fixed.value)) else "contradicts"
    if len(low) == 1 and len(high) == 1:
        floor, ceiling = Decimal(low[0].value), Decimal(high[0].value)
        open_end = low[0].kind is exp.GT or high[0].kind is exp.LT
        return "contradicts" if floor > ceiling or (floor == ceiling and open_end) else ""
    return "repeats" if first.value != second.value else ""


def _differ(first: Decimal | str, second: Decimal | str) -> bool:
    """Whether two strings differ in more than case, blanks and leading zeros, which a type may ignore."""
    if not (isinstance(first, str) and isinstance(second, str)):
        return False
    return first.strip().lstrip("0").lower() != second.strip().lstrip("0").lower() and first.isalpha()


def _holds(bound: _Bound, value: Decimal) -> bool:
    limit = Decimal(bound.value)
    tests: dict[type[exp.Expr], bool] = {
        exp.GT: value > limit,
        exp.GTE: value >= limit,
        exp.LT: value < limit,
        exp.LTE: value <= limit,
    }
    return tests[bound.kind]


def _on_its_own(query: QueryContext, condition: exp.Expr) -> Iterator[Match]:
    if isinstance(condition, exp.Between) and not condition.args.get("symmetric"):
        low, high = _value(condition.args["low"]), _value(condition.args["high"])
        numbers = isinstance(low, Decimal) and isinstance(high, Decimal)
        days = isinstance(low, str) and isinstance(high, str) and _is_day(low) and _is_day(high)
        if (numbers or days) and low > high:  # type: ignore[operator]
            yield _pair(query, condition, condition, "contradicts")
    comparable = isinstance(condition, (exp.EQ, exp.GTE, exp.LTE)) and isinstance(condition.this, exp.Column)
    if comparable and condition.this == condition.expression and query.resolved is not None:
        yield _pair(query, condition, condition, "repeats")


def _is_day(text: str) -> bool:
    return re.match(r"^\d{4}-\d{2}-\d{2}$", text) is not None


def _pair(query: QueryContext, second: exp.Expr, first: exp.Expr, relation: str) -> Match:
    where = place(query, second)
    return Match(
        location=where,
        values={"first": written(query, first), "second": written(query, second)},
        severity=Severity.WARNING if relation == "contradicts" else Severity.NOTE,
        steps=((where, relation),),
    )


@detects_in_query("DB108", in_migrations=False)
def or_across_tables(query: QueryContext) -> Iterator[Match]:
    """OR whose branches test different tables."""
    for scope in scopes(query):
        if any(True for _ in fixed_columns(scope)):
            continue
        for condition in conjuncts(scope.args.get("where")):
            if not isinstance(condition, exp.Or) or condition.find(exp.Query) is not None:
                continue
            branches = [_tables(branch) for branch in condition.flatten()]
            named = [branch for branch in branches if branch]
            if any(len(branch) != 1 for branch in named) or len(set(named)) < 2:
                continue
            if not all(_is_selective(leaf) for leaf in alternatives(condition) if leaf.find(exp.Column)):
                continue
            yield Match(
                location=place(query, condition),
                values={"tables": ", ".join(sorted({name for branch in named for name in branch}))},
            )


def _tables(branch: exp.Expr) -> frozenset[str]:
    relations = [relation_of(column) for column in branch.find_all(exp.Column)]
    return frozenset(relation.alias_or_name if relation is not None else "" for relation in relations)


def _is_selective(leaf: exp.Expr) -> bool:
    """Whether an index could answer this branch, so that the OR is what stands in its way."""
    if isinstance(leaf, exp.EQ):
        return not isinstance(leaf.expression, exp.Boolean)
    if isinstance(leaf, (exp.Like, exp.ILike)):
        return not str(leaf.expression.name).startswith("%")
    return isinstance(leaf, (exp.In, exp.Between))
