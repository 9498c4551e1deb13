"""What checking and quoting are worth where data comes to stand: a path without `..` may still begin at the root, and
quotes of a shell protect nothing inside of other quotes."""

from collections.abc import Sequence

from backend_advisor.code.taints import Taint, Taints
from backend_advisor.code.values import Value

NO_DOTS = "(no ..)"
"""A mark on data in which no `..` was found."""
NO_ROOT = "(no /)"
"""A mark on data that does not begin at the root, or stands behind a text."""
_PATHS = frozenset({"path.file", "path.entry"})
_COMMAND = "command.text"
QUOTED = "(quoted)"
"""A mark on data that a shell's quotes were put around."""
_JOINS = frozenset({"os.path.join", "pathlib.Path.joinpath"})


def joins(name: str) -> bool:
    """Whether a call of Python joins paths, of which one that begins at the root replaces those before it."""
    return name in _JOINS


def at_root(taints: Taints) -> Taints:
    """Data joined to a folder in Python: without `..` it stays below, unless it begins at the root."""
    return {_unrooted(taint): trail for taint, trail in taints.items()}


def _unrooted(taint: Taint) -> Taint:
    if NO_DOTS not in taint.cleared or NO_ROOT in taint.cleared:
        return taint
    return Taint(taint.role, taint.index, taint.path, taint.cleared - _PATHS, taint.unsure)


def behind_text(before: Sequence[str | None], value: Value) -> Value:
    """Data put behind some text: it no longer begins a path, and quoting counts only where no quote is open."""
    if not before or not any({NO_DOTS, QUOTED} & taint.cleared for taint in value.taints):
        return value
    opened = _is_open(before)
    return value.but(taints={_moved(taint, opened=opened): trail for taint, trail in value.taints.items()})


def _moved(taint: Taint, *, opened: bool) -> Taint:
    cleared = taint.cleared
    if NO_DOTS in cleared:
        cleared |= {NO_ROOT}
    if opened and QUOTED in cleared:
        cleared -= {_COMMAND, QUOTED}
    return Taint(taint.role, taint.index, taint.path, cleared, taint.unsure)


def _is_open(before: Sequence[str | None]) -> bool:
    """Whether a quote of a shell is open at the end of a text: `--comment "label=`."""
    inside = ""
    escaped = False
    for sign in "".join(part or "x" for part in before):
        if escaped:
            escaped = False
        elif sign == "\\" and inside != "'":
            escaped = True
        elif sign == inside:
            inside = ""
        elif not inside and sign in "\"'":
            inside = sign
    return bool(inside)
