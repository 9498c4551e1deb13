"""What a lab database says of its own columns: the ground on which rows are made."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from backend_advisor.lab.postgres.checks import ANYTHING, Allowed, read_checks
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.partitions import Partitions, Piece, read_partitions

_COLUMNS = """
SELECT c.relname, a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL), t.typcategory,
       a.attnotnull OR t.typnotnull, a.attidentity <> '', a.attgenerated <> '',
       CASE WHEN t.typbasetype = 0 THEN a.atttypmod ELSE t.typtypmod END,
       (SELECT array_to_string(array_agg(e.enumlabel ORDER BY e.enumsortorder), E'\\x1f')
          FROM pg_enum e WHERE e.enumtypid = a.atttypid),
       (SELECT array_to_string(array_agg(pg_get_expr(k.conbin, 0) ORDER BY k.oid), E'\\x1f')
          FROM pg_constraint k WHERE k.contypid = a.atttypid AND k.contype = 'c'), c.relispartition
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY c.oid, a.attnum"""

_CONSTRAINTS = """
SELECT c.relname, k.contype::text, k.conname, pg_get_expr(k.conbin, k.conrelid), f.relname,
       (SELECT array_to_string(array_agg(a.attname ORDER BY u.n), E'\\x1f')
          FROM unnest(k.conkey) WITH ORDINALITY u(attnum, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
       (SELECT array_to_string(array_agg(a.attname ORDER BY u.n), E'\\x1f')
          FROM unnest(k.confkey) WITH ORDINALITY u(attnum, n)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class f ON f.oid = k.confrelid
 WHERE c.relnamespace = 'public'::regnamespace
 ORDER BY k.oid"""

_UNIQUE_INDEXES = """
SELECT c.relname, (SELECT array_to_string(array_agg(a.attname ORDER BY u.n), E'\\x1f')
                     FROM unnest(i.indkey::smallint[]) WITH ORDINALITY u(attnum, n)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
 WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace
   AND i.indexprs IS NULL AND i.indpred IS NULL"""

_NUMERIC_HEADER = 4


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column as the server knows it. `labels` are the values that an enum or a CHECK … IN allows.

    `digits` are the precision and scale of a numeric type that states them; `pieces` the values that the table's
    partitions take, where the column is their key.
    """

    name: str
    type: str
    category: str
    required: bool
    identity: bool
    generated: bool
    length: int | None
    labels: tuple[str, ...] = ()
    digits: tuple[int, int] | None = None
    allowed: Allowed = ANYTHING
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as the server knows it. `references` map a column to the table and column it refers to."""

    name: str
    columns: tuple[ColumnFacts, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    references: Mapping[str, tuple[str, str]]
    partitions: Partitions | None = None


@dataclass(frozen=True, slots=True)
class _Constraints:
    primary: Mapping[str, tuple[str, ...]]
    references: Mapping[str, Mapping[str, tuple[str, str]]]
    allowed: Mapping[str, Mapping[str, Allowed]]


def read_tables(database: Database, partitions: Collection[str] = ()) -> dict[str, TableFacts]:
    """Every table in the order in which it was made; of partitions only those that are named."""
    divided = read_partitions(database)
    constraints = _constraints(database)
    keys: dict[str, list[tuple[str, ...]]] = {}
    for table, own in database.admin(_UNIQUE_INDEXES):
        keys.setdefault(table, []).append(tuple((own or "").split("\x1f")))
    columns: dict[str, list[ColumnFacts]] = {}
    for table, *row, is_partition in database.admin(_COLUMNS):
        if not is_partition or table in partitions:
            pieces = divided[table].pieces if table in divided else {}
            facts = _column(row, constraints.allowed.get(table, {}), pieces)
            columns.setdefault(table, []).append(facts)
    return {
        table: TableFacts(
            table,
            tuple(found),
            constraints.primary.get(table, ()),
            tuple(keys.get(table, ())),
            constraints.references.get(table, {}),
            divided.get(table),
        )
        for table, found in columns.items()
    }


def _constraints(database: Database) -> _Constraints:
    primary: dict[str, tuple[str, ...]] = {}
    references: dict[str, dict[str, tuple[str, str]]] = {}
    checks: dict[str, list[str]] = {}
    for table, kind, _, text, target, own, far in database.admin(_CONSTRAINTS):
        names = tuple((own or "").split("\x1f"))
        if kind == "p":
            primary[table] = names
        elif kind == "f":
            links = references.setdefault(table, {})
            links.update(zip(names, ((target, name) for name in (far or "").split("\x1f")), strict=False))
        elif kind == "c":
            checks.setdefault(table, []).append(text)
    return _Constraints(primary, references, {table: read_checks(texts) for table, texts in checks.items()})


def _column(row: list[Any], allowed: Mapping[str, Allowed], pieces: Mapping[str, tuple[Piece, ...]]) -> ColumnFacts:
    name, type_, category, required, identity, generated, modifier, enum, of_domain = row
    limits = allowed.get(name, ANYTHING)
    if of_domain:
        limits = read_checks(of_domain.split("\x1f")).get("VALUE", ANYTHING).joined(limits)
    own = pieces.get(name, ())
    listed = tuple(value for piece in own for value in piece.values)
    return ColumnFacts(
        name,
        type_,
        category,
        required or limits.required,
        identity,
        generated,
        modifier - 4 if modifier > 4 and type_ in ("character varying", "character") else None,
        listed or limits.labels or (tuple(enum.split("\x1f")) if enum else ()),
        _digits(type_, modifier),
        limits,
        own,
    )


def _digits(type_: str, modifier: int) -> tuple[int, int] | None:
    """Precision and scale, as a numeric type's modifier packs them; a negative scale is not looked at."""
    packed = modifier - _NUMERIC_HEADER
    if type_ != "numeric" or packed < 0 or packed & 0x400:
        return None
    return (packed >> 16) & 0xFFFF, packed & 0x3FF
