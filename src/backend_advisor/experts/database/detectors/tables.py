"""Rules on tables as DDL defines them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from backend_advisor.experts.database.detectors.query_shape import (
    has_plain_index,
    insertion,
    key_column,
    tokens,
)
from backend_advisor.experts.database.detectors.registry import detects_in_schema
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Location, Severity
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.sql.migrations import undoes
from backend_advisor.sql.schema import Schema, Table
from backend_advisor.sql.statement import Statement

SMALL_TABLE_ROWS = 1_000
INT4_MAX = 2_147_483_647
NEAR_LIMIT = INT4_MAX // 2

_INDEXES_FOREIGN_KEYS_ITSELF = {"mysql"}
_MONEY = re.compile(
    r"^(price|amount|cost|balance|fee|salary|wage|payment|revenue|tax|vat|discount|refund|deposit|subtotal"
    r"|krw|usd|eur|jpy|won|money|budget|debt|credit|debit)$"
)
_NOT_MONEY = re.compile(
    r"^(rate|ratio|percent|percentage|pct|factor|score|weight|coefficient|multiplier|estimate|avg|mean"
    r"|stddev|index|usage|count|function|change|days)$"
)
_TRADE = re.compile(
    r"^(orders?|invoices?|payments?|accounts?|transactions?|transfers?|purchases?|sales?|bills?|billing|charges?"
    r"|ledger|wallets?|currency|customers?|products?|carts?|checkouts?|payouts?|subscriptions?|loans?|donations?)$"
)
_EVENT_COLUMN = re.compile(r"(_at|_time|_timestamp|_ts)$|^(timestamp|ts|created|updated)$", re.IGNORECASE)
_LOCAL_COLUMN = re.compile(r"local|wall|naive", re.IGNORECASE)
_TYPE_TAIL = {"PRECISION", "WITHOUT", "WITH", "TIME", "ZONE"}
_FLOATS = (exp.DType.FLOAT, exp.DType.DOUBLE)
_ZONELESS = {exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ}
_INT4 = {exp.DType.INT, exp.DType.SERIAL}


@dataclass(frozen=True, slots=True)
class _Defined:
    """A column as one statement defines it."""

    statement: Statement
    table: str
    column: exp.ColumnDef

    @property
    def dtype(self) -> object:
        kind = self.column.args.get("kind")
        return kind.this if isinstance(kind, exp.DataType) else None


def _definitions(statements: Sequence[Statement]) -> Iterator[tuple[Statement, str, exp.Expr]]:
    """CREATE TABLE and ALTER TABLE statements with the table that each defines; a migration's way back aside."""
    for statement in statements:
        tree = statement.tree
        if isinstance(tree, exp.Create) and str(tree.args.get("kind")).upper() == "TABLE":
            if isinstance(tree.this, exp.Schema) and tree.find(exp.TemporaryProperty) is None and not undoes(statement):
                yield statement, tree.this.this.name, tree
        elif isinstance(tree, exp.Alter) and str(tree.args.get("kind")).upper() == "TABLE" and not undoes(statement):
            yield statement, tree.this.name, tree


def defined_columns(schema: Schema, statements: Sequence[Statement]) -> Iterator[_Defined]:
    """Each column that the schema still has with the type it was given here, once: where it was defined last."""
    standing: dict[tuple[str, str], _Defined] = {}
    for statement, table, tree in _definitions(statements):
        known = schema.table(table)
        for definition in tree.find_all(exp.ColumnDef):
            column = known.column(definition.name) if known is not None else None
            kind = definition.args.get("kind")
            if column is None or not isinstance(kind, exp.DataType):
                continue
            if column.inferred or column.type == kind.sql(dialect=statement.dialect).lower():
                standing[table.lower(), definition.name.lower()] = _Defined(statement, table, definition)
    yield from standing.values()


_MOST_KEYS = 8


