"""What a lab database says of its own columns: the ground on which rows are made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend_advisor.lab.postgres.database import Database

_COLUMNS = """
SELECT c.relname, a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL), t.typcategory,
       a.attnotnull, a.attidentity <> '', a.attgenerated <> '', a.atttypmod,
       (SELECT array_to_string(array_agg(e.enumlabel ORDER BY e.enumsortorder), E'\\x1f')
          FROM pg_enum e WHERE e.enumtypid = a.atttypid)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   AND NOT c.relispartition
 ORDER BY c.oid, a.attnum"""

_CONSTRAINTS = """
SELECT c.relname, k.contype::text, k.conname, pg_get_constraintdef(k.oid), f.relname,
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

_LISTED = re.compile(r"\(*\(?\"?(\w+)\"?\)?(?:::\w[\w ]*)? = ANY \(\(?ARRAY\[(.*?)\]", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column as the server knows it. `labels` are the values an enum or a CHECK … IN allows."""

    name: str
    type: str
    category: str
    required: bool
    identity: bool
    generated: bool
    length: int | None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as the server knows it. `references` map a column to the table and column it refers to."""

    name: str
    columns: tuple[ColumnFacts, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    references: Mapping[str, tuple[str, str]]


def read_tables(database: Database) -> dict[str, TableFacts]:
    """Every table in the order in which it was made."""
    columns: dict[str, list[ColumnFacts]] = {}
    keys: dict[str, list[tuple[str, ...]]] = {}
    primary: dict[str, tuple[str, ...]] = {}
    references: dict[str, dict[str, tuple[str, str]]] = {}
    listed: dict[tuple[str, str], tuple[str, ...]] = {}
    for table, kind, _, text, target, own, far in database.admin(_CONSTRAINTS):
        names = tuple((own or "").split("\x1f"))
        if kind == "p":
            primary[table] = names
        elif kind == "f":
            links = references.setdefault(table, {})
            links.update(zip(names, ((target, name) for name in (far or "").split("\x1f")), strict=False))
        elif kind == "c":
            listed.update({(table, column): labels for column, labels in _labels(text)})
    for table, own in database.admin(_UNIQUE_INDEXES):
        keys.setdefault(table, []).append(tuple((own or "").split("\x1f")))
    for table, name, type_, category, required, identity, generated, modifier, enum in database.admin(_COLUMNS):
        labels = tuple(enum.split("\x1f")) if enum else listed.get((table, name), ())
        length = modifier - 4 if modifier > 4 and type_ in ("character varying", "character") else None
        facts = ColumnFacts(name, type_, category, required, identity, generated, length, labels)
        columns.setdefault(table, []).append(facts)
    return {
        table: TableFacts(
            table, tuple(found), primary.get(table, ()), tuple(keys.get(table, ())), references.get(table, {})
        )
        for table, found in columns.items()
    }


def _labels(definition: str) -> list[tuple[str, tuple[str, ...]]]:
    """The values that a CHECK of the form `column IN (…)` allows."""
    return [
        (match.group(1), tuple(value.replace("''", "'") for value in _QUOTED.findall(match.group(2))))
        for match in _LISTED.finditer(definition)
        if _QUOTED.search(match.group(2))
    ]
