"""Classes, interfaces, enumerations and records with their members."""

import re
from dataclasses import dataclass, field

from tree_sitter import Node

from backend_advisor.code.frontends.java.grammar import ERROR_KIND, KINDS, WORDS, kind
from backend_advisor.code.frontends.java.implied import initialise, logger, record
from backend_advisor.code.frontends.java.reader import (
    EXPRESSIONS,
    Reader,
    Scope,
    lowers_statement,
    only,
    parts,
    sound,
)
from backend_advisor.code.frontends.java.types import (
    TYPES,
    declared_variables,
    dimensions_of,
    name_of,
    stated,
    type_name,
    with_dimensions,
)
from backend_advisor.code.ir import (
    Assign,
    Call,
    Class,
    Define,
    Do,
    Expr,
    Field,
    Function,
    Name,
    Param,
    Stmt,
    Type,
)

_MODIFIERS = kind("modifiers")
_IDENTIFIER = kind("identifier")
_PARAMETERS = kind("formal_parameters")
_PARAMETER = kind("formal_parameter")
_SPREAD = kind("spread_parameter")
_DECLARATOR = kind("variable_declarator")
_TYPE_PARAMETERS = kind("type_parameters")
_ARGUMENTS = kind("argument_list")
_BLOCK = kind("block")
_COMMENT = kind("block_comment")
_COMPACT = kind("compact_constructor_declaration")
_CONSTANT = kind("enum_constant")
_CLASS_BODY = kind("class_body")
_BODIES = frozenset({*KINDS["block"], *KINDS["constructor_body"]})
_HEIRS = frozenset({*KINDS["superclass"], *KINDS["super_interfaces"], *KINDS["extends_interfaces"]})
_CLASS_BODIES = frozenset(
    number for name in ("class_body", "interface_body", "enum_body", "annotation_type_body") for number in KINDS[name]
)
_METHODS = frozenset(
    number
    for name in ("method_declaration", "constructor_declaration", "annotation_type_element_declaration")
    for number in KINDS[name]
)
_FIELDS = frozenset({*KINDS["field_declaration"], *KINDS["constant_declaration"]})
_CLASSES = {
    number: word
    for name, word in {
        "class_declaration": "class",
        "interface_declaration": "interface",
        "enum_declaration": "enum",
        "record_declaration": "record",
        "annotation_type_declaration": "interface",
    }.items()
    for number in KINDS[name]
}
_ANNOTATION_TYPE = kind("annotation_type_declaration")
_INITIALIZER = kind("static_initializer")
_NESTED = frozenset({*KINDS["enum_body_declarations"], ERROR_KIND})
_ANNOTATIONS = frozenset({*KINDS["annotation"], *KINDS["marker_annotation"]})
_MARGIN = re.compile(r"^[ \t]*\*?[ \t]?", re.MULTILINE)


@dataclass(slots=True)
class Members:
    """The members of a class, as they are met."""

    fields: list[Field] = field(default_factory=list)
    methods: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    once: list[Stmt] = field(default_factory=list)
    each_time: list[Stmt] = field(default_factory=list)
    """The statements of initialisers that each constructor runs first."""


def modifiers(reader: Reader, node: Node) -> tuple[list[Expr], tuple[str, ...], int]:
    """The annotations and the words before a declaration, and where its first word stands."""
    notes: list[Expr] = []
    words: list[str] = []
    start = -1
    for child in node.children:
        number = child.kind_id
        if number in _ANNOTATIONS:
            notes.append(reader.expr(child))
            start = -1
        elif number in WORDS:
            words.append(WORDS[number])
            start = child.start_byte if start < 0 else start
    return notes, tuple(words), start


def parameters(reader: Reader, node: Node) -> list[Param]:
    """The parameters of a method or lambda."""
    found: list[Param] = []
    for child in node.children:
        number = child.kind_id
        if number in (_PARAMETER, _SPREAD):
            made = _parameter(reader, child, is_rest=number == _SPREAD)
            if made.name != "this":
                found.append(made)
    return found


def _parameter(reader: Reader, node: Node, *, is_rest: bool) -> Param:
    children = sound(node.children)
    named = children[-1]
    notes: list[Expr] = []
    made: Type | None = None
    for child in children:
        number = child.kind_id
        if number == _IDENTIFIER:
            named = child
        elif number in TYPES:
            made = stated(reader, child)
        elif number == _MODIFIERS:
            notes = modifiers(reader, child)[0]
        elif number == _DECLARATOR:
            named = child.children[0]
            made = with_dimensions(made, dimensions_of(child.children))
    made = with_dimensions(made, dimensions_of(children))
    kind_of = "rest" if is_rest else "normal"
    return Param(node.start_byte, node.end_byte, reader.text(named), None, made, notes, kind_of)


