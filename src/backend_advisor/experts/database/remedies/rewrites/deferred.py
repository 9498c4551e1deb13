"""Late row lookup: find the page by its key, then fetch the wide columns of the rows that are kept."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    finds_one,
    is_bare_table,
    is_plain,
    is_volatile,
    joined_by_comma,
    name_star,
    new_name,
    set_where,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema


def deferred_join(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`SELECT wide … ORDER BY x LIMIT n OFFSET m` as a page of keys that is joined back for the other columns."""
    if not isinstance(tree, exp.Select) or not is_plain(tree) or is_volatile(tree) or not _skips_rows(tree):
        return
    known, first = Known(schema), tree.args["from_"].this
    table, joins = known.table(first), tree.args.get("joins") or []
    keys = known.identity(table) if table is not None else []
    if not keys or not is_bare_table(first) or not all(_keeps_rows_single(join, known) for join in joins):
        return
    alias, order = first.alias_or_name, tree.args["order"]
    aliases = {alias, *(join.alias_or_name for join in joins)}
    if joined_by_comma(tree) or not all(used(key.this) and used(key.this) <= aliases for key in order.expressions):
        return
    if order.find(exp.Query) or not _is_wide(tree, alias, keys[0]) or not name_star(tree):
        return
    name = new_name(tree, "page")
    page = _page(tree, first, joins, keys[0]).subquery(name)
    same = exp.and_(
        *(exp.EQ(this=exp.column(key, table=alias), expression=exp.column(key, table=name)) for key in keys[0])
    )
    tree.args["from_"].set("this", page)
    tree.set("joins", [exp.Join(this=first, on=same), *joins])
    for part in ("where", "limit", "offset"):
        tree.set(part, None)
    yield Rewrite("deferred_join", written(tree), ("DB121",), known.assumptions(tree))


def _page(tree: exp.Select, first: exp.Expr, joins: list[exp.Join], key: tuple[str, ...]) -> exp.Select:
    """The keys of the rows to keep, in order, with only the joins that decide which rows these are."""
    parts = where_parts(tree)
    needed = set().union(*(used(part) for part in [*parts, tree.args["order"]]))
    deciding: list[exp.Join] = []
    for join in reversed(joins):
        if join.side != "LEFT" or join.alias_or_name in needed:
            deciding.insert(0, join.copy())
            needed |= used(join.args["on"])
    page = exp.select(*(exp.column(name, table=first.alias_or_name) for name in key)).from_(first.copy())
    page.set("joins", deciding or None)
    set_where(page, parts)
    for part in ("order", "limit", "offset"):
        page.set(part, tree.args[part].copy())
    return page


def _skips_rows(select: exp.Select) -> bool:
    """Whether there is an order, a limit and an offset to save work on; a first page has nothing to skip."""
    limit, offset = select.args.get("limit"), select.args.get("offset")
    if not isinstance(limit, exp.Limit) or not isinstance(offset, exp.Offset) or select.args.get("order") is None:
        return False
    blocked = any(select.args.get(part) for part in ("with_", "laterals"))
    plain = all(isinstance(one.expression, exp.Literal | exp.Parameter) for one in (limit, offset))
    return plain and not blocked and offset.expression.name != "0"


def _keeps_rows_single(join: exp.Join, known: Known) -> bool:
    """Whether a join leaves at most one row for each row before it, so that the key still names every row."""
    plain = join.side in ("", "LEFT") and join.kind in ("", "INNER", "OUTER")
    return plain and not join.args.get("using") and is_bare_table(join.this) and finds_one(join, known)


def _is_wide(tree: exp.Select, alias: str, key: tuple[str, ...]) -> bool:
    """Whether something is selected that an index on the order and the key would not hold."""
    ordered = {(column.table, column.name) for column in tree.args["order"].find_all(exp.Column)}
    cheap = ordered | {(alias, name) for name in key}
    return any(
        one.is_star or one.find(exp.Query) or any((c.table, c.name) not in cheap for c in one.find_all(exp.Column))
        for one in tree.expressions
    )
