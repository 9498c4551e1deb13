"""The front end of Python."""

from tree_sitter import Node

from backend_advisor.code.frontends.python.comments import comments_of
from backend_advisor.code.frontends.python.grammar import parse
from backend_advisor.code.frontends.python.imports import locate
from backend_advisor.code.frontends.python.literals import declared_encoding
from backend_advisor.code.frontends.python.statements import Statements
from backend_advisor.code.ir import Module

__all__ = ["locate", "lower"]


def lower(source: bytes, path: str) -> Module:
    """The tree of a file; what cannot be parsed is listed in its `errors`."""
    encoding = declared_encoding(source)
    root = parse(source).root_node
    reader = Statements(source, encoding)
    body = reader.block(root)
    reader.table.clear()  # cycles, which would keep the reader as long as the collector rests
    reader.statements.clear()
    errors = _errors(root) if root.has_error else []
    return Module(path, "python", source, body, "", comments_of(source, encoding), errors)


def _errors(root: Node) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, node.end_byte))
        elif node.has_error:
            waiting += reversed(node.children)
    return found
