"""The first row of each group, found by comparing with the group's maximum: as DISTINCT ON, or as LATERAL."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    conjuncts,
    extended,
    is_bare_table,
    is_optional,
    is_volatile,
    joined_by_comma,
    renamed,
    set_where,
    sources,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema, Table

_Groups = tuple[tuple[exp.Column, exp.Column], ...]


@dataclass(frozen=True, slots=True)
class _Pick:
    """What `a.x = (SELECT …)` picks: of the rows with equal `groups`, those that come first in `order`.

    Columns belong to `alias`, the source of the outer query. `groups` pairs its grouping columns with what they are
    equal to. `one` tells whether it picks one row at most; `made_one` whether only since a key was added to the order.
    """

    part: exp.Expr
    alias: str
    table: Table
    groups: _Groups
    present: tuple[exp.Column, ...]
    local: tuple[exp.Expr, ...]
    order: tuple[exp.Expr, ...]
    one: bool
    made_one: bool = False


def distinct_on_for_maximum(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`a.x = (SELECT max(x) FROM t b WHERE b.k = a.k)` as DISTINCT ON (k), where no two rows of a group can tie."""
    known = Known(schema)
    if not isinstance(tree, exp.Select) or joined_by_comma(tree) or is_volatile(tree):
        return
    for part in where_parts(tree):
        pick = _pick(tree, part, where_parts(tree), known)
        if pick is None or not pick.one or any(far.table != pick.alias for _, far in pick.groups):
            continue
        if is_optional(tree, pick.alias):
            continue
        tie_broken = _tie_broken(tree, pick)
        firsts = _rows(tree, pick)
        firsts.set("distinct", exp.Distinct(on=exp.Tuple(expressions=[own.copy() for own, _ in pick.groups])))
        groups = [exp.Ordered(this=own.copy(), nulls_first=False) for own, _ in pick.groups]
        firsts.set("order", exp.Order(expressions=[*groups, *(one.copy() for one in pick.order)]))
        set_where(tree, [one for one in where_parts(tree) if one is not pick.part])
        sources(tree)[pick.alias].replace(firsts.subquery(pick.alias))
        yield Rewrite(
            "distinct_on_for_maximum", written(tree), ("DB114",), known.assumptions(tree), tie_broken=tie_broken
        )
        return


