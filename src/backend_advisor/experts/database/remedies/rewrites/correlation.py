"""A subquery that runs once for each row, as one grouped table that is joined."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    has_bare_star,
    is_plain,
    is_volatile,
    joined_by_comma,
    name_star,
    new_name,
    set_where,
    sources,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema

_AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg)


def grouped_join_for_subquery(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`(SELECT sum(…) FROM b WHERE b.k = a.k)` as a LEFT JOIN to b grouped by k, one for all over the same rows."""
    if not isinstance(tree, exp.Select) or not can_take_joins(tree) or not name_star(tree):
        return
    groups: dict[str, list[_Correlated]] = {}
    for subquery in values_of(tree):
        found = _correlated(tree, subquery)
        if found is not None:
            groups.setdefault(rows_of(found.select), []).append(found)
    for group in groups.values():
        _join(tree, group)
    if groups:
        yield Rewrite("grouped_join_for_subquery", written(tree), ("DB114",), Known(schema).assumptions(tree))


def grouped_join_for_lateral(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`LEFT JOIN LATERAL (SELECT count(*) … WHERE b.k = a.k)` as a LEFT JOIN to b grouped by k."""
    if not isinstance(tree, exp.Select) or not can_take_joins(tree) or has_bare_star(tree):
        return
    changed = False
    for join in tree.args["joins"] if tree.args.get("joins") else []:
        found = _lateral_figures(tree, join)
        if found is None:
            continue
        select, pairs, local = found
        name = join.this.alias
        for column in [one for one in tree.find_all(exp.Column) if one.table == name]:
            output = next(one for one in select.expressions if one.alias_or_name == column.name)
            if isinstance(output.unalias(), exp.Count):
                column.replace(exp.Coalesce(this=column.copy(), expressions=[exp.Literal.number(0)]))
        grouped, on = _grouped(select, pairs, local, name)
        grouped.set("expressions", [*grouped.expressions, *(one.copy() for one in select.expressions)])
        join.replace(exp.Join(this=grouped.subquery(name), side="LEFT", on=on))
        changed = True
    if changed:
        yield Rewrite("grouped_join_for_lateral", written(tree), ("DB114",), Known(schema).assumptions(tree))


def _lateral_figures(
    tree: exp.Select, join: exp.Join
) -> tuple[exp.Select, list[tuple[exp.Column, exp.Column]], list[exp.Expr]] | None:
    """A LATERAL of aggregates, which has one row for each row before it, and of which no `*` is taken."""
    lateral, on = join.this, join.args.get("on")
    if (
        not isinstance(lateral, exp.Lateral)
        or join.side not in ("", "LEFT")
        or not isinstance(lateral.this, exp.Subquery)
    ):
        return None
    if (on is not None and on != exp.true()) or (
        lateral.args.get("alias") and lateral.args["alias"].args.get("columns")
    ):
        return None
    select = lateral.this.this
    if not isinstance(select, exp.Select) or not select.args.get("from_") or not _groups_nothing(select):
        return None
    if not all(isinstance(one.unalias(), _AGGREGATES) and not one.find(exp.Query) for one in select.expressions):
        return None
    asked = [one for one in tree.find_all(exp.Column) if one.table == lateral.alias]
    names = {one.alias_or_name for one in select.expressions}
    if any(one.name not in names or one.is_star for one in asked):
        return None
    split = _split(select, set(sources(tree)) - {lateral.alias})
    return None if split is None else (select, *split)


@dataclass(frozen=True, slots=True)
class _Correlated:
    """A subquery of one aggregate, the equalities that tie it to the outer row, and its own conditions."""

    subquery: exp.Subquery
    select: exp.Select
    pairs: list[tuple[exp.Column, exp.Column]]
    local: list[exp.Expr]


def can_take_joins(tree: exp.Select) -> bool:
    """Whether another LEFT JOIN of at most one row can be added to a SELECT."""
    return (
        bool(tree.args.get("from_")) and is_plain(tree) and not joined_by_comma(tree) and not tree.args.get("laterals")
    )


def values_of(tree: exp.Select) -> list[exp.Subquery]:
    """The subqueries that are values in the select list or WHERE of this very SELECT."""
    return [node for node in tree.find_all(exp.Subquery) if _stands_in(node, tree)]


def rows_of(select: exp.Select) -> str:
    """What a subquery reads, whatever it makes of it: equal for those that one join can serve."""
    bare = select.copy()
    bare.set("expressions", [exp.Star()])
    return str(bare.sql("postgres"))


def _stands_in(node: exp.Subquery, tree: exp.Select) -> bool:
    """Whether a subquery is a value in the select list or WHERE of this very SELECT."""
    if isinstance(node.parent, exp.From | exp.Join | exp.In | exp.Exists | exp.Any | exp.All):
        return False
    clause = node.parent
    while clause is not None and not isinstance(clause, exp.Where | exp.Select | exp.Join | exp.Order):
        clause = clause.parent
    return (clause is tree or isinstance(clause, exp.Where)) and node.find_ancestor(exp.Select) is tree


def _correlated(tree: exp.Select, subquery: exp.Subquery) -> _Correlated | None:
    select = subquery.this
    if not isinstance(select, exp.Select) or not is_aggregate(select):
        return None
    split = _split(select, set(sources(tree)))
    if split is None or used(select.expressions[0]) - set(sources(select)):
        return None
    return _Correlated(subquery, select, *split)


def _split(select: exp.Select, outside: set[str]) -> tuple[list[tuple[exp.Column, exp.Column]], list[exp.Expr]] | None:
    """The equalities of a subquery with the outer row, and the rest of its WHERE; None if it is tied otherwise."""
    inside = set(sources(select))
    joins = select.args.get("joins") or []
    if inside & outside or is_volatile(select) or any(used(join) - inside for join in joins):
        return None
    pairs, local = [], []
    for part in where_parts(select):
        if used(part) <= inside:
            local.append(part)
        else:
            pairs.append(_pair(part, inside, outside))
    found = [pair for pair in pairs if pair is not None]
    return (found, local) if pairs and len(found) == len(pairs) else None


def _join(tree: exp.Select, group: list[_Correlated]) -> None:
    """One grouped table for subqueries over the same rows, each replaced by its column."""
    first = group[0]
    name = new_name(tree, f"{first.select.args['from_'].this.name or 'rows'}_by_key")
    values: list[exp.Expr] = []
    for one in group:
        value = _value(one)
        if value not in values:
            values.append(value)
    grouped, on = _grouped(first.select, first.pairs, first.local, name)
    columns = _names(len(values))
    named = [exp.alias_(value.copy(), column) for value, column in zip(values, columns, strict=True)]
    grouped.set("expressions", [*grouped.expressions, *named])
    tree.append("joins", exp.Join(this=grouped.subquery(name), side="LEFT", on=on))
    for one in group:
        value, output = _value(one), one.select.expressions[0].unalias()
        result: exp.Expr = exp.column(columns[values.index(value)], table=name)
        if isinstance(value, exp.Count):
            # A group that does not exist counts nothing, and nothing is 0, not NULL.
            result = exp.Coalesce(this=result, expressions=[exp.Literal.number(0)])
        elif isinstance(output, exp.Coalesce):
            result = exp.Coalesce(this=result, expressions=[output.expressions[0].copy()])
        put_value(one.subquery, result, one.select.expressions[0])


def _value(one: _Correlated) -> exp.Expr:
    output: exp.Expr = one.select.expressions[0].unalias()
    return output.args["this"] if isinstance(output, exp.Coalesce) else output


def _names(count: int) -> list[str]:
    return ["value"] if count == 1 else [f"value{number}" for number in range(1, count + 1)]


def _grouped(
    select: exp.Select, pairs: list[tuple[exp.Column, exp.Column]], local: list[exp.Expr], name: str
) -> tuple[exp.Select, exp.Expr]:
    """The subquery's rows grouped by what ties them to the outer row, with the condition that joins them to it."""
    grouped = select.copy()
    grouped.set("expressions", [exp.alias_(own.copy(), f"key{number}") for number, (own, _) in enumerate(pairs, 1)])
    grouped.set("order", None)
    set_where(grouped, local)
    grouped.set("group", exp.Group(expressions=[own.copy() for own, _ in pairs]))
    on = exp.and_(
        *(
            exp.EQ(this=exp.column(f"key{number}", table=name), expression=far.copy())
            for number, (_, far) in enumerate(pairs, 1)
        )
    )
    return grouped, on


def put_value(subquery: exp.Subquery, result: exp.Expr, output: exp.Expr) -> None:
    """Put a value in the subquery's place; the server names an unnamed one after its function or column."""
    parent = subquery.parent
    if isinstance(parent, exp.Select) and subquery.alias and not subquery.alias.startswith("_col_"):
        # As it was written: a quoted name keeps its capitals.
        subquery.replace(exp.Alias(this=result, alias=subquery.args["alias"].this.copy()))
        return
    bare = output.unalias()
    own = output.alias if not output.alias.startswith("_col_") else ""
    named = exp.alias_(result, own or (bare.name if isinstance(bare, exp.Column) else bare.key.lower()))
    if isinstance(parent, exp.Alias) and parent.alias.startswith("_col_"):
        parent.replace(named)
    elif isinstance(parent, exp.Select):
        subquery.replace(named)
    else:
        subquery.replace(result)


def _groups_nothing(select: exp.Select) -> bool:
    blocked = ("group", "having", "distinct", "limit", "offset", "with_", "locks", "laterals")
    return not any(select.args.get(part) for part in blocked)


def is_aggregate(select: exp.Select) -> bool:
    """Whether a subquery is one aggregate over all its rows, and so has exactly one row."""
    if len(select.expressions) != 1 or not select.args.get("from_") or not _groups_nothing(select):
        return False
    output = select.expressions[0].unalias()
    if isinstance(output, exp.Coalesce):
        literal = output.expressions[0] if len(output.expressions) == 1 else None
        return isinstance(output.this, _AGGREGATES[1:]) and isinstance(literal, exp.Literal)
    return isinstance(output, _AGGREGATES) and not output.find(exp.Query)


def _pair(part: exp.Expr, inside: set[str], outside: set[str]) -> tuple[exp.Column, exp.Column] | None:
    """The inner and the outer column of a correlation by equality."""
    if not isinstance(part, exp.EQ):
        return None
    left, right = part.this, part.expression
    if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return None
    if left.table in inside and right.table in outside:
        return left, right
    return (right, left) if right.table in inside and left.table in outside else None
