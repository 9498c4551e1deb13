"""The patterns of `match`: which values they match and what they bind."""

from tree_sitter import Node

from backend_advisor.code.frontends.python.grammar import KINDS, WORDS, kind, word
from backend_advisor.code.frontends.python.reader import DEEPEST, sound
from backend_advisor.code.frontends.python.signatures import Signatures
from backend_advisor.code.ir import Assign, Attr, Const, Expr, Index, Name, Opaque, Sequence, Slice, Stmt, Unary

_CASE_PATTERN = kind("case_pattern")
_DOTTED = kind("dotted_name")
_IDENTIFIER = kind("identifier")
_SEQUENCES = frozenset({*KINDS["list_pattern"], *KINDS["tuple_pattern"]})
_AS = KINDS["as_pattern"]
_UNION = kind("union_pattern")
_DICT = kind("dict_pattern")
_CLASS = kind("class_pattern")
_KEYWORD = kind("keyword_pattern")
_SPLAT = kind("splat_pattern")
_MINUS = word("-")
_COMMA = word(",")
_ITSELF = frozenset({"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
"""Classes whose single positional pattern is the subject itself."""


class Patterns(Signatures):
    """Lowers patterns. A list of values, empty for a pattern that matches everything, and the names it binds."""

    def case_values(self, patterns: list[Node], comma: bool, place: Expr, bound: list[Stmt]) -> list[Expr]:
        """The values of one `case`; `place` is what the subject is read from."""
        if len(patterns) == 1 and not comma:
            return self.pattern(patterns[0], place, bound)
        if not patterns:
            return []
        self._elements(patterns, place, bound)
        return [Opaque(patterns[0].start_byte, patterns[-1].end_byte, [])]

    def pattern(self, node: Node, place: Expr, bound: list[Stmt]) -> list[Expr]:
        """The values that one pattern matches."""
        if self.depth >= DEEPEST:
            return [Opaque(node.start_byte, node.end_byte, [])]
        self.depth += 1
        made = self._pattern(node, place, bound)
        self.depth -= 1
        return made

    def _pattern(self, node: Node, place: Expr, bound: list[Stmt]) -> list[Expr]:
        number = node.kind_id
        if number == _CASE_PATTERN:
            parts = sound(node.children)
            if len(parts) == 2 and parts[0].kind_id == _MINUS:
                return [Unary(node.start_byte, node.end_byte, "-", self.expr(parts[1]))]
            return self.pattern(parts[-1], place, bound) if parts and parts[-1].is_named else []
        if number in {_DOTTED, _IDENTIFIER}:
            return self._name(node, place, bound)
        if number == _UNION:
            return self._union(node, place, bound)
        if number in _AS:
            parts = sound(node.children)
            values = self.pattern(parts[0], place, bound)
            self._bind(parts[-1], place, bound)
            return values
        if number in _SEQUENCES:
            self._elements([part for part in node.children if part.is_named], place, bound)
        elif number == _DICT:
            self._entries(node, place, bound)
        elif number == _CLASS:
            self._attributes(node, place, bound)
        elif number == _SPLAT:
            self._bind(node.children[-1], place, bound)
        elif number in self.table:
            return [self.expr(node)]
        return [Opaque(node.start_byte, node.end_byte, [])]

    def _name(self, node: Node, place: Expr, bound: list[Stmt]) -> list[Expr]:
        if b"." in self.source[node.start_byte : node.end_byte]:
            return [self.expr(node)]
        self._bind(node, place, bound)
        return []

    def _bind(self, node: Node, place: Expr, bound: list[Stmt]) -> None:
        name = self.word(self.source[node.start_byte : node.end_byte])
        if name != "_" and name.isidentifier():
            start, end = node.start_byte, node.end_byte
            bound.append(Assign(start, end, Name(start, end, name), place))

    def _union(self, node: Node, place: Expr, bound: list[Stmt]) -> list[Expr]:
        values: list[Expr] = []
        everything = negative = False
        for part in sound(node.children):
            if part.is_named:
                found = self.pattern(part, place, bound)
                everything = everything or not found
                values += [Unary(part.start_byte - 1, part.end_byte, "-", found[0])] if negative and found else found
            everything = everything or WORDS.get(part.kind_id) == "_"
            negative = part.kind_id == _MINUS
        return [] if everything else values

    def _elements(self, patterns: list[Node], place: Expr, bound: list[Stmt]) -> None:
        splat = next((at for at, one in enumerate(patterns) if self._is_splat(one)), None)
        for at, one in enumerate(patterns):
            start, end = one.start_byte, one.end_byte
            if at == splat:
                key: Expr = Slice(start, end, Const(start, start, at), None, None)
            else:
                key = Const(start, start, at if splat is None or at < splat else at - len(patterns))
            self.pattern(one, _part(place, key), bound)

    def _is_splat(self, node: Node) -> bool:
        while node.kind_id == _CASE_PATTERN and node.children:
            node = node.children[-1]
        return node.kind_id == _SPLAT

    def _entries(self, node: Node, place: Expr, bound: list[Stmt]) -> None:
        key: Expr | None = None
        for part in sound(node.children):
            if part.kind_id == _SPLAT:
                self.pattern(part, place, bound)
            elif key is not None and part.is_named:
                self.pattern(part, _part(place, key), bound)
                key = None
            elif part.is_named:
                key = self._key(part)

    def _key(self, node: Node) -> Expr:
        values = (
            [] if node.kind_id == _IDENTIFIER else self.pattern(node, Opaque(node.start_byte, node.end_byte, []), [])
        )
        return values[0] if values else Opaque(node.start_byte, node.end_byte, [])

    def _attributes(self, node: Node, place: Expr, bound: list[Stmt]) -> None:
        name, *patterns = [part for part in sound(node.children) if part.is_named]
        itself = self.source[name.start_byte : name.end_byte].decode("latin-1") in _ITSELF
        for one in patterns:
            inner = one.children[0] if one.kind_id == _CASE_PATTERN and one.children else one
            if inner.kind_id == _KEYWORD:
                parts = sound(inner.children)
                field = self.word(self.source[parts[0].start_byte : parts[0].end_byte])
                self.pattern(parts[-1], Attr(inner.start_byte, inner.end_byte, place, field), bound)
            else:
                self.pattern(one, place if itself else Opaque(one.start_byte, one.end_byte, [place]), bound)


def _part(place: Expr, key: Expr) -> Expr:
    at = key.value if isinstance(key, Const) else None
    if isinstance(place, Sequence) and isinstance(at, int) and -len(place.items) <= at < len(place.items):
        return place.items[at]
    return Index(key.start, key.end, place, key)


def plain_place(subject: Expr) -> bool:
    """Whether reading an expression again does nothing."""
    while isinstance(subject, Attr):
        subject = subject.value
    return isinstance(subject, Name) or (
        isinstance(subject, Sequence) and all(isinstance(item, Name) for item in subject.items)
    )