@detects_in_schema("DB301")
def foreign_key_without_index(schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """A foreign key whose columns no index begins with; of very many those whose rows are deleted or changed with the
    others'."""
    return worst_first_told(_unindexed(schema, statements), _MOST_KEYS)


def _unindexed(schema: Schema, statements: Sequence[Statement]) -> Iterator[tuple[int, Match]]:
    for key in _keys(schema, statements):
        if key.statement.dialect in _INDEXES_FOREIGN_KEYS_ITSELF or _is_covered(schema, key.table, key.columns):
            continue
        if key.table.rows is not None and key.table.rows <= SMALL_TABLE_ROWS:
            continue
        surely = bool(key.table.columns) and not key.table.inferred and has_plain_index(schema)
        cascades = re.search(r"(?i)on\s+delete\s+(?:cascade|set\s+null)", key.statement.text) is not None
        match = Match(
            location=key.statement.location(key.place),
            values={"table": key.table.name, "columns": ", ".join(key.columns), "referenced": key.target},
            confidence=None if surely else Confidence.LOW,
            edits=(Edit(location=insertion(key.statement, len(key.statement.text)), replacement=_index(key)),),
            applicability="safe" if isinstance(key.statement.tree, exp.Create) else "unsafe",
        )
        yield int(cascades), match


@dataclass(frozen=True, slots=True)
class _Key:
    """A foreign key where it is written: its first column's place, and all its columns."""

    statement: Statement
    table: Table
    place: exp.Expr
    written: tuple[exp.Expr, ...]
    target: str

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.written)


def _keys(schema: Schema, statements: Sequence[Statement]) -> Iterator[_Key]:
    """Each foreign key that the schema still has, once: where it was written last."""
    standing: dict[tuple[str, tuple[str, ...]], _Key] = {}
    for statement, name, tree in _definitions(statements):
        table = schema.table(name)
        for written, target in _foreign_keys(tree) if table is not None else ():
            columns = tuple(part.name for part in written)
            if table is not None and any(key.columns == columns for key in table.foreign_keys):
                standing[table.name, columns] = _Key(statement, table, written[0], written, target)
    yield from standing.values()


def _index(key: _Key) -> str:
    """The index that is missing, its names written as the statement writes them."""
    dialect = key.statement.dialect
    create = key.statement.tree
    target = create.this.this if isinstance(create, exp.Create) else create.this if create is not None else None
    table = target.sql(dialect=dialect) if isinstance(target, exp.Table) else key.table.name
    columns = ", ".join(_as_written(part, dialect) for part in key.written)
    name = exp.to_identifier(f"{key.table.name}_{'_'.join(key.columns)}_idx")
    return f";\nCREATE INDEX {name.sql(dialect=dialect)} ON {table} ({columns})"


def _as_written(part: exp.Expr, dialect: str) -> str:
    name = part.this if isinstance(part, (exp.Ordered, exp.Column)) else part
    return name.sql(dialect=dialect)


def _foreign_keys(tree: exp.Expr) -> Iterator[tuple[tuple[exp.Expr, ...], str]]:
    for key in tree.find_all(exp.ForeignKey):
        reference = key.args.get("reference")
        if reference is not None and key.expressions:
            yield tuple(key.expressions), _target(reference)
    for column in tree.find_all(exp.ColumnDef):
        for constraint in column.args.get("constraints") or ():
            rule = constraint.args.get("kind")
            if isinstance(rule, exp.Reference):
                yield (column.this,), _target(rule)


def _target(reference: exp.Expr) -> str:
    target = reference.this
    return str(target.this.name if isinstance(target, exp.Schema) else target.name)


def _is_covered(schema: Schema, table: Table, columns: tuple[str, ...]) -> bool:
    """Whether an index starts with exactly these columns, in any order; a partial one on NOT NULL counts."""
    wanted = {column.lower() for column in columns}
    for index in schema.indexes:
        if index.table != table.name or index.method not in ("btree", "hash"):
            continue
        if index.where is not None and "null" not in index.where.lower():
            continue
        if {key_column(key).lower() for key in index.keys[: len(columns)]} == wanted:
            return True
    return False


