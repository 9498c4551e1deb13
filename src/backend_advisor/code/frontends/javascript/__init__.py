"""JavaScript and TypeScript, with JSX: source to tree by the grammars of tree-sitter."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript import jsx, statements
from backend_advisor.code.frontends.javascript.functions import run_statements
from backend_advisor.code.frontends.javascript.locating import locate
from backend_advisor.code.frontends.javascript.lowering import Grammar, Lowering, Unreadable, grammar
from backend_advisor.code.ir import Module, Stmt

__all__ = ["jsx", "locate", "lower", "statements"]

_TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")
_MOST_ERRORS = 200


def lower(source: bytes, path: str) -> Module:
    """One file as a tree; what cannot be parsed is left out and listed in `errors`."""
    is_typed = path.endswith(_TYPESCRIPT)
    language = "typescript" if is_typed else "javascript"
    name = "tsx" if path.endswith(".tsx") else language
    made = Module(path, language, source, [])
    used = grammar(name)
    root = used.parser.parse(source).root_node
    broken = root.has_error
    if broken:
        made.errors = _errors(root)
        if name == "javascript" and b":" in source:
            used, root = _annotated(made, used, root)
            broken = root.has_error
    try:
        lowering = _run(made, used, root, broken)
    except (Unreadable, IndexError, ValueError, KeyError, RecursionError):
        lowering = _run(made, used, root, True)
    made.comments = sorted(lowering.comments, key=lambda comment: comment.start)
    made.errors = sorted({*made.errors, *lowering.errors})
    return made


def _annotated(made: Module, used: Grammar, root: Node) -> tuple[Grammar, Node]:
    """Files with Flow's annotations read as TypeScript, when that leaves fewer errors."""
    typed = grammar("tsx")
    other = typed.parser.parse(made.source).root_node
    errors = _errors(other)
    if len(errors) >= len(made.errors):
        return used, root
    made.errors = errors
    return typed, other


def _run(made: Module, used: Grammar, root: Node, broken: bool) -> Lowering:
    source = made.source
    lowering = Lowering(source, used.kinds, used.expressions, used.statements, broken, _encoding(source))
    body: list[Stmt] = []
    run_statements(lowering, root.named_children, body)
    made.body = [*lowering.imports.values(), *body]
    return lowering


def _encoding(source: bytes) -> str:
    """UTF-8, or the code page of older Korean files."""
    if source.isascii():
        return "ascii"
    try:
        source.decode()
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"


def _errors(root: Node) -> list[tuple[int, int]]:
    """The spans that could not be parsed."""
    found: list[tuple[int, int]] = []
    left = [root]
    while left and len(found) < _MOST_ERRORS:
        node = left.pop()
        if node.is_error or node.is_missing:
            found.append((node.start_byte, node.end_byte))
        elif node.has_error:
            left += node.children
    return found
