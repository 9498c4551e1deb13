"""Stated types of TypeScript."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.lowering import EXTRAS, Lowering
from backend_advisor.code.ir import Type

_DEEPEST = 12
_NOTHING = frozenset({"null", "undefined", "void"})
_PLAIN = frozenset({"type_identifier", "identifier", "predefined_type", "nested_type_identifier", "nested_identifier"})
_SHAPES = {
    "object_type": "object",
    "function_type": "Function",
    "constructor_type": "Function",
    "template_literal_type": "string",
    "this_type": "this",
    "type_predicate": "boolean",
}


def annotation(lowering: Lowering, node: Node) -> Type | None:
    """The type that a `: T` states."""
    children = node.named_children
    for child in children:
        if lowering.kinds[child.kind_id] not in EXTRAS:
            return stated_type(lowering, child)
    return None


def stated_type(lowering: Lowering, node: Node, depth: int = 0) -> Type | None:
    """A type by its name and its arguments; `A | null` is A, `A[]` is Array of A."""
    kind = lowering.kinds[node.kind_id]
    if kind in _PLAIN:
        return Type(lowering.names[lowering.source[node.start_byte : node.end_byte]])
    if kind in _SHAPES:
        return Type(_SHAPES[kind])
    if depth >= _DEEPEST:
        return Type("unknown")
    if kind == "generic_type":
        return _generic(lowering, node, depth)
    if kind == "literal_type":
        return Type(lowering.decoded(node.start_byte, node.end_byte))
    parts = _inner(lowering, node, depth)
    if kind == "array_type":
        return Type("Array", parts[:1])
    if kind == "union_type":
        left = [part for part in parts if part.name not in _NOTHING]
        return left[0] if len(left) == 1 else Type("|", left)
    if kind == "intersection_type":
        return Type("&", parts)
    if kind == "tuple_type":
        return Type("tuple", parts)
    if kind in ("readonly_type", "parenthesized_type", "optional_type", "rest_type") and parts:
        return parts[0]
    if kind == "type_query":
        return Type("typeof", parts)
    return Type("unknown")


def _generic(lowering: Lowering, node: Node, depth: int) -> Type:
    children = lowering.parts(node)
    name = lowering.text(children[0]) if children else "unknown"
    if len(children) < 2:
        return Type(name)
    return Type(name, _inner(lowering, children[-1], depth))


def _inner(lowering: Lowering, node: Node, depth: int) -> list[Type]:
    """The types in a type; a union of more than two is nested by the grammar and made flat here."""
    found: list[Type] = []
    kind = lowering.kinds[node.kind_id]
    for child in lowering.parts(node):
        if kind in ("union_type", "intersection_type") and lowering.kinds[child.kind_id] == kind and depth < _DEEPEST:
            found += _inner(lowering, child, depth + 1)
            continue
        made = stated_type(lowering, child, depth + 1)
        if made is not None:
            found.append(made)
    return found


def type_arguments(lowering: Lowering, node: Node) -> list[Type]:
    """The types between `<` and `>`."""
    return _inner(lowering, node, 0)
