"""What lowering any construct of Python needs: the source, its names and the way from a node to its meaning."""

import sys
import unicodedata
from collections.abc import Callable

from tree_sitter import Node

from backend_advisor.code.frontends.python import literals
from backend_advisor.code.frontends.python.grammar import ERROR_KIND, KINDS, kind
from backend_advisor.code.ir import Expr, Name, Opaque

DEEPEST = 200
"""Levels of nesting that are lowered; what is deeper becomes Opaque."""
_EXTRAS = frozenset({*KINDS["comment"], *KINDS["line_continuation"], ERROR_KIND})
_IDENTIFIER = kind("identifier")


class Reader:
    """Reads one file; `table` says which method lowers which kind of expression."""

    def __init__(self, source: bytes, encoding: str) -> None:
        self.source = source
        self.encoding = encoding
        self.depth = 0
        self.yields = False
        self.words: dict[bytes, str] = {}
        self.table: dict[int, Callable[[Node], Expr]] = {}

    def expr(self, node: Node) -> Expr:
        """What an expression's node means."""
        if self.depth >= DEEPEST:
            return Opaque(node.start_byte, node.end_byte, [])
        number = node.kind_id
        if number == _IDENTIFIER:
            start, end = node.start_byte, node.end_byte
            raw = self.source[start:end]
            return Name(start, end, self.words.get(raw) or self.word(raw))
        handler = self.table.get(number)
        if handler is None:
            return Opaque(node.start_byte, node.end_byte, self.items(node))
        self.depth += 1
        made = handler(node)
        self.depth -= 1
        return made

    def items(self, node: Node) -> list[Expr]:
        """Every expression right below a node, punctuation left out."""
        made: list[Expr] = []
        if self.depth >= DEEPEST:
            return made
        self.depth += 1
        table = self.table
        for child in node.children:
            handler = table.get(child.kind_id)
            if handler is not None:
                made.append(handler(child))
        self.depth -= 1
        return made

    def word(self, raw: bytes) -> str:
        """An identifier's text: one object for each identifier."""
        found = self.words.get(raw)
        if found is None:
            text = literals.decode(raw, self.encoding)
            found = sys.intern(text if text.isascii() else unicodedata.normalize("NFKC", text))
            self.words[raw] = found
        return found

    def raw(self, node: Node) -> bytes:
        return self.source[node.start_byte : node.end_byte]


def sound(children: list[Node]) -> list[Node]:
    """Children without comments, continued lines and errors between them."""
    return [child for child in children if child.kind_id not in _EXTRAS]
