"""What detectors ask about a query's shape: where it stands, what it reads, how it limits and orders rows."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from itertools import islice

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from backend_advisor.experts.database.detectors.registry import QueryContext
from backend_advisor.model import Location
from backend_advisor.sql.schema import Schema, Table
from backend_advisor.sql.statement import Statement

MAX_SELECTS = 300
"""A statement with more is generated, and looking at each would take too long."""

_CATALOGS = {"pg_catalog", "information_schema", "sys", "mysql", "performance_schema", "dbo_sys"}
_CATALOG_TABLE = re.compile(r"^(pg_|sqlite_|v\$|gv\$|dba_|syscat)", re.IGNORECASE)
_SCRATCH_TABLE = re.compile(r"^(#|@|tmp|temp|stg_|staging)|(_tmp|_temp|_staging)$", re.IGNORECASE)


class Role(Enum):
    """Where in its statement a query stands."""

    RESULT = auto()
    """Its rows are the statement's result."""
    EXISTS = auto()
    MEMBERSHIP = auto()
    """The right side of IN, ANY or ALL."""
    CTE = auto()
    DERIVED = auto()
    """A subquery in FROM."""
    INSERT = auto()
    OTHER = auto()
    """A scalar subquery, a view's body, an export, …"""


def role(query: exp.Expr) -> Role:
    """Where a query stands; the branches of a set operation stand where the whole operation does."""
    node: exp.Expr = query
    parent = node.parent
    while isinstance(parent, (exp.SetOperation, exp.Paren, exp.Subquery)):
        node, parent = parent, parent.parent
    if parent is None:
        return Role.RESULT
    if isinstance(parent, (exp.From, exp.Join, exp.Lateral)):
        return Role.DERIVED
    if isinstance(parent, (exp.In, exp.Any, exp.All)):
        return Role.MEMBERSHIP
    kinds: dict[type[exp.Expr], Role] = {
        exp.Exists: Role.EXISTS,
        exp.CTE: Role.CTE,
        exp.Insert: Role.INSERT,
    }
    return kinds.get(type(parent), Role.OTHER)


def selects(tree: exp.Expr) -> Iterator[exp.Select]:
    """Every SELECT of a statement that reads or writes rows, at any depth; of a huge one the outermost."""
    if not isinstance(tree, exp.DDL) or isinstance(tree, exp.Insert):
        yield from islice(tree.find_all(exp.Select), MAX_SELECTS)


def sources(select: exp.Select) -> list[exp.Expr]:
    """What FROM and its joins name: tables, subqueries, functions."""
    start = select.args.get("from_")
    found = [start.this] if start is not None else []
    return found + [join.this for join in select.args.get("joins") or ()]


def is_base_table(node: exp.Expr) -> bool:
    """Whether FROM names a stored table here: no CTE, function, catalogue or scratch table."""
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        return False
    if node.db.lower() in _CATALOGS or _CATALOG_TABLE.match(node.name) or is_scratch(node):
        return False
    scope: exp.Expr | None = node
    while scope is not None:
        with_ = scope.args.get("with_")
        if with_ is not None and any(cte.alias == node.name for cte in with_.expressions):
            return False
        scope = scope.parent
    return True


def is_scratch(table: exp.Table) -> bool:
    """Whether the table's name says that it is temporary or staging."""
    identifier = table.this
    temporary = isinstance(identifier, exp.Identifier) and bool(identifier.args.get("temporary"))
    return temporary or bool(_SCRATCH_TABLE.search(table.name))


def only_table(select: exp.Select) -> exp.Table | None:
    """The one stored table that the query reads, when it reads nothing else."""
    read = sources(select)
    return read[0] if len(read) == 1 and isinstance(read[0], exp.Table) and is_base_table(read[0]) else None


def is_limited(query: exp.Expr) -> bool:
    """Whether LIMIT, FETCH, TOP or ROWNUM bounds the rows."""
    if query.args.get("limit") is not None or query.args.get("fetch") is not None:
        return True
    where = query.args.get("where")
    return where is not None and any(
        column.name.lower() == "rownum" for column in where.find_all(exp.Column, exp.Pseudocolumn)
    )


def limit_value(query: exp.Expr) -> exp.Expr | None:
    """The expression that says how many rows are wanted."""
    limit = query.args.get("limit")
    if isinstance(limit, exp.Fetch):
        count = limit.args.get("count")
        return count if isinstance(count, exp.Expr) else None
    return limit.expression if isinstance(limit, exp.Limit) else None


