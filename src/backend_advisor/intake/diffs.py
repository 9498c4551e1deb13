"""A patch or diff as the files that it makes: what stands on its new side, each line at its own number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FILE = re.compile(r"^\+\+\+ (?:b/)?(?P<name>[^\t\n]+)")
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(?P<line>\d{1,7})(?:,(?P<count>\d+))? @@ ?(?P<within>[^\n]*)")
_OLD = re.compile(r"^--- \S", re.MULTILINE)
_LINE = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_WHOLE = re.compile(r"[A-Za-z_]\w* = [A-Za-z_][\w.]*\([^()]*\)|from [\w.]+ import \w+(?:, \w+)*")
"""A statement of Python on one line that binds a name."""
_BRACED = frozenset({".java", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".kt"})
_ASIDE = re.compile(r"""//.*|/\*.*?\*/|^\s*\*.*|\\.|"[^"\n]*"|'[^'\n]*'""")
_MOST_OPEN = 8
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


@dataclass(slots=True)
class _Shown:
    """The lines of a file that its hunks show, and how many braces they leave open."""

    suffix: str = ""
    lines: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    stood: set[str] = field(default_factory=set)
    depth: int = 0

    def take(self, line: str, *, new: bool) -> None:
        """One line of a hunk."""
        self.lines.append(line)
        self.stood.add(line)
        if new:
            self.added.append(len(self.lines))
        if self.suffix in _BRACED and ("{" in line or "}" in line):
            plain = _ASIDE.sub("", line)
            self.depth = max(self.depth + plain.count("{") - plain.count("}"), 0)

    def leave_out(self, gap: int, heading: str, first: str, *, room: bool) -> bool:
        """Lines that the diff does not show. The last of them ends what the hunks above left open, and begins what
        the lines of the next hunk stand in, so that they can be read. Whether a heading was set there."""
        self.lines += [""] * gap
        if not gap:
            return False
        sets = room and _opens(heading, first) and heading not in self.stood
        if sets:
            self.lines[-1] = self._ends(self.depth) + heading
            self.stood.add(heading)
            self.depth = int(heading.endswith("{"))
        elif heading.endswith("{") and heading in self.stood and self.depth:
            self.lines[-1], self.depth = self._ends(self.depth - 1), 1
        return sets

    def as_file(self, name: str) -> Changed:
        """What the hunks make; what they leave open is ended below them."""
        end = self._ends(self.depth)
        return Changed(name, "\n".join(self.lines) + "\n" + (f"{end}\n" if end else ""), tuple(self.added))

    def _ends(self, depth: int) -> str:
        return "}" * depth if depth <= _MOST_OPEN else ""


def changed_files(text: str) -> Iterator[Changed]:
    """The files that a diff leaves, in its order. What the heads of its hunks count is not relied on: a diff that was
    edited, or written by hand, seldom has it right."""
    name, shown = "", _Shown()
    within, room, headings = False, _MAX_GAP, 0
    lines = text.rstrip("\n").split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("diff --git ") or (line.startswith("--- ") and following.startswith("+++ ")):
            within = False
        elif (hunk := _HUNK.match(line)) is not None:
            gap = max(int(hunk["line"]) - 1 - len(shown.lines), 0)
            within = gap <= room
            if not within:
                continue
            room -= gap
            headings += shown.leave_out(gap, hunk["within"].rstrip(), following[1:], room=headings < _MOST_HEADINGS)
        elif within and line[:1] in ("+", " ", ""):
            shown.take(line[1:], new=line.startswith("+"))
        elif within and line[:1] not in ("-", "\\"):
            within = False
        elif not within and (file := _FILE.match(line)) is not None:
            if name not in ("", _NOWHERE) and any(shown.lines):
                yield shown.as_file(name)
            name = file["name"].strip()
            shown = _Shown(name[name.rfind(".") :])
    if name not in ("", _NOWHERE) and any(shown.lines):
        yield shown.as_file(name)
