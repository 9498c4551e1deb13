"""The front end of Java."""

import re

from tree_sitter import Node

from backend_advisor.code.frontends.java import expressions, literals, members, statements, switches
from backend_advisor.code.frontends.java.grammar import kind, parse
from backend_advisor.code.frontends.java.locating import locate
from backend_advisor.code.frontends.java.loose import implied_class, loose_nodes
from backend_advisor.code.frontends.java.reader import Reader, Unreadable, parts
from backend_advisor.code.frontends.java.usual import usual_imports
from backend_advisor.code.ir import Comment, Define, Import, Module, Stmt

__all__ = ["expressions", "literals", "locate", "lower", "members", "statements", "switches"]

_PACKAGE = kind("package_declaration")
_MOST_ERRORS = 200
_TOKENS = re.compile(
    rb'//[^\n\r]*|/\*.*?(?:\*/|\Z)|""".*?(?:(?<!\\)"""|\Z)'
    rb"|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"?|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?",
    re.DOTALL,
)


def lower(source: bytes, path: str) -> Module:
    """One file as a tree; what cannot be parsed is left out and listed in `errors`."""
    made = Module(path, "java", source, [])
    root = parse(source).root_node
    broken = root.has_error
    if broken:
        made.errors = _errors(root)
    try:
        reader = _run(made, root, broken=broken)
    except (Unreadable, IndexError, ValueError, KeyError, StopIteration):
        reader = _run(made, root, broken=True)
    made.comments = _comments(source, reader.encoding)
    made.errors = sorted({*made.errors, *reader.errors})[:_MOST_ERRORS]
    return made


def _run(made: Module, root: Node, *, broken: bool) -> Reader:
    reader = Reader(made.source, broken=broken)
    body: list[Stmt] = []
    loose = loose_nodes(root)
    reader.run([node for node in root.children if node not in loose] if loose else root.children, body)
    for child in root.children:
        if child.kind_id == _PACKAGE:
            named = [part for part in parts(child) if part.kind_id in _NAMES]
            made.package = reader.dotted(named[-1]) if named else ""
            break
    made.body = body
    if not made.package and not any(isinstance(statement, Import) for statement in body):
        made.assumed = usual_imports()
    if loose:
        implied = implied_class(reader, loose, guess=bool(made.assumed))
        made.body.append(Define(implied.start, implied.end, implied))
    return reader


_NAMES = frozenset({kind("identifier"), kind("scoped_identifier")})


def _comments(source: bytes, encoding: str) -> list[Comment]:
    found: list[Comment] = []
    for token in _TOKENS.finditer(source):
        raw = token[0]
        if raw.startswith(b"/"):
            text = raw.decode(encoding, "replace")
            text = text[2:].removesuffix("*/").lstrip("*") if text.startswith("/*") else text.lstrip("/")
            found.append(Comment(token.start(), token.end(), text.strip()))
    return found


def _errors(root: Node) -> list[tuple[int, int]]:
    """The spans that could not be parsed."""
    found: list[tuple[int, int]] = []
    waiting = [root]
    while waiting and len(found) < _MOST_ERRORS:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, node.end_byte))
        elif node.has_error:
            waiting += node.children
    return found
