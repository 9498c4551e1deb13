"""Declarations: variables, functions, classes, interfaces, enums and namespaces."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.classes import class_definition, enum, interface
from backend_advisor.code.frontends.javascript.functions import block, function
from backend_advisor.code.frontends.javascript.lowering import EXTRAS, Lowering, comment, lowers_statement
from backend_advisor.code.frontends.javascript.modules import chain, exported_name, import_declaration
from backend_advisor.code.frontends.javascript.types import annotation
from backend_advisor.code.ir import Assign, Const, Define, Export, Expr, Mapping, Name, Stmt, Type


@lowers_statement("internal_module", "module")
def namespace(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`namespace N { … }`: its statements, and N as an object of what it exports."""
    parts = lowering.parts(node)
    if len(parts) < 2 or lowering.kinds[parts[-1].kind_id] != "statement_block":
        return
    body = block(lowering, parts[-1])
    pairs: list[tuple[Expr | None, Expr]] = []
    for statement in body:
        if isinstance(statement, Export):
            pairs.append((Const(statement.start, statement.start, statement.name), statement.value))
        else:
            out.append(statement)
    start, end = parts[0].start_byte, parts[0].end_byte
    name = lowering.text(parts[0]).split(".")[0]
    out.append(Assign(start, end, Name(start, end, name), Mapping(start, end, pairs), declares="const"))


@lowers_statement("lexical_declaration", "variable_declaration", "using_declaration")
def declaration(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`const`, `let` and `var`; a module that is loaded by `require` is an import."""
    source, kinds = lowering.source, lowering.kinds
    start = node.start_byte
    word = {b"con": "const", b"let": "let", b"var": "var"}.get(source[start : start + 3], "const")
    for declarator in node.named_children:
        if kinds[declarator.kind_id] != "variable_declarator":
            if kinds[declarator.kind_id] in EXTRAS:
                comment(lowering, declarator)
            continue
        children = declarator.named_children
        target = children[0]
        kind: Type | None = None
        value: Node | None = None
        for child in children[1:]:
            child_kind = kinds[child.kind_id]
            if child_kind == "type_annotation":
                kind = annotation(lowering, child)
            elif child_kind in EXTRAS:
                comment(lowering, child)
            elif child_kind != "ERROR":
                value = child
        if value is not None and import_declaration(lowering, target, value, word, out):
            continue
        start, end = declarator.start_byte, declarator.end_byte
        binding = lowering.lower(target)
        if value is not None and kinds[value.kind_id] == "assignment_expression":
            value = _exported_value(lowering, binding, value, out)
        made = None if value is None else lowering.expressions[value.kind_id](lowering, value)
        out.append(Assign(start, end, binding, made, None, kind, word))


def _exported_value(lowering: Lowering, binding: Expr, value: Node, out: list[Stmt]) -> Node:
    """The value of `var a = module.exports = b` after its exports, which take the name a that is hoisted."""
    targets, last = chain(lowering, value)
    if not isinstance(binding, Name) or any(exported_name(lowering, one) is None for one in targets):
        return value
    holder = Name(binding.start, binding.start, binding.id)
    out += (
        Export(one.start_byte, last.end_byte, name or None, holder)
        for one in targets[-1:]
        for name in [exported_name(lowering, one)]
    )
    return last


@lowers_statement("function_declaration", "generator_function_declaration")
def function_declaration(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """A function with its name."""
    made = function(lowering, node)
    out.append(Define(made.start, made.end, made))


@lowers_statement("class_declaration", "abstract_class_declaration")
def class_declaration(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """A class with its name."""
    made = class_definition(lowering, node)
    out.append(Define(made.start, made.end, made))


@lowers_statement("interface_declaration")
def interface_declaration(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """An interface."""
    made = interface(lowering, node)
    out.append(Define(made.start, made.end, made))


@lowers_statement("type_alias_declaration")
def type_alias(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """A name for an object type is an interface; other aliases say nothing of values."""
    last = node.named_children[-1]
    if lowering.kinds[last.kind_id] in ("object_type", "intersection_type"):
        interface_declaration(lowering, node, out)


@lowers_statement("enum_declaration")
def enum_declaration(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """An enum."""
    made = enum(lowering, node)
    out.append(Define(made.start, made.end, made))
