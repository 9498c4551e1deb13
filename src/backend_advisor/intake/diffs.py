"""A patch or diff as the files that it makes: what stands on its new side, each line at its own number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FILE = re.compile(r"^\+\+\+ (?:b/)?(?P<name>[^\t\n]+)")
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(?P<line>\d{1,7})(?:,(?P<count>\d+))? @@ ?(?P<within>[^\n]*)")
_OLD = re.compile(r"^--- \S", re.MULTILINE)
_LINE = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_WHOLE = re.compile(r"[A-Za-z_]\w* = [A-Za-z_][\w.]*\([^()]*\)|from [\w.]+ import \w+(?:, \w+)*")
"""A statement of Python on one line that binds a name."""
_NOWHERE = "/dev/null"
_MAX_GAP = 1_000_000
"""Lines that a whole diff may leave out before its hunks; what would stand beyond them is not read."""

_MOST_HEADINGS = 100
"""Headings of hunks that are set above them; each may leave a brace open."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of a diff as it is after the change, as far as the diff shows it; the lines between are empty. `added`
    are the numbers of the lines that are new."""

    name: str
    text: str
    added: tuple[int, ...]


def is_diff(text: str) -> bool:
    """Whether a text is a unified diff of files."""
    return bool(_LINE.search(text) and _OLD.search(text)) and any(map(_FILE.match, text.split("\n")))


def _opens(heading: str, first: str) -> bool:
    """Whether what git names beside a hunk can stand above its first line: an open brace, a class or function of
    Python above what is indented, or a whole line at the top of a file of Python."""
    heading = heading.rstrip()
    if heading.endswith("{"):
        return True
    if heading.endswith(":"):
        return first.startswith((" ", "\t")) and heading.startswith(("class ", "def ", "async def "))
    return _WHOLE.fullmatch(heading) is not None and not first.startswith((" ", "\t"))


def changed_files(text: str) -> Iterator[Changed]:
    """The files that a diff leaves, in its order. What the heads of its hunks count is not relied on: a diff that was
    edited, or written by hand, seldom has it right."""
    name, shown, added, stood = "", list[str](), list[int](), set[str]()
    within, room, headings = False, _MAX_GAP, 0
    lines = text.rstrip("\n").split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("diff --git ") or (line.startswith("--- ") and following.startswith("+++ ")):
            within = False
        elif (hunk := _HUNK.match(line)) is not None:
            gap = max(int(hunk["line"]) - 1 - len(shown), 0)
            within = gap <= room
            if not within:
                continue
            room -= gap
            shown += [""] * gap
            if (
                gap
                and headings < _MOST_HEADINGS
                and _opens(hunk["within"], following[1:])
                and hunk["within"] not in stood
            ):
                shown[-1] = hunk["within"]  # what the lines stand in, so that they can be read
                stood.add(hunk["within"])
                headings += 1
        elif within and line[:1] in ("+", " ", ""):
            shown.append(line[1:])
            stood.add(line[1:])
            added += [len(shown)] if line.startswith("+") else []
        elif within and line[:1] not in ("-", "\\"):
            within = False
        elif not within and (file := _FILE.match(line)) is not None:
            if name not in ("", _NOWHERE) and any(shown):
                yield Changed(name, "\n".join(shown) + "\n", tuple(added))
            name, shown, added, stood = file["name"].strip(), [], [], set()
    if name not in ("", _NOWHERE) and any(shown):
        yield Changed(name, "\n".join(shown) + "\n", tuple(added))
