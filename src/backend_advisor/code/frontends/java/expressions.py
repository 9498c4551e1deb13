"""Expressions."""

from tree_sitter import Node

from backend_advisor.code.frontends.java import members
from backend_advisor.code.frontends.java.grammar import KINDS, WORDS, kind
from backend_advisor.code.frontends.java.reader import (
    EXPRESSIONS,
    Reader,
    Unreadable,
    lowers,
    lowers_statement,
    only,
    parts,
    sound,
)
from backend_advisor.code.frontends.java.types import TYPES, array_of, name_of, stated, type_name
from backend_advisor.code.ir import (
    Assign,
    AssignExpr,
    Attr,
    Binary,
    Call,
    Cast,
    Conditional,
    Const,
    Do,
    Expr,
    Function,
    Index,
    Lambda,
    Logic,
    Name,
    Opaque,
    Param,
    Reference,
    Return,
    Sequence,
    Stmt,
    Text,
    Type,
    Unary,
)

_BINARY = kind("binary_expression")
_IDENTIFIER = kind("identifier")
_SUPER = kind("super")
_THIS = kind("this")
_ARGUMENTS = kind("argument_list")
_TYPE_ARGUMENTS = kind("type_arguments")
_CLASS_BODY = kind("class_body")
_BLOCK = kind("block")
_SWITCH = kind("switch_expression")
_DIMENSIONS = kind("dimensions_expr")
_INITIALIZER = kind("array_initializer")
_RECORD_PATTERN = kind("record_pattern")
_PATTERN = kind("pattern")
_COMPONENT = kind("record_pattern_component")
_ANNOTATIONS = frozenset({*KINDS["annotation"], *KINDS["marker_annotation"]})
_LOGIC = {"&&": "and", "||": "or"}
_UNARY = {"!": "not", "-": "-", "+": "+", "~": "~"}
_LONGEST_CHAIN = 150


@lowers("identifier", "this", "super", "underscore_pattern")
def name(reader: Reader, node: Node) -> Expr:
    """A name."""
    return Name(node.start_byte, node.end_byte, reader.text(node))


@lowers("parenthesized_expression", "pattern", "guard", "expression_statement")
def inner(reader: Reader, node: Node) -> Expr:
    """What stands in parentheses."""
    return reader.expr(only(node))


@lowers("field_access")
def field(reader: Reader, node: Node) -> Expr:
    """`a.b`, `Outer.super.b`; `Outer.this` is `this` where Outer is the class around."""
    children = node.children
    if len(children) != 3:
        children = sound(children)
        children = [children[0], *children[-2:]] if children[-3].kind_id != _SUPER else children[-3:]
    holder, _, last = children
    start, end = node.start_byte, node.end_byte
    word = reader.text(last)
    if last.kind_id == _THIS and reader.text(holder) == reader.owner:
        return Name(start, end, word)
    return Attr(start, end, reader.expr(holder), word)


@lowers("method_invocation")
def call(reader: Reader, node: Node) -> Expr:
    """`f(a)`, `a.f(b)`, `a.<T>f(b)`, `Outer.super.f()`."""
    children = node.children
    count = len(children)
    start, end = node.start_byte, node.end_byte
    if count not in (2, 4) or reader.broken:
        children = [child for child in sound(children) if child.kind_id != _TYPE_ARGUMENTS]
        count = len(children)
        if count < 2 or children[-1].kind_id != _ARGUMENTS or children[-2].kind_id != _IDENTIFIER:
            raise Unreadable
    word, arguments = children[-2], children[-1]
    last = word.end_byte
    method = reader.text(word)
    if count == 2:
        callee = _implicit(reader, start, last, method)
    elif count > 4 and children[-4].kind_id == _SUPER:
        callee = Attr(start, last, name(reader, children[-4]), method)
    else:
        callee = Attr(start, last, reader.expr(children[0]), method)
    return Call(start, end, callee, reader.exprs(arguments.children))


def _implicit(reader: Reader, start: int, end: int, method: str) -> Expr:
    """`f` of a call `f()`: a method of the object itself or of a class around, unless it is imported."""
    receiver = reader.receiver(method) if reader.scopes else None
    if receiver is None:
        return Name(start, end, method)
    return Attr(start, end, Name(start, start, receiver), method)


@lowers("object_creation_expression")
def creation(reader: Reader, node: Node) -> Expr:
    """`new A<>(b)`, `outer.new Inner()`, and with the body of an anonymous class."""
    start, end = node.start_byte, node.end_byte
    named: Node | None = None
    body: Node | None = None
    given: list[Expr] = []
    for child in node.children:
        number = child.kind_id
        if number in TYPES:
            named = child
        elif number == _ARGUMENTS:
            given = reader.exprs(child.children)
        elif number == _CLASS_BODY:
            body = child
    if named is None:
        raise Unreadable
    made = Call(start, end, type_name(reader, named), given, new=True)
    if body is not None:
        made.body = members.anonymous(reader, body, [named])
    return made


