"""Rules on joins: rows multiplied, lost or fetched for nothing."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.columns import (
    COMPARISONS,
    is_fixed_to_row,
    is_unique,
    joins_of,
    place,
    relation_of,
    relations,
    scopes,
)
from backend_advisor.experts.database.detectors.query_shape import (
    conjuncts,
    is_aggregate,
    is_base_table,
    is_limited,
    known_table,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity

_REJECTING = (*COMPARISONS, exp.NEQ, exp.In, exp.Like, exp.ILike, exp.Between)


@detects_in_query("DB109")
def cartesian_join(query: QueryContext) -> Iterator[Match]:
    """Tables in one FROM that no condition ties together."""
    if query.resolved is None:
        return
    for scope in scopes(query):
        read = relations(scope)
        if len(read) < 2 or _has_deliberate_product(scope):
            continue
        groups = _connected(scope, read)
        alone = [group for group in groups if not any(_is_few_rows(query, scope, r) for r in group)]
        if len(alone) < 2:
            continue
        yield Match(
            location=place(query, alone[1][0]),
            values={"first": alone[0][0].alias_or_name, "second": alone[1][0].alias_or_name},
        )


def _has_deliberate_product(scope: exp.Expr) -> bool:
    """Whether the author asked for a product, or the join's columns cannot be told."""
    for join in joins_of(scope):
        on = join.args.get("on")
        constant = on is not None and on.find(exp.Column) is None
        if join.kind == "CROSS" or join.method == "NATURAL" or join.args.get("using") or constant:
            return True
    conditions = _conditions(scope)
    return any(not column.table for condition in conditions for column in condition.find_all(exp.Column))


def _conditions(scope: exp.Expr) -> list[exp.Expr]:
    where = scope.args.get("where")
    ons = [join.args["on"] for join in joins_of(scope) if join.args.get("on") is not None]
    return ([where] if where is not None else []) + ons


def _connected(scope: exp.Expr, read: list[exp.Expr]) -> list[list[exp.Expr]]:
    """The relations in groups that conditions tie together, directly or by the same constant."""
    names = {relation.alias_or_name: {relation.alias_or_name} for relation in read}
    where = scope.args.get("where")
    parts = conjuncts(where) if where is not None else []
    for join in joins_of(scope):
        on = join.args.get("on")
        if on is not None:
            inner = on.unnest()
            parts += list(inner.flatten()) if isinstance(inner, exp.And) else [inner]
    constants: dict[str, str] = {}
    for part in parts:
        tied = [column.table for column in part.find_all(exp.Column) if column.table in names]
        if isinstance(part, exp.EQ) and len(tied) == 1:
            value = part.expression if isinstance(part.this, exp.Column) else part.this
            tied.append(constants.setdefault(value.sql(), tied[0]))
        for name in tied[1:]:
            merged = names[tied[0]] | names[name]
            for member in merged:
                names[member] = merged
    seen: list[set[str]] = []
    for group in names.values():
        if group not in seen:
            seen.append(group)
    return [[relation for relation in read if relation.alias_or_name in group] for group in seen]


def _is_few_rows(query: QueryContext, scope: exp.Expr, relation: exp.Expr) -> bool:
    """Whether the relation is a function, one row, or something whose size cannot be told."""
    if isinstance(relation, exp.Subquery):
        inner = relation.this
        return not isinstance(inner, exp.Select) or is_limited(inner) or _is_one_row(inner) or _is_lateral(relation)
    if not isinstance(relation, exp.Table) or not is_base_table(relation):
        return True
    return is_fixed_to_row(query, scope, relation) or relation.name.lower() == "dual"


def _is_one_row(select: exp.Select) -> bool:
    return select.args.get("from_") is None or (is_aggregate(select) and select.args.get("group") is None)


def _is_lateral(relation: exp.Expr) -> bool:
    return isinstance(relation.parent, exp.Lateral) or bool(relation.args.get("lateral"))


@detects_in_query("DB110")
def left_join_made_inner(query: QueryContext) -> Iterator[Match]:
    """A condition in WHERE that drops the rows which LEFT JOIN was written to keep."""
    for scope in scopes(query):
        optional = {join.this.alias_or_name for join in joins_of(scope) if join.side == "LEFT"}
        later = {join.this.alias_or_name for join in joins_of(scope) if join.side in ("RIGHT", "FULL")}
        if not optional or later:
            continue
        for condition in conjuncts(scope.args.get("where")):
            if not isinstance(condition, _REJECTING):
                continue
            column = _direct_column(condition, optional)
            if column is not None:
                yield Match(
                    location=place(query, condition),
                    values={"table": column.table, "column": column.name},
                )


def _direct_column(condition: exp.Expr, optional: set[str]) -> exp.Column | None:
    sides = [condition.this.unnest()]
    if isinstance(condition, exp.Binary) and not isinstance(condition, (exp.Like, exp.ILike)):
        sides.append(condition.expression.unnest())
    if any(isinstance(side, exp.Null) for side in sides):
        return None
    return next((s for s in sides if isinstance(s, exp.Column) and s.table in optional), None)


