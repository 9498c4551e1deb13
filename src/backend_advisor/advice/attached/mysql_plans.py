"""What MySQL's EXPLAIN says of a query, in the words that the pages use."""

import json
import re
from collections.abc import Iterator

from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact, Language
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""
SIGNS = ("possible_keys", "query_block", "Table scan on ")
_ROW = re.compile(r"^[ \t]*\|[ \t]*\d+[ \t]*\|")
_VERTICAL = re.compile(r"^[ \t]*(id|table|type|possible_keys|key|rows|Extra): ?(.*)$")
_TREE_STEP = re.compile(r"^([\s|]*)-> (.*)$")
_TREE_SCAN = re.compile(r"Table scan on (\S+)")
_TREE_SORT = re.compile(r"Sort: (.*?)(?:, limit input to .*)?(?: +\(cost=.*)?(?: +\(actual .*)?$")
_TREE_FILTER = re.compile(r"Filter: (.*?)(?: +\(cost=.*)?(?: +\(actual .*)?$")
_MANY_ROWS = 10_000
_FULL_SCAN = "full table scan, no index for this query (type ALL, key NULL)"
_SORT = "Using filesort, ORDER BY LIMIT sorts every row without an index"
_TEMPORARY = "Using temporary, MySQL temporary table for GROUP BY"


def scans_of(artifact: Artifact, language: Language) -> list[Told]:
    """The tables that a plan of MySQL reads in full, then what it sorts or stores on the way."""
    lines = artifact.text.split("\n")
    found = [
        *_in_table(artifact, lines),
        *_in_columns(artifact, lines),
        *_in_tree(artifact, lines, language),
        *_in_json(artifact, language),
    ]
    return sorted({one.words: one for one in reversed(found)}.values(), key=lambda one: one.words != _FULL_SCAN)


def _in_table(artifact: Artifact, lines: list[str]) -> Iterator[Told]:
    header: list[str] = []
    for number, line in enumerate(lines):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "possible_keys" in cells:
            header = cells
        elif header and _ROW.match(line) and len(cells) == len(header):
            yield from _of_row(artifact, number, dict(zip(header, cells, strict=True)))


def _in_columns(artifact: Artifact, lines: list[str]) -> Iterator[Told]:
    """A plan that ends in `\\G`: one line for each column."""
    row: dict[str, str] = {}
    start = 0
    for number, line in enumerate([*lines, "id: end"]):
        match = _VERTICAL.match(line)
        if match is None:
            continue
        if match[1] == "id" and row:
            yield from _of_row(artifact, start, row)
            row = {}
        start = number if match[1] == "table" else start
        row[match[1]] = match[2].strip()


def _in_json(artifact: Artifact, language: Language) -> Iterator[Told]:
    """A plan of `EXPLAIN FORMAT=JSON`."""
    try:
        pending = [json.loads(artifact.text)] if artifact.text.lstrip().startswith("{") else []
    except (ValueError, RecursionError):
        return
    while pending:
        part = pending.pop()
        if not isinstance(part, dict):
            pending += part if isinstance(part, list) else []
            continue
        pending += part.values()
        name, rows = part.get("table_name"), part.get("rows_examined_per_scan", 0)
        if part.get("access_type") == "ALL" and isinstance(rows, int) and rows >= _MANY_ROWS:
            line = artifact.text.count("\n", 0, max(0, artifact.text.find(f'"{name}"')))
            remedy = _served(str(name), str(part.get("attached_condition") or ""), "", language)
            yield told_in(artifact, line, _FULL_SCAN, shown=f"table {name}, type ALL, rows {rows}", remedy=remedy)
        for key, words in (("using_filesort", _SORT), ("using_temporary_table", _TEMPORARY)):
            if part.get(key) is True:
                line = artifact.text.count("\n", 0, max(0, artifact.text.find(f'"{key}"')))
                yield told_in(artifact, line, words, shown=key)


def _of_row(artifact: Artifact, number: int, row: dict[str, str]) -> Iterator[Told]:
    extra = row.get("Extra", "")
    shown = ", ".join(f"{name} {row[name]}" for name in ("table", "type", "key", "rows", "Extra") if row.get(name))
    rows = int(row.get("rows", "0").replace(",", "") or 0) if row.get("rows", "0").replace(",", "").isdigit() else 0
    if row.get("type") == "ALL" and rows >= _MANY_ROWS:
        yield told_in(artifact, number, _FULL_SCAN, shown=shown)
    if "Using filesort" in extra:
        yield told_in(artifact, number, _SORT, shown=shown)
    if "Using temporary" in extra:
        yield told_in(artifact, number, _TEMPORARY, shown=shown)


def _in_tree(artifact: Artifact, lines: list[str], language: Language) -> Iterator[Told]:
    """A plan of `EXPLAIN ANALYZE` or `FORMAT=TREE`: a step stands below the one that it gives rows to."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        step = _TREE_STEP.match(line)
        if step is None:
            continue
        depth, text = len(step[1]), step[2]
        above = [(other, taken) for other, taken in above if other < depth]
        if scan := _TREE_SCAN.match(text):
            remedy = _served(scan[1], *_conditions([taken for _, taken in reversed(above)]), language)
            yield told_in(artifact, number, _FULL_SCAN, shown=text.strip(" |"), remedy=remedy)
        elif text.startswith("Sort: "):
            yield told_in(artifact, number, _SORT, shown=text.strip(" |"))
        above.append((depth, text))


def _conditions(above: list[str]) -> tuple[str, str]:
    """The filter of a scan and the sort that its rows go to straight away, from the steps above it, nearest first."""
    condition = keys = ""
    for text in above:
        if (match := _TREE_FILTER.match(text)) and not condition and not keys:
            condition = match[1]
        elif (match := _TREE_SORT.match(text)) and not keys:
            keys = match[1]
        else:
            break
    return condition, keys


def _served(table: str, condition: str, keys: str, language: Language) -> str:
    from backend_advisor.sql.plan.serving_index import serving_index

    index = serving_index(condition.replace("`", ""), keys, [table], "mysql")
    if index is None:
        return ""
    key = "served_sorted" if index.serves_order else "served"
    return phrase(_PACKAGE, language, key, table=table, columns=", ".join(index.columns))
