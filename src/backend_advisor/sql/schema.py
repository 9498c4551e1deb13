"""Tables, columns, keys and indexes: read from DDL, or inferred from the queries that use them."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from backend_advisor.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its type as SQL text in the schema's dialect. `inferred` types are guesses from use."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to the key of another table."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `keys` are columns or expressions as SQL text in order, with DESC or NULLS where not default.

    `constraint` marks the index that a primary key or unique constraint brings with it.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    method: str = "btree"
    unique: bool = False
    where: str | None = None
    include: tuple[str, ...] = ()
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `inferred` means that no DDL was given for it."""

    name: str
    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: int | None = None
    inferred: bool = False

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is one; of another case, if none is written so."""
        exact = next((column for column in self.columns if column.name == name), None)
        return exact or next((column for column in self.columns if column.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of a database.

    `statements` are the DDL it was read from, as their own text and in order; `indexes` hold those that
    constraints bring with them too.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    statements: tuple[str, ...] = ()
    dialect: str = "postgres"
    _folded: dict[str, Table] = field(default_factory=dict, init=False, repr=False, compare=False)

    def table(self, name: str) -> Table | None:
        """The table of that name, if there is one; of another case, if none is written so."""
        exact = self.tables.get(name)
        if exact is not None or not self.tables:
            return exact
        if not self._folded:
            self._folded.update((key.lower(), table) for key, table in self.tables.items())
        return self._folded.get(name.lower())

    def with_rows(self, rows: Mapping[str, int]) -> "Schema":
        """The same schema with row counts set for the tables named."""
        tables = {
            name: replace(table, rows=rows[name]) if name in rows else table for name, table in self.tables.items()
        }
        return replace(self, tables=tables)

    def types(self, tables: Container[str] | None = None) -> dict[str, object]:
        """Column types by table, as sqlglot's optimiser takes them; only of the tables of these lower-case names."""
        return {
            name: {c.name: c.type for c in table.columns}
            for name, table in self.tables.items()
            if tables is None or name.lower() in tables
        }


_SHIELD = "position"

MAX_NODES = 6_000
"""The optimiser's work grows with the square of a statement; this many nodes take it about a second."""


def qualified(statement: Statement, schema: Schema) -> exp.Expression | None:
    """A copy of the tree with every column resolved to its table, or None when that cannot be done in time."""
    if statement.tree is None:
        return None
    if next(islice(statement.tree.walk(), MAX_NODES, None), None) is not None:
        return None
    # The optimiser normalises the whole schema at each call, which costs more than the query when it is large.
    named = {table.name.lower() for table in statement.tree.find_all(exp.Table)}
    copied = statement.tree.copy()
    _keep_case(copied)
    _shield_positions(copied)
    try:
        tree = qualify(
            copied,
            schema=schema.types(named),
            dialect=statement.dialect,
            expand_stars=False,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
    except (SqlglotError, RecursionError, AssertionError, TypeError):
        # The optimiser reads `"a;b"` as two statements.
        return None
    for position in [one for one in tree.find_all(exp.Paren) if one.meta.get(_SHIELD)]:
        position.replace(position.this)
    return tree


def _shield_positions(tree: exp.Expression) -> None:
    """Keep `ORDER BY 1` as it is beside a star in the list: the optimiser asserts that it finds an alias there."""
    for select in tree.find_all(exp.Select):
        order = select.args.get("order")
        if order is None or not select.is_star:
            continue
        for key in order.expressions:
            if isinstance(key.this, exp.Literal) and key.this.is_int:
                shield = exp.Paren(this=key.this.copy())
                shield.meta[_SHIELD] = True
                key.set("this", shield)


def _keep_case(tree: exp.Expression) -> None:
    """Give quoted tables an alias that is quoted too: the optimiser's own alias would be in lower case."""
    for table in tree.find_all(exp.Table):
        name = table.this
        quoted = isinstance(name, exp.Identifier) and name.args.get("quoted") and not table.alias
        if quoted and (isinstance(table.parent, (exp.From, exp.Join)) or table.arg_key == "using"):
            table.set("alias", exp.TableAlias(this=name.copy()))


def table_name(node: exp.Expression | None) -> str:
    """The name of the table that a DDL target or a table reference names, without its schema."""
    table = node.find(exp.Table) if node is not None and not isinstance(node, exp.Table) else node
    return table.name if isinstance(table, exp.Table) else ""


def merged(given: Schema, inferred: Iterable[Table]) -> Schema:
    """The given schema with inferred tables added where it says nothing."""
    added = {table.name: table for table in inferred if table.name not in given.tables}
    keys = tuple(
        Index(f"{table.name}_pkey", table.name, table.primary_key, unique=True, constraint=True)
        for table in added.values()
        if table.primary_key
    )
    return replace(given, tables={**given.tables, **added}, indexes=given.indexes + keys)
