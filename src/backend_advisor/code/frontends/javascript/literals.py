"""Literals: strings, templates, numbers, regular expressions and the words that are values."""

import re

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.lowering import DEEPEST, Lowering, lowers, too_deep
from backend_advisor.code.ir import Call, Const, Expr, Name, Text

_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": "", "\r": ""}


def unescaped(text: str) -> str:
    """A string literal's value from what stands between its quotes."""
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(_escape, text)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _escape(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits:
        number = int(digits[-8:], 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _LETTERS.get(found[4], found[4])


def string_value(lowering: Lowering, node: Node) -> str:
    """The value of a string literal."""
    raw = lowering.source[node.start_byte + 1 : node.end_byte - 1]
    text = raw.decode(lowering.encoding, "replace")
    return unescaped(text) if b"\\" in raw else text


@lowers("string")
def string(lowering: Lowering, node: Node) -> Expr:
    """A string literal."""
    start, end = node.start_byte, node.end_byte
    raw = lowering.source[start + 1 : end - 1]
    text = raw.decode(lowering.encoding, "replace")
    return Const(start, end, unescaped(text) if b"\\" in raw else text)


def number_value(raw: bytes) -> int | float | None:
    """The value of a number literal, None when it cannot be told."""
    try:
        return int(raw)
    except ValueError:
        pass
    try:
        text = raw.decode("ascii").rstrip("n").lower()
        if text[:2] in ("0x", "0b", "0o"):
            return int(text, 0)
        return int(text) if raw.endswith(b"n") else float(text)
    except (ValueError, OverflowError):
        return None


@lowers("number")
def number(lowering: Lowering, node: Node) -> Expr:
    """A number literal; a leading zero makes it octal."""
    start, end = node.start_byte, node.end_byte
    raw = lowering.source[start:end]
    if raw[:1] == b"0" and raw.isdigit() and b"8" not in raw and b"9" not in raw:
        return Const(start, end, int(raw, 8))
    return Const(start, end, number_value(raw))


@lowers("true", "false", "null", "undefined")
def constant(lowering: Lowering, node: Node) -> Expr:
    """A literal that is a word."""
    return Const(node.start_byte, node.end_byte, _CONSTANTS[lowering.kinds[node.kind_id]])


@lowers("regex")
def regex(lowering: Lowering, node: Node) -> Expr:
    """A regular expression literal, as the call that makes it."""
    start, end = node.start_byte, node.end_byte
    close = lowering.source.rfind(b"/", start, end)
    pattern = Const(start, close + 1, lowering.decoded(start + 1, close))
    flags = Const(close + 1, end, lowering.decoded(close + 1, end))
    return Call(start, end, Name(start, start + 1, "RegExp"), [pattern, flags])


@lowers("template_string")
def template(lowering: Lowering, node: Node) -> Expr:
    """A template string; one without values is a plain string."""
    parts = text_parts(lowering, node)
    if len(parts) == 1 and type(parts[0]) is Const:
        return Const(node.start_byte, node.end_byte, parts[0].value)
    if not parts:
        return Const(node.start_byte, node.end_byte, "")
    return Text(node.start_byte, node.end_byte, parts)


def text_parts(lowering: Lowering, node: Node) -> list[Expr]:
    """The constant and the computed parts of a template string."""
    parts: list[Expr] = []
    at, close = node.start_byte + 1, node.end_byte - 1
    lowering.depth += 1
    for child in node.named_children:
        if lowering.kinds[child.kind_id] == "template_substitution":
            start = child.start_byte
            if start > at:
                parts.append(Const(at, start, unescaped(lowering.decoded(at, start))))
            at = child.end_byte
            inner = child.named_children
            if len(inner) != 1:
                inner = lowering.parts(child)
            if inner:
                parts.append(lowering.lower(inner[0]) if lowering.depth < DEEPEST else too_deep(lowering, child))
    lowering.depth -= 1
    if close > at:
        parts.append(Const(at, close, unescaped(lowering.decoded(at, close))))
    return parts
