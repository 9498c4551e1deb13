"""Stated types, and the names of types where an expression is wanted."""

from tree_sitter import Node

from backend_advisor.code.frontends.java.grammar import KINDS, kind
from backend_advisor.code.frontends.java.reader import DEEPEST, Reader, lowers, parts, sound
from backend_advisor.code.ir import Attr, Expr, Name, Type

_TYPE = kind("type_identifier")
_GENERIC = kind("generic_type")
_ARRAY = kind("array_type")
_SCOPED = kind("scoped_type_identifier")
_WILDCARD = kind("wildcard")
_ANNOTATED = kind("annotated_type")
_ARGUMENTS = kind("type_arguments")
_DIMENSIONS = kind("dimensions")
_WORDS = frozenset(
    {*KINDS["integral_type"], *KINDS["floating_point_type"], *KINDS["boolean_type"], *KINDS["void_type"]}
)
_ANNOTATIONS = frozenset({*KINDS["annotation"], *KINDS["marker_annotation"]})
TYPES = frozenset({_TYPE, _GENERIC, _ARRAY, _SCOPED, _ANNOTATED, *_WORDS})


def stated(reader: Reader, node: Node) -> Type | None:
    """A type by its name and arguments; None for `var` and a type variable without a bound.

    A type variable is what it is bound by; `T[]` is `Array` of T; `? extends T` is T.
    """
    number = node.kind_id
    if number == _TYPE:
        name = reader.text(node)
        return reader.variables[name] if name in reader.variables else Type(name)
    if number in _WORDS:
        return Type(reader.text(node))
    if reader.depth >= DEEPEST:
        return Type("Object")
    reader.depth += 1
    made = _compound(reader, node, number)
    reader.depth -= 1
    return made


def _compound(reader: Reader, node: Node, number: int) -> Type | None:
    children = sound(node.children)
    if number == _GENERIC and len(children) > 1:
        made = stated(reader, children[0])
        if made is None:
            return None
        return Type(made.name, _arguments(reader, children[-1]))
    if number == _ARRAY and children:
        return _array(stated(reader, children[0]), _count(children[-1]))
    if number == _SCOPED:
        return Type(reader.dotted(node))
    if number == _WILDCARD:
        bound = next((child for child in reversed(children) if child.kind_id in TYPES), None)
        return stated(reader, bound) if bound is not None else None
    if number == _ANNOTATED and children:
        return stated(reader, children[-1])
    return Type(reader.dotted(node))


def _arguments(reader: Reader, node: Node) -> list[Type]:
    found = [stated(reader, part) for part in parts(node) if part.kind_id not in _ANNOTATIONS]
    return [made if made is not None else Type("Object") for made in found]


def _count(dimensions: Node) -> int:
    return sum(1 for child in dimensions.children if not child.is_named) // 2 or 1


def _array(inner: Type | None, dimensions: int) -> Type:
    made = inner if inner is not None else Type("Object")
    for _ in range(min(dimensions, 8)):
        made = Type("Array", [made])
    return made


def with_dimensions(made: Type | None, dimensions: Node | None) -> Type | None:
    """The type of `int a[]`, whose brackets stand behind the name."""
    return made if dimensions is None else _array(made, _count(dimensions))


def array_of(made: Type | None) -> Type:
    """An array of a type."""
    return _array(made, 1)


def dimensions_of(children: list[Node]) -> Node | None:
    """The brackets among the parts of a declaration."""
    return next((child for child in children if child.kind_id == _DIMENSIONS), None)


def declared_variables(reader: Reader, node: Node) -> dict[str, Type | None]:
    """The type variables in scope below a declaration that has these parameters."""
    scope = dict(reader.variables)
    reader.variables = scope
    found = [sound(parameter.children) for parameter in parts(node)]
    for children in found:
        scope.update((reader.text(child), None) for child in children if child.kind_id == _TYPE)
    for children in found:
        names = [child for child in children if child.kind_id == _TYPE]
        bounds = [parts(child) for child in children if child.kind_id in KINDS["type_bound"]]
        if names and bounds and bounds[0]:
            scope[reader.text(names[0])] = stated(reader, bounds[0][0])
    return scope


def name_of(start: int, end: int, dotted: str) -> Expr:
    """A qualified name as an expression."""
    first, *rest = dotted.split(".")
    made: Expr = Name(start, end, first)
    for part in rest:
        made = Attr(start, end, made, part)
    return made


@lowers(
    "type_identifier",
    "scoped_type_identifier",
    "generic_type",
    "array_type",
    "annotated_type",
    "integral_type",
    "floating_point_type",
    "boolean_type",
    "void_type",
    "scoped_identifier",
)
def type_name(reader: Reader, node: Node) -> Expr:
    """A type where an expression is wanted: its name without arguments."""
    children = node.children
    while children and node.kind_id in (_GENERIC, _ARRAY, _ANNOTATED):
        kept = sound(children)
        node = kept[-1] if node.kind_id == _ANNOTATED else kept[0]
        children = node.children
    return name_of(node.start_byte, node.end_byte, reader.dotted(node))
