"""What lowering any construct of Java needs: the source, its names and the way from a node to its meaning."""

import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tree_sitter import Node

from backend_advisor.code.frontends.java.grammar import COMMENTS, ERROR_KIND, KINDS, WORDS, kind
from backend_advisor.code.ir import Expr, Name, Opaque, Stmt, Type

DEEPEST = 200
"""Levels of nesting that are lowered; what is deeper becomes Opaque."""

Lowers = Callable[["Reader", Node], Expr]
LowersStatement = Callable[["Reader", Node, list[Stmt]], None]

EXPRESSIONS: dict[int, Lowers] = {}
STATEMENTS: dict[int, LowersStatement] = {}

_EXTRAS = frozenset({*COMMENTS, ERROR_KIND})
_IDENTIFIER = kind("identifier")


class Unreadable(Exception):
    """A node does not have the parts that its kind has in a sound file."""


def lowers(*names: str) -> Callable[[Lowers], Lowers]:
    """Register what lowers these kinds of expression."""

    def register(function: Lowers) -> Lowers:
        for name in names:
            for number in KINDS[name]:
                EXPRESSIONS[number] = function
        return function

    return register


def lowers_statement(*names: str) -> Callable[[LowersStatement], LowersStatement]:
    """Register what lowers these kinds of statement."""

    def register(function: LowersStatement) -> LowersStatement:
        for name in names:
            for number in KINDS[name]:
                STATEMENTS[number] = function
        return function

    return register


class Scope(NamedTuple):
    """A class whose body is being lowered: the methods that it declares, and whether it may inherit others."""

    name: str
    methods: frozenset[str]
    inherits: bool
    base: str = ""
    """What an anonymous class is made of."""


class Reader:
    """Reads one file. `broken` tells that it has syntax errors, so that nodes may lack parts."""

    __slots__ = ("broken", "depth", "encoding", "errors", "finish", "owner", "scopes", "source", "variables", "words")

    def __init__(self, source: bytes, *, broken: bool) -> None:
        self.source = source
        self.broken = broken
        self.encoding = encoding_of(source)
        self.depth = 0
        self.words: dict[bytes, str] = {}
        self.errors: list[tuple[int, int]] = []
        self.variables: dict[str, Type | None] = {"var": None}
        """What the type variables in scope are bound by."""
        self.owner = ""
        """The name of the innermost class."""
        self.scopes: list[Scope] = []
        """The classes around, outermost first."""
        self.finish: Callable[[Reader, Node, list[Stmt]], None] | None = None
        """What the value of a `yield` is used for."""

    def expr(self, node: Node) -> Expr:
        """What an expression's node means."""
        number = node.kind_id
        start, end = node.start_byte, node.end_byte
        if number == _IDENTIFIER:
            raw = self.source[start:end]
            return Name(start, end, self.words.get(raw) or self.word(raw))
        if self.depth >= DEEPEST:
            self.errors.append((start, end))
            return Opaque(start, end, [])
        handler = EXPRESSIONS.get(number)
        if handler is None:
            return Opaque(start, end, self.exprs(node.children))
        self.depth += 1
        made = handler(self, node)
        self.depth -= 1
        return made

    def exprs(self, nodes: Iterable[Node]) -> list[Expr]:
        """The expressions among nodes; punctuation and comments are left out."""
        known = EXPRESSIONS
        expr = self.expr
        return [expr(node) for node in nodes if node.kind_id in known]

    def receiver(self, method: str) -> str | None:
        """Whose method a call without a receiver means: `this`, a class around, or None for a static import."""
        inherits = None
        for scope in reversed(self.scopes):
            is_this = scope is self.scopes[-1]
            if method in scope.methods:
                return "this" if is_this or self.scopes[-1].base == scope.name else scope.name
            if scope.inherits and (inherits is None or (inherits == "this" and self.scopes[-1].base)):
                inherits = "this" if is_this else scope.name
        return inherits

    def run(self, nodes: Iterable[Node], out: list[Stmt]) -> None:
        """Lower statements one after the other; one of a broken file that makes no sense is left out."""
        if self.depth >= DEEPEST:
            for node in nodes:
                self.errors.append((node.start_byte, node.end_byte))
                break
            return
        self.depth += 1
        known = STATEMENTS
        for node in nodes:
            handler = known.get(node.kind_id)
            if handler is None:
                continue
            if not self.broken:
                handler(self, node, out)
                continue
            depth, variables, owner, finish = self.depth, self.variables, self.owner, self.finish
            scopes = len(self.scopes)
            try:
                handler(self, node, out)
            except (Unreadable, IndexError, KeyError, ValueError):
                self.depth, self.variables, self.owner, self.finish = depth, variables, owner, finish
                del self.scopes[scopes:]
                self.errors.append((node.start_byte, node.end_byte))
        self.depth -= 1

    def body(self, node: Node | None) -> list[Stmt]:
        """The statements of a block, or the one statement that stands in its place."""
        out: list[Stmt] = []
        if node is not None:
            self.run(node.children if node.kind_id in _BLOCKS else (node,), out)
        return out

    def word(self, raw: bytes) -> str:
        """An identifier's text: one object for each identifier."""
        found = self.words.get(raw)
        if found is None:
            found = self.words[raw] = sys.intern(raw.decode(self.encoding, "replace"))
        return found

    def text(self, node: Node) -> str:
        """A node's text as a name."""
        return self.word(self.source[node.start_byte : node.end_byte])

    def dotted(self, node: Node) -> str:
        """A qualified name, without what may stand between its parts."""
        raw = self.source[node.start_byte : node.end_byte]
        if raw.replace(b".", b"").isalnum():
            return self.word(raw)
        parts = [self.text(part) for part in leaves(node) if part.kind_id in _NAMES]
        return sys.intern(".".join(parts)) if parts else self.word(raw)


_BLOCKS = frozenset({*KINDS["block"], *KINDS["constructor_body"]})
_NAMES = frozenset({*KINDS["identifier"], *KINDS["type_identifier"]})
_ANNOTATIONS = frozenset({*KINDS["annotation"], *KINDS["marker_annotation"]})


def leaves(node: Node) -> list[Node]:
    """The innermost nodes in order, annotations left out."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        children = one.children
        if not children:
            found.append(one)
        elif one.kind_id not in _ANNOTATIONS:
            waiting += reversed(children)
    return found


def sound(children: list[Node]) -> list[Node]:
    """Children without comments and errors between them."""
    return [child for child in children if child.kind_id not in _EXTRAS]


def parts(node: Node) -> list[Node]:
    """The named children without comments and errors."""
    return [child for child in node.children if child.is_named and child.kind_id not in _EXTRAS]


def only(node: Node) -> Node:
    """The first named child."""
    for child in node.children:
        if child.is_named and child.kind_id not in _EXTRAS:
            return child
    raise Unreadable


def mark(node: Node) -> str:
    """The word or mark that a node is."""
    return WORDS.get(node.kind_id, "")


def encoding_of(source: bytes) -> str:
    """UTF-8, or the code page of older Korean files."""
    if source.isascii():
        return "ascii"
    try:
        source.decode()
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"
