"""What the threads of a JVM wait for, read from a thread dump."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from backend_advisor.advice.attached.logs import without_packages
from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact, Language
from backend_advisor.phrases import phrase

SIGN = "java.lang.Thread.State"
_PACKAGE = __package__ or ""
_HEADER = re.compile(r"^\"(?P<name>(?:[^\"\\\n]|\\.)+)\"[^\n]*$")
_FRAME = re.compile(r"^[ \t]*at (?P<place>[\w.$/@-]+(?:\.[\w$<>]+)\([^)\n]*\))")
_WAITS = re.compile(r"^[ \t]*- waiting to lock <(0x[0-9a-f]+)>(?: \(a ([\w.$]+)\))?")
_HOLDS = re.compile(r"^[ \t]*- locked <(0x[0-9a-f]+)>")
_LIBRARY = re.compile(
    r"^(?:java|javax|jdk|sun|com\.sun|jakarta|org\.springframework|org\.apache|org\.hibernate|com\.zaxxer|com\.mysql|"
    r"org\.postgresql|io\.netty|okhttp3|reactor|kotlin)[./]"
)
_DEADLOCK = "Found one Java-level deadlock"
_MANY = 3
_SHARE = 0.2
"""So many threads that wait for the same thing are why a service stands still."""
_EXCERPT = 8
"""Fewer threads than a JVM ever has were chosen by whoever pasted them: each one tells."""


@dataclass(frozen=True, slots=True)
class _Thread:
    name: str
    line: int
    frames: tuple[str, ...]
    waits: tuple[str, str] | None
    holds: frozenset[str]

    @property
    def own(self) -> str:
        """The uppermost frame of the program itself."""
        return next((without_packages(frame) for frame in self.frames if not _LIBRARY.match(frame)), "")


def waits_of(artifact: Artifact, language: Language) -> list[Told]:
    """What most threads wait for, first the locks of one thread, then what their stacks show."""
    lines = artifact.text.split("\n")
    threads = list(_threads(lines))
    found = [
        *_deadlock(artifact, lines),
        *_locked(artifact, threads, language),
        *_standing(artifact, threads, language),
    ]
    return found[:2]


def _threads(lines: Sequence[str]) -> Iterator[_Thread]:
    starts = [number for number, line in enumerate(lines) if line.startswith('"') and _HEADER.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[start:end]
        header = _HEADER.match(body[0])
        frames = tuple(match["place"] for line in body if (match := _FRAME.match(line)))
        waits = next(((match[1], match[2] or "") for line in body if (match := _WAITS.match(line))), None)
        holds = frozenset(match[1] for line in body if (match := _HOLDS.match(line)))
        if header is not None and frames:
            yield _Thread(header["name"], start, frames, waits, holds)


def _deadlock(artifact: Artifact, lines: Sequence[str]) -> Iterator[Told]:
    for number, line in enumerate(lines):
        if line.startswith(_DEADLOCK):
            yield told_in(artifact, number, _words()["deadlock"], shown=line, leads=True)
            return


def _locked(artifact: Artifact, threads: Sequence[_Thread], language: Language) -> Iterator[Told]:
    waiting = Counter(thread.waits for thread in threads if thread.waits)
    for (lock, kind), count in waiting.most_common(1):
        if count < _MANY:
            return
        first = next(thread for thread in threads if thread.waits == (lock, kind))
        holder = next((thread for thread in threads if lock in thread.holds), None)
        values = {"count": count, "all": len(threads), "lock": kind.rpartition(".")[2] or lock, "at": first.own}
        line = holder.line if holder else first.line
        if holder is None:
            shown = phrase(_PACKAGE, language, "threads_locked", **values)
            yield told_in(artifact, line, _words()["locked"], shown=shown, leads=True)
            return
        kind_held = _kind(holder, _words()["stacks"])
        shown = phrase(
            _PACKAGE,
            language,
            "threads_locked_by_waiting" if kind_held else "threads_locked_by",
            holder=holder.name,
            held=_doing(holder),
            in_=without_packages(_waiting_in(holder, kind_held)) if kind_held else "",
            **values,
        )
        remedy = phrase(_PACKAGE, language, "unlock_first") if kind_held else ""
        yield told_in(artifact, line, _words()["locked"], shown=shown, leads=True, remedy=remedy)


def _standing(artifact: Artifact, threads: Sequence[_Thread], language: Language) -> Iterator[Told]:
    """Threads whose stacks show the same well-known wait."""
    kinds: Counter[str] = Counter()
    first: dict[str, _Thread] = {}
    for thread in threads:
        kind = _kind(thread, _words()["stacks"]) if thread.own else None
        if kind is not None:
            kinds[kind] += 1
            first.setdefault(kind, thread)
    for kind, count in kinds.most_common(1):
        if len(threads) < _EXCERPT or count >= max(_MANY, _SHARE * len(threads)):
            one = first[kind]
            shown = phrase(
                _PACKAGE,
                language,
                "threads_alike",
                count=count,
                all=len(threads),
                at=one.own,
                in_=without_packages(_waiting_in(one, kind)),
            )
            yield told_in(artifact, one.line, kind, shown=shown)


def _kind(thread: _Thread, stacks: Mapping[str, str]) -> str | None:
    stack = "\n".join(thread.frames)
    return next((words for pattern, words in stacks.items() if re.search(pattern, stack)), None)


def _waiting_in(thread: _Thread, kind: str) -> str:
    """The frame that tells the wait, rather than the primitive of the JVM on top of it."""
    pattern = next(pattern for pattern, words in _words()["stacks"].items() if words == kind)
    return next((frame for frame in thread.frames if re.search(pattern, frame)), thread.frames[0])


def _doing(thread: _Thread | None) -> str:
    """What a thread is about: its uppermost frame of the program itself, and what that waits in."""
    return (thread.own or thread.frames[0]) if thread else ""


@cache
def _words() -> Any:
    import yaml  # only for thread dumps

    return yaml.load(resources.files(_PACKAGE).joinpath("threads.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