def _method(reader: Reader, node: Node, doc: str) -> Function:
    """A method or constructor."""
    notes: list[Expr] = []
    words: tuple[str, ...] = ()
    start, end = node.start_byte, node.end_byte
    header_end = end
    named = ""
    params: list[Param] = []
    made: Type | None = None
    body: list[Stmt] | None = None
    variables, finish = reader.variables, reader.finish
    reader.finish = None
    for child in node.children:
        number = child.kind_id
        if number == _MODIFIERS:
            notes, words, first = modifiers(reader, child)
            start = first if first >= 0 else child.end_byte
        elif number == _TYPE_PARAMETERS:
            reader.variables = declared_variables(reader, child)
        elif number in TYPES:
            made = stated(reader, child)
        elif number == _IDENTIFIER and not named:
            named = reader.text(child)
        elif number == _PARAMETERS:
            params = parameters(reader, child)
            header_end = child.end_byte
        elif number in _BODIES:
            header_end = child.start_byte
            body = reader.body(child)
    reader.variables, reader.finish = variables, finish
    if body is None and "abstract" not in words and "native" not in words:
        words = (*words, "abstract")
    if start != node.start_byte:
        start = _after_blanks(reader.source, start)
    return Function(start, end, named, params, body or [], notes, made, False, False, words, header_end, doc)


def _after_blanks(source: bytes, at: int) -> int:
    while source[at : at + 1].isspace():
        at += 1
    return at


def declare_fields(reader: Reader, node: Node, into: list[Field], *, is_constant: bool) -> None:
    """The fields that one declaration declares."""
    notes: list[Expr] = []
    words: tuple[str, ...] = ("static", "final") if is_constant else ()
    made: Type | None = None
    start = node.start_byte
    for child in node.children:
        number = child.kind_id
        if number == _MODIFIERS:
            notes, given, first = modifiers(reader, child)
            words = tuple(dict.fromkeys((*given, *words)))
            start = first if first >= 0 else _after_blanks(reader.source, child.end_byte)
        elif number in TYPES:
            made = stated(reader, child)
        elif number == _DECLARATOR:
            children = sound(child.children)
            kind_of = with_dimensions(made, dimensions_of(children))
            value = reader.expr(children[-1]) if len(children) > 2 else None
            into.append(Field(start, child.end_byte, reader.text(children[0]), kind_of, value, notes, words))
            start = child.end_byte


def declared_methods(reader: Reader, nodes: list[Node]) -> frozenset[str]:
    """The names of the methods that a class body declares."""
    found: list[str] = []
    for node in nodes:
        if node.kind_id in _METHODS:
            found += [reader.text(child) for child in node.children if child.kind_id == _IDENTIFIER][:1]
        elif node.kind_id in _NESTED:
            found += declared_methods(reader, node.children)
    return frozenset(found)


def lower_members(reader: Reader, nodes: list[Node], body: Members, *, is_interface: bool = False) -> None:
    """Lower what stands in the body of a class."""
    if reader.depth >= 200:
        return
    doc = ""
    for node in nodes:
        number = node.kind_id
        if number == _COMMENT:
            doc = _doc(reader, node)
            continue
        depth, variables, owner = reader.depth, reader.variables, reader.owner
        scopes = len(reader.scopes)
        reader.depth += 1
        try:
            _member(reader, node, body, doc, is_interface)
        except (IndexError, KeyError, ValueError):
            reader.variables, reader.owner = variables, owner
            del reader.scopes[scopes:]
            reader.errors.append((node.start_byte, node.end_byte))
        reader.depth = depth
        doc = ""


def _member(reader: Reader, node: Node, body: Members, doc: str, is_interface: bool) -> None:
    number = node.kind_id
    if number in _METHODS:
        body.methods.append(_method(reader, node, doc))
    elif number in _FIELDS:
        declare_fields(reader, node, body.fields, is_constant=is_interface)
    elif number in _CLASSES:
        body.classes.append(define(reader, node, doc))
    elif number == _CONSTANT:
        body.fields.append(_constant(reader, node))
    elif number == _COMPACT:
        body.methods.append(_method(reader, node, doc))
    elif number == _INITIALIZER:
        reader.run(node.children, body.once)
    elif number == _BLOCK:
        reader.run(node.children, body.each_time)
    elif number in _NESTED:
        lower_members(reader, node.children, body, is_interface=is_interface)


def _doc(reader: Reader, node: Node) -> str:
    raw = reader.source[node.start_byte : node.end_byte]
    if not raw.startswith(b"/**"):
        return ""
    return _MARGIN.sub("", raw[3:-2].decode(reader.encoding, "replace")).strip()


def _constant(reader: Reader, node: Node) -> Field:
    """A constant of an enumeration; one with arguments or a body of its own is created."""
    start, end = node.start_byte, node.end_byte
    notes: list[Expr] = []
    word = ""
    value: Call | None = None
    for child in sound(node.children):
        number = child.kind_id
        if number == _MODIFIERS:
            notes = modifiers(reader, child)[0]
        elif number == _IDENTIFIER:
            word, start = reader.text(child), child.start_byte
        elif number == _ARGUMENTS:
            value = Call(start, end, Name(start, start, reader.owner), reader.exprs(child.children), new=True)
        elif number == _CLASS_BODY:
            value = value or Call(start, end, Name(start, start, reader.owner), [], new=True)
            base = [Type(reader.owner)] if reader.owner else []
            value.body = _class_of(reader, child, f"{word}@{start}", base, name_of(start, start, reader.owner))
    return Field(start, end, word, None, value, notes, ("public", "static", "final"))


