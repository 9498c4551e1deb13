"""Subqueries that are values, as joins: a look-up by key, and several values taken from the same row."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.correlation import (
    can_take_joins,
    is_aggregate,
    put_value,
    rows_of,
    values_of,
)
from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    extended,
    is_bare_table,
    is_volatile,
    name_star,
    new_name,
    renamed,
    sources,
    used,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema

_PLAIN_NAME = re.compile(r"(?!_col_)[a-z_][a-z0-9_]*")
_NO_LOOKUP = ("joins", "laterals", "group", "having", "distinct", "offset", "with_", "locks", "windows")
_NO_FIRST = ("laterals", "group", "having", "distinct", "offset", "with_", "locks", "windows")


def join_for_lookup(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """`(SELECT b.x FROM b WHERE b.id = a.b_id)` as a LEFT JOIN: the key finds one row at most."""
    if not isinstance(tree, exp.Select) or not can_take_joins(tree) or not name_star(tree):
        return
    known, joined = Known(schema), dict[str, str]()
    for subquery in values_of(tree):
        select = subquery.this
        if not isinstance(select, exp.Select) or not _looks_up(select, set(sources(tree)), known):
            continue
        source = select.args["from_"].this
        old, rows = source.alias_or_name, rows_of(select)
        if rows not in joined:
            joined[rows] = _free_alias(tree, old)
            own = source.copy()
            own.set("alias", exp.TableAlias(this=exp.to_identifier(joined[rows])))
            on = exp.and_(*(renamed(part, old, joined[rows]) for part in where_parts(select)))
            tree.append("joins", exp.Join(this=own, side="LEFT", on=on))
        output = select.expressions[0]
        put_value(subquery, renamed(output.unalias(), old, joined[rows]), output)
    if joined:
        yield Rewrite("join_for_lookup", written(tree), ("DB114",), known.assumptions(tree))


def lateral_for_subqueries(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Subqueries that take the first row, or several figures of the same rows, as one LEFT JOIN LATERAL for each."""
    if not isinstance(tree, exp.Select) or not can_take_joins(tree) or not name_star(tree):
        return
    known = Known(schema)
    sets: dict[str, list[_Value]] = {}
    for subquery in values_of(tree):
        found = _value(subquery, set(sources(tree)), known)
        if found is not None:
            sets.setdefault(rows_of(found.select), []).append(found)
    worth = [one for one in sets.values() if len(one) > 1 or one[0].select.args.get("limit")]
    if not worth:
        return
    broken = any(value.tied for one in worth for value in one)
    for value in [value for one in worth for value in one if value.tied]:
        value.select.set("order", exp.Order(expressions=list(value.order)))
    tie_broken = written(tree) if broken else None
    for one in worth:
        _join(tree, one)
    yield Rewrite("lateral_for_subqueries", written(tree), ("DB114",), known.assumptions(tree), tie_broken=tie_broken)


@dataclass(frozen=True, slots=True)
class _Value:
    """A subquery that gives one value from one row; `order` is its order without ties, `tied` if it had any."""

    subquery: exp.Subquery
    select: exp.Select
    order: tuple[exp.Expr, ...] = ()
    tied: bool = False


def _value(subquery: exp.Subquery, outside: set[str], known: Known) -> _Value | None:
    select = subquery.this
    if not isinstance(select, exp.Select) or is_volatile(select) or len(select.expressions) != 1:
        return None
    # Only a subquery that depends on the outer row runs more than once.
    if not used(select) & outside or set(sources(select)) & outside or select.expressions[0].is_star:
        return None
    if is_aggregate(select):
        return _Value(subquery, select)
    return _first_value(subquery, select, known)