def lateral_for_maximum(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`p JOIN a ON a.k = p.id AND a.x = (SELECT max(x) … WHERE b.k = p.id)` as LATERAL with the first row, or ties."""
    known = Known(schema)
    if not isinstance(tree, exp.Select) or joined_by_comma(tree) or is_volatile(tree) or tree.args.get("laterals"):
        return
    joins = tree.args.get("joins") or []
    if any(join.side not in ("", "LEFT") for join in joins):
        return
    for join in joins:
        if join.kind not in ("", "INNER", "OUTER") or not join.args.get("on"):
            continue
        pick = _joined_pick(tree, join, known)
        if pick is None:
            continue
        tie_broken = _tie_broken(tree, pick)
        firsts = _rows(tree, pick, [exp.EQ(this=own.copy(), expression=far.copy()) for own, far in pick.groups])
        firsts.set("order", exp.Order(expressions=[one.copy() for one in pick.order]))
        firsts.set("limit", _first(one=pick.one))
        set_where(tree, [one for one in where_parts(tree) if one is not pick.part])
        lateral = exp.Lateral(this=firsts.subquery(), alias=exp.TableAlias(this=exp.to_identifier(pick.alias)))
        join.replace(exp.Join(this=lateral, side=join.side or None, on=exp.true()))
        yield Rewrite("lateral_for_maximum", written(tree), ("DB114",), known.assumptions(tree), tie_broken=tie_broken)
        return


def _joined_pick(tree: exp.Select, join: exp.Join, known: Known) -> _Pick | None:
    """The pick of a join whose other conditions are exactly the grouping, from its ON, or from WHERE if inner."""
    on = conjuncts(join.args["on"])
    for part in [*on, *(where_parts(tree) if not join.side else [])]:
        rest = [one for one in on if one is not part]
        pick = _pick(tree, part, [*rest, *(where_parts(tree) if not join.side else [])], known)
        if pick is None or pick.alias != join.alias_or_name:
            continue
        pairs = _pairs(rest, pick.alias)
        if pairs is None or {own.name for own, _ in pairs} != {own.name for own, _ in pick.groups}:
            continue
        fars = {own.name: far for own, far in pairs}
        if len(fars) != len(pairs) or any(far not in (own, fars[own.name]) for own, far in pick.groups):
            continue
        groups = tuple((own, fars[own.name]) for own, _ in pick.groups)
        return replace(pick, groups=groups)
    return None


def _pick(tree: exp.Select, part: exp.Expr, known_true: list[exp.Expr], known: Known) -> _Pick | None:
    """Read `a.x = (SELECT max(b.x) FROM t b WHERE b.k = … AND …)`, or the same with ORDER BY … LIMIT 1."""
    if not isinstance(part, exp.EQ):
        return None
    own, subquery = (part.this, part.expression) if isinstance(part.this, exp.Column) else (part.expression, part.this)
    select = subquery.this if isinstance(subquery, exp.Subquery) else None
    if not isinstance(own, exp.Column) or not isinstance(select, exp.Select) or not _reads_one_table(select):
        return None
    outer, inner = sources(tree).get(own.table), select.args["from_"].this
    table = known.table(outer) if outer is not None and is_bare_table(outer) else None
    if table is None or known.table(inner) is not table or not is_bare_table(inner):
        return None
    if inner.alias_or_name in sources(tree):
        return None
    found = _groups(select, inner.alias_or_name, own.table)
    if found is None:
        return None
    groups, local = found
    names = {column.name for column, _ in groups}
    output = select.expressions[0].unalias()
    maximum = isinstance(output, exp.Max | exp.Min) and output.this == exp.column(own.name, table=inner.alias_or_name)
    if maximum and not output.expressions:
        fixed = {column.name for column, _ in groups} | {own.name}
        one = any(set(key) <= fixed for key in known.keys(table))
        # A row that ties with the maximum need not have been counted for it, unless the same conditions hold for it.
        if not one and any(part not in known_true for part in local):
            return None
        descending = isinstance(output, exp.Max)
        first = exp.Ordered(this=own.copy(), desc=descending, nulls_first=descending)
        return _Pick(part, own.table, table, groups, (own,), tuple(local), (first,), one)
    key = exp.column(own.name, table=inner.alias_or_name)
    if output != key or (own.name,) not in known.identity(table) or not _takes_first(select):
        return None
    order: list[exp.Expr] = [renamed(one, inner.alias_or_name, own.table) for one in select.args["order"].expressions]
    if any(used(one) != {own.table} or one.find(exp.Query) for one in order):
        return None
    sorted_by = names | {one.this.name for one in order if isinstance(one.this, exp.Column)}
    unique = any(set(one) <= sorted_by for one in known.identity(table))
    whole = order if unique else extended(order, own.table, known.identity(table)[0])
    return _Pick(part, own.table, table, groups, (), tuple(local), tuple(whole), one=True, made_one=not unique)


def _groups(select: exp.Select, inner: str, alias: str) -> tuple[_Groups, list[exp.Expr]] | None:
    """The grouping columns with what they equal, and the other conditions; both in terms of the outer alias."""
    correlated: list[exp.Expr] = []
    local: list[exp.Expr] = []
    for part in where_parts(select):
        if part.find(exp.Query):
            return None
        (local if used(part) <= {inner} else correlated).append(part)
    pairs = _pairs(correlated, inner)
    if not pairs:
        return None
    named = tuple((exp.column(own.name, table=alias), far) for own, far in pairs)
    # `b.k = a.j` compares different columns of one table: not a group.
    if any(far.table == alias and far.name != own.name for own, far in named):
        return None
    if len({own.name for own, _ in named}) != len(named):
        return None
    return named, [renamed(part, inner, alias) for part in local]


def _pairs(parts: list[exp.Expr], alias: str) -> list[tuple[exp.Column, exp.Column]] | None:
    """Every part as an equality of this alias's column with another's; None when one is something else."""
    pairs = []
    for part in parts:
        sides = (part.this, part.expression) if isinstance(part, exp.EQ) else ()
        if not sides or not all(isinstance(side, exp.Column) for side in sides):
            return None
        own, far = sides if sides[0].table == alias else (sides[1], sides[0])
        if own.table != alias or far.table == alias:
            return None
        pairs.append((own, far))
    return pairs


def _rows(tree: exp.Select, pick: _Pick, more: list[exp.Expr] | None = None) -> exp.Select:
    """The rows that the pick looks at, without those whose NULL no comparison can equal."""
    source = sources(tree)[pick.alias]
    rows = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(pick.alias))).from_(source.copy())
    grouped = [own for own, _ in pick.groups] if more is None else []
    nullable = [one for one in (*grouped, *pick.present) if _can_be_null(one.name, pick.table)]
    present = [exp.Not(this=exp.Is(this=one.copy(), expression=exp.Null())) for one in nullable]
    set_where(rows, [*(more or []), *present, *(one.copy() for one in pick.local)])
    return rows


def _can_be_null(name: str, table: Table) -> bool:
    column = table.column(name)
    return column is None or (column.nullable and name not in table.primary_key)


def _first(*, one: bool) -> exp.Expr:
    """One row, or all rows that tie for the first place."""
    if one:
        return exp.Limit(expression=exp.Literal.number(1))
    ties = exp.LimitOptions(percent=False, rows=True, with_ties=True)
    return exp.Fetch(direction="FIRST", count=exp.Literal.number(1), limit_options=ties)


def _tie_broken(tree: exp.Select, pick: _Pick) -> str | None:
    """The original, whose subquery takes any of the tied rows, made to take the one that the key decides on."""
    if not pick.made_one:
        return None
    subquery = pick.part.find(exp.Subquery)
    select = subquery.this if subquery is not None else None
    if not isinstance(select, exp.Select):
        return None
    before = select.args["order"]
    inner = select.args["from_"].this.alias_or_name
    select.set("order", exp.Order(expressions=[renamed(one, pick.alias, inner) for one in pick.order]))
    text = written(tree)
    select.set("order", before)
    return text


def _takes_first(select: exp.Select) -> bool:
    limit = select.args.get("limit")
    one = isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Literal) and limit.expression.name == "1"
    return one and select.args.get("order") is not None and not select.args.get("offset")


def _reads_one_table(select: exp.Select) -> bool:
    blocked = ("joins", "laterals", "group", "having", "distinct", "offset", "with_", "locks", "windows")
    if len(select.expressions) != 1 or not select.args.get("from_") or any(select.args.get(p) for p in blocked):
        return False
    ends = select.args.get("limit") is None or isinstance(select.args["limit"], exp.Limit)
    if isinstance(select.expressions[0].unalias(), exp.AggFunc):
        return select.args.get("limit") is None
    return ends
