"""OR over different columns as one query for each, since each can then use its own index."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    FASTER_FORM,
    Known,
    Rewrite,
    is_plain,
    is_volatile,
    set_where,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema

_MOST_BRANCHES = 4


def union_all_for_or(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """One SELECT for each side of the OR; each leaves out the rows that an earlier one has given."""
    if not isinstance(tree, exp.Select) or not is_plain(tree) or tree.args.get("with_") or is_volatile(tree):
        return
    keys = [ordered.this for ordered in tree.args["order"].expressions] if tree.args.get("order") else []
    hidden = not all(_is_output(tree, key) for key in keys)
    if hidden and not (_has_plain_names(tree) and all(_is_qualified(key) for key in keys)):
        return
    parts = where_parts(tree)
    for either in [part for part in parts if isinstance(part, exp.Or)]:
        sides = [side.unnest() for side in either.flatten()]
        if len(sides) > _MOST_BRANCHES or not _differ(sides):
            continue
        rest = [part for part in parts if part is not either]
        yield Rewrite(
            "union_all_for_or",
            written(_union(tree, rest, sides, hidden=hidden)),
            _code(sides),
            Known(schema).assumptions(tree),
        )
        return


def _code(sides: list[exp.Expr]) -> tuple[str, ...]:
    """OR over several tables is a problem of its own; over one table it is only another form."""
    return ("DB108",) if len(set().union(*(used(side) for side in sides))) > 1 else (FASTER_FORM,)


def _union(tree: exp.Select, rest: list[exp.Expr], sides: list[exp.Expr], *, hidden: bool) -> exp.Expr:
    """The branches, of which each needs only its own first rows where the whole has a LIMIT."""
    order = tree.args.get("order")
    ordered_by = order.expressions if order is not None else []
    keys = [f"order_key{number}" for number in range(1, len(ordered_by) + 1)] if hidden else []
    enough = _rows_that_matter(tree)
    branches: list[exp.Query] = []
    for number, side in enumerate(sides):
        branch = tree.copy()
        for part in ("limit", "offset", *(() if order is not None and enough else ("order",))):
            branch.set(part, None)
        if hidden:
            shown = [exp.alias_(one.this.copy(), key) for one, key in zip(ordered_by, keys, strict=True)]
            branch.set("expressions", [*branch.expressions, *shown])
        # NOT would lose the rows for which an earlier side is NULL.
        earlier = [
            exp.Not(this=exp.Is(this=exp.paren(one, copy=True), expression=exp.true())) for one in sides[:number]
        ]
        set_where(branch, [*rest, side, *earlier])
        if enough:
            branch.set("limit", exp.Limit(expression=exp.Literal.number(enough)))
        branches.append(exp.Subquery(this=branch) if enough else branch)
    union: exp.Query = branches[0]
    for one in branches[1:]:
        union = exp.union(union, one, distinct=False, copy=False)
    if hidden:
        union = exp.select(*(exp.Column(this=_identifier(one)) for one in tree.expressions)).from_(
            union.subquery("either")
        )
    if order is not None:
        union.set("order", _order_outside(order, keys))
    for part in ("limit", "offset"):
        union.set(part, tree.args[part].copy() if tree.args.get(part) else None)
    return union


def _order_outside(order: exp.Expr, keys: list[str]) -> exp.Expr:
    """The order by the names that the branches give their columns."""
    bare = order.copy()
    for number, ordered in enumerate(bare.expressions):
        if keys:
            ordered.set("this", exp.column(keys[number]))
        elif isinstance(ordered.this, exp.Column):
            ordered.this.set("table", None)
    return bare


def _rows_that_matter(tree: exp.Select) -> int:
    """How many rows of each branch can come into the result: LIMIT and OFFSET; 0 when that is not known."""
    limit, offset = tree.args.get("limit"), tree.args.get("offset")
    counts = [one.args.get("expression") for one in (limit, offset) if one is not None]
    if not isinstance(limit, exp.Limit) or not all(isinstance(one, exp.Literal) and one.is_int for one in counts):
        return 0
    return sum(int(one.name) for one in counts if one is not None)


def _has_plain_names(tree: exp.Select) -> bool:
    """Whether every output has a name of its own, by which it can be taken from a derived table."""
    if not all(isinstance(one, exp.Alias | exp.Column) for one in tree.expressions):
        return False
    names = [one.alias_or_name for one in tree.expressions]
    plain = all(name and not name.startswith("_col_") for name in names)
    return plain and len(set(names)) == len(names) and not any(one.is_star for one in tree.expressions)


def _identifier(output: exp.Expr) -> exp.Expr:
    """The name of an output as it was written, quoted or not."""
    name: exp.Expr = output.args["alias"] if isinstance(output, exp.Alias) else output.args["this"]
    return name.copy()


def _is_qualified(key: exp.Expr) -> bool:
    return bool(used(key)) and "" not in used(key) and key.find(exp.Query) is None


def _is_output(tree: exp.Select, key: exp.Expr) -> bool:
    """Whether a key can be named after UNION ALL: exactly one output column of that name, and it is the key."""
    if not isinstance(key, exp.Column) or any(one.is_star for one in tree.expressions):
        return False
    named = [one for one in tree.expressions if one.alias_or_name == key.name]
    return len(named) == 1 and (named[0].unalias() == key or not key.table)


def _differ(sides: list[exp.Expr]) -> bool:
    """Sides on the same column are one range or list to an index already."""
    columns = [frozenset((c.table, c.name) for c in side.find_all(exp.Column)) for side in sides]
    return all(columns) and len(set(columns)) == len(columns)
