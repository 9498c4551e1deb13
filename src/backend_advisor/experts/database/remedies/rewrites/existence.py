"""IN, NOT IN and counting, asked as what they mean: whether a row exists."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    FASTER_FORM,
    Known,
    Rewrite,
    aliases_inside,
    conjuncts,
    is_filter,
    is_plain,
    is_volatile,
    set_where,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema


def exists_for_in(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`x IN (SELECT y …)` as EXISTS, where NULL and false mean the same."""
    changed = False
    for node in list(tree.find_all(exp.In)):
        if is_filter(node) and not isinstance(node.parent, exp.Not):
            exists = _as_exists(node)
            if exists is not None:
                node.replace(exists)
                changed = True
    if changed:
        yield Rewrite("exists_for_in", written(tree), (FASTER_FORM,), Known(schema).assumptions(tree))


def not_exists_for_not_in(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`x NOT IN (SELECT y …)` as NOT EXISTS, only when neither side can be NULL."""
    known, changed = Known(schema), False
    for node in list(tree.find_all(exp.Not)):
        inner = node.this.unnest()
        if not isinstance(inner, exp.In) or not is_filter(node) or not known.never_null(inner.this):
            continue
        query = inner.args.get("query")
        select = query.unnest() if query is not None else None
        if not isinstance(select, exp.Select) or not _cannot_be_null(select, known):
            continue
        exists = _as_exists(inner)
        if exists is not None:
            node.replace(exp.Not(this=exists))
            changed = True
    if changed:
        yield Rewrite("not_exists_for_not_in", written(tree), (FASTER_FORM,), known.assumptions(tree))


def exists_for_count(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`(SELECT count(*) …) > 0` as EXISTS, and `= 0` as NOT EXISTS."""
    known, changed = Known(schema), False
    for node in list(tree.find_all(exp.GT, exp.GTE, exp.LT, exp.EQ, exp.NEQ)):
        wanted = _asks_existence(node)
        if wanted is None or not isinstance(node.this, exp.Subquery):
            continue
        select = node.this.this
        if not isinstance(select, exp.Select) or not _counts_rows(select, known):
            continue
        inner = select.copy()
        inner.set("expressions", [exp.Literal.number(1)])
        inner.set("order", None)
        exists = exp.Exists(this=inner)
        node.replace(exists if wanted else exp.Not(this=exists))
        changed = True
    if changed:
        yield Rewrite("exists_for_count", written(tree), ("DB115",), known.assumptions(tree))


def _as_exists(node: exp.In) -> exp.Exists | None:
    query = node.args.get("query")
    select = query.unnest() if query is not None else None
    if not isinstance(select, exp.Select) or not _is_simple(select) or len(select.expressions) != 1:
        return None
    if node.this.find(exp.Query) or is_volatile(node.this) or isinstance(node.this, exp.Tuple):
        return None
    output = select.expressions[0].unalias()
    # The outer side moves into the subquery, where an alias of the same name would capture its columns.
    if output.is_star or not used(node.this) or "" in used(node.this) or used(node.this) & aliases_inside(select):
        return None
    inner = select.copy()
    inner.set("expressions", [exp.Literal.number(1)])
    inner.set("order", None)
    set_where(inner, [*where_parts(inner), exp.EQ(this=output.copy(), expression=node.this.copy())])
    return exp.Exists(this=inner)


def _is_simple(select: exp.Select) -> bool:
    blocked = ("limit", "offset", "with_")
    return bool(
        is_plain_but_distinct(select) and select.args.get("from_") and not any(select.args.get(p) for p in blocked)
    )


def is_plain_but_distinct(select: exp.Select) -> bool:
    """Plain, or plain but for a DISTINCT, which no question of existence can notice."""
    distinct = select.args.get("distinct")
    if distinct is None:
        return is_plain(select)
    if distinct.args.get("on") is not None:
        return False
    bare = select.copy()
    bare.set("distinct", None)
    return is_plain(bare)


def _cannot_be_null(select: exp.Select, known: Known) -> bool:
    if len(select.expressions) != 1:
        return False
    output = select.expressions[0].unalias()
    tested = any(
        isinstance(part, exp.Not) and part.this.unnest() == exp.Is(this=output, expression=exp.Null())
        for part in where_parts(select)
    )
    return known.never_null(output) or (tested and isinstance(output, exp.Column))


def _counts_rows(select: exp.Select, known: Known) -> bool:
    blocked = ("group", "having", "distinct", "limit", "offset", "with_", "locks")
    if len(select.expressions) != 1 or not select.args.get("from_") or any(select.args.get(p) for p in blocked):
        return False
    count = select.expressions[0].unalias()
    if not isinstance(count, exp.Count) or isinstance(count.this, exp.Distinct) or count.expressions:
        return False
    return isinstance(count.this, exp.Star | exp.Literal) or known.never_null(count.this)


def _asks_existence(node: exp.Expr) -> bool | None:
    """True for a comparison that means "at least one", False for "none", None for any other."""
    right = node.expression
    if not isinstance(right, exp.Literal) or right.is_string or right.name not in ("0", "1"):
        return None
    meanings: dict[tuple[type[exp.Expr], str], bool] = {
        (exp.GT, "0"): True,
        (exp.NEQ, "0"): True,
        (exp.GTE, "1"): True,
        (exp.EQ, "0"): False,
        (exp.LT, "1"): False,
    }
    return meanings.get((type(node), right.name))


def semi_join_for_distinct(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`SELECT DISTINCT a.… FROM a JOIN b …`, where b only multiplies the rows, as EXISTS over b."""
    known = Known(schema)
    if not isinstance(tree, exp.Select) or not _multiplies(tree):
        return
    first = tree.args["from_"].this
    join = tree.args["joins"][0]
    other = join.alias_or_name
    outer = [tree.expressions, [tree.args.get("order")] if tree.args.get("order") else []]
    if any(used(part) != {first.alias_or_name} for group in outer for part in group if part.find(exp.Column)):
        return
    parts = where_parts(tree)
    inside = [part for part in parts if other in used(part)]
    if any(part.find(exp.Query) or is_volatile(part) for part in [*parts, join.args["on"]]):
        return
    table = known.table(first)
    outputs = {one.unalias().name for one in tree.expressions if isinstance(one.unalias(), exp.Column)}
    exists = exp.select("1").from_(join.this.copy())
    set_where(exists, [*(one.copy() for one in conjuncts(join.args["on"])), *(part.copy() for part in inside)])
    set_where(tree, [*(part for part in parts if other not in used(part)), exp.Exists(this=exists)])
    tree.set("joins", None)
    if table is not None and any(set(key) <= outputs for key in known.identity(table)):
        tree.set("distinct", None)
    yield Rewrite("semi_join_for_distinct", written(tree), ("DB111",), known.assumptions(tree))


def _multiplies(select: exp.Select) -> bool:
    joins = select.args.get("joins") or []
    return bool(
        select.args.get("distinct")
        and is_plain_but_distinct(select)
        and len(joins) == 1
        and joins[0].side == ""
        and joins[0].kind in ("", "INNER")
        and joins[0].args.get("on") is not None
        and isinstance(joins[0].this, exp.Table)
        and not any(one.is_star for one in select.expressions)
    )
