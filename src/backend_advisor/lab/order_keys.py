"""A query's ORDER BY keys shown as columns, so that the order of its rows can be compared where it is fixed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.sql.statement import parse


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """A query made comparable: `sql` shows its ORDER BY keys as `keys` more columns at the end of each row.

    `unlimited` is the same without LIMIT and OFFSET, None when it had neither.
    """

    sql: str
    keys: int = 0
    unlimited: str | None = None


def order_of(sql: str, wanted: int | None = None) -> OrderSpec | None:
    """The query with its ORDER BY keys shown, or only the first `wanted` of them; None when they cannot be shown."""
    parsed = parse(sql, "postgres")
    if not isinstance(parsed, exp.Query):
        return None
    tree: exp.Query = parsed
    order = tree.args.get("order")
    keys = 0
    if (len(order.expressions) if order is not None else 0) < (wanted or 0):
        return None
    if order is not None and wanted != 0:
        shown = [_key(tree, ordered.this) for ordered in order.expressions[:wanted]]
        if any(key is None for key in shown):
            return None
        tree, keys = _with_keys(tree, [key for key in shown if key is not None]), len(shown)
    cut = any(tree.args.get(part) is not None for part in ("limit", "offset"))
    unlimited = None
    if cut:
        whole = tree.copy()
        whole.set("limit", None)
        whole.set("offset", None)
        unlimited = whole.sql("postgres")
    return OrderSpec(tree.sql("postgres"), keys, unlimited)


def _key(tree: exp.Query, key: exp.Expr) -> exp.Expr | None:
    """An ORDER BY key as something that can stand in the select list."""
    outputs = tree.selects
    if isinstance(key, exp.Literal) and key.is_int and not key.is_string:
        position = int(key.name) - 1
        chosen = outputs[position] if 0 <= position < len(outputs) else None
        if chosen is None or chosen.is_star or any(one.is_star for one in outputs[:position]):
            return None
        return chosen.unalias().copy() if isinstance(tree, exp.Select) else exp.column(chosen.alias_or_name)
    if isinstance(key, exp.Column) and not key.table:
        named = next((one for one in outputs if isinstance(one, exp.Alias) and one.alias == key.name), None)
        if named is not None and isinstance(tree, exp.Select):
            behind: exp.Expr = named.this
            return behind.copy()
    return key.copy()


def _with_keys(tree: exp.Query, keys: Sequence[exp.Expr]) -> exp.Query:
    """The same query with the keys as further columns; where that could change the rows, around the query."""
    shown = [exp.alias_(key, f"order_key_{number}") for number, key in enumerate(keys, 1)]
    if isinstance(tree, exp.Select) and tree.args.get("distinct") is None:
        wide = tree.copy()
        # ORDER BY an ordinal or an alias still means the same, since the new columns come last.
        wide.set("expressions", [*wide.expressions, *shown])
        return wide
    named = [_outer_key(tree, key) for key in keys]
    outer = exp.select("*", *[exp.alias_(key, f"order_key_{n}") for n, key in enumerate(named, 1)])
    inner = tree.copy()
    order, limit, offset = (inner.args.get(part) for part in ("order", "limit", "offset"))
    inner_whole = inner
    for part in ("order", "limit", "offset"):
        inner_whole.set(part, None)
    outer = outer.from_(inner_whole.subquery("compared"))
    if order is not None:
        everything = [_outer_key(tree, _key(tree, ordered.this) or ordered.this) for ordered in order.expressions]
        ordered = [
            exp.Ordered(this=key.copy(), desc=old.args.get("desc"), nulls_first=old.args.get("nulls_first"))
            for key, old in zip(everything, order.expressions, strict=True)
        ]
        outer.set("order", exp.Order(expressions=ordered))
    outer.set("limit", limit)
    outer.set("offset", offset)
    return outer


def _outer_key(tree: exp.Query, key: exp.Expr) -> exp.Expr:
    """Under DISTINCT or a set operation a key is one of the output columns: its name outside."""
    for output in tree.selects:
        if output.unalias() == key or output.alias_or_name == key.name:
            return exp.column(output.alias_or_name, table="compared")
    return exp.column(key.name, table="compared") if isinstance(key, exp.Column) else key.copy()
