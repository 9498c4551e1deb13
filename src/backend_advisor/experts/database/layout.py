"""SQL text laid out as it stands in the source that puts it together: its lines and columns are those of the file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import own
from backend_advisor.rules.places import Places

_LITERAL = re.compile(
    rb"[A-Za-z]{0,2}(?:\"{3}(?P<a>.*?)\"{3}|'{3}(?P<b>.*?)'{3}|"
    rb"\"(?P<c>(?:[^\"\\\n]|\\.)*)\"|'(?P<d>(?:[^'\\\n]|\\.)*)'|`(?P<e>[^`]*)`)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a text and the offset where it stands; a part that is not known stands nowhere."""

    text: str
    offset: int | None


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A text from the line where it begins, its columns those of the file."""

    text: str
    line: int


def laid_out(unit: Unit, info: FunctionInfo | None, expression: ir.Expr, text: str, places: Places) -> LaidOut | None:
    """The text with its pieces in their places; None when its source is not known piece by piece."""
    for written in _written(unit, info, expression):
        pieces = list(_pieces(written, unit.module.source))
        if pieces and pieces[0].offset is not None and "".join(piece.text for piece in pieces) == text:
            return _arranged(unit, pieces, places)
    return None


def _written(unit: Unit, info: FunctionInfo | None, expression: ir.Expr) -> Iterator[ir.Expr]:
    """The expression itself, or what is given to the variable that it is."""
    if not isinstance(expression, ir.Name):
        yield expression
        return
    for body in (info.node.body if info is not None else [], unit.module.body):
        for node in own(*body):
            if not isinstance(node, ir.Assign) or not isinstance(node.target, ir.Name) or node.value is None:
                continue
            if node.target.id == expression.id:
                yield node.value


def _pieces(expression: ir.Expr, source: bytes) -> Iterator[_Piece]:
    if isinstance(expression, ir.Binary) and expression.op == "+":
        yield from _pieces(expression.left, source)
        yield from _pieces(expression.right, source)
    elif isinstance(expression, ir.Text) and expression.tag is None:
        for part in expression.parts:
            yield from _pieces(part, source) if isinstance(part, ir.Const) else [_Piece("?", None)]
    elif isinstance(expression, ir.Const) and isinstance(expression.value, str):
        yield from _literals(expression, expression.value, source)
    else:
        yield _Piece("?", None)


def _literals(node: ir.Const, value: str, source: bytes) -> Iterator[_Piece]:
    """A literal as its pieces: Python joins those that stand side by side."""
    at = source.find(value.encode("utf-8", "replace"), node.start, node.end)
    if at >= 0:
        yield _Piece(value, at)
        return
    for found in _LITERAL.finditer(source, node.start, node.end):
        yield _Piece(found[found.lastgroup or 0].decode("utf-8", "replace"), found.start(found.lastgroup or 0))


def _arranged(unit: Unit, pieces: list[_Piece], places: Places) -> LaidOut | None:
    if any("--" in piece.text or "#" in piece.text for piece in pieces):
        return None
    first = _place(unit, pieces[0], places)
    written = [" " * first[1]]
    at, quoted, before = first, False, " "
    for piece in pieces:
        due = _place(unit, piece, places) if piece.offset is not None else None
        for character in piece.text:
            if due is not None and due > at and not quoted and (before.isspace() or character.isspace()):
                written.append("\n" * (due[0] - at[0]) + " " * (due[1] - (at[1] if due[0] == at[0] else 0)))
                at = due
            written.append(character)
            quoted ^= character == "'"
            before = character
            at = _next(at, character)
            due = _next(due, character) if due is not None else None
    return LaidOut("".join(written), first[0])


def _next(at: tuple[int, int], character: str) -> tuple[int, int]:
    return (at[0] + 1, 0) if character == "\n" else (at[0], at[1] + 1)


def _place(unit: Unit, piece: _Piece, places: Places) -> tuple[int, int]:
    """Line, and column from 0."""
    span = places.location(unit.path, piece.offset or 0, piece.offset or 0).span
    return (span.line, span.column - 1) if span is not None else (1, 0)
