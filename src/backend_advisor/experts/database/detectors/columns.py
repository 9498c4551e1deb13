"""What detectors ask about columns: the relation each belongs to, what DDL says of it, what else narrows the rows."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.query_shape import (
    conjuncts,
    is_base_table,
    key_column,
    known_table,
    stated_rows,
    text_of,
    unique_keys,
)
from backend_advisor.experts.database.detectors.registry import QueryContext
from backend_advisor.model import Location
from backend_advisor.sql.schema import Column, Table

SMALL_TABLE_ROWS = 1_000
SCOPES = (exp.Select, exp.Update, exp.Delete)
COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def working_tree(query: QueryContext) -> exp.Expr:
    """The tree whose columns name their tables, or the tree as written when that is not to be had."""
    return query.resolved if query.resolved is not None else query.tree


def place(query: QueryContext, node: exp.Expr) -> Location:
    """Where a node stands, not counting table names that resolving added: those carry their alias's position."""
    copied = node.copy()
    for column in copied.find_all(exp.Column):
        table = column.args.get("table")
        if table is not None and table.meta.get("end", -2) + 2 != column.this.meta.get("start"):
            table.meta.clear()
    return query.statement.location(copied)


def written(query: QueryContext, node: exp.Expr) -> str:
    """A node as SQL for a message, without the table names that resolving added."""
    copied = node.copy()
    for column in [copied] if isinstance(copied, exp.Column) else list(copied.find_all(exp.Column)):
        column.set("table", None)
    return text_of(copied, query.statement)


def relations(scope: exp.Expr) -> list[exp.Expr]:
    """What a SELECT, UPDATE or DELETE reads or writes: its FROM, its joins, its target, its USING."""
    found: list[exp.Expr] = []
    if isinstance(scope, (exp.Update, exp.Delete)) and isinstance(scope.this, exp.Expr):
        found.append(scope.this)
    start = scope.args.get("from_")
    if start is not None:
        found.append(start.this)
    found += [using for using in scope.args.get("using") or () if isinstance(using, exp.Expr)]
    for relation in list(found):
        found += [join.this for join in relation.args.get("joins") or ()]
    return found + [join.this for join in scope.args.get("joins") or ()]


def joins_of(scope: exp.Expr) -> list[exp.Join]:
    """The joins of a scope, also those that hang on its tables."""
    found = [join for relation in relations(scope) for join in relation.args.get("joins") or ()]
    return found + list(scope.args.get("joins") or ())


def relation_of(column: exp.Column) -> exp.Expr | None:
    """The relation in FROM that a column belongs to; None when that cannot be told."""
    scope = column.find_ancestor(*SCOPES)
    while scope is not None:
        read = relations(scope)
        if column.table:
            named = next((r for r in read if r.alias_or_name == column.table), None)
            if named is not None:
                return named
        elif len(read) == 1:
            return read[0]
        else:
            return None
        scope = scope.find_ancestor(*SCOPES)
    return None


def stored_table(column: exp.Column) -> exp.Table | None:
    """The stored table that a column belongs to; None for columns of CTEs, subqueries and functions."""
    relation = relation_of(column)
    return relation if isinstance(relation, exp.Table) and is_base_table(relation) else None


def definition(query: QueryContext, column: exp.Column) -> Column | None:
    """The column as the asker's DDL defines it."""
    table = known_table(query, stored_table(column))
    found = table.column(column.name) if table is not None else None
    return None if found is None or found.inferred else found


def is_small(query: QueryContext, table: exp.Table) -> bool:
    """Whether the asker said that the table has few rows."""
    rows = stated_rows(query, table)
    return rows is not None and rows <= SMALL_TABLE_ROWS


def scopes(query: QueryContext) -> Iterator[exp.Expr]:
    """Every SELECT, UPDATE and DELETE of the statement, at any depth; nothing for DDL."""
    tree = working_tree(query)
    if not isinstance(tree, exp.DDL) or isinstance(tree, exp.Insert):
        yield from tree.find_all(*SCOPES)


