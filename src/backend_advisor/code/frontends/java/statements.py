"""Statements."""

from tree_sitter import Node

from backend_advisor.code.frontends.java.expressions import bare
from backend_advisor.code.frontends.java.grammar import ERROR_KIND, KINDS, WORDS, kind
from backend_advisor.code.frontends.java.members import modifiers
from backend_advisor.code.frontends.java.reader import (
    EXPRESSIONS,
    STATEMENTS,
    Reader,
    Unreadable,
    lowers_statement,
    only,
    parts,
    sound,
)
from backend_advisor.code.frontends.java.switches import assigned_switch, returned_switch
from backend_advisor.code.frontends.java.types import TYPES, dimensions_of, name_of, stated, with_dimensions
from backend_advisor.code.ir import (
    Assert,
    Assign,
    Break,
    Call,
    Cast,
    Const,
    Continue,
    Do,
    Expr,
    For,
    Handler,
    If,
    Import,
    Name,
    Return,
    Stmt,
    Throw,
    Try,
    Type,
    While,
    With,
)

_SWITCH = kind("switch_expression")
_PARENTHESES = kind("parenthesized_expression")
_MODIFIERS = kind("modifiers")
_DECLARATOR = kind("variable_declarator")
_IDENTIFIER = kind("identifier")
_BLOCK = kind("block")
_CATCH = kind("catch_clause")
_FINALLY = kind("finally_clause")
_RESOURCES = kind("resource_specification")
_RESOURCE = kind("resource")
_ASTERISK = kind("asterisk")


