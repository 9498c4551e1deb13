"""Files of Python put under a `with`, which closes them however their block ends."""

import re
from typing import Literal

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of
from backend_advisor.model import Edit
from backend_advisor.rules.edits import replaced, source_of
from backend_advisor.rules.places import Places

_INDENT = "    "
_READ_AT_ONCE = re.compile(r"^(?:read|readline|readlines|load|safe_load|list|tuple|set|sorted|sum|dict)$")
_FILE = "file"
_Fix = tuple[tuple[Edit, ...], Literal["safe", "unsafe", "display"]]
_NONE: _Fix = ((), "display")


def closed(call: CallSeen, path: list[ir.Node], places: Places) -> _Fix:
    """The edits that put what a call opens under a `with`, and how sure they are.

    There are none where lines would change their meaning. `path` is what is around the call in its function, outermost
    first.
    """
    unit = call.unit
    number = next((n for n in range(len(path) - 1, 0, -1) if isinstance(path[n], ir.Stmt)), 0)
    statement = path[number]
    if unit.language != "python" or not number or not _is_line(unit, statement):
        return _NONE
    if isinstance(statement, ir.Assign) and statement.value is call.node and isinstance(statement.target, ir.Name):
        return _over_block(unit, statement, statement.target.id, path[number - 1], places)
    return _over_statement(unit, statement, call.node, path[-1], places)


def _is_line(unit: Unit, statement: ir.Node) -> bool:
    """Whether a statement is all that stands on its line."""
    source = unit.module.source
    line = source[source.rfind(b"\n", 0, statement.start) + 1 : statement.start]
    rest = source[statement.end :].partition(b"\n")[0]
    inside = source[statement.start : statement.end]
    return not line.strip(b" ") and b"\n" not in inside and not rest.split(b"#")[0].strip()


def _over_statement(unit: Unit, statement: ir.Node, opened: ir.Node, holder: ir.Node, places: Places) -> _Fix:
    """`data = json.load(open(path))`: the whole statement goes under the `with`, where it reads the file at once."""
    used = name_of(holder.func) if isinstance(holder, ir.Call) else getattr(holder, "name", "")
    if not _READ_AT_ONCE.match(used) or re.search(rb"\bfile\b", unit.module.source):
        return _NONE
    source = unit.module.source
    before, after = source[statement.start : opened.start], source[opened.end : statement.end]
    inner = before.decode("utf-8", "replace") + _FILE + after.decode("utf-8", "replace")
    indent = _indent(unit, statement) + _INDENT
    text = f"with {source_of(unit, opened)} as {_FILE}:\n{indent}{inner}"
    return (replaced(unit, statement, text, places),), "safe"


def _over_block(unit: Unit, statement: ir.Assign, name: str, outer: ir.Node, places: Places) -> _Fix:
    """`file = open(path)` and what follows, up to `file.close()` or to the end of the block."""
    block = _block_of(statement, outer)
    if block is None or statement.value is None:
        return _NONE
    following = block[block.index(statement) + 1 :]
    end = next((n for n, one in enumerate(following) if _closes(one, name)), None)
    inside = following if end is None else following[:end]
    source = unit.module.source
    if not inside:
        return _NONE
    begin = source.find(b"\n", statement.end) + 1
    # What is noted between the last line and `file.close()` stays.
    stop = inside[-1].end if end is None else len(source[: following[end].start].rstrip())
    if end is not None and not _is_line(unit, following[end]):
        return _NONE
    lines = source[begin:stop]
    if b'"""' in lines or b"'''" in lines or b"\t" in lines or b"\\\n" in lines or not begin:
        return _NONE
    moved = re.sub(rb"(?m)^(?=[^\n])", _INDENT.encode(), lines).decode("utf-8", "replace")
    last = stop if end is None else following[end].end
    head = source[statement.end : begin].decode("utf-8", "replace")
    text = f"with {source_of(unit, statement.value)} as {name}:{head}{moved}"
    whole = replaced(unit, ir.Node(statement.start, last), text, places)
    return (whole,), "unsafe" if end is None else "safe"


def _closes(statement: ir.Stmt, name: str) -> bool:
    called = statement.value if isinstance(statement, ir.Do) else None
    if not isinstance(called, ir.Call) or called.args or not isinstance(called.func, ir.Attr):
        return False
    return called.func.name == "close" and isinstance(called.func.value, ir.Name) and called.func.value.id == name


def _block_of(statement: ir.Stmt, outer: ir.Node) -> list[ir.Stmt] | None:
    """The block that a statement stands in."""
    for field in ("body", "then", "otherwise", "final"):
        block = getattr(outer, field, None)
        if isinstance(block, list) and any(one is statement for one in block):
            return block
    return None


def _indent(unit: Unit, statement: ir.Node) -> str:
    start = unit.module.source.rfind(b"\n", 0, statement.start) + 1
    return unit.module.source[start : statement.start].decode("utf-8", "replace")
