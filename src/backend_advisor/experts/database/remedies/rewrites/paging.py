"""Pages: cut the driving table before joining, and continue after the last row instead of counting rows off."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    extended,
    finds_one,
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
    """Continue after the last row of the page before: `$1`, `$2` … are its ORDER BY values.

    An order that leaves ties gets the key of the table at its end, without which no row is the last one for certain.
    """
    known = Known(schema)
    if not isinstance(tree, exp.Select) or not is_plain(tree) or not _is_later_page(tree):
        return
    if not all(_adds_no_rows(join, known) for join in tree.args.get("joins") or []):
        return
    first = tree.args["from_"].this
    table, alias = known.table(first), first.alias_or_name
    order = tree.args["order"]
    if table is None or not all(known.never_null(key.this) for key in order.expressions):
        return
    names = {key.this.name for key in order.expressions if key.this.table == alias}
    identity = known.identity(table)
    if not identity:
        return
    unique = any(set(key) <= names for key in identity)
    if not unique:
        tree.set("order", exp.Order(expressions=extended(order.expressions, alias, identity[0])))
    name, tie_broken = ("keyset", None) if unique else ("keyset_with_key", written(tree))
    keys = tree.args["order"].expressions
    after = _after([key.this for key in keys], [bool(key.args.get("desc")) for key in keys], _free_number(tree))
    set_where(tree, [*where_parts(tree), *after])
    tree.set("offset", None)
    codes = ("DB121", "DB138")
    yield Rewrite(name, written(tree), codes, known.assumptions(tree), same_rows=False, tie_broken=tie_broken)


def _is_later_page(tree: exp.Select) -> bool:
    limit, offset = tree.args.get("limit"), tree.args.get("offset")
    if tree.args.get("order") is None or tree.args.get("laterals"):
        return False
    if not isinstance(limit, exp.Limit) or not isinstance(offset, exp.Offset):
        return False
    plain = all(isinstance(one.expression, exp.Literal | exp.Parameter) for one in (limit, offset))
    return plain and offset.expression.name != "0"


def _adds_no_rows(join: exp.Join, known: Known) -> bool:
    return join.side in ("", "LEFT") and join.kind in ("", "INNER", "OUTER") and finds_one(join, known)


def _free_number(tree: exp.Expr) -> int:
    """The first parameter number that the query does not use itself."""
    held = [int(one.this.name) for one in tree.find_all(exp.Parameter) if one.this.name.isdigit()]
    return max(held, default=0) + 1


def _after(keys: list[exp.Expr], descending: list[bool], first: int) -> list[exp.Expr]:
    """The conditions of a row after the marks, such that an index in this order can start there."""
    marks = [exp.Parameter(this=exp.Literal.number(number)) for number in range(first, first + len(keys))]
    if len(set(descending)) == 1:
        comparison = exp.LT if descending[0] else exp.GT
        if len(keys) == 1:
            return [comparison(this=keys[0].copy(), expression=marks[0])]
        left, right = exp.Tuple(expressions=[key.copy() for key in keys]), exp.Tuple(expressions=marks)
        return [comparison(this=left, expression=right)]
    cases = []
    for number, key in enumerate(keys):
        comparison = exp.LT if descending[number] else exp.GT
        equal = [exp.EQ(this=keys[i].copy(), expression=marks[i].copy()) for i in range(number)]
        cases.append(exp.and_(*equal, comparison(this=key.copy(), expression=marks[number].copy())))
    # An OR gives no index a place to start from; the first key alone does.
    bound = (exp.LTE if descending[0] else exp.GTE)(this=keys[0].copy(), expression=marks[0].copy())
    return [bound, exp.paren(exp.or_(*cases))]


def _whole_number(clause: exp.Expr | None) -> int | None:
    value = clause.expression if isinstance(clause, exp.Limit | exp.Offset) else None
    return int(value.name) if isinstance(value, exp.Literal) and value.is_int else None