def clauses(scope: exp.Expr) -> list[list[exp.Expr]]:
    """The conditions of WHERE and of each ON, each cut at its ANDs."""
    parts = [conjuncts(scope.args.get("where"))]
    for join in joins_of(scope):
        condition = join.args.get("on")
        if condition is not None:
            parts.append(conjuncts(exp.Where(this=condition.copy())) if condition.parent is None else _cut(condition))
    return [part for part in parts if part]


def _cut(condition: exp.Expr) -> list[exp.Expr]:
    inner = condition.unnest()
    return [part.unnest() for part in inner.flatten()] if isinstance(inner, exp.And) else [inner]


def alternatives(condition: exp.Expr) -> list[exp.Expr]:
    """The conditions that OR joins, each alone; the condition itself when there is no OR."""
    inner = condition.unnest()
    if not isinstance(inner, exp.Or):
        return [inner]
    return [leaf for part in inner.flatten() for leaf in _cut(part.unnest())]


def fixed_columns(scope: exp.Expr) -> Iterator[exp.Column]:
    """Columns that WHERE or an inner join sets equal to a value, a parameter or a list of values."""
    inner = [join.args.get("on") for join in joins_of(scope) if not join.side]
    conditions = [part for on in inner if on is not None for part in _cut(on)]
    for condition in [*conjuncts(scope.args.get("where")), *conditions]:
        if isinstance(condition, exp.EQ):
            for column, value in _equal(condition):
                if isinstance(column, exp.Column) and (value.find(exp.Column) is None or is_one_value(value)):
                    yield column
        elif isinstance(condition, exp.In) and isinstance(condition.this, exp.Column) and condition.expressions:
            yield condition.this


def _equal(condition: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Both ways round, what an equality sets equal; of `(a, b) = (c, d)` each pair."""
    left, right = condition.this.unnest(), condition.expression.unnest()
    rows = isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple)
    pairs = zip(left.expressions, right.expressions, strict=False) if rows else [(left, right)]
    for one, other in pairs:
        yield one, other
        yield other, one


def is_one_value(value: exp.Expr) -> bool:
    """Whether it is a subquery that reads nothing of the query around it: one value, computed first."""
    if not isinstance(value, exp.Subquery):
        return False
    own = {table.alias_or_name for table in value.find_all(exp.Table)}
    return all(column.table in own or not column.table for column in value.find_all(exp.Column))


def columns_joined_to_one_row(query: QueryContext, scope: exp.Expr, table: exp.Table) -> Iterator[str]:
    """Columns of a table that a join sets equal to a relation which WHERE fixes to one row."""
    fixed = {r.alias_or_name for r in relations(scope) if r is not table and is_fixed_to_row(query, scope, r)}
    for clause in clauses(scope):
        for condition in clause:
            if isinstance(condition, exp.EQ):
                for mine, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
                    columns = isinstance(mine, exp.Column) and isinstance(other, exp.Column)
                    if columns and other.table in fixed and mine.table == table.alias_or_name:
                        yield mine.name


def is_fixed_to_row(query: QueryContext, scope: exp.Expr, relation: exp.Expr) -> bool:
    """Whether WHERE fixes a key of the relation, so that at most a handful of its rows remain."""
    fixed = {c.name for c in fixed_columns(scope) if not c.table or c.table == relation.alias_or_name}
    table = known_table(query, relation) if isinstance(relation, exp.Table) else None
    if table is None:
        return "id" in fixed
    return any(set(key) <= fixed for key in unique_keys(query.schema, table))


def is_narrowed(query: QueryContext, scope: exp.Expr, table: exp.Table) -> bool:
    """Whether an equality on another column of the table may already lead to few rows."""
    fixed = {c.name for c in fixed_columns(scope) if not c.table or c.table == table.alias_or_name}
    known = known_table(query, table)
    if known is None:
        return bool(fixed)
    leading = {key_column(i.keys[0]) for i in query.schema.indexes if i.table == known.name and i.keys}
    return bool(fixed & leading)


def is_unique(query: QueryContext, table: Table, columns: set[str]) -> bool:
    """Whether DDL says that these columns hold a whole key of the table."""
    return any(key and set(key) <= columns for key in unique_keys(query.schema, table))
