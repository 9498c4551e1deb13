"""Pages: cut the driving table before joining, and continue after the last row instead of counting rows off."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
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


def early_limit(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Take the first rows of the driving table before LEFT JOINs, which can only add to them."""
    if not isinstance(tree, exp.Select) or not is_plain(tree) or is_volatile(tree):
        return
    joins, order = tree.args.get("joins") or [], tree.args.get("order")
    count = _whole_number(tree.args.get("limit"))
    if not joins or order is None or count is None or tree.args.get("laterals"):
        return
    first = tree.args["from_"].this
    if not isinstance(first, exp.Table) or any(join.side != "LEFT" or not join.args.get("on") for join in joins):
        return
    own = {first.alias_or_name}
    keys = [ordered.this for ordered in order.expressions]
    parts = where_parts(tree)
    if any(used(part) - own or part.find(exp.Query) for part in parts) or any(used(key) != own for key in keys):
        return
    skipped = _whole_number(tree.args.get("offset")) if tree.args.get("offset") else 0
    if skipped is None:
        return
    inner = exp.select("*").from_(first.copy())
    set_where(inner, parts)
    inner.set("order", order.copy())
    inner.set("limit", exp.Limit(expression=exp.Literal.number(count + skipped)))
    tree.args["from_"].set("this", inner.subquery(first.alias_or_name))
    set_where(tree, [])
    yield Rewrite("early_limit", written(tree), ("DB122",), Known(schema).assumptions(tree))


def keyset(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Continue after the last row of the page before: `$1`, `$2` … are its ORDER BY values."""
    known = Known(schema)
    if not isinstance(tree, exp.Select) or not is_plain(tree) or tree.args.get("joins"):
        return
    order, offset = tree.args.get("order"), tree.args.get("offset")
    if order is None or not _whole_number(offset) or _whole_number(tree.args.get("limit")) is None:
        return
    keys = [ordered.this for ordered in order.expressions]
    table = known.table(tree.args["from_"].this)
    names = {key.name for key in keys if isinstance(key, exp.Column)}
    if table is None or not all(known.never_null(key) for key in keys):
        return
    if not any(set(key) <= names for key in known.identity(table)):
        return
    after = _after(keys, [bool(ordered.args.get("desc")) for ordered in order.expressions])
    set_where(tree, [*where_parts(tree), after])
    tree.set("offset", None)
    yield Rewrite("keyset", written(tree), ("DB121", "DB138"), known.assumptions(tree), same_rows=False)


def _after(keys: list[exp.Expr], descending: list[bool]) -> exp.Expr:
    marks = [exp.Parameter(this=exp.Literal.number(number)) for number in range(1, len(keys) + 1)]
    if len(set(descending)) == 1:
        comparison = exp.LT if descending[0] else exp.GT
        if len(keys) == 1:
            return comparison(this=keys[0].copy(), expression=marks[0])
        left, right = exp.Tuple(expressions=[key.copy() for key in keys]), exp.Tuple(expressions=marks)
        return comparison(this=left, expression=right)
    cases = []
    for number, key in enumerate(keys):
        comparison = exp.LT if descending[number] else exp.GT
        equal = [exp.EQ(this=keys[i].copy(), expression=marks[i].copy()) for i in range(number)]
        cases.append(exp.and_(*equal, comparison(this=key.copy(), expression=marks[number].copy())))
    return exp.paren(exp.or_(*cases))


def _whole_number(clause: exp.Expr | None) -> int | None:
    value = clause.expression if isinstance(clause, exp.Limit | exp.Offset) else None
    return int(value.name) if isinstance(value, exp.Literal) and value.is_int else None
