"""A change of a file as a unified diff whose context quotes no secret."""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

_CONTEXT = 3
_Change = tuple[int, int, int, int]
"""Lines of the file before that become lines of the file after: from, to, from, to; ends are exclusive."""


def unified_diff(name: str, before: str, after: str, is_secret: Callable[[str], bool]) -> str:
    """The diff of a file. What is changed stays as it is.

    A line of context that holds a secret is left out with all beyond it: `patch` applies that, and git with
    `--unidiff-zero`.
    """
    old, new = _lines(before), _lines(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changes = [(i, j, k, m) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]
    if not changes:
        return ""
    hidden = {number for number, line in enumerate(old) if is_secret(line)}
    # Without git's own first line `git apply` takes the names from the folder that it is called in.
    text = [f"diff --git a/{name} b/{name}\n", f"--- a/{name}\n", f"+++ b/{name}\n"]
    for hunk in _hunks(changes, hidden, len(old)):
        text += _told(hunk, old, new, hidden)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in text)


def _lines(text: str) -> list[str]:
    """Lines as the tools see them that apply a diff: only a line feed ends one."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _hunks(changes: Sequence[_Change], hidden: set[int], size: int) -> Iterator[list[_Change]]:
    """Changes whose contexts meet stand together."""
    hunk = [changes[0]]
    for change in changes[1:]:
        if _reach(hunk[-1][1], 1, hidden, size) >= _reach(change[0], -1, hidden, size):
            hunk.append(change)
        else:
            yield hunk
            hunk = [change]
    yield hunk


def _reach(line: int, step: int, hidden: set[int], size: int) -> int:
    """How far the context reaches from a line, upwards or downwards."""
    for _ in range(_CONTEXT):
        beside = line if step > 0 else line - 1
        if not 0 <= beside < size or beside in hidden:
            break
        line += step
    return line


def _told(hunk: list[_Change], old: list[str], new: list[str], hidden: set[int]) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    start, end = _reach(first[0], -1, hidden, len(old)), _reach(last[1], 1, hidden, len(old))
    after = first[2] - (first[0] - start)
    yield f"@@ -{_range(start, end - start)} +{_range(after, last[3] + (end - last[1]) - after)} @@\n"
    at = start
    for i, j, k, m in hunk:
        yield from (f" {line}" for line in old[at:i])
        yield from (f"-{line}" for line in old[i:j])
        yield from (f"+{line}" for line in new[k:m])
        at = j
    yield from (f" {line}" for line in old[at:end])


def _range(start: int, length: int) -> str:
    """Lines as a hunk's head names them: an empty range stands after the line before it."""
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
