"""Turning values that are written into SQL into bound parameters.

Each value must stand where a value stands. Where one stands in quotes and the driver is certain, the change keeps the
meaning of healthy input; elsewhere it is a suggestion, because a number bound as text may be compared differently.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.values import words
from backend_advisor.model import Edit
from backend_advisor.rules.composed import Composed, composed
from backend_advisor.rules.places import Places

_QUOTED = re.compile(rb"\\?'$"), re.compile(rb"\\?'")
_BEFORE = re.compile(rb"(?i)(?:=|<>|<|>|\bI?LIKE|\bBETWEEN)\s*$")
_IN_VALUES = re.compile(rb"(?i)\bVALUES\s*\([^()]*[(,]\s*$|\bVALUES\s*\(\s*$")
_AFTER = re.compile(rb"\s|[,);]|$")
_COMMENT = re.compile(rb"--|/\*|#")
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class _Style:
    """How a driver writes placeholders; `clash` is what would be read as one in the rest of the text."""

    clash: re.Pattern[bytes]
    placeholder: str


_STYLES = {
    "qmark": _Style(re.compile(rb"\?"), "?"),
    "format": _Style(re.compile(rb"%"), "%s"),
    "dollar": _Style(re.compile(rb"\$\d"), "${number}"),
    "bindparams": _Style(re.compile(rb"(?<!:):\w"), ":{name}"),
}

Change = tuple[int, int, str]


def bound(call: CallSeen, places: Places) -> tuple[tuple[Edit, ...], bool]:
    """The edits that bind the values in a query's text, and whether they are safe; none when it cannot be told."""
    made = _bound(call)
    if made is None:
        return (), False
    changes, quoted = made
    edits = tuple(Edit(location=places.location(call.unit.path, a, b), replacement=text) for a, b, text in changes)
    return edits, quoted and call.certain


def _bound(call: CallSeen) -> tuple[list[Change], bool] | None:
    style = _style(call)
    if style not in _STYLES or not isinstance(call.node, ir.Call):
        return None
    source = call.unit.module.source
    expression = _query(call)
    text = composed(expression, source) if expression is not None else None
    if text is None:
        return None
    standing = _standing(text, source)
    if standing is None or _clashes(text, style, source):
        return None
    names = _names(text)
    values = [source[hole.value.start : hole.value.end].decode() for hole in text.holes]
    given = _given(call, style, values, names)
    if given is None or any("\n" in value for value in values):
        return None
    changes = [(start, end, "") for start, end in text.cuts]
    for number, (hole, quotes) in enumerate(zip(text.holes, standing, strict=True)):
        placeholder = _STYLES[style].placeholder
        if style == "dollar":
            placeholder = f"${number + 1}"
        elif style == "bindparams":
            placeholder = f":{names[number]}"
        changes.append((hole.start - quotes[0], hole.end + quotes[1], placeholder + hole.closing))
    return sorted([*changes, given]), all(quotes != (0, 0) for quotes in standing)


def _style(call: CallSeen) -> str:
    known = words(call.properties["style"]) if "style" in call.properties else None
    return known[0] if known else ""


def _query(call: CallSeen) -> ir.Expr | None:
    """The expression that makes the query: the argument itself, or the variable that was set just before."""
    node = call.node
    asked = node.args[0] if node.args else None
    if not isinstance(asked, ir.Name) or call.info is None:
        return asked
    source = call.unit.module.source
    function = call.info.node
    uses = re.findall(rb"\b" + re.escape(asked.id.encode()) + rb"\b", source[function.start : function.end])
    if len(uses) != 2:
        return None
    for block in _blocks(function):
        for one, following in pairwise(block):
            if (
                isinstance(one, ir.Assign)
                and isinstance(one.target, ir.Name)
                and one.target.id == asked.id
                and one.op is None
                and not isinstance(following, ir.For | ir.While)
                and following.start <= node.start < following.end
            ):
                return one.value
    return None


def _blocks(node: object) -> Iterator[list[ir.Stmt]]:
    """Every run of statements under a node."""
    left: list[object] = [node]
    while left:
        one = left.pop()
        if isinstance(one, list):
            if one and isinstance(one[0], ir.Stmt):
                yield one
            left += one
        elif isinstance(one, ir.Stmt | ir.Function | ir.Handler | ir.SwitchCase):
            left += [getattr(one, field.name) for field in fields(one)]


def _standing(text: Composed, source: bytes) -> list[tuple[int, int]] | None:
    """For each hole the quotes around it, as lengths before and after; None when one is not in a value's place."""
    found = []
    before = b""
    for number in range(len(text.holes)):
        ahead, after = (source[slice(*text.literals[number + step])] for step in (0, 1))
        before += ahead
        opening, closing = _QUOTED[0].search(ahead), _QUOTED[1].match(after)
        inside = before.count(b"'") % 2 == 1
        if _COMMENT.search(before) or b'"' in before or b"`" in before:
            return None
        if inside and (opening is None or closing is None):
            return None
        quotes = (len(opening[0]), len(closing[0])) if inside and opening and closing else (0, 0)
        bare = before[: len(before) - quotes[0]]
        if not (_BEFORE.search(bare) or _IN_VALUES.search(bare)) or not _AFTER.match(after[quotes[1] :]):
            return None
        found.append(quotes)
        before += b"x"
    return found


def _clashes(text: Composed, style: str, source: bytes) -> bool:
    rest = b" ".join(source[slice(*place)] for place in text.literals)
    if text.marked:
        if style != "format" and b"%%" in rest:
            return True
        rest = rest.replace(b"%%", b"")
    return _STYLES[style].clash.search(rest) is not None or b"\\" in rest.replace(b"\\'", b"").replace(b"\\n", b"")


def _names(text: Composed) -> list[str]:
    """A name for each hole, as the code calls it."""
    names: list[str] = []
    for hole in text.holes:
        value = hole.value
        word = value.id if isinstance(value, ir.Name) else value.name if isinstance(value, ir.Attr) else "value"
        word = word if _NAME.fullmatch(word) else "value"
        count = sum(1 for name in names if name.rstrip("0123456789") == word)
        names.append(f"{word}{count + 1}" if count else word)
    return names


def _given(call: CallSeen, style: str, values: list[str], names: list[str]) -> Change | None:
    """Where the values go; None when the call already passes something there."""
    node = call.node
    if node.keywords:
        return None
    if style == "bindparams":
        pairs = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        return (node.end, node.end, f".bindparams({pairs})") if len(node.args) == 1 else None
    if call.unit.language == "python":
        held = f"({values[0]},)" if len(values) == 1 else f"({', '.join(values)})"
    else:
        held = f"[{', '.join(values)}]"
    if len(node.args) == 1:
        return node.args[0].end, node.args[0].end, f", {held}"
    if len(node.args) == 2 and isinstance(node.args[1], ir.Lambda):
        return node.args[1].start, node.args[1].start, f"{held}, "
    return None
