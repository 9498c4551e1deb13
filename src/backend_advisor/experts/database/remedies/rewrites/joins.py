"""Joins that change nothing."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    FASTER_FORM,
    Known,
    Rewrite,
    conjuncts,
    finds_one,
    has_bare_star,
    is_optional,
    join_equalities,
    joined_by_comma,
    set_where,
    sources,
    where_parts,
    written,
)
from backend_advisor.sql.schema import Schema


def without_left_join(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Leave out a LEFT JOIN that finds at most one row, of which nothing is used."""
    if not isinstance(tree, exp.Select) or has_bare_star(tree) or joined_by_comma(tree) or tree.args.get("locks"):
        return
    known, changed = Known(schema), False
    for join in reversed(list(tree.args.get("joins") or [])):
        if join.side == "LEFT" and not _used_elsewhere(tree, join) and finds_one(join, known):
            tree.args["joins"].remove(join)
            changed = True
    if changed:
        tree.set("joins", tree.args["joins"] or None)
        yield Rewrite("without_left_join", written(tree), ("DB112",), known.assumptions(tree))


def without_inner_join(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Leave out a join that only follows a foreign key: the row it finds is always there, once."""
    if not isinstance(tree, exp.Select) or has_bare_star(tree) or joined_by_comma(tree) or tree.args.get("locks"):
        return
    known, changed = Known(schema), False
    if any(join.side in ("RIGHT", "FULL") for join in tree.args.get("joins") or []):
        return
    for join in reversed(list(tree.args.get("joins") or [])):
        columns = _foreign_key(tree, join, known)
        if columns is None or _used_elsewhere(tree, join):
            continue
        present = [
            exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
            for column in columns
            if not known.never_null(column)
        ]
        tree.args["joins"].remove(join)
        set_where(tree, [*where_parts(tree), *present])
        changed = True
    if changed:
        tree.set("joins", tree.args["joins"] or None)
        yield Rewrite(
            "without_inner_join", written(tree), (FASTER_FORM,), ("valid_foreign_key", *known.assumptions(tree))
        )


def _used_elsewhere(tree: exp.Select, join: exp.Join) -> bool:
    alias = join.alias_or_name
    own = {id(column) for column in join.find_all(exp.Column)}
    return any(column.table == alias and id(column) not in own for column in tree.find_all(exp.Column)) or any(
        table.name == alias for table in tree.find_all(exp.TableColumn)
    )


def _foreign_key(tree: exp.Select, join: exp.Join, known: Known) -> list[exp.Column] | None:
    """The referring columns of a join that is exactly one declared foreign key."""
    table = known.table(join.this)
    if table is None or join.side or join.kind not in ("", "INNER") or join.args.get("on") is None:
        return None
    pairs = join_equalities(join)
    if len(pairs) != len(conjuncts(join.args["on"])) or not all(isinstance(far, exp.Column) for _, far in pairs):
        return None
    children = {far.table for _, far in pairs}
    child = children.pop() if len(children) == 1 else ""
    source = sources(tree).get(child)
    referring = known.table(source)
    if referring is None or is_optional(tree, child):
        return None
    wanted = {(far.name, own.name) for own, far in pairs}
    for key in referring.foreign_keys:
        references = key.references or table.primary_key
        if key.table == table.name and set(zip(key.columns, references, strict=False)) == wanted:
            return [far for _, far in pairs if isinstance(far, exp.Column)]
    return None
