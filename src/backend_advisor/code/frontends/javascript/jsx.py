"""JSX: the expressions that an element evaluates."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.lowering import DEEPEST, Lowering, lowers, too_deep
from backend_advisor.code.ir import Call, Expr, Name, Opaque

_RAW_HTML = b"dangerouslySetInnerHTML"


@lowers("jsx_element", "jsx_self_closing_element")
def element(lowering: Lowering, node: Node) -> Expr:
    """An element is opaque; HTML that it sets without escaping is a call of that name."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    found: list[Expr] = []
    _inside(lowering, node, found)
    lowering.depth -= 1
    return Opaque(node.start_byte, node.end_byte, found)


def _inside(lowering: Lowering, node: Node, found: list[Expr]) -> None:
    for child in lowering.parts(node):
        kind = lowering.kinds[child.kind_id]
        if kind in ("jsx_element", "jsx_self_closing_element"):
            found.append(element(lowering, child))
        elif kind == "jsx_expression":
            found += lowering.lower_all(lowering.parts(child)[:1])
        elif kind == "jsx_attribute":
            _attribute(lowering, child, found)
        elif kind == "jsx_opening_element":
            _inside(lowering, child, found)


def _attribute(lowering: Lowering, node: Node, found: list[Expr]) -> None:
    values: list[Expr] = []
    _inside(lowering, node, values)
    start, end = node.start_byte, node.end_byte
    if values and lowering.source.startswith(_RAW_HTML, start):
        name = Name(start, start + len(_RAW_HTML), _RAW_HTML.decode())
        values = [Call(start, end, name, values)]
    found += values