@lowers_statement("expression_statement")
def expression(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """An expression evaluated for what it does."""
    child = node.children[0]
    handler = STATEMENTS.get(child.kind_id)
    if handler is not None:
        handler(reader, child, out)
    elif child.kind_id in EXPRESSIONS:
        made = reader.expr(child)
        out.append(Do(node.start_byte, node.end_byte, made))


@lowers_statement("local_variable_declaration")
def local(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`int a = 1, b;`."""
    declares, made = "var", None
    for child in node.children:
        number = child.kind_id
        if number == _DECLARATOR:
            _declarator(reader, child, made, declares, out)
        elif number in TYPES:
            made = stated(reader, child)
        elif number == _MODIFIERS and "final" in modifiers(reader, child)[1]:
            declares = "final"


def _declarator(reader: Reader, node: Node, made: Type | None, declares: str, out: list[Stmt]) -> None:
    children = node.children
    start, end = node.start_byte, node.end_byte
    if len(children) not in (1, 3) or reader.broken:
        children = sound(children)
        made = with_dimensions(made, dimensions_of(children))
    named = children[0]
    target = Name(named.start_byte, named.end_byte, reader.text(named))
    if len(children) < 3:
        out.append(Assign(start, end, target, None, None, made, declares))
        return
    value = children[-1]
    if value.kind_id == _SWITCH:
        out.append(Assign(start, end, target, None, None, made, declares))
        assigned_switch(reader, value, lambda: Name(target.start, target.end, target.id), out, made)
        return
    out.append(Assign(start, end, target, reader.expr(value), None, made, declares))


@lowers_statement("return_statement")
def returned(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`return a;`."""
    children = parts(node)
    value = children[0] if children else None
    while value is not None and value.kind_id == _PARENTHESES:
        value = only(value)
    if value is not None and value.kind_id == _SWITCH:
        returned_switch(reader, value, out)
        return
    out.append(Return(node.start_byte, node.end_byte, None if value is None else reader.expr(value)))


@lowers_statement("throw_statement")
def throw(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`throw a;`."""
    out.append(Throw(node.start_byte, node.end_byte, reader.expr(only(node))))


@lowers_statement("break_statement")
def leave(_reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`break;`, also out of an outer loop."""
    out.append(Break(node.start_byte, node.end_byte))


@lowers_statement("continue_statement")
def repeat(_reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`continue;`, also of an outer loop."""
    out.append(Continue(node.start_byte, node.end_byte))


@lowers_statement("assert_statement")
def asserted(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`assert a;`, `assert a : b;`."""
    out.append(Assert(node.start_byte, node.end_byte, reader.expr(only(node))))


@lowers_statement("block")
def block(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """Statements in braces of their own."""
    reader.run(node.children, out)


@lowers_statement("labeled_statement")
def labelled(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """A statement with a label: the statement."""
    reader.run(parts(node)[1:], out)


@lowers_statement("if_statement")
def condition(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`if (a) b else c`."""
    children = sound(node.children)
    test = reader.expr(children[1])
    then = reader.body(children[2])
    otherwise = reader.body(children[4]) if len(children) > 4 else []
    out.append(If(node.start_byte, node.end_byte, test, then, otherwise))


@lowers_statement("while_statement")
def loop(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`while (a) b`."""
    children = sound(node.children)
    out.append(While(node.start_byte, node.end_byte, reader.expr(children[1]), reader.body(children[2]), []))


@lowers_statement("do_statement")
def loop_after(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`do a while (b);`."""
    children = sound(node.children)
    test = next(child for child in children[2:] if child.kind_id == _PARENTHESES)
    body = reader.body(children[1])
    out.append(While(node.start_byte, node.end_byte, reader.expr(test), body, [], after=True))


@lowers_statement("for_statement")
def counted(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`for (a; b; c) d`: what comes first stands before the loop."""
    children = sound(node.children)
    first: list[Node] = []
    test: Expr | None = None
    last: list[Node] = []
    part = 0
    for child in children[2:-1]:
        word = WORDS.get(child.kind_id)
        if word == ")":
            break
        if word == ";":
            part += 1
        elif word is None and part == 0:
            first.append(child)
            part += child.kind_id in KINDS["local_variable_declaration"]
        elif word is None and part == 1:
            test = reader.expr(child)
        elif word is None:
            last.append(child)
    for one in first:
        _alone(reader, one, out)
    update: list[Stmt] = []
    for one in last:
        _alone(reader, one, update)
    start, end = node.start_byte, node.end_byte
    body = reader.body(children[-1])
    out.append(While(start, end, test or Const(start, start, True), body, [], update))


def _alone(reader: Reader, node: Node, out: list[Stmt]) -> None:
    handler = STATEMENTS.get(node.kind_id)
    if handler is not None:
        handler(reader, node, out)
    else:
        bare(reader, node, out)


@lowers_statement("enhanced_for_statement")
def each(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`for (A a : b) c`; the stated type of the variable is that of a cast at the head of the body."""
    children = sound(node.children)
    body = children[-1]
    value = children[-3]
    named = children[3]
    made: Type | None = None
    for child in children[2:-4]:
        if child.kind_id in TYPES:
            made = stated(reader, child)
        elif child.kind_id == _IDENTIFIER:
            named = child
    start, end = named.start_byte, named.end_byte
    target = Name(start, end, reader.text(named))
    statements = reader.body(body)
    if made is not None:
        again = Cast(start, end, Name(start, end, target.id), made)
        statements.insert(0, Assign(start, end, Name(start, end, target.id), again, None, made, "var"))
    out.append(For(node.start_byte, node.end_byte, target, reader.expr(value), statements, []))


@lowers_statement("synchronized_statement")
def synchronized(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`synchronized (a) { b }`."""
    lock, body = parts(node)
    out.append(With(node.start_byte, node.end_byte, [(reader.expr(lock), None)], reader.body(body)))


@lowers_statement("try_statement", "try_with_resources_statement")
def attempt(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`try`, with resources, `catch` and `finally`."""
    start, end = node.start_byte, node.end_byte
    items: list[tuple[Expr, Expr | None]] = []
    statements: list[Stmt] = []
    handlers: list[Handler] = []
    final: list[Stmt] = []
    inside = end
    for child in node.children:
        number = child.kind_id
        if number == _RESOURCES:
            items = [_resource(reader, one) for one in child.children if one.kind_id == _RESOURCE]
        elif number == _BLOCK:
            statements = reader.body(child)
            inside = child.end_byte
        elif number == _CATCH:
            handlers.append(_handler(reader, child))
        elif number == _FINALLY:
            final = reader.body(only(child))
    if items:
        statements = [With(start, inside, items, statements)]
        if not handlers and not final:
            out += statements
            return
    out.append(Try(start, end, statements, handlers, [], final))


def _resource(reader: Reader, node: Node) -> tuple[Expr, Expr | None]:
    children = sound(node.children)
    value = reader.expr(children[-1])
    if len(children) < 3:
        return value, None
    named = children[-3]
    made = next((stated(reader, child) for child in children if child.kind_id in TYPES), None)
    if made is not None and not (isinstance(value, Call) and value.new):
        value = Cast(value.start, value.end, value, made)
    return value, Name(named.start_byte, named.end_byte, reader.text(named))


def _handler(reader: Reader, node: Node) -> Handler:
    parameter, body = parts(node)[:2]
    types: list[Expr] = []
    word: str | None = None
    for child in parameter.children:
        if child.kind_id in KINDS["catch_type"]:
            types = [
                name_of(one.start_byte, one.end_byte, reader.dotted(one))
                for one in child.children
                if one.kind_id in TYPES
            ]
        elif child.kind_id == _IDENTIFIER:
            word = reader.text(child)
    return Handler(node.start_byte, node.end_byte, types, word, reader.body(body))


@lowers_statement("import_declaration")
def imported(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`import a.b.C;`, `import a.b.*;`, `import static a.b.C.d;`."""
    children = parts(node)
    if not children:
        raise Unreadable
    whole = reader.dotted(children[0])
    start, end = node.start_byte, node.end_byte
    if children[-1].kind_id == _ASTERISK:
        out.append(Import(start, end, "*", whole, "*"))
        return
    module, _, last = whole.rpartition(".")
    out.append(Import(start, end, last, module, last))


def unparsed(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """What could not be parsed: its sound parts."""
    reader.run((child for child in node.children if child.child_count), out)


STATEMENTS[ERROR_KIND] = unparsed
STATEMENTS[ERROR_KIND - 1] = unparsed
for _name in (
    "method_invocation",
    "object_creation_expression",
    "lambda_expression",
    "method_reference",
    "field_access",
    "binary_expression",
    "parenthesized_expression",
    "ternary_expression",
    "cast_expression",
    "string_literal",
    "array_access",
):
    for _number in KINDS[_name]:
        STATEMENTS[_number] = bare
