"""Other forms of a query that give the same rows. Each is right by construction, and is compared all the same."""

from collections.abc import Callable, Iterable

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.correlation import (
    grouped_join_for_lateral,
    grouped_join_for_subquery,
)
from backend_advisor.experts.database.remedies.rewrites.deferred import deferred_join
from backend_advisor.experts.database.remedies.rewrites.disjunction import union_all_for_or
from backend_advisor.experts.database.remedies.rewrites.existence import (
    exists_for_count,
    exists_for_in,
    not_exists_for_not_in,
    semi_join_for_distinct,
)
from backend_advisor.experts.database.remedies.rewrites.joins import without_inner_join, without_left_join
from backend_advisor.experts.database.remedies.rewrites.lateral import join_for_lookup, lateral_for_subqueries
from backend_advisor.experts.database.remedies.rewrites.latest import distinct_on_for_maximum, lateral_for_maximum
from backend_advisor.experts.database.remedies.rewrites.paging import early_limit, keyset
from backend_advisor.experts.database.remedies.rewrites.predicates import sargable
from backend_advisor.experts.database.remedies.rewrites.redundancy import (
    union_all,
    where_for_having,
    without_inner_order,
)
from backend_advisor.experts.database.remedies.rewrites.shape import Rewrite, resolve_order
from backend_advisor.sql.schema import Schema, qualified
from backend_advisor.sql.statement import Statement

__all__ = ["REWRITES", "Rewrite", "rewrites"]

MAX_TABLES = 100
"""Beyond this a query is left as it is: the families look at every pair of columns and sources."""

Family = Callable[[exp.Expr, Schema], Iterable[Rewrite]]

REWRITES: tuple[Family, ...] = (
    sargable,
    exists_for_in,
    not_exists_for_not_in,
    exists_for_count,
    semi_join_for_distinct,
    join_for_lookup,
    grouped_join_for_subquery,
    grouped_join_for_lateral,
    lateral_for_subqueries,
    distinct_on_for_maximum,
    lateral_for_maximum,
    union_all_for_or,
    early_limit,
    deferred_join,
    keyset,
    without_left_join,
    without_inner_join,
    union_all,
    where_for_having,
    without_inner_order,
)
"""Each takes a qualified tree that it may change, and the schema."""


def rewrites(statement: Statement, schema: Schema) -> list[Rewrite]:
    """Every form that some family offers for a PostgreSQL query."""
    if statement.dialect != "postgres" or not statement.is_query or statement.tree is None:
        return []
    if sum(1 for _ in statement.tree.find_all(exp.Table)) > MAX_TABLES:
        return []
    tree = qualified(statement, schema)
    if tree is None or tree.find(exp.Lock):
        return []
    resolve_order(tree)
    return [rewrite for family in REWRITES for rewrite in family(tree.copy(), schema)]
