"""Work that the result does not need: sorting inside, looking for duplicates, filtering after grouping."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    conjuncts,
    is_volatile,
    selects,
    set_where,
    sources,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema, Table


def without_inner_order(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Leave out ORDER BY in IN and EXISTS subqueries without LIMIT: nobody sees that order."""
    changed = False
    for select in selects(tree):
        if select.args.get("order") is None or select.args.get("limit") or select.args.get("offset"):
            continue
        distinct = select.args.get("distinct")
        if (distinct is not None and distinct.args.get("on")) or not _asks_membership(select):
            continue
        select.set("order", None)
        changed = True
    if changed:
        yield Rewrite("without_inner_order", written(tree), ("DB131",), Known(schema).assumptions(tree))


def union_all(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """UNION as UNION ALL, where two sides read one table by its key and ask for different values of a column."""
    known = Known(schema)
    if not isinstance(tree, exp.Union) or not tree.args.get("distinct"):
        return
    left, right = tree.this.unnest(), tree.expression.unnest()
    if not isinstance(left, exp.Select) or not isinstance(right, exp.Select) or not _disjoint(left, right, known):
        return
    tree.set("distinct", False)
    yield Rewrite("union_all", written(tree), ("DB128",), known.assumptions(tree))


def where_for_having(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Conditions on grouping columns move from HAVING to WHERE, before the rows are grouped."""
    changed = False
    for select in selects(tree):
        having, group = select.args.get("having"), select.args.get("group")
        if having is None or group is None or any(group.args.get(p) for p in ("rollup", "cube", "grouping_sets")):
            continue
        keys = [key for key in group.expressions if isinstance(key, exp.Column)]
        parts = conjuncts(having.this)
        moved = [part for part in parts if _is_on_keys(part, keys)]
        if moved:
            set_where(select, [*where_parts(select), *moved])
            rest = [part.copy() for part in parts if part not in moved]
            select.set("having", exp.Having(this=exp.and_(*rest)) if rest else None)
            changed = True
    if changed:
        yield Rewrite("where_for_having", written(tree), ("DB133",), Known(schema).assumptions(tree))


def _asks_membership(select: exp.Select) -> bool:
    holder = select.parent
    if isinstance(holder, exp.Exists):
        return True
    return isinstance(holder, exp.Subquery) and isinstance(holder.parent, exp.In) and holder.arg_key == "query"


def _is_on_keys(part: exp.Expr, keys: list[exp.Column]) -> bool:
    columns = list(part.find_all(exp.Column))
    return bool(
        columns
        and all(column in keys for column in columns)
        and not part.find(exp.AggFunc, exp.Query, exp.Window)
        and not is_volatile(part)
    )


def _disjoint(left: exp.Select, right: exp.Select, known: Known) -> bool:
    """Both sides give each row once (its key is among the outputs), and no row can pass both filters."""
    table = _only_table(left, known)
    if table is None or _only_table(right, known) is not table:
        return False
    outputs = [[one.unalias() for one in side.expressions] for side in (left, right)]
    if not _same_key_in_both(outputs, known.identity(table)):
        return False
    asked, other = _equal_to(left), _equal_to(right)
    return any(
        name in other and value.is_string == other[name].is_string and _differ(value, other[name], known, left, name)
        for name, value in asked.items()
    )


def _only_table(select: exp.Select, known: Known) -> Table | None:
    blocked = ("joins", "laterals", "distinct", "group", "having", "limit", "offset", "with_")
    found = list(sources(select).values())
    if (
        len(found) != 1
        or any(select.args.get(part) for part in blocked)
        or any(o.find(exp.Query) for o in select.expressions)
    ):
        return None
    return known.table(found[0])


def _same_key_in_both(outputs: list[list[exp.Expr]], keys: list[tuple[str, ...]]) -> bool:
    """A key whose columns stand at the same positions on both sides."""
    same = {
        one.name
        for one, other in zip(outputs[0], outputs[1], strict=False)
        if isinstance(one, exp.Column) and isinstance(other, exp.Column) and one.name == other.name
    }
    return any(set(key) <= same for key in keys)


def _equal_to(select: exp.Select) -> dict[str, exp.Literal]:
    return {
        part.this.name: part.expression
        for part in where_parts(select)
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and isinstance(part.expression, exp.Literal)
    }


def _differ(one: exp.Literal, other: exp.Literal, known: Known, select: exp.Select, name: str) -> bool:
    """Whether two literals are different values: as numbers, or as texts of a text column."""
    if not one.is_string:
        return one.is_int and other.is_int and int(one.name) != int(other.name)
    column = next(column for column in select.find_all(exp.Column) if column.name == name)
    return known.type(column) in ("text", "varchar", "character varying") and one.name != other.name