@lowers("array_creation_expression")
def array(reader: Reader, node: Node) -> Expr:
    """`new int[]{1, 2}` is a list; `new byte[16]` is a cast of `new Array(16)`."""
    start, end = node.start_byte, node.end_byte
    children = sound(node.children)
    made: Type | None = None
    sizes: list[Expr] = []
    for child in children:
        number = child.kind_id
        if number == _INITIALIZER:
            return reader.expr(child)
        if number in TYPES:
            made = stated(reader, child)
        elif number == _DIMENSIONS:
            sizes.append(reader.expr(only(child)))
    return Cast(start, end, Call(start, end, Name(start, start, "Array"), sizes, new=True), array_of(made))


@lowers("array_initializer", "element_value_array_initializer")
def items(reader: Reader, node: Node) -> Expr:
    """`{1, 2}`."""
    return Sequence(node.start_byte, node.end_byte, "list", reader.exprs(node.children))


@lowers("array_access")
def subscript(reader: Reader, node: Node) -> Expr:
    """`a[b]`."""
    holder, key = parts(node)
    return Index(node.start_byte, node.end_byte, reader.expr(holder), reader.expr(key))


@lowers("binary_expression")
def binary(reader: Reader, node: Node) -> Expr:
    """Operators on two values. A chain of them is nested to the left by the grammar and read from its innermost."""
    spine: list[tuple[str, Node, int]] = []
    start = node.start_byte
    while node.kind_id == _BINARY:
        children = node.children
        if len(children) != 3:
            children = sound(children)
            if len(children) != 3:
                raise Unreadable
        left, operator, right = children
        spine.append((WORDS[operator.kind_id], right, node.end_byte))
        node = left
    made = reader.expr(node)
    if len(spine) > _LONGEST_CHAIN and not all(op in _LOGIC for op, _, _ in spine):
        operands = [made, *(reader.expr(right) for _, right, _ in reversed(spine))]
        end = spine[0][2]
        is_text = all(op == "+" for op, _, _ in spine)
        return Text(start, end, operands) if is_text else Opaque(start, end, operands)
    open_logic = False
    for op, right, end in reversed(spine):
        operand = reader.expr(right)
        logic = _LOGIC.get(op)
        if logic is None:
            made = Binary(start, end, op, made, operand)
            open_logic = False
        elif open_logic and type(made) is Logic and made.op == logic:
            made.operands.append(operand)
            made.end = end
        else:
            made = Logic(start, end, logic, [made, operand])
            open_logic = True
    return made


@lowers("unary_expression")
def unary(reader: Reader, node: Node) -> Expr:
    """`!a`, `-a`, `+a`, `~a`."""
    operator, operand = sound(node.children)
    return Unary(node.start_byte, node.end_byte, _UNARY[WORDS[operator.kind_id]], reader.expr(operand))


@lowers("update_expression")
def update(reader: Reader, node: Node) -> Expr:
    """`a++` where its value is used."""
    target, value, op = _updated(reader, node)
    return AssignExpr(node.start_byte, node.end_byte, target, value, op)


def _updated(reader: Reader, node: Node) -> tuple[Expr, Expr, str]:
    first, last = sound(node.children)
    operator, operand = (first, last) if first.kind_id in WORDS else (last, first)
    one = Const(operator.start_byte, operator.end_byte, 1)
    return reader.expr(operand), one, WORDS[operator.kind_id][0]


@lowers("assignment_expression")
def assignment(reader: Reader, node: Node) -> Expr:
    """`a = b`, `a += b` where its value is used."""
    target, op, value = _assigned(node)
    return AssignExpr(node.start_byte, node.end_byte, reader.expr(target), reader.expr(value), op)


def _assigned(node: Node) -> tuple[Node, str | None, Node]:
    children = node.children
    if len(children) != 3:
        children = sound(children)
        if len(children) != 3:
            raise Unreadable
    target, operator, value = children
    return target, WORDS[operator.kind_id][:-1] or None, value


