"""A patch or diff as the files that it makes: what stands on its new side, each line at its own number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FILE = re.compile(r"^\+\+\+ (?:b/)?(?P<name>[^\t\n]+)")
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(?P<line>\d+)(?:,(?P<count>\d+))? @@ ?(?P<within>[^\n]*)")
_OLD = re.compile(r"^--- \S", re.MULTILINE)
_LINE = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of a diff as it is after the change, as far as the diff shows it; the lines between are empty."""

    name: str
    text: str


def is_diff(text: str) -> bool:
    """Whether a text is a unified diff of files."""
    return bool(_LINE.search(text) and _OLD.search(text)) and any(map(_FILE.match, text.split("\n")))


def changed_files(text: str) -> Iterator[Changed]:
    """The files that a diff leaves, in its order."""
    name, shown = "", list[str]()
    left = 0
    for line in [*text.split("\n"), f"+++ {_NOWHERE}"]:
        if line.startswith("diff --git "):
            left = 0
        if left > 0 and line[:1] in ("+", " ", ""):
            shown.append(line[1:])
            left -= 1
        elif left > 0 and line[:1] in ("-", "\\"):
            continue
        elif (file := _FILE.match(line)) is not None:
            if name not in ("", _NOWHERE) and shown:
                yield Changed(name, "\n".join(shown) + "\n")
            name, shown = file["name"].strip(), []
        elif (hunk := _HUNK.match(line)) is not None:
            shown += [""] * (int(hunk["line"]) - 1 - len(shown))
            if hunk["within"].rstrip().endswith("{") and shown and not any(shown):
                shown[-1] = hunk["within"]  # what the lines stand in, so that they can be read
            left = int(hunk["count"] or 1)
