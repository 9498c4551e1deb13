"""Who waits for whom in a list of PostgreSQL's sessions: pg_stat_activity as psql prints it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend_advisor.advice.attached.tables import cells_of
from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact, Language
from backend_advisor.phrases import phrase

SIGN = "idle in transaction"
_PACKAGE = __package__ or ""
_CHANGES = re.compile(r"(?i)^\s*(?:alter|drop|truncate|create|vacuum\s+full|reindex|lock|refresh|cluster)\b")
_LONGEST_QUERY = 80
_WORDS = "idle in transaction session blocks ALTER TABLE and every query behind it, terminate it"
_AGES = ("xact_age", "age", "duration", "idle")


@dataclass(frozen=True, slots=True)
class _Session:
    line: int
    id: str
    user: str
    seconds: int | None
    idle: bool
    waits: bool
    query: str


def blocked_in(artifact: Artifact, language: Language) -> list[Told]:
    """What the sessions wait for, and the idle one behind which they stand; nobody is named where several may be."""
    sessions = [_session(line, row) for line, row in _rows(artifact.text.split("\n"))]
    waiting = [one for one in sessions if one.waits]
    if not waiting:
        return []
    change = next((one for one in waiting if _CHANGES.match(one.query)), None)
    told = []
    idle = [one for one in sessions if one.idle and _is_older(one, change)]
    if len(idle) == 1:
        holder = idle[0]
        key = "session_holds" if holder.seconds is not None else "session_holds_untimed"
        shown = phrase(_PACKAGE, language, key, id=holder.id, user=holder.user, seconds=f"{holder.seconds or 0:,}")
        remedy = phrase(_PACKAGE, language, "end_postgres", id=holder.id)
        told.append(told_in(artifact, holder.line, _WORDS, shown=shown, remedy=remedy, leads=True))
    if change is not None:
        query = " ".join(change.query.split())
        query = query if len(query) <= _LONGEST_QUERY else f"{query[:_LONGEST_QUERY]}…"
        shown = phrase(_PACKAGE, language, "sessions_wait", count=len(waiting), id=change.id, query=query)
        told.append(told_in(artifact, change.line, _WORDS, shown=shown, leads=True))
    return told


def _is_older(session: _Session, change: _Session | None) -> bool:
    if change is None or change.seconds is None or session.seconds is None:
        return True
    return session.seconds >= change.seconds


def _session(line: int, row: Mapping[str, str]) -> _Session:
    idle = row["state"].lower().startswith("idle in transaction")
    waits = row.get("wait_event_type", "").lower() == "lock"
    seconds = next((_clock(row[name]) for name in _AGES if name in row), None)
    return _Session(
        line, row["pid"], row.get("usename", row.get("user", "")), seconds, idle, waits, row.get("query", "")
    )


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of every table of the file by the names of their columns."""
    names: list[str] = []
    for number, cells in cells_of(lines):
        bare = [cell.strip().strip('"') for cell in cells]
        lowered = [one.lower() for one in bare]
        if {"pid", "state"} <= set(lowered):
            names = lowered
        elif names and len(bare) == len(names):
            yield number, dict(zip(names, bare, strict=True))


def _clock(text: str) -> int | None:
    """Seconds of an interval as psql prints it: `3 days 01:02:03`, `00:12:40.1`."""
    match = re.match(r"\s*(?:(\d+) days? ?)?(\d+):(\d\d):(\d\d)", text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
