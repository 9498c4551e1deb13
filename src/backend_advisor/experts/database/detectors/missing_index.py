"""Tables that a query reaches by columns no index starts with, judged from the schema that was given."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.experts.database.remedies.access import Access, accesses
from backend_advisor.knowledge.detection import Match
from backend_advisor.sql.schema import Schema

_SMALL = 2_000
"""Rows below which reading the whole table is as fast as an index."""


@detects_in_query("DB101")
def missing_index(query: QueryContext) -> Iterator[Match]:
    """A table from the given DDL whose every selective column lacks an index."""
    if query.resolved is None:
        return
    for access in accesses(query.resolved, query.schema):
        columns = _reached_by(access)
        table = query.schema.table(access.table)
        if table is None or table.inferred or not columns or (table.rows or _SMALL) < _SMALL:
            continue
        if not _starts(access.table, columns, query.schema):
            place = next((node for node in query.tree.find_all(exp.Column) if node.name == columns[0]), query.tree)
            yield Match(
                location=query.statement.location(place),
                values={"table": access.table, "columns": ", ".join(f"`{name}`" for name in columns)},
            )


def _reached_by(access: Access) -> list[str]:
    selective = [*access.equalities, *access.joins, *access.ranges]
    limited_sort = [name for name, _ in access.sort[:1]] if access.limited else []
    if access.expressions or access.patterns or access.contained:
        return []
    return list(dict.fromkeys([*selective, *limited_sort]))


def _starts(table: str, columns: list[str], schema: Schema) -> bool:
    wanted = {column.lower() for column in columns}
    return any(
        index.table == table and index.keys and index.keys[0].split(" ")[0].strip('"').lower() in wanted
        for index in schema.indexes
    )