def _first_value(subquery: exp.Subquery, select: exp.Select, known: Known) -> _Value | None:
    limit, order = select.args.get("limit"), select.args.get("order")
    if order is None or not isinstance(limit, exp.Limit) or limit.expression != exp.Literal.number(1):
        return None
    if any(select.args.get(part) for part in (*_NO_FIRST, "joins")) or select.expressions[0].find(
        exp.AggFunc, exp.Query
    ):
        return None
    # Of anything else the server's name for the column is not known.
    if not isinstance(select.expressions[0].unalias(), exp.Column | exp.Coalesce):
        return None
    source = select.args["from_"].this
    table, alias = known.table(source), source.alias_or_name
    keys = known.identity(table) if table is not None else []
    if not keys or not is_bare_table(source) or any(used(one) != {alias} for one in order.expressions):
        return None
    decided = {one.this.name for one in order.expressions if isinstance(one.this, exp.Column)}
    decided |= {one.name for part in where_parts(select) for one in _fixed(part, alias)}
    if any(set(key) <= decided for key in keys):
        return _Value(subquery, select, tuple(order.expressions))
    return _Value(subquery, select, tuple(extended(order.expressions, alias, keys[0])), tied=True)


def _fixed(part: exp.Expr, alias: str) -> list[exp.Column]:
    """The columns of an alias that a condition holds at one value."""
    if not isinstance(part, exp.EQ):
        return []
    sides = ((part.this, part.expression), (part.expression, part.this))
    return [own for own, far in sides if isinstance(own, exp.Column) and own.table == alias and alias not in used(far)]


def _join(tree: exp.Select, values: list[_Value]) -> None:
    table = values[0].select.args["from_"].this.name
    first = values[0].select.args.get("limit") is not None
    name = new_name(tree, f"first_{table}" if first else f"{table}_figures")
    outputs: dict[exp.Expr, str] = {}
    for value in values:
        output = value.select.expressions[0].unalias()
        if output not in outputs:
            outputs[output] = _column_name(value.subquery, output, outputs.values())
    rows = values[0].select.copy()
    rows.set("expressions", [exp.alias_(one.copy(), column) for one, column in outputs.items()])
    lateral = exp.Lateral(this=rows.subquery(), alias=exp.TableAlias(this=exp.to_identifier(name)))
    tree.append("joins", exp.Join(this=lateral, side="LEFT", on=exp.true()))
    for value in values:
        own = value.select.expressions[0]
        put_value(value.subquery, exp.column(outputs[own.unalias()], table=name), own)


def _column_name(subquery: exp.Subquery, output: exp.Expr, taken: Iterable[str]) -> str:
    """The name that the value has outside, else its column's own, unless another value bears it already."""
    outside = subquery.alias or (subquery.parent.alias if isinstance(subquery.parent, exp.Alias) else "")
    plain = output.name if isinstance(output, exp.Column) else ""
    held = list(taken)
    wanted = next((one for one in (outside, plain) if _PLAIN_NAME.fullmatch(one) and one not in held), "")
    return wanted or f"value{len(held) + 1}"


def _looks_up(select: exp.Select, outside: set[str], known: Known) -> bool:
    """Whether a subquery reads one column of the one row that a unique key finds."""
    if len(select.expressions) != 1 or not select.args.get("from_") or any(select.args.get(p) for p in _NO_LOOKUP):
        return False
    limit = select.args.get("limit")
    if limit is not None and not (isinstance(limit, exp.Limit) and limit.expression == exp.Literal.number(1)):
        return False
    source, output = select.args["from_"].this, select.expressions[0].unalias()
    table, alias = known.table(source), source.alias_or_name
    if table is None or not is_bare_table(source) or is_volatile(select) or alias in outside:
        return False
    # Anything but a bare column may be something else than NULL where no row is found.
    if not isinstance(output, exp.Column) or output.is_star or output.table != alias:
        return False
    parts = where_parts(select)
    if any(part.find(exp.Query) for part in parts) or not used(select) & outside:
        return False
    fixed = {one.name for part in parts for one in _fixed(part, alias)}
    return any(set(key) <= fixed for key in known.keys(table))


def _free_alias(tree: exp.Select, wanted: str) -> str:
    number, name = 1, wanted
    taken = set(sources(tree))
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
