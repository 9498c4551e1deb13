"""OR over different columns as one query for each, since each can then use its own index."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    is_plain,
    is_volatile,
    set_where,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema

_MOST_BRANCHES = 4


def union_all_for_or(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """One SELECT for each side of the OR; each leaves out the rows that an earlier one has given."""
    if not isinstance(tree, exp.Select) or not is_plain(tree) or tree.args.get("with_") or is_volatile(tree):
        return
    order = tree.args.get("order")
    if order is not None and not all(_is_output(tree, ordered.this) for ordered in order.expressions):
        return
    parts = where_parts(tree)
    for either in [part for part in parts if isinstance(part, exp.Or)]:
        sides = [side.unnest() for side in either.flatten()]
        if len(sides) > _MOST_BRANCHES or not _differ(sides):
            continue
        rest = [part for part in parts if part is not either]
        yield Rewrite(
            "union_all_for_or", written(_union(tree, rest, sides)), ("DB108",), Known(schema).assumptions(tree)
        )
        return


def _union(tree: exp.Select, rest: list[exp.Expr], sides: list[exp.Expr]) -> exp.Expr:
    branches = []
    for number, side in enumerate(sides):
        branch = tree.copy()
        for part in ("order", "limit", "offset"):
            branch.set(part, None)
        # NOT would lose the rows for which an earlier side is NULL.
        earlier = [
            exp.Not(this=exp.Is(this=exp.paren(one, copy=True), expression=exp.true())) for one in sides[:number]
        ]
        set_where(branch, [*rest, side, *earlier])
        branches.append(branch)
    union: exp.Query = branches[0]
    for branch in branches[1:]:
        union = exp.union(union, branch, distinct=False, copy=False)
    order = tree.args.get("order")
    if order is not None:
        bare = order.copy()
        for ordered in bare.expressions:
            if isinstance(ordered.this, exp.Column):
                ordered.this.set("table", None)
        union.set("order", bare)
    for part in ("limit", "offset"):
        union.set(part, tree.args[part].copy() if tree.args.get(part) else None)
    return union


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
