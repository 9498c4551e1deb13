"""Tables that a query reaches by columns no index starts with, judged from the schema that was given."""

from collections.abc import Iterator
from itertools import groupby

from sqlglot import exp

from backend_advisor.experts.database.detectors.columns import SCOPES, joins_of
from backend_advisor.experts.database.detectors.query_shape import is_base_table, key_column
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.experts.database.remedies.access import Access, accesses
from backend_advisor.knowledge.detection import Match
from backend_advisor.sql.schema import Schema, Table

_SMALL = 2_000
"""Rows below which reading the whole table is as fast as an index."""


@detects_in_query("DB101", in_migrations=False)
def missing_index(query: QueryContext) -> Iterator[Match]:
    """A table from the given DDL whose every selective column lacks an index."""
    if query.resolved is None:
        return
    kept = _kept_whole(query.resolved)
    told: set[tuple[str, ...]] = set()
    for _, group in groupby(accesses(query.resolved, query.schema), key=lambda access: access.scope):
        together = list(group)
        for access in together:
            columns = _reached_by(access, together, kept)
            table = query.schema.table(access.table)
            if table is None or not _is_judged(table, columns) or (table.name, *columns) in told:
                continue
            told.add((table.name, *columns))
            if not _starts(table.name, columns, query.schema):
                yield Match(
                    location=query.statement.location(_place(query.tree, access, columns)),
                    values={"table": access.table, "columns": ", ".join(f"`{name}`" for name in columns)},
                )


def _is_judged(table: Table, columns: list[str]) -> bool:
    """Whether the DDL is of the table that is read, and the table is one whose index would matter."""
    if table.inferred or not columns or (table.rows or _SMALL) < _SMALL:
        return False
    if not is_base_table(exp.Table(this=exp.to_identifier(table.name))):
        return False
    found = [table.column(name) for name in columns]
    known = [column for column in found if column is not None]
    # An index on a yes or no alone leads to half of the table.
    return len(known) == len(found) and not all(column.type.lower().startswith("bool") for column in known)


def _kept_whole(tree: exp.Expr) -> set[tuple[int, str, str]]:
    """Columns that only bind a side which an outer join keeps whole: by scope, relation and name."""
    kept: set[tuple[int, str, str]] = set()
    leading: set[tuple[int, str, str]] = set()
    for number, scope in enumerate(tree.find_all(*SCOPES)):
        where = scope.args.get("where")
        leading |= {(number, c.table, c.name) for c in (where.find_all(exp.Column) if where is not None else ())}
        for join in joins_of(scope):
            on, side = join.args.get("on"), join.side
            for column in on.find_all(exp.Column) if on is not None else ():
                whole = side == "FULL" or (column.table == join.this.alias_or_name) == (side == "RIGHT")
                (kept if side and whole else leading).add((number, column.table, column.name))
    return kept - leading


def _reached_by(access: Access, together: list[Access], kept: set[tuple[int, str, str]]) -> list[str]:
    """The columns that could lead to the rows wanted; none where all rows are wanted, or an expression leads."""
    if access.expressions or access.patterns or access.contained:
        return []
    limited_sort = [name for name, _ in access.sort[:1]] if access.limited else []
    own = [name for name in access.equalities if (access.scope, access.alias, name) not in kept]
    joins = [name for name in access.joins if (access.scope, access.alias, name) not in kept]
    if not own and not access.ranges and not limited_sort and not any(_is_narrowed(other) for other in together):
        # A join of whole tables reads them whole, with or without an index.
        return []
    return list(dict.fromkeys([*own, *joins, *access.ranges, *limited_sort]))


def _is_narrowed(access: Access) -> bool:
    return bool(access.equalities or access.ranges or access.patterns or access.expressions or access.limited)


def _place(tree: exp.Expr, access: Access, columns: list[str]) -> exp.Expr:
    """Where the first of the columns stands in a condition."""
    named = [node for node in tree.find_all(exp.Column) if node.name == columns[0]]
    own = [node for node in named if node.table in ("", access.alias, access.table)]
    tested = [node for node in own if node.find_ancestor(exp.Where, exp.Join) is not None]
    return next(iter([*tested, *own, *named]), tree)


def _starts(table: str, columns: list[str], schema: Schema) -> bool:
    wanted = {column.lower() for column in columns}
    return any(
        index.table == table and index.keys and key_column(index.keys[0]).lower() in wanted for index in schema.indexes
    )
