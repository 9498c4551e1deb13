"""Text that code composes from literals and expressions, with the place of each part in the source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from backend_advisor.code import ir

_QUOTES = b"\"'`"
_MARKER = re.compile(rb"%%|%s|%")
_FIELD = re.compile(rb"\{\{|\}\}|\{(\w*)\}|[{}]")
_PLUS = re.compile(rb"\s*\+\s*")


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression inside a text. `start` to `end` is what a placeholder replaces; `closing` ends the literal."""

    value: ir.Expr
    start: int
    end: int
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A text: literals (their places, without quotes) and holes in turn, a literal first and last.

    `cuts` are places that go away when no hole is filled in any more. `marked` tells that `%%` stands for `%`.
    """

    literals: tuple[tuple[int, int], ...]
    holes: tuple[Hole, ...]
    cuts: tuple[tuple[int, int], ...] = ()
    marked: bool = False


def composed(expression: ir.Expr, source: bytes) -> Composed | None:
    """How a text is put together; None when it is not, or in a way whose source cannot be changed piece by piece."""
    if isinstance(expression, ir.Text) and expression.tag is None:
        return _template(expression, source)
    if isinstance(expression, ir.Binary) and expression.op == "+":
        return _joined(expression, source)
    if isinstance(expression, ir.Binary) and expression.op == "%":
        return _percent(expression, source)
    if isinstance(expression, ir.Call) and isinstance(expression.func, ir.Attr) and expression.func.name == "format":
        return _formatted(expression, expression.func.value, source)
    return None


def _template(text: ir.Text, source: bytes) -> Composed | None:
    opening = re.compile(rb"(?i)f?(\"\"\"|'''|\"|'|`)").match(source, text.start)
    if opening is None or not source[: text.end].endswith(opening[1]):
        return None
    inside = text.end - len(opening[1])
    lead = b"${" if opening[1] == b"`" else b"{"
    literals, holes, at = [], [], opening.end()
    for part in text.parts:
        if isinstance(part, ir.Const):
            continue
        start = source.rfind(lead, at, part.start)
        end = re.compile(rb"\s*\}").match(source, part.end)
        if start < 0 or end is None or source[start + len(lead) : part.start].strip():
            return None
        literals.append((at, start))
        holes.append(Hole(part, start, end.end()))
        at = end.end()
    literals.append((at, inside))
    if any(opening[1] in source[a:b] for a, b in literals) or any(
        b"{{" in source[a:b] or b"}}" in source[a:b] for a, b in literals
    ):
        return None
    prefix = ((text.start, text.start + 1),) if source[text.start : text.start + 1] in (b"f", b"F") else ()
    return Composed(tuple(literals), tuple(holes), prefix)


def _literal(node: ir.Expr, source: bytes) -> tuple[int, int] | None:
    """The inside of a plain literal that is one piece of source."""
    quote = source[node.start : node.start + 1]
    if not isinstance(node, ir.Const) or not isinstance(node.value, str) or quote not in (b'"', b"'", b"`"):
        return None
    inside = source[node.start + 1 : node.end - 1]
    if source[node.end - 1 : node.end] != quote or re.search(rb"(?<!\\)" + quote, inside):
        return None
    return node.start + 1, node.end - 1


def _operands(node: ir.Expr) -> list[ir.Expr]:
    if isinstance(node, ir.Binary) and node.op == "+":
        return [*_operands(node.left), node.right]
    return [node]


def _joined(expression: ir.Binary, source: bytes) -> Composed | None:
    parts = _operands(expression)
    if any(not _PLUS.fullmatch(source, a.end, b.start) for a, b in pairwise(parts)):
        return None
    first = _literal(parts[0], source)
    if first is None:
        return None
    quote = source[parts[0].start : parts[0].start + 1]
    literals, holes = [first], []
    for value, after in zip(parts[1::2], [*parts[2::2], None], strict=False):
        if isinstance(value, ir.Const | ir.Text):
            return None
        inside = _literal(after, source) if after is not None else (value.end, value.end)
        if inside is None or (after is not None and source[after.start : after.start + 1] != quote):
            return None
        holes.append(Hole(value, literals[-1][1], inside[0], "" if after is not None else quote.decode()))
        literals.append(inside)
    return Composed(tuple(literals), tuple(holes)) if holes else None


def _percent(expression: ir.Binary, source: bytes) -> Composed | None:
    values = expression.right.items if isinstance(expression.right, ir.Sequence) else [expression.right]
    inside = _literal(expression.left, source)
    if inside is None or isinstance(expression.right, ir.Mapping):
        return None
    markers = [found for found in _MARKER.finditer(source, *inside) if found[0] != b"%%"]
    if any(found[0] != b"%s" for found in markers):
        return None
    places = [(found.start(), found.end()) for found in markers]
    return _filled(inside, places, values, (expression.left.end, expression.end), marked=True)


def _formatted(call: ir.Call, template: ir.Expr, source: bytes) -> Composed | None:
    inside = _literal(template, source)
    if inside is None:
        return None
    named = dict(call.keywords)
    places, values = [], []
    for number, found in enumerate(_FIELD.finditer(source, *inside)):
        if found[1] is None:
            return None
        key = found[1].decode()
        position = number if not key else int(key) if key.isdigit() else -1
        value = named.get(key) if position < 0 else call.args[position] if position < len(call.args) else None
        if value is None:
            return None
        places.append(found.span())
        values.append(value)
    return _filled(inside, places, values, (template.end, call.end))


def _filled(
    inside: tuple[int, int],
    places: Sequence[tuple[int, int]],
    values: Sequence[ir.Expr],
    cut: tuple[int, int],
    *,
    marked: bool = False,
) -> Composed | None:
    if not places or len(places) != len(values) or any(isinstance(value, ir.Spread) for value in values):
        return None
    bounds = [inside[0], *(at for place in places for at in place), inside[1]]
    literals = tuple(zip(bounds[::2], bounds[1::2], strict=True))
    holes = tuple(Hole(value, *place) for value, place in zip(values, places, strict=True))
    return Composed(literals, holes, (cut,), marked)