def anonymous(reader: Reader, body: Node, named: list[Node]) -> Class:
    """The class that an expression makes: it has the created type for its base, and a name that is made up."""
    base = named[0]
    stated_type = stated(reader, base)
    bases = [stated_type] if stated_type is not None else []
    short = bases[0].name.rpartition(".")[2] if bases else "Object"
    return _class_of(reader, body, f"{short}@{body.start_byte}", bases, type_name(reader, base))


def _class_of(reader: Reader, node: Node, name: str, bases: list[Type], base: Expr) -> Class:
    owner, finish = reader.owner, reader.finish
    reader.owner, reader.finish = name, None
    body = Members()
    short = bases[0].name.rpartition(".")[2] if bases else "Object"
    reader.scopes.append(Scope(name, declared_methods(reader, node.children), inherits=True, base=short))
    lower_members(reader, node.children, body)
    reader.scopes.pop()
    reader.owner, reader.finish = owner, finish
    made = Class(node.start_byte, node.end_byte, name, [base], body.fields, body.methods, body.classes)
    made.body, made.base_types = body.once, bases
    initialise(made, body.each_time)
    return made


def define(reader: Reader, node: Node, doc: str = "") -> Class:
    """A class, interface, enumeration, record or annotation type."""
    start, end = node.start_byte, node.end_byte
    owner, variables, finish = reader.owner, reader.variables, reader.finish
    reader.finish = None
    made = Class(start, end, "", [], [], [], [], kind=_CLASSES[node.kind_id], doc=doc)
    body = Members()
    components: list[Param] = []
    for child in node.children:
        number = child.kind_id
        if number == _MODIFIERS:
            made.decorators, made.modifiers, first = modifiers(reader, child)
            made.start = first if first >= 0 else _after_blanks(reader.source, child.end_byte)
        elif number == _IDENTIFIER and not made.name:
            made.name = reader.owner = reader.text(child)
        elif number == _TYPE_PARAMETERS:
            reader.variables = declared_variables(reader, child)
        elif number in _HEIRS:
            _bases(reader, child, made)
        elif number == _PARAMETERS:
            components = parameters(reader, child)
        elif number in _CLASS_BODIES:
            methods = declared_methods(reader, child.children) | {one.name for one in components}
            reader.scopes.append(Scope(made.name, methods, inherits=bool(made.bases)))
            lower_members(reader, child.children, body, is_interface=made.kind == "interface")
            reader.scopes.pop()
    if node.kind_id == _ANNOTATION_TYPE:
        made.modifiers = (*made.modifiers, "annotation")
    made.fields, made.methods, made.classes, made.body = body.fields, body.methods, body.classes, body.once
    if made.decorators:
        logger(made)
    if made.kind == "record":
        record(made, components)
    if made.kind == "enum":
        made.bases.append(Name(made.start, made.start, "Enum"))
    initialise(made, body.each_time)
    reader.owner, reader.variables, reader.finish = owner, variables, finish
    return made


def _bases(reader: Reader, node: Node, made: Class) -> None:
    for child in parts(node):
        for one in [child] if child.kind_id in TYPES else parts(child):
            kind_of = stated(reader, one)
            if kind_of is not None:
                made.bases.append(type_name(reader, one))
                made.base_types.append(kind_of)


@lowers_statement(
    "class_declaration",
    "interface_declaration",
    "enum_declaration",
    "record_declaration",
    "annotation_type_declaration",
)
def definition(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """A class at the top of a file or inside a method."""
    made = define(reader, node)
    out.append(Define(made.start, made.end, made))


@lowers_statement("method_declaration", "constructor_declaration")
def loose_method(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """A method outside of a class, as in a snippet."""
    made = _method(reader, node, "")
    out.append(Define(made.start, made.end, made))


@lowers_statement("field_declaration")
def loose_field(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """A field outside of a class, as in a broken file."""
    found: list[Field] = []
    declare_fields(reader, node, found, is_constant=False)
    for one in found:
        target = Name(one.start, one.end, one.name)
        out.append(Assign(one.start, one.end, target, one.value, None, one.type, "final"))


@lowers_statement("explicit_constructor_invocation")
def constructor_call(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`super(a);`, `this(a);`."""
    start, end = node.start_byte, node.end_byte
    words = [child for child in sound(node.children) if child.kind_id in EXPRESSIONS]
    arguments = next(child for child in node.children if child.kind_id == _ARGUMENTS)
    given = reader.exprs(arguments.children)
    out.append(Do(start, end, Call(start, end, reader.expr(words[-1]), given)))


__all__ = ["anonymous", "define", "modifiers", "only", "parameters"]
