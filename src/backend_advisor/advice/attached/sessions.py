"""Who waits for whom in a list of a database's sessions: SHOW PROCESSLIST with its transactions, pg_stat_activity."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend_advisor.advice.attached.tables import cells_of
from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact, Language
from backend_advisor.phrases import phrase

SIGNS = ("metadata lock", "idle in transaction", "wait_event")
_PACKAGE = __package__ or ""
_CHANGES = re.compile(r"(?i)^\s*(?:alter|drop|truncate|create|optimize|rename|vacuum\s+full|reindex|lock)\b")
_WAITS_FOR_TABLE = "waiting for table metadata lock"
_LONGEST_QUERY = 80
_MYSQL = "every query hangs in Waiting for table metadata lock since I started an ALTER, an idle transaction holds it"
_POSTGRES = "idle in transaction session blocks ALTER TABLE and every query behind it, terminate it"


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
    """What the sessions wait for, and the idle one behind which they stand."""
    rows = list(_rows(artifact.text.split("\n")))
    is_mysql = any("command" in row for _, row in rows)
    sessions = [_session(line, row, mysql=is_mysql) for line, row in rows]
    open_ = {row["trx_mysql_thread_id"].strip() for _, row in rows if row.get("trx_mysql_thread_id")}
    waiting = [one for one in sessions if one is not None and one.waits]
    if not waiting:
        return []
    change = next((one for one in waiting if _CHANGES.match(one.query)), None)
    holder = _holder([one for one in sessions if one is not None and one.idle], open_, change)
    words = _MYSQL if is_mysql else _POSTGRES
    told = []
    if holder is not None:
        key = "session_holds" if holder.seconds is not None else "session_holds_untimed"
        shown = phrase(_PACKAGE, language, key, id=holder.id, user=holder.user, seconds=f"{holder.seconds or 0:,}")
        remedy = phrase(_PACKAGE, language, "end_mysql" if is_mysql else "end_postgres", id=holder.id)
        told.append(told_in(artifact, holder.line, words, shown=shown, remedy=remedy, leads=True))
    if change is not None:
        query = " ".join(change.query.split())
        query = query if len(query) <= _LONGEST_QUERY else f"{query[:_LONGEST_QUERY]}…"
        shown = phrase(_PACKAGE, language, "sessions_wait", count=len(waiting), id=change.id, query=query)
        told.append(told_in(artifact, change.line, words, shown=shown, leads=True))
    return told


def _holder(idle: Sequence[_Session], open_: set[str], change: _Session | None) -> _Session | None:
    """The idle session with an open transaction; where none is listed, one idle for longer than the change waits."""
    known = [one for one in idle if one.id in open_]
    since = change.seconds if change is not None and change.seconds is not None else None
    longer = [one for one in idle if since is not None and one.seconds is not None and one.seconds > since]
    return max(known or longer or (idle if since is None else []), key=lambda one: one.seconds or 0, default=None)


def _session(line: int, row: Mapping[str, str], *, mysql: bool) -> _Session | None:
    if mysql:
        if not {"id", "command", "state"} <= row.keys():
            return None
        idle = row["command"].lower() == "sleep"
        waits = row["state"].lower() == _WAITS_FOR_TABLE
        return _Session(line, row["id"], row.get("user", ""), _whole(row.get("time")), idle, waits, row.get("info", ""))
    if not {"pid", "state"} <= row.keys():
        return None
    idle = row["state"].lower().startswith("idle in transaction")
    waits = row.get("wait_event_type", "").lower() == "lock"
    seconds = next((_clock(row[name]) for name in ("xact_age", "age", "duration", "idle") if name in row), None)
    query = row.get("query", "")
    return _Session(line, row["pid"], row.get("usename", row.get("user", "")), seconds, idle, waits, query)


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of every table of the file by the names of their columns."""
    names: list[str] = []
    for number, cells in cells_of(lines):
        bare = [cell.strip().strip('"') for cell in cells]
        lowered = [one.lower() for one in bare]
        if {"id", "command"} <= set(lowered) or {"pid", "state"} <= set(lowered) or "trx_mysql_thread_id" in lowered:
            names = lowered
        elif names and len(bare) == len(names):
            yield number, dict(zip(names, bare, strict=True))


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None


def _clock(text: str) -> int | None:
    """Seconds of an interval as psql prints it: `3 days 01:02:03`, `00:12:40.1`."""
    match = re.match(r"\s*(?:(\d+) days? ?)?(\d+):(\d\d):(\d\d)", text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
