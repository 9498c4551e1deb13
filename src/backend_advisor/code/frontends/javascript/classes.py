"""Classes, interfaces and enums."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.functions import block, member_name, method
from backend_advisor.code.frontends.javascript.lowering import (
    DEEPEST,
    EXTRAS,
    Lowering,
    comment,
    lowers,
    too_deep,
)
from backend_advisor.code.frontends.javascript.types import annotation, stated_type, type_arguments
from backend_advisor.code.ir import Attr, Class, ClassExpr, Const, Expr, Field, Name, Type

_FIELD_WORDS = (b"static", b"readonly", b"private", b"protected", b"public", b"abstract", b"override", b"accessor")
_METHODS = frozenset({"method_definition", "abstract_method_signature"})
_FIELDS = frozenset({"field_definition", "public_field_definition"})


@lowers("class")
def class_expression(lowering: Lowering, node: Node) -> Expr:
    """A class used as a value."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    return ClassExpr(node.start_byte, node.end_byte, class_definition(lowering, node))


def class_definition(lowering: Lowering, node: Node) -> Class:
    """A class with its heritage and members."""
    made = Class(node.start_byte, node.end_byte, "", [], [], [], [])
    kinds = lowering.kinds
    for child in node.named_children:
        kind = kinds[child.kind_id]
        if kind in {"identifier", "type_identifier"}:
            made.name = lowering.text(child)
        elif kind == "class_heritage":
            _heritage(lowering, child, made)
        elif kind == "class_body":
            lowering.depth += 1
            _members(lowering, child, made)
            lowering.depth -= 1
        elif kind == "decorator":
            made.decorators.append(lowering.lower(lowering.only(child)))
        elif kind in EXTRAS:
            comment(lowering, child)
    if lowering.source.startswith(b"abstract", node.start_byte):
        made.modifiers = ("abstract",)
    return made


def _heritage(lowering: Lowering, node: Node, made: Class) -> None:
    """`extends` and `implements`; JavaScript's grammar has the base class itself here."""
    for child in lowering.parts(node):
        kind = lowering.kinds[child.kind_id]
        if kind == "extends_clause":
            for part in lowering.parts(child):
                if lowering.kinds[part.kind_id] == "type_arguments":
                    made.base_types[-1].args = type_arguments(lowering, part)
                else:
                    _base(lowering, part, made)
        elif kind == "implements_clause":
            for part in lowering.parts(child):
                add_base_type(lowering, part, made)
        else:
            _base(lowering, child, made)


def _base(lowering: Lowering, node: Node, made: Class) -> None:
    made.bases.append(lowering.lower(node))
    made.base_types.append(Type(lowering.text(node)))


def add_base_type(lowering: Lowering, node: Node, made: Class) -> None:
    """Enter an interface that a class or interface has for a base."""
    kind = stated_type(lowering, node)
    if kind is None:
        return
    parts = kind.name.split(".")
    start, end = node.start_byte, node.end_byte
    if all(part.isidentifier() for part in parts):
        base: Expr = Name(start, end, parts[0])
        for part in parts[1:]:
            base = Attr(start, end, base, part)
        made.bases.append(base)
        made.base_types.append(kind)


def _members(lowering: Lowering, body: Node, made: Class) -> None:
    decorators: list[Expr] = []
    for child in body.named_children:
        kind = lowering.kinds[child.kind_id]
        if kind in _METHODS:
            member = method(lowering, child)
            member.decorators, decorators = decorators + member.decorators, []
            made.methods.append(member)
        elif kind in _FIELDS:
            field = _field(lowering, child)
            field.decorators, decorators = decorators + field.decorators, []
            made.fields.append(field)
        elif kind == "decorator":
            decorators.append(lowering.lower(lowering.only(child)))
        elif kind == "class_static_block":
            made.body += block(lowering, lowering.only(child))
        elif kind in EXTRAS:
            comment(lowering, child)
        elif kind == "method_signature":
            decorators = []


def _field(lowering: Lowering, node: Node) -> Field:
    start = node.start_byte
    made = Field(start, node.end_byte, "")
    words_from = start
    for child in node.named_children:
        kind = lowering.kinds[child.kind_id]
        if kind == "type_annotation":
            made.type = annotation(lowering, child)
        elif kind == "decorator":
            made.decorators.append(lowering.lower(lowering.only(child)))
            words_from = child.end_byte
        elif kind in EXTRAS:
            comment(lowering, child)
        elif kind in {"accessibility_modifier", "override_modifier", "ERROR"}:
            continue
        elif not made.name:
            made.name = member_name(lowering, child)
            words = lowering.source[words_from : child.start_byte].split()
            made.modifiers = tuple(word.decode() for word in words if word in _FIELD_WORDS)
        else:
            made.value = lowering.lower(child)
    return made


def interface(lowering: Lowering, node: Node) -> Class:
    """An interface, or a type alias for an object type."""
    made = Class(node.start_byte, node.end_byte, "", [], [], [], [], kind="interface")
    for child in node.named_children:
        kind = lowering.kinds[child.kind_id]
        if kind == "type_identifier" and not made.name:
            made.name = lowering.text(child)
        elif kind in {"extends_type_clause", "extends_clause"}:
            for part in lowering.parts(child):
                add_base_type(lowering, part, made)
        elif kind in ("interface_body", "object_type"):
            _signatures(lowering, child, made)
        elif kind == "intersection_type":
            for part in lowering.parts(child):
                if lowering.kinds[part.kind_id] == "object_type":
                    _signatures(lowering, part, made)
                else:
                    add_base_type(lowering, part, made)
        elif kind in EXTRAS:
            comment(lowering, child)
    return made


def _signatures(lowering: Lowering, node: Node, made: Class) -> None:
    for child in node.named_children:
        kind = lowering.kinds[child.kind_id]
        if kind == "property_signature":
            made.fields.append(_field(lowering, child))
        elif kind == "method_signature":
            made.methods.append(method(lowering, child))
        elif kind in EXTRAS:
            comment(lowering, child)


def enum(lowering: Lowering, node: Node) -> Class:
    """An enum; members without a value count on from the one before."""
    made = Class(node.start_byte, node.end_byte, "", [], [], [], [], kind="enum")
    following: int | None = 0
    for child in lowering.parts(node):
        if lowering.kinds[child.kind_id] != "enum_body":
            made.name = lowering.text(child)
            continue
        for member in lowering.parts(child):
            start, end = member.start_byte, member.end_byte
            value: Expr | None = None
            word = member
            if lowering.kinds[member.kind_id] == "enum_assignment":
                word, given = lowering.exactly(member, 2)
                value = lowering.lower(given)
                known = value.value if type(value) is Const else None
                following = known if type(known) is int else None
            elif following is not None:
                value = Const(start, end, following)
            if following is not None:
                following += 1
            made.fields.append(Field(start, end, member_name(lowering, word), None, value, [], ("static",)))
    return made
