"""What lowering one file keeps at hand: its bytes, the grammar's tables, and what was found on the way."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from tree_sitter import Language, Node, Parser

from backend_advisor.code.ir import Comment, Expr, Import, Name, Opaque, Stmt

DEEPEST = 200
"""Nesting beyond this becomes `Opaque`, so that no reader of the tree runs out of stack."""

Lowers = Callable[["Lowering", Node], Expr]
LowersStatement = Callable[["Lowering", Node, list[Stmt]], None]

EXPRESSIONS: dict[str, Lowers] = {}
STATEMENTS: dict[str, LowersStatement] = {}
EXTRAS = frozenset({"comment", "html_comment", "hash_bang_line"})


class Unreadable(Exception):
    """A node does not have the parts that its kind has in a sound file."""


def lowers(*kinds: str) -> Callable[[Lowers], Lowers]:
    """Register what lowers these kinds of expression."""

    def register(function: Lowers) -> Lowers:
        for kind in kinds:
            EXPRESSIONS[kind] = function
        return function

    return register


def lowers_statement(*kinds: str) -> Callable[[LowersStatement], LowersStatement]:
    """Register what lowers these kinds of statement."""

    def register(function: LowersStatement) -> LowersStatement:
        for kind in kinds:
            STATEMENTS[kind] = function
        return function

    return register


class Names(dict[bytes, str]):
    """Identifiers by their bytes, each made a string once."""

    def __missing__(self, raw: bytes) -> str:
        text = raw.decode("utf-8", "replace")
        if "\\" in text:
            text = re.sub(r"\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))", _character, text)
        made = self[raw] = sys.intern(text)
        return made


def _character(found: re.Match[str]) -> str:
    number = int(found[1] or found[2], 16)
    return chr(number) if number < 0x110000 else "\ufffd"


@dataclass(slots=True)
class Grammar:
    """One of the three grammars, its kinds of node by number and what lowers each."""

    parser: Parser
    kinds: dict[int, str]
    expressions: dict[int, Lowers]
    statements: dict[int, LowersStatement]


@cache
def grammar(name: str) -> Grammar:
    """The grammar for `javascript`, `typescript` or `tsx` (TypeScript with JSX)."""
    if name == "javascript":
        import tree_sitter_javascript

        language = Language(tree_sitter_javascript.language())
    else:
        import tree_sitter_typescript

        tsx = name == "tsx"
        language = Language(
            tree_sitter_typescript.language_tsx() if tsx else tree_sitter_typescript.language_typescript()
        )
    kinds = {number: sys.intern(language.node_kind_for_id(number) or "") for number in range(language.node_kind_count)}
    kinds |= {0xFFFF: "ERROR", 0xFFFE: "ERROR"}
    return Grammar(
        Parser(language),
        kinds,
        {number: EXPRESSIONS.get(kind, opaque) for number, kind in kinds.items()},
        {number: STATEMENTS.get(kind, STATEMENTS["expression"]) for number, kind in kinds.items()},
    )


@dataclass(slots=True)
class Lowering:
    """The file being lowered. `broken` tells that it has syntax errors, so that nodes may lack parts."""

    source: bytes
    kinds: dict[int, str]
    expressions: dict[int, Lowers]
    statements: dict[int, LowersStatement]
    broken: bool
    encoding: str = "utf-8"
    names: Names = field(default_factory=Names)
    depth: int = 0
    awaits: int = 0
    """How many chains are being lowered whose `await` the grammar has put at their first name."""
    comments: list[Comment] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)

    def parts(self, node: Node) -> list[Node]:
        """The named children without comments and what could not be parsed."""
        found = []
        for child in node.named_children:
            kind = self.kinds[child.kind_id]
            if kind in EXTRAS:
                comment(self, child)
            elif kind != "ERROR":
                found.append(child)
        return found

    def exactly(self, node: Node, number: int) -> list[Node]:
        """The named children of a node that has this many."""
        children = node.named_children
        if len(children) != number or self.broken:
            children = self.parts(node)
            if len(children) != number:
                raise Unreadable
        return children

    def only(self, node: Node) -> Node:
        """The first named child."""
        children = node.named_children
        if len(children) != 1:
            children = self.parts(node)
            if not children:
                raise Unreadable
        return children[0]

    def text(self, node: Node) -> str:
        """A node's text as a name."""
        return self.names[self.source[node.start_byte : node.end_byte]]

    def decoded(self, start: int, end: int) -> str:
        """The text of a span."""
        return self.source[start:end].decode(self.encoding, "replace")

    def lower(self, node: Node) -> Expr:
        """An expression."""
        return self.expressions[node.kind_id](self, node)

    def lower_all(self, nodes: list[Node]) -> list[Expr]:
        """Expressions, without the comments between them."""
        table, kinds = self.expressions, self.kinds
        return [table[node.kind_id](self, node) for node in nodes if kinds[node.kind_id] not in EXTRAS]

    def imported(self, module: str, node: Node) -> Name:
        """The name of a module that is loaded in the middle of an expression: it is imported at the top of the file."""
        local = f"require:{module}"
        if local not in self.imports:
            self.imports[local] = Import(node.start_byte, node.end_byte, local, module)
        return Name(node.start_byte, node.end_byte, local)


def opaque(lowering: Lowering, node: Node) -> Expr:
    """A node that the model has no word for: the expressions in it."""
    start, end = node.start_byte, node.end_byte
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    found = []
    for child in node.named_children:
        handler = lowering.expressions[child.kind_id]
        if handler is not opaque or child.named_child_count:
            made = handler(lowering, child)
            if type(made) is not Opaque or made.children:
                found.append(made)
    lowering.depth -= 1
    return Opaque(start, end, found)


def too_deep(lowering: Lowering, node: Node) -> Opaque:
    """What stands for an expression that is nested too deep."""
    lowering.errors.append((node.start_byte, node.end_byte))
    return Opaque(node.start_byte, node.end_byte, [])


@lowers("comment", "html_comment", "hash_bang_line")
def comment(lowering: Lowering, node: Node) -> Expr:
    """Keep a comment's text."""
    start, end = node.start_byte, node.end_byte
    text = lowering.decoded(start, end)
    text = text[2:-2] if text.startswith("/*") else text.lstrip("/")
    lowering.comments.append(Comment(start, end, text.strip()))
    return Opaque(start, end, [])