@lowers_statement("assignment_expression")
def assign(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`a = b;`."""
    target, op, value = _assigned(node)
    while value.kind_id == _PARENTHESES:
        value = only(value)
    if value.kind_id == _SWITCH and op is None:
        from backend_advisor.code.frontends.java.switches import assigned_switch

        assigned_switch(reader, value, lambda: reader.expr(target), out)
        return
    out.append(Assign(node.start_byte, node.end_byte, reader.expr(target), reader.expr(value), op))


_PARENTHESES = kind("parenthesized_expression")


@lowers_statement("update_expression")
def count(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`a++;`."""
    out.append(Assign(node.start_byte, node.end_byte, *_updated(reader, node)))


@lowers("ternary_expression")
def ternary(reader: Reader, node: Node) -> Expr:
    """`a ? b : c`."""
    test, then, otherwise = parts(node)
    return Conditional(node.start_byte, node.end_byte, reader.expr(test), reader.expr(then), reader.expr(otherwise))


@lowers("cast_expression")
def cast(reader: Reader, node: Node) -> Expr:
    """`(A) b`; of `(A & B) c` the first type."""
    children = parts(node)
    return Cast(node.start_byte, node.end_byte, reader.expr(children[-1]), stated(reader, children[0]))


@lowers("class_literal")
def class_literal(reader: Reader, node: Node) -> Expr:
    """`A.class`."""
    return Attr(node.start_byte, node.end_byte, type_name(reader, only(node)), "class")


@lowers("method_reference")
def reference(reader: Reader, node: Node) -> Expr:
    """`A::b`, `A::new`."""
    children = [child for child in sound(node.children) if child.kind_id != _TYPE_ARGUMENTS]
    holder, last = children[0], children[-1]
    return Reference(node.start_byte, node.end_byte, reader.expr(holder), reader.text(last))


@lowers("instanceof_expression")
def instance(reader: Reader, node: Node) -> Expr:
    """`a instanceof B`; a pattern's name is assigned on the way: `(b := (B) a) instanceof B`."""
    start, end = node.start_byte, node.end_byte
    children = parts(node)
    value = reader.expr(children[0])
    wanted = next(child for child in children[1:] if child.kind_id in TYPES or child.kind_id == _RECORD_PATTERN)
    if wanted.kind_id == _RECORD_PATTERN:
        kinds, captured = pattern(reader, wanted, value)
        tests: list[Expr] = [Binary(start, end, "instanceof", value, kinds)]
        tests += [AssignExpr(one.start, one.end, one.target, one.value or value) for one in captured]
        return tests[0] if len(tests) == 1 else Logic(start, end, "and", tests)
    bound = children[-1]
    if bound.kind_id == _IDENTIFIER and bound.start_byte > wanted.start_byte:
        whole = Cast(value.start, value.end, value, stated(reader, wanted))
        value = AssignExpr(bound.start_byte, bound.end_byte, name(reader, bound), whole)
    return Binary(start, end, "instanceof", value, type_name(reader, wanted))


def pattern(reader: Reader, node: Node, subject: Expr) -> tuple[Expr, list[Assign]]:
    """The type that a pattern asks for, and what it captures from the subject."""
    children = parts(node)
    while node.kind_id == _PATTERN:
        node = children[0]
        children = parts(node)
    if node.kind_id == _RECORD_PATTERN:
        return type_name(reader, children[0]), _components(reader, children[-1], subject)
    wanted = next(child for child in children if child.kind_id in TYPES)
    made = stated(reader, wanted)
    last = children[-1]
    start, end = last.start_byte, last.end_byte
    if last.kind_id != _IDENTIFIER:
        return type_name(reader, wanted), []
    value = Cast(start, end, subject, made)
    return type_name(reader, wanted), [Assign(start, end, name(reader, last), value, None, made, "var")]


def _components(reader: Reader, node: Node, subject: Expr) -> list[Assign]:
    """The names that a record pattern captures, however deep: parts of the subject that have no name here."""
    captured: list[Assign] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        children = parts(one)
        if one.kind_id != _COMPONENT or (children and children[0].kind_id == _RECORD_PATTERN):
            waiting += reversed(children)
        elif len(children) > 1 and children[-1].kind_id == _IDENTIFIER:
            last = children[-1]
            start, end = last.start_byte, last.end_byte
            made = stated(reader, children[-2])
            captured.append(Assign(start, end, name(reader, last), Opaque(start, end, [subject]), None, made, "var"))
    return captured


@lowers("lambda_expression")
def function(reader: Reader, node: Node) -> Expr:
    """`a -> b`, `(a, b) -> { … }`."""
    start, end = node.start_byte, node.end_byte
    children = sound(node.children)
    given, body = children[0], children[-1]
    if given.kind_id == _IDENTIFIER:
        params = [Param(given.start_byte, given.end_byte, reader.text(given))]
    elif given.kind_id in KINDS["inferred_parameters"]:
        params = [Param(one.start_byte, one.end_byte, reader.text(one)) for one in parts(given)]
    else:
        params = members.parameters(reader, given)
    finish, reader.finish = reader.finish, None
    statements: list[Stmt] = []
    if body.kind_id == _BLOCK:
        statements = reader.body(body)
    elif body.kind_id == _SWITCH:
        from backend_advisor.code.frontends.java.switches import returned_switch

        returned_switch(reader, body, statements)
    else:
        statements = [Return(body.start_byte, body.end_byte, reader.expr(body))]
    reader.finish = finish
    return Lambda(start, end, Function(start, end, "", params, statements, header_end=body.start_byte))


@lowers("annotation", "marker_annotation")
def annotation(reader: Reader, node: Node) -> Expr:
    """`@A`, `@A(b)`, `@A(c = d)`."""
    children = sound(node.children)
    named = children[1]
    made = name_of(named.start_byte, named.end_byte, reader.dotted(named))
    if len(children) < 3:
        return made
    given: list[Expr] = []
    keywords: list[tuple[str, Expr]] = []
    for child in children[2].children:
        if child.kind_id in KINDS["element_value_pair"]:
            key, value = parts(child)
            keywords.append((reader.text(key), reader.expr(value)))
        elif child.kind_id in EXPRESSIONS:
            given.append(reader.expr(child))
    return Call(node.start_byte, node.end_byte, made, given, keywords)


def bare(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """An expression evaluated for what it does."""
    out.append(Do(node.start_byte, node.end_byte, reader.expr(node)))
