"""Strings of Python: plain ones are constants, f-strings are texts of parts."""

from tree_sitter import Node

from backend_advisor.code.frontends.python import literals
from backend_advisor.code.frontends.python.grammar import kind, word
from backend_advisor.code.frontends.python.reader import Reader
from backend_advisor.code.ir import Call, Const, Expr, Name, Opaque, Text

_STRING_CONTENT = kind("string_content")
_INTERPOLATION = kind("interpolation")
_CONVERSION = kind("type_conversion")
_FORMAT_SPECIFIER = kind("format_specifier")
_FORMAT_EXPRESSION = kind("format_expression")
_EQUALS = word("=")
_CONVERSIONS = {b"!r": "repr", b"!s": "str", b"!a": "ascii"}


class Strings(Reader):
    """Lowers string literals."""

    def _string(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end]
        first = raw[:1]
        if first in b"\"'" and raw[1:2] != first and b"\\" not in raw:
            return Const(start, end, literals.decode(raw[1:-1], self.encoding))
        if not first.isalpha():
            return Const(start, end, literals.string_value(raw, self.encoding))
        prefix, quote, _ = literals.split_string(raw)
        if b"f" in prefix or b"t" in prefix:
            return Text(start, end, self._text_parts(node, prefix + b"f", len(quote) == 3))
        return Const(start, end, literals.string_value(raw, self.encoding))

    def _text_parts(self, node: Node, prefix: bytes, multiline: bool) -> list[Expr]:
        parts: list[Expr] = []
        for child in node.children:
            number = child.kind_id
            if number == _STRING_CONTENT:
                value = literals.content_value(self.raw(child), prefix, self.encoding, multiline=multiline)
                parts.append(Const(child.start_byte, child.end_byte, value))
            elif number == _INTERPOLATION:
                self._interpolation(child, parts)
        return parts

    def _interpolation(self, node: Node, parts: list[Expr]) -> None:
        """A conversion and a format are the calls that Python makes for them: `repr(x)`, `format(x, spec)`."""
        value: Expr | None = None
        specifier: Expr | None = None
        convert = ""
        shown = 0
        for child in node.children:
            number = child.kind_id
            if number == _EQUALS:
                shown = child.end_byte
            elif number == _CONVERSION:
                convert = _CONVERSIONS.get(self.raw(child), "")
            elif number == _FORMAT_SPECIFIER:
                specifier = self._specifier(child)
            elif value is None and number in self.table:
                value = self.expr(child)
        if value is None:
            return
        start, end = node.start_byte, node.end_byte
        if shown:
            parts.append(Const(start + 1, shown, literals.decode(self.source[start + 1 : shown], self.encoding)))
            convert = convert or ("" if specifier else "repr")
        if convert:
            value = Call(start, end, Name(start, start, convert), [value])
        if specifier is not None:
            value = Call(start, end, Name(start, start, "format"), [value, specifier])
        parts.append(value)

    def _specifier(self, node: Node) -> Expr:
        at, end = node.start_byte + 1, node.end_byte
        parts: list[Expr] = []
        for child in node.children:
            if child.kind_id == _FORMAT_EXPRESSION:
                if child.start_byte > at:
                    parts.append(self._plain(at, child.start_byte))
                parts += self.items(child)
                at = child.end_byte
            elif child.kind_id == _INTERPOLATION:
                if child.start_byte > at:
                    parts.append(self._plain(at, child.start_byte))
                self._interpolation(child, parts)
                at = child.end_byte
        if at < end or not parts:
            parts.append(self._plain(at, end))
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Const) else Text(node.start_byte, end, parts)

    def _plain(self, start: int, end: int) -> Expr:
        return Const(start, end, literals.decode(self.source[start:end], self.encoding))

    def _concatenated(self, node: Node) -> Expr:
        pieces = self.items(node)
        start, end = node.start_byte, node.end_byte
        values = [piece.value for piece in pieces if isinstance(piece, Const)]
        if len(values) == len(pieces):
            texts = [value for value in values if isinstance(value, str)]
            if len(texts) == len(values):
                return Const(start, end, "".join(texts))
            binary = [value for value in values if isinstance(value, bytes)]
            return Const(start, end, b"".join(binary)) if len(binary) == len(values) else Opaque(start, end, pieces)
        parts: list[Expr] = []
        for piece in pieces:
            parts += piece.parts if isinstance(piece, Text) else [piece]
        return Text(start, end, parts)
