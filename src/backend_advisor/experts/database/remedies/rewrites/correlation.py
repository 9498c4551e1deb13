"""A subquery that runs once for each row, as one grouped table that is joined."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    has_bare_star,
    is_plain,
    is_volatile,
    joined_by_comma,
    set_where,
    sources,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema

_AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg)


def grouped_join_for_subquery(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`(SELECT sum(…) FROM b WHERE b.k = a.k)` as a LEFT JOIN to b grouped by k."""
    if not isinstance(tree, exp.Select) or not is_plain(tree) or has_bare_star(tree) or joined_by_comma(tree):
        return
    if not tree.args.get("from_"):
        return
    changed = 0
    for subquery in [node for node in tree.find_all(exp.Subquery) if _stands_in(node, tree)]:
        if _decorrelate(tree, subquery, changed + 1):
            changed += 1
    if changed:
        yield Rewrite("grouped_join_for_subquery", written(tree), ("DB114",), Known(schema).assumptions(tree))


def _stands_in(node: exp.Subquery, tree: exp.Select) -> bool:
    """Whether a subquery is a value in the select list or WHERE of this very SELECT."""
    if isinstance(node.parent, exp.From | exp.Join | exp.In | exp.Exists | exp.Any | exp.All):
        return False
    clause = node.parent
    while clause is not None and not isinstance(clause, exp.Where | exp.Select | exp.Join | exp.Order):
        clause = clause.parent
    return (clause is tree or isinstance(clause, exp.Where)) and node.find_ancestor(exp.Select) is tree


def _decorrelate(tree: exp.Select, subquery: exp.Subquery, number: int) -> bool:
    select = subquery.this
    if not isinstance(select, exp.Select) or not _is_aggregate(select):
        return False
    inside, outside = set(sources(select)), set(sources(tree))
    if inside & outside or is_volatile(select):
        return False
    pairs, local = [], []
    for part in where_parts(select):
        if used(part) <= inside:
            local.append(part)
        else:
            pairs.append(_pair(part, inside, outside))
    joins = select.args.get("joins") or []
    if not pairs or any(pair is None for pair in pairs) or any(used(join) - inside for join in joins):
        return False
    output = select.expressions[0].unalias()
    if used(output) - inside:
        return False
    found = [pair for pair in pairs if pair is not None]
    _join(tree, subquery, found, local, f"{select.args['from_'].this.alias_or_name}_by_key{number}")
    return True


def _join(
    tree: exp.Select,
    subquery: exp.Subquery,
    pairs: list[tuple[exp.Column, exp.Column]],
    local: list[exp.Expr],
    name: str,
) -> None:
    grouped = subquery.this.copy()
    output = grouped.expressions[0].unalias()
    fallback = output.expressions[0] if isinstance(output, exp.Coalesce) else None
    value = output.this if isinstance(output, exp.Coalesce) else output
    keys = [exp.alias_(own.copy(), f"key{position}") for position, (own, _) in enumerate(pairs, 1)]
    grouped.set("expressions", [*keys, exp.alias_(value.copy(), "value")])
    grouped.set("order", None)
    set_where(grouped, local)
    grouped.set("group", exp.Group(expressions=[own.copy() for own, _ in pairs]))
    on = exp.and_(
        *(
            exp.EQ(this=exp.column(f"key{position}", table=name), expression=far.copy())
            for position, (_, far) in enumerate(pairs, 1)
        )
    )
    tree.append("joins", exp.Join(this=grouped.subquery(name), side="LEFT", on=on))
    result: exp.Expr = exp.column("value", table=name)
    if isinstance(value, exp.Count):
        # A group that does not exist counts nothing, and nothing is 0, not NULL.
        result = exp.Coalesce(this=result, expressions=[exp.Literal.number(0)])
    elif fallback is not None:
        result = exp.Coalesce(this=result, expressions=[fallback.copy()])
    _replace(subquery, result, value if fallback is None else output)


def _replace(subquery: exp.Subquery, result: exp.Expr, output: exp.Expr) -> None:
    """Put the value in the subquery's place; the server names an unnamed one after its function."""
    parent = subquery.parent
    if isinstance(parent, exp.Select) and subquery.alias and not subquery.alias.startswith("_col_"):
        subquery.replace(exp.alias_(result, subquery.alias))
        return
    named = exp.alias_(result, output.key.lower()) if not isinstance(output, exp.Column) else result
    if isinstance(parent, exp.Alias) and parent.alias.startswith("_col_"):
        parent.replace(named)
    elif isinstance(parent, exp.Select):
        subquery.replace(named)
    else:
        subquery.replace(result)


def _is_aggregate(select: exp.Select) -> bool:
    blocked = ("group", "having", "distinct", "limit", "offset", "with_", "locks", "laterals")
    if len(select.expressions) != 1 or not select.args.get("from_") or any(select.args.get(p) for p in blocked):
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
