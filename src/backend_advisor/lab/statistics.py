"""Statistics of a production database, read from what its owner can export without any row of data.

Read are the output of `pg_dump --statistics-only`, rows of pg_class and pg_stats as JSON or CSV, and figures that
were only stated. Nothing of the text is ever run: values are picked out and handed over as parameters.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from backend_advisor.sql.schema import Schema

MAX_CHARACTERS = 200_000_000

_CALL = re.compile(r"pg_restore_(relation|attribute)_stats\s*\(")
_LITERAL = re.compile(r"(E?)'((?:[^'\\]|''|\\.)*)'(?:::[a-z_ ]+(?:\[\])?)?", re.DOTALL)
_PLAIN_LITERAL = re.compile(r"(E?)'((?:[^']|'')*)'(?:::[a-z_ ]+(?:\[\])?)?", re.DOTALL)
_PAGE = 8192
_ROW_OVERHEAD = 28
"""Bytes of a row beside its values: a header of 24 bytes with padding, and a line pointer of 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What is known of a column's values. Lists stay in the server's own text form ("{a,b}").

    `inherited` means that the rows of partitions or child tables are counted in.
    """

    null_frac: float = 0.0
    avg_width: int | None = None
    n_distinct: float = 0.0
    correlation: float | None = None
    inherited: bool = False
    lists: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationStatistics:
    """The size of a table or an index, and for a table what is known of its columns.

    `rows` is -1 for a table that was never analyzed, as in the server's catalogue.
    """

    name: str
    rows: float
    pages: int
    all_visible: int = 0
    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of a database by relation; `ignored` names what could not be used."""

    relations: Mapping[str, RelationStatistics] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


_LISTS = (
    "most_common_vals", "most_common_freqs", "histogram_bounds", "most_common_elems", "most_common_elem_freqs",
    "elem_count_histogram", "range_length_histogram", "range_bounds_histogram",
)  # fmt: skip


def read_statistics(text: str) -> Statistics:
    """Read an export in any of its forms; an unknown form gives statistics of nothing, with the reason."""
    if len(text) > MAX_CHARACTERS:
        return Statistics(ignored=("too_large",))
    if _CALL.search(text):
        return _from_rows(_dump_rows(text))
    head = text.lstrip("\ufeff \t\r\n")[:1]
    try:
        rows = _json_rows(json.loads(text)) if head in ("[", "{") else list(csv.DictReader(io.StringIO(text)))
    except (ValueError, RecursionError, csv.Error):
        return Statistics(ignored=("unreadable",))
    return _from_rows([{k: v for k, v in row.items() if isinstance(k, str)} for row in rows])


def stated_statistics(
    schema: Schema,
    columns: Mapping[tuple[str, str], ColumnStatistics] | None = None,
    widths: Mapping[str, int] | None = None,
) -> Statistics:
    """Statistics from row counts in the schema and what else was stated; pages follow from assumed widths."""
    found = {}
    for table in schema.tables.values():
        if table.rows is None:
            continue
        width = (widths or {}).get(table.name) or sum(assumed_width(c.type) for c in table.columns) or 32
        per_page = max((_PAGE - 24) // (width + _ROW_OVERHEAD), 1)
        known = {c: s for (t, c), s in (columns or {}).items() if t == table.name}
        pages = -(-table.rows // per_page)
        found[table.name] = RelationStatistics(
            name=table.name, rows=table.rows, pages=pages, all_visible=pages, columns=known
        )
    return Statistics(found)


def assumed_width(type_: str) -> int:
    """Bytes that a value of this type takes, as far as the type alone tells."""
    name = type_.lower()
    for prefix, width in _WIDTHS.items():
        if name.startswith(prefix):
            return width
    return 16


_WIDTHS = {
    "bigint": 8, "int8": 8, "bigserial": 8, "smallint": 2, "int2": 2, "int": 4, "serial": 4, "bool": 1,
    "timestamp": 8, "date": 4, "uuid": 16, "double": 8, "float8": 8, "real": 4, "numeric": 8, "decimal": 8,
    "json": 200, "bytea": 200,
}  # fmt: skip


def _dump_rows(text: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for call in _CALL.finditer(text):
        words: list[str] = []
        position = call.end()
        while position < len(text):
            while position < len(text) and text[position] in " \t\r\n,":
                position += 1
            pattern = _LITERAL if text[position : position + 1] == "E" else _PLAIN_LITERAL
            match = pattern.match(text, position)
            if match is None:
                break
            value = match.group(2).replace("''", "'")
            words.append(value.replace("\\\\", "\\") if match.group(1) else value)
            position = match.end()
        rows.append(dict(zip(words[::2], words[1::2], strict=False)))
    return rows


def _json_rows(document: object) -> list[dict[str, object]]:
    """A list of rows, or lists of rows by the name of their catalogue."""
    groups = list(document.values()) if isinstance(document, dict) else [document]
    return [row for group in groups if isinstance(group, list) for row in group if isinstance(row, dict)]


def _from_rows(rows: Iterable[Mapping[str, object]]) -> Statistics:
    relations: dict[str, RelationStatistics] = {}
    columns: dict[str, dict[str, ColumnStatistics]] = {}
    ignored: list[str] = []
    for row in rows:
        name = _text(row.get("relname") or row.get("tablename"))
        column = _text(row.get("attname"))
        if not name:
            ignored.append("row_without_relation")
        elif column:
            known = columns.setdefault(name, {})
            statistics = _column(row)
            # A partitioned table has only figures with its partitions counted in; elsewhere its own figures win.
            if column not in known or not statistics.inherited:
                known[column] = statistics
        elif (rows_ := _number(row.get("reltuples"))) is not None:
            pages = int(_number(row.get("relpages")) or 0)
            visible = int(_number(row.get("relallvisible")) or 0)
            relations[name] = RelationStatistics(
                name=name, rows=max(rows_, -1.0), pages=max(pages, 0), all_visible=min(max(visible, 0), max(pages, 0))
            )
        else:
            ignored.append(name)
    for name in columns.keys() - relations.keys():
        ignored.append(name)
    return Statistics(
        {name: replace(r, columns=columns.get(name, {})) for name, r in relations.items()},
        tuple(dict.fromkeys(ignored)),
    )


def _column(row: Mapping[str, object]) -> ColumnStatistics:
    lists = {name: _list(row[name]) for name in _LISTS if row.get(name) not in (None, "")}
    width = _number(row.get("avg_width"))
    return ColumnStatistics(
        null_frac=min(max(_number(row.get("null_frac")) or 0.0, 0.0), 1.0),
        avg_width=int(width) if width is not None and width > 0 else None,
        n_distinct=_number(row.get("n_distinct")) or 0.0,
        correlation=_number(row.get("correlation")),
        inherited=_text(row.get("inherited")) in ("t", "true", "True"),
        lists=lists,
    )


def _list(value: object) -> str:
    """An array as the server writes it; JSON dumps may hold it as a list."""
    if not isinstance(value, list):
        return _text(value)
    quoted = ('"' + _text(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value)
    return "{" + ",".join(quoted) + "}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> float | None:
    try:
        number = float(_text(value))
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
