"""Make a schema's tables in a lab database: from the user's DDL as given, the rest from what was inferred."""

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError

from backend_advisor.lab.errors import LabError
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.wire import quoted
from backend_advisor.sql.inference import sorted_by_reference
from backend_advisor.sql.schema import Index, Schema, Table
from backend_advisor.sql.statement import Problem, parse

_STUBS = (
    "CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'",
    "CREATE FUNCTION uuid_generate_v1() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'",
)
_ORDER = {"SCHEMA": 0, "TYPE": 1, "DOMAIN": 1, "SEQUENCE": 1, "TABLE": 2, "INDEX": 4, "VIEW": 5}
_WITHOUT_MEMBERS = {exp.DataType.Type.ENUM, exp.DataType.Type.ENUM8, exp.DataType.Type.ENUM16, exp.DataType.Type.SET}
"""Types whose values are listed with the column elsewhere; text holds them all."""

_NAMED = {
    "SERIAL": "integer",
    "BIGSERIAL": "bigint",
    "SMALLSERIAL": "smallint",
    "VARCHAR(MAX)": "text",
    "VARBINARY(MAX)": "bytea",
    "BYTEA(MAX)": "bytea",
}
_ELSEWHERE = {
    **dict.fromkeys(("BIT", "YEAR", "UTINYINT"), "smallint"),
    **dict.fromkeys(("MEDIUMINT", "USMALLINT", "UMEDIUMINT"), "integer"),
    "UINT": "bigint",
    "UBIGINT": "numeric(20)",
    "UDECIMAL": "numeric",
    "UDOUBLE": "double precision",
    "MONEY": "numeric(19, 4)",
    "SMALLMONEY": "numeric(10, 4)",
    **dict.fromkeys(("TINYTEXT", "MEDIUMTEXT", "LONGTEXT"), "text"),
    **dict.fromkeys(("BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"), "bytea"),
}
"""Types of other products whose PostgreSQL namesake does not compare with plain numbers, or that have none."""

_ALTER, _OTHER, _PASSES = 3, 6, 3


@dataclass(frozen=True, slots=True)
class Built:
    """Which tables exist now, and what the server refused, as statement and message."""

    tables: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def build(database: Database, schema: Schema) -> Built:
    """Create every table of the schema; a statement that fails is reported and the others go on."""
    for stub in _STUBS:
        database.execute(stub)
    refused = _run_in_passes(database, _statements(schema))
    for table in _missing(database, schema):
        for statement in _create(table, schema.dialect):
            refused += _attempt(database, [statement])
    for index in schema.indexes:
        if schema.dialect != "postgres" and not index.constraint:
            refused += _attempt(database, [_create_index(index)])
    made = [name for (name,) in database.admin(_TABLES)]
    for name in made:
        # Data are thrown away, and keys hold by construction: no need to log or to check them row by row.
        database.admin(f"ALTER TABLE public.{quoted(name)} DISABLE TRIGGER ALL")
    return Built(tuple(made), tuple(refused))


_TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY oid"
)


def _statements(schema: Schema) -> list[str]:
    """The DDL in an order in which it can work: types, tables, constraints, indexes, views."""
    if schema.dialect != "postgres":
        return []
    ranked = [(_rank(text), number, _unqualified(text)) for number, text in enumerate(schema.statements)]
    return [text for _, _, text in sorted(ranked)]


def _rank(text: str) -> int:
    tree = parse(text, "postgres")
    if isinstance(tree, exp.Alter):
        return _ALTER
    return _ORDER.get(str(tree.args.get("kind")).upper(), _OTHER) if isinstance(tree, exp.Create) else _OTHER


def _unqualified(text: str) -> str:
    """Everything lives in the schema public here, and an index need not be built without locking."""
    tree = parse(text, "postgres")
    if isinstance(tree, Problem):
        return text
    schemas = {table.db for table in tree.find_all(exp.Table) if table.db}
    for name in schemas - {"pg_catalog", "information_schema"}:
        text = text.replace(f'"{name}".', "").replace(f"{name}.", "")
    return text.replace("CONCURRENTLY", "").replace("concurrently", "")


def _run_in_passes(database: Database, statements: list[str]) -> list[tuple[str, str]]:
    """Run statements again while some succeed, since one may need what a later one makes."""
    waiting, refused = statements, []
    for _ in range(_PASSES):
        refused = _attempt(database, waiting)
        if not refused or len(refused) == len(waiting):
            break
        waiting = [statement for statement, _ in refused]
    return refused


def _attempt(database: Database, statements: list[str]) -> list[tuple[str, str]]:
    refused = []
    for statement in statements:
        try:
            database.execute(statement)
        except LabError as error:
            refused.append((statement, str(error)))
    return refused


def _missing(database: Database, schema: Schema) -> list[Table]:
    existing = {name for (name,) in database.admin(_TABLES)}
    return [table for table in sorted_by_reference(schema.tables.values()) if table.name not in existing]


def _create(table: Table, dialect: str) -> list[str]:
    columns = [f"{quoted(c.name)} {_type(c.type, dialect)}{'' if c.nullable else ' NOT NULL'}" for c in table.columns]
    keys = [f"PRIMARY KEY ({_list(table.primary_key)})"] if table.primary_key else []
    keys += [f"UNIQUE ({_list(unique)})" for unique in table.unique]
    if not columns:
        return []
    return [f"CREATE TABLE {quoted(table.name)} ({', '.join([*columns, *keys])})"]


def _create_index(index: Index) -> str:
    unique = "UNIQUE " if index.unique else ""
    return f"CREATE {unique}INDEX ON {quoted(index.table)} ({', '.join(index.keys)})"


def _type(type_: str, dialect: str) -> str:
    try:
        tree = exp.DataType.build(type_, dialect=dialect)
    except (SqlglotError, ValueError):
        return "text"
    if tree.this in _WITHOUT_MEMBERS:
        return "text"
    if tree.this in exp.DataType.INTEGER_TYPES:
        # A display width, as in int(11), is no part of the type here.
        tree.set("expressions", [])
    written = tree.sql(dialect="postgres")
    elsewhere = _ELSEWHERE.get(written.upper().split("(")[0]) if dialect != "postgres" else None
    return elsewhere or _NAMED.get(written.upper(), written)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in names)
