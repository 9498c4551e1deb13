"""Literals: strings with their escapes, text blocks, characters, numbers."""

import re

from tree_sitter import Node

from backend_advisor.code.frontends.java.grammar import kind
from backend_advisor.code.frontends.java.reader import Reader, lowers, parts
from backend_advisor.code.ir import Const, Expr, Text

_ESCAPE = re.compile(r"\\(?:u+([0-9a-fA-F]{4})|([0-3][0-7]{2}|[0-7]{1,2})|(\r\n|.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " ", "\n": "", "\r\n": "", "\r": ""}
_INTERPOLATION = kind("string_interpolation")
_LONGEST_NUMBER = 400


@lowers("string_literal", "character_literal")
def string(reader: Reader, node: Node) -> Expr:
    """A string, a text block or a character, which is a string of one letter."""
    start, end = node.start_byte, node.end_byte
    raw = reader.source[start:end]
    if raw.startswith(b'"""'):
        return Const(start, end, text_block(raw[3:-3].decode(reader.encoding, "replace")))
    text = raw[1:-1].decode(reader.encoding, "replace")
    return Const(start, end, unescaped(text) if "\\" in text else text)


def unescaped(text: str) -> str:
    """A literal's value from what stands between its quotes."""
    text = _ESCAPE.sub(_escape, text)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _escape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    if found[2]:
        return chr(int(found[2], 8))
    return _LETTERS.get(found[3], found[3])


def text_block(text: str) -> str:
    """The value of a text block: without the common indentation, trailing blanks and the first line's end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]
    if not lines:
        return unescaped(text)
    filled = [line for line in lines if line.strip()]
    if not lines[-1].strip():
        filled.append(lines[-1])
    indent = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return unescaped("\n".join(line[indent:].rstrip() for line in lines))


@lowers("template_expression")
def template(reader: Reader, node: Node) -> Expr:
    """A string template of Java 21: `STR."a\\{b}"`."""
    processor, literal = parts(node)[:2]
    pieces: list[Expr] = []
    end = literal.end_byte - 1
    at = literal.start_byte + 1
    for child in literal.children:
        if child.kind_id == _INTERPOLATION:
            if child.start_byte > at:
                pieces.append(Const(at, child.start_byte, _piece(reader, at, child.start_byte)))
            pieces += reader.exprs(child.children)
            at = child.end_byte
    if end > at:
        pieces.append(Const(at, end, _piece(reader, at, end)))
    tag = None if reader.text(processor) == "STR" else reader.expr(processor)
    return Text(node.start_byte, node.end_byte, pieces, tag)


def _piece(reader: Reader, start: int, end: int) -> str:
    return unescaped(reader.source[start:end].decode(reader.encoding, "replace"))


@lowers("true", "false", "null_literal")
def constant(reader: Reader, node: Node) -> Expr:
    """A literal that is a word."""
    start, end = node.start_byte, node.end_byte
    first = reader.source[start : start + 1]
    return Const(start, end, None if first == b"n" else first == b"t")


@lowers(
    "decimal_integer_literal",
    "hex_integer_literal",
    "octal_integer_literal",
    "binary_integer_literal",
    "decimal_floating_point_literal",
    "hex_floating_point_literal",
)
def number(reader: Reader, node: Node) -> Expr:
    """A number; one that is too long or cannot be told is None."""
    start, end = node.start_byte, node.end_byte
    return Const(start, end, number_value(reader.source[start:end]) if end - start < _LONGEST_NUMBER else None)


def number_value(raw: bytes) -> int | float | None:
    """The value of a number literal."""
    try:
        if raw.isdigit() and (raw[:1] != b"0" or len(raw) == 1):
            return int(raw)
        text = raw.decode("ascii").replace("_", "").lower()
        if text.startswith("0x") and ("p" in text or "." in text):
            return float.fromhex(text.rstrip("fd") if "p" in text else text)
        if text.startswith(("0x", "0b")):
            return int(text.rstrip("l"), 0)
        text = text.rstrip("l")
        if text.isdigit():
            return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)
        return float(text.rstrip("fd"))
    except (ValueError, OverflowError):
        return None
