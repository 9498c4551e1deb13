"""Which session of MySQL the others wait for, read from a process list and the open transactions beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact, Language
from backend_advisor.phrases import phrase

SIGN = "Waiting for table metadata lock"
_PACKAGE = __package__ or ""
_WORDS = "MySQL Waiting for table metadata lock, ALTER TABLE online DDL blocks every query behind an open transaction"
_DDL = re.compile(r"^(?:ALTER|DROP|TRUNCATE|RENAME|CREATE|OPTIMIZE)\b", re.IGNORECASE)
_IDLE = "Sleep"


@dataclass(frozen=True, slots=True)
class _Session:
    id: str
    user: str
    command: str
    time: int
    state: str
    statement: str
    line: int


def waits_for_of(artifact: Artifact, language: Language) -> Iterator[Told]:
    """The session that holds the lock: one with an open transaction, begun before the first that waits."""
    lines = artifact.text.split("\n")
    sessions = list(_sessions(lines))
    waiting = [one for one in sessions if one.state == SIGN]
    if not waiting:
        return
    first = max(waiting, key=lambda one: (one.time, bool(_DDL.match(one.statement))))
    open_ones = _with_transactions(lines)
    older = [one for one in sessions if one.state != SIGN and one.time >= first.time and one.command != "Daemon"]
    holders = [one for one in older if one.id in open_ones] or ([one for one in older if one.command == _IDLE])
    behind = len(waiting) - 1
    if len(holders) != 1:
        shown = phrase(_PACKAGE, language, "lock_unknown", id=first.id, seconds=first.time, behind=behind)
        yield told_in(artifact, first.line, _WORDS, shown=shown, leads=True)
        return
    holder = holders[0]
    values = {"id": holder.id, "user": holder.user, "command": holder.command, "time": holder.time}
    key = "lock_held" if holder.id in open_ones else "lock_held_perhaps"
    shown = phrase(_PACKAGE, language, key, waits=first.id, seconds=first.time, behind=behind, **values)
    remedy = phrase(_PACKAGE, language, "lock_remedy", id=holder.id)
    yield told_in(artifact, holder.line, _WORDS, shown=shown, leads=True, remedy=remedy)


def _sessions(lines: list[str]) -> Iterator[_Session]:
    names: list[str] = []
    for number, line in enumerate(lines):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        lowered = [cell.lower() for cell in cells]
        if {"id", "command", "time", "state"} <= set(lowered):
            names = lowered
        elif cells and len(cells) >= len(names) > 0:
            row = dict(zip(names, cells, strict=False))
            if row["id"].isdigit() and row["time"].isdigit():
                yield _Session(
                    row["id"],
                    row.get("user", ""),
                    row["command"],
                    int(row["time"]),
                    row["state"],
                    row.get("info", ""),
                    number,
                )
        elif cells:
            names = []


def _with_transactions(lines: list[str]) -> frozenset[str]:
    """The sessions that a listing of `innodb_trx` names."""
    found: set[str] = set()
    place = -1
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        if "trx_mysql_thread_id" in (cell.lower() for cell in cells):
            place = [cell.lower() for cell in cells].index("trx_mysql_thread_id")
        elif place >= 0 and len(cells) > place and cells[place].isdigit():
            found.add(cells[place])
    return frozenset(found)
