"""Which values the declared partitions of a table take, so that rows can be spread over them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.lab.postgres.database import Database

_TREE = """
SELECT r.relname, c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid), a.attname, t.isleaf, own.attname
  FROM pg_class r CROSS JOIN LATERAL pg_partition_tree(r.oid) t
  JOIN pg_class c ON c.oid = t.relid LEFT JOIN pg_class p ON p.oid = t.parentrelid AND t.level > 0
  LEFT JOIN pg_partitioned_table k ON k.partrelid = p.oid
  LEFT JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = k.partattrs[0]
  LEFT JOIN pg_partitioned_table s ON s.partrelid = c.oid
  LEFT JOIN pg_attribute own ON own.attrelid = c.oid AND own.attnum = s.partattrs[0]
 WHERE r.relkind = 'p' AND r.relnamespace = 'public'::regnamespace AND NOT r.relispartition
 ORDER BY r.oid, t.level, c.oid"""

_RANGE = re.compile(r"FOR VALUES FROM \((.*)\) TO \((.*)\)", re.DOTALL)
_LIST = re.compile(r"FOR VALUES IN \((.*)\)", re.DOTALL)
_VALUE = re.compile(r"'((?:[^']|'')*)'|([^,\s][^,]*)")
_OPEN = ("MINVALUE", "MAXVALUE")


@dataclass(frozen=True, slots=True)
class Piece:
    """The values of one partition: a range (an end of None is open) whose upper end is not in it, or a list."""

    low: str | None = None
    high: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partitions:
    """How many partitions a table has that hold rows, and the values that they take, by key column."""

    leaves: int
    pieces: dict[str, tuple[Piece, ...]]


def read_partitions(database: Database) -> dict[str, Partitions]:
    """What is declared of every partitioned table, and of every partition as a table of its own.

    Keys that are expressions, and default partitions, say nothing.
    """
    leaves: dict[str, int] = {}
    parents: dict[str, str] = {}
    pieces: dict[str, dict[str, list[Piece]]] = {}
    for root, name, parent, bound, key, is_leaf, own_key in database.admin(_TREE):
        if parent is None:
            pieces[root], leaves[root] = {}, 0
            continue
        parents[name] = parent
        leaves[root] += bool(is_leaf)
        taken = list(_piece(bound)) if key is not None else []
        above = {column: found for column, found in pieces[parent].items() if parent in parents and column != key}
        # Where a partition is divided further by the same column, its own partitions say it more exactly.
        exact = bool(taken) and own_key != key
        pieces[name] = {**above, **({key: taken} if exact else {})}
        for table in _ancestors(name, parents) if exact else ():
            pieces[table].setdefault(key, []).extend(taken)
    return {
        table: Partitions(leaves.get(table, 0), {column: _distinct(found) for column, found in by_column.items()})
        for table, by_column in pieces.items()
    }


def _ancestors(name: str, parents: Mapping[str, str]) -> Iterator[str]:
    """The partitioned tables that a partition is part of, the nearest first."""
    while name in parents:
        name = parents[name]
        yield name


def _piece(bound: str) -> Iterator[Piece]:
    ranged, listed = _RANGE.fullmatch(bound), _LIST.fullmatch(bound)
    if ranged is not None:
        low, high = (_values(part)[0] for part in ranged.groups())
        if not (low in _OPEN and high in _OPEN):
            yield Piece(None if low in _OPEN else low, None if high in _OPEN else high)
    elif listed is not None:
        values = tuple(value for value in _values(listed.group(1)) if value != "NULL")
        if values:
            yield Piece(values=values)


def _values(text: str) -> list[str]:
    return [
        quoted.replace("''", "'") if quoted or not plain else plain.strip() for quoted, plain in _VALUE.findall(text)
    ]


def _distinct(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Each piece once: sub-partitions of several partitions often take the same values."""
    return tuple(dict.fromkeys(pieces))