def offset_value(query: exp.Expr) -> exp.Expr | None:
    """The expression that says how many rows to skip; None for a literal 0."""
    offset = query.args.get("offset")
    value = offset.expression if isinstance(offset, exp.Offset) else None
    return None if isinstance(value, exp.Literal) and value.name == "0" else value


def order_keys(query: exp.Expr) -> list[exp.Ordered]:
    """The keys of ORDER BY."""
    order = query.args.get("order")
    return list(order.expressions) if isinstance(order, exp.Order) else []


def own(select: exp.Expr, *kinds: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Nodes of these kinds that belong to the query itself and not to a query inside it."""
    for node in select.walk(prune=lambda n: n is not select and isinstance(n, exp.Query)):
        if isinstance(node, kinds):
            yield node


def is_aggregate(select: exp.Select) -> bool:
    """Whether the query groups rows or folds them into one."""
    if select.args.get("group") is not None or select.args.get("having") is not None:
        return True
    return any(
        not isinstance(_around_filter(node), exp.Window)
        for projection in select.expressions
        for node in own(projection, exp.AggFunc)
    )


def _around_filter(node: exp.Expr) -> exp.Expr | None:
    """What stands around an aggregate, seen through FILTER and WITHIN GROUP."""
    parent = node.parent
    while isinstance(parent, (exp.Filter, exp.WithinGroup, exp.IgnoreNulls)):
        parent = parent.parent
    return parent


def conjuncts(where: exp.Expr | None) -> list[exp.Expr]:
    """The conditions that AND joins at the top of a WHERE or HAVING clause."""
    if where is None:
        return []
    condition = where.this.unnest()
    return [part.unnest() for part in condition.flatten()] if isinstance(condition, exp.And) else [condition]


def equalities(query: exp.Expr) -> dict[str, exp.Expr]:
    """Columns that WHERE fixes to one value, by name, with that value."""
    fixed: dict[str, exp.Expr] = {}
    for condition in conjuncts(query.args.get("where")):
        if not isinstance(condition, (exp.EQ, exp.Is)) or condition.args.get("negate"):
            continue
        for column, value in ((condition.this, condition.expression), (condition.expression, condition.this)):
            if isinstance(column, exp.Column) and value.find(exp.Column) is None:
                fixed[column.name] = value
    return fixed


def key_column(key: str) -> str:
    """The column of an index key, without direction, operator class and quotes."""
    return key.split(" ", maxsplit=1)[0].strip('"`[]')


def has_plain_index(schema: Schema) -> bool:
    """Whether the DDL given creates any index apart from constraints; if not, it may be incomplete."""
    return any(not index.constraint for index in schema.indexes)


def unique_keys(schema: Schema, table: Table) -> list[tuple[str, ...]]:
    """The column sets that DDL declares unique."""
    keys = [table.primary_key] if table.primary_key else []
    keys += list(table.unique)
    keys += [
        tuple(key_column(key) for key in index.keys)
        for index in schema.indexes
        if index.table == table.name and index.unique and index.where is None
    ]
    return keys


def known_table(context: QueryContext, table: exp.Table | None) -> Table | None:
    """The table's definition when the asker gave its DDL."""
    found = context.schema.table(table.name) if table is not None else None
    return found if found is not None and not found.inferred and found.columns else None


def stated_rows(context: QueryContext, table: exp.Table | None) -> int | None:
    """How many rows the asker said the table has."""
    found = context.schema.table(table.name) if table is not None else None
    return found.rows if found is not None else None


def tokens(statement: Statement) -> list[Token]:
    """The statement's tokens; their places count from the statement's start."""
    try:
        return list(sqlglot.tokenize(statement.text, statement.dialect))
    except (SqlglotError, RecursionError):
        return []


def only_token(statement: Statement, kind: TokenType) -> Token | None:
    """The token of this kind, when the statement has exactly one."""
    found = [token for token in tokens(statement) if token.token_type is kind]
    return found[0] if len(found) == 1 else None


def text_of(node: exp.Expr, statement: Statement) -> str:
    """A node as SQL of the statement's dialect, short enough for a message."""
    text = node.sql(dialect=statement.dialect, comments=False)
    return text if len(text) <= 60 else text[:59] + "…"


def insertion(statement: Statement, offset: int) -> Location:
    """The empty stretch at an offset of the statement: where an edit only adds text."""
    return statement.location_at(offset, offset)