@detects_in_schema("DB302")
def money_in_float(schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """An amount of money in a binary floating-point column."""
    for defined in defined_columns(schema, statements):
        if defined.dtype not in _FLOATS or not _is_money(defined.column.name):
            continue
        doubtful = _is_any_amount(defined, schema)
        if doubtful and _is_measured(defined, schema):
            continue
        span = _type_span(defined)
        kind = defined.column.args["kind"].sql(dialect=defined.statement.dialect).lower()
        yield Match(
            location=defined.statement.location(defined.column.this),
            values={"table": defined.table, "column": defined.column.name, "type": kind},
            confidence=Confidence.LOW if doubtful else None,
            edits=(Edit(location=span, replacement=_decimal(defined.statement.dialect)),) if span else (),
            applicability="unsafe",
        )


def _is_any_amount(defined: _Defined, schema: Schema) -> bool:
    """Whether nothing but the word "amount" speaks of money, in the column, its table or the columns beside it."""
    known = schema.table(defined.table)
    beside = [column.name for column in known.columns] if known is not None else []
    words = {word for name in (defined.column.name, defined.table, *beside) for word in _words(name)}
    return not any(_MONEY.match(word) or _TRADE.match(word) for word in words - {"amount"})


def _is_measured(defined: _Defined, schema: Schema) -> bool:
    """Whether a column beside it keeps the unit: an amount of something weighed or poured."""
    known = schema.table(defined.table)
    stem = defined.column.name.lower()
    units = {f"{stem}{end}" for end in ("uom", "_uom", "unit", "_unit", "units", "_units")} | {"unit", "uom"}
    return known is not None and any(column.name.lower() in units for column in known.columns)


def _words(name: str) -> list[str]:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_")


def _is_money(name: str) -> bool:
    words = _words(name)
    return any(map(_MONEY.match, words)) and not any(map(_NOT_MONEY.match, words))


def _decimal(dialect: str) -> str:
    return {"oracle": "number(19, 4)", "postgres": "numeric(19, 4)"}.get(dialect, "decimal(19, 4)")


@detects_in_schema("DB303")
def timestamp_without_zone(schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """A moment kept as a wall-clock reading of no stated zone; how a schema keeps moments is decided once."""
    told: set[str] = set()
    for defined in defined_columns(schema, statements):
        name = defined.column.name
        if defined.statement.dialect != "postgres" or defined.dtype not in _ZONELESS:
            continue
        if not _EVENT_COLUMN.search(name) or _LOCAL_COLUMN.search(name):
            continue
        span = _type_span(defined)
        location = defined.statement.location(defined.column.this)
        again = location.artifact in told
        told.add(location.artifact)
        yield Match(
            location=location,
            values={"table": defined.table, "column": name},
            confidence=Confidence.LOW if again else None,
            edits=(Edit(location=span, replacement="timestamptz"),) if span else (),
            applicability="unsafe",
        )


def _type_span(defined: _Defined) -> Location | None:
    """Where the column's type is written, right after its name."""
    after = defined.column.this.meta.get("end")
    following = [t for t in tokens(defined.statement) if after is not None and t.start > after]
    if not following:
        return None
    end, depth = following[0].end, 0
    for token in following[1:]:
        if token.token_type is TokenType.L_PAREN:
            depth += 1
        elif depth == 0 and token.text.upper() not in _TYPE_TAIL:
            break
        if token.token_type is TokenType.R_PAREN:
            depth -= 1
        end = token.end
    return defined.statement.location_at(following[0].start, end + 1)


@detects_in_schema("DB304")
def key_near_limit(schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """A four-byte key that has used up half of its range, by stated rows or by its sequence."""
    sequences = _sequence_values(statements)
    for defined in defined_columns(schema, statements):
        known, name = schema.table(defined.table), defined.column.name
        if known is None or known.primary_key != (name,) or defined.dtype not in _INT4:
            continue
        used = max(
            known.rows or 0,
            sequences.get(f"{defined.table}_{name}_seq", 0),
            _auto_increment(defined.statement),
        )
        if used >= NEAR_LIMIT:
            yield Match(
                location=defined.statement.location(defined.column.this),
                values={"table": defined.table, "column": name, "share": round(100 * used / INT4_MAX)},
                severity=Severity.ERROR if used > INT4_MAX * 0.8 else None,
            )


def _sequence_values(statements: Sequence[Statement]) -> dict[str, int]:
    """Where setval puts sequences, by name, as a dump does."""
    values: dict[str, int] = {}
    for statement in statements:
        if statement.tree is None or "setval" not in statement.text.lower():
            continue
        for call in statement.tree.find_all(exp.Anonymous):
            arguments = call.expressions
            if call.name.lower() == "setval" and len(arguments) >= 2 and arguments[1].is_int:
                values[arguments[0].name.rpartition(".")[2].strip('"')] = int(arguments[1].name)
    return values


def _auto_increment(statement: Statement) -> int:
    """MySQL's next value, as SHOW CREATE TABLE prints it."""
    option = statement.tree.find(exp.AutoIncrementProperty) if statement.tree is not None else None
    return int(option.name) if option is not None and option.this.is_int else 0