@detects_in_query("DB111")
def distinct_hides_fan_out(query: QueryContext) -> Iterator[Match]:
    """DISTINCT over one table's key, needed only because joins multiply that table's rows."""
    if query.resolved is None:
        return
    for select in query.resolved.find_all(exp.Select):
        distinct = select.args.get("distinct")
        if distinct is None or distinct.args.get("on") is not None or is_aggregate(select):
            continue
        columns = [projection.unalias() for projection in select.expressions]
        main = _only_relation(columns)
        if main is None or not _holds_key(query, main, columns):
            continue
        for join in joins_of(select):
            if _multiplies(query, join, main):
                yield Match(
                    location=place(query, join.this),
                    values={"table": main.alias_or_name, "joined": join.this.alias_or_name},
                )


def _only_relation(columns: list[exp.Expr]) -> exp.Table | None:
    tables = {column.table if isinstance(column, exp.Column) else "" for column in columns}
    first = columns[0] if columns else None
    if len(tables) != 1 or "" in tables or not isinstance(first, exp.Column):
        return None
    relation = relation_of(first)
    return relation if isinstance(relation, exp.Table) and is_base_table(relation) else None


def _holds_key(query: QueryContext, main: exp.Table, columns: list[exp.Expr]) -> bool:
    names = {column.name for column in columns}
    if "*" in names:
        return True
    table = known_table(query, main)
    return is_unique(query, table, names) if table is not None else "id" in names


def _multiplies(query: QueryContext, join: exp.Join, main: exp.Table) -> bool:
    """Whether the join may find several rows for one row of the main table."""
    joined = join.this
    if not isinstance(joined, exp.Table) or joined is main or not is_base_table(joined):
        return False
    own = {column.name for column, _ in _equalities(join)}
    others = {(other.table, other.name) for _, other in _equalities(join)}
    table = known_table(query, joined)
    if table is not None:
        return not is_unique(query, table, own)
    return "id" not in own and (main.alias_or_name, "id") in others


def _equalities(join: exp.Join) -> list[tuple[exp.Column, exp.Column]]:
    """The equalities of ON as (column of the joined table, other column)."""
    on = join.args.get("on")
    if on is None:
        return []
    inner = on.unnest()
    parts = [p.unnest() for p in inner.flatten()] if isinstance(inner, exp.And) else [inner]
    found = []
    for part in parts:
        if not isinstance(part, exp.EQ):
            continue
        for near, far in ((part.this, part.expression), (part.expression, part.this)):
            columns = isinstance(near, exp.Column) and isinstance(far, exp.Column)
            if columns and near.table == join.this.alias_or_name != far.table:
                found.append((near, far))
    return found


@detects_in_query("DB112")
def unused_left_join(query: QueryContext) -> Iterator[Match]:
    """A LEFT JOIN whose table is named nowhere but in its own condition."""
    if query.resolved is None:
        return
    for select in query.resolved.find_all(exp.Select):
        if any(isinstance(p, exp.Star) for p in select.expressions) or _has_unresolved(select):
            continue
        for join in select.args.get("joins") or ():
            joined = join.this
            if join.side != "LEFT" or not isinstance(joined, exp.Table) or not is_base_table(joined):
                continue
            if join.args.get("using") or join.method or _is_used(select, join):
                continue
            table = known_table(query, joined)
            own = {column.name for column, _ in _equalities(join)}
            unique = is_unique(query, table, own) if table is not None else "id" in own
            if not unique and any(isinstance(one.this, exp.Star) for one in select.find_all(exp.Count)):
                continue  # its rows are counted
            yield Match(
                location=place(query, joined),
                values={"table": joined.alias_or_name},
                severity=Severity.NOTE if unique else None,
                confidence=Confidence.HIGH if unique and table is not None else None,
                steps=((place(query, joined), "unique" if unique else "many"),),
            )


def _has_unresolved(select: exp.Select) -> bool:
    return any(not column.table for column in select.find_all(exp.Column) if not isinstance(column.this, exp.Star))


def _is_used(select: exp.Select, join: exp.Join) -> bool:
    name = join.this.alias_or_name
    inside = {id(node) for node in join.walk()}
    if any(id(c) not in inside and name in (c.table, c.name) for c in select.find_all(exp.Column)):
        return True
    whole_rows = any(id(n) not in inside and n.name == name for n in select.find_all(exp.TableColumn))
    return whole_rows or any(lock.expressions for lock in select.args.get("locks") or ())


@detects_in_query("DB119", in_migrations=False)
def or_in_join_condition(query: QueryContext) -> Iterator[Match]:
    """A join whose only links are alternatives, so that neither hash nor merge join can be used."""
    for scope in scopes(query):
        for join in joins_of(scope):
            on = join.args.get("on")
            if on is None or _equalities(join):
                continue
            inner = on.unnest()
            parts = [p.unnest() for p in inner.flatten()] if isinstance(inner, exp.And) else [inner]
            for part in parts:
                if isinstance(part, exp.Or) and sum(_links(branch, join) for branch in part.flatten()) > 1:
                    yield Match(
                        location=place(query, part),
                        values={"table": join.this.alias_or_name},
                    )


def _links(branch: exp.Expr, join: exp.Join) -> bool:
    name = join.this.alias_or_name
    for equality in branch.find_all(exp.EQ):
        near, far = equality.this, equality.expression
        columns = isinstance(near, exp.Column) and isinstance(far, exp.Column)
        if columns and near.table and far.table and (near.table == name) != (far.table == name):
            return True
    return False
