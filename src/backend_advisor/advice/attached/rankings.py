"""The statements that a ranking of a database's load puts first: pg_stat_statements as CSV or as psql prints it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backend_advisor.advice.attached.tables import cells_of
from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact, Language
from backend_advisor.phrases import phrase

SIGN = "calls"
_PACKAGE = __package__ or ""
_TOTAL = re.compile(
    r"^(?:total|sum)_?(?:exec_)?(?:time|ms|sec|seconds|s|timer_wait)?$|^total_exec_time|^sum_timer_wait"
)
_MEAN = re.compile(r"^(?:mean|avg|average)_?(?:exec_)?(?:time|ms|sec|s|timer_wait)?|^mean_exec_time")
_QUERY = re.compile(r"^(?:query|digest_text|normalized_query|sql|statement)$")
_CALLS = re.compile(r"^(?:calls|count_star|executions|exec_count)$")
_SHORT_MS, _LONG_MS, _MANY_CALLS = 1.0, 20.0, 100_000
_LONGEST_QUERY = 110
_TOLD = 2
_OFTEN = "N+1: the same short query is called very many times, a query in a loop"
_SLOW = "slow query with the most total time, missing index for its WHERE and ORDER BY"
_LOAD = "pg_stat_statements total_exec_time, finding the queries that cost the most"


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    query: str
    calls: float
    total: float
    mean: float


def ranked_in(artifact: Artifact, language: Language) -> list[Told]:
    """The statements that take most of the time, in order, with their share."""
    rows = list(_rows(artifact.text.split("\n")))
    whole = sum(row.total for row in rows)
    told: list[Told] = []
    for row in sorted(rows, key=lambda one: -one.total)[: _TOLD if whole else 0]:
        words = (
            _OFTEN if row.mean < _SHORT_MS and row.calls >= _MANY_CALLS else _SLOW if row.mean >= _LONG_MS else _LOAD
        )
        query = row.query if len(row.query) <= _LONGEST_QUERY else f"{row.query[:_LONGEST_QUERY]}…"
        share = f"{row.total / whole:.0%}"
        shown = phrase(
            _PACKAGE, language, "ranked", query=query, share=share, calls=f"{row.calls:,.0f}", mean=f"{row.mean:,.2f}"
        )
        told.append(told_in(artifact, row.line, words, shown=shown))
    return [replace(told[0], words=_LOAD), *told] if told else []


def _rows(lines: Sequence[str]) -> Iterator[_Row]:
    columns: dict[str, int] = {}
    for number, cells in cells_of(lines):
        if not columns:
            columns = _columns(cells)
            continue
        try:
            calls, total, mean = (
                _number(cells[columns[key]]) if key in columns else 0.0 for key in ("calls", "total", "mean")
            )
            query = cells[columns["query"]].strip()
        except (IndexError, ValueError):
            continue
        yield _Row(
            number, " ".join(query.split()), calls, total or calls * mean, mean or (total / calls if calls else 0)
        )


def _columns(cells: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().strip('"').lower() for cell in cells]
    patterns = {"query": _QUERY, "calls": _CALLS, "total": _TOTAL, "mean": _MEAN}
    found = {
        key: at
        for key, pattern in patterns.items()
        for at, name in reversed(list(enumerate(names)))
        if pattern.match(name)
    }
    return found if {"query", "calls"} <= found.keys() and {"total", "mean"} & found.keys() else {}


def _number(text: str) -> float:
    return float(text.strip().strip('"').replace(",", "").replace("%", "") or 0)
