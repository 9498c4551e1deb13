"""Operators and assignments of JavaScript and TypeScript."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.literals import number_value
from backend_advisor.code.frontends.javascript.lowering import (
    DEEPEST,
    Lowering,
    Unreadable,
    lowers,
    too_deep,
)
from backend_advisor.code.ir import AssignExpr, Binary, Conditional, Const, Expr, Logic, Opaque, Text, Unary

_LOGIC = {b"&&": "and", b"||": "or", b"??": "??"}
_PLAIN = "+ - * / % ** << >> >>> & | ^ == != === !== < <= > >= in instanceof"
_OPERATORS = {operator.encode(): operator for operator in _PLAIN.split()}
_UNARY = {b"!": "not", b"-": "-", b"+": "+", b"~": "~", b"typeof": "typeof", b"void": "void", b"delete": "delete"}
_LONGEST_SPINE = 100


@lowers("binary_expression")
def binary(lowering: Lowering, node: Node) -> Expr:
    """Operators; a long row of them (`a + b + …`) is walked without recursion."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    spine: list[tuple[bytes, Node, int]] = []
    while True:
        left, right = lowering.exactly(node, 2)
        operator = lowering.source[left.end_byte : right.start_byte].strip()
        if operator not in _OPERATORS and operator not in _LOGIC:
            operator = _operator(lowering, node)
        spine.append((operator, right, node.end_byte))
        if lowering.kinds[left.kind_id] != "binary_expression":
            break
        node = left
    lowering.depth += 1
    table = lowering.expressions
    value = table[left.kind_id](lowering, left)
    operands = [table[right.kind_id](lowering, right) for _, right, _ in reversed(spine)]
    lowering.depth -= 1
    if len(spine) > _LONGEST_SPINE:
        return _row(value, operands, spine)
    start = node.start_byte
    for (operator, _, end), operand in zip(reversed(spine), operands, strict=True):
        word = _LOGIC.get(operator)
        if word is None:
            value = Binary(start, end, _OPERATORS[operator], value, operand)
        elif type(value) is Logic and value.op == word:
            value.operands.append(operand)
            value.start, value.end = start, end
        else:
            value = Logic(start, end, word, [value, operand])
    return value


def _operator(lowering: Lowering, node: Node) -> bytes:
    """The operator of a node that has a comment between its operands."""
    for child in node.children:
        token = lowering.source[child.start_byte : child.end_byte]
        if not child.is_named and (token in _OPERATORS or token in _LOGIC):
            return token
    raise Unreadable


def _row(first: Expr, rest: list[Expr], spine: list[tuple[bytes, Node, int]]) -> Expr:
    """A row too long to nest: joined strings are a text, anything else is opaque."""
    operands = [first, *rest]
    start, end = first.start, spine[0][2]
    operators = {operator for operator, _, _ in spine}
    if operators == {b"+"} and any(
        type(one) is Text or (type(one) is Const and isinstance(one.value, str)) for one in operands
    ):
        return Text(start, end, operands)
    if len(operators) == 1 and (word := _LOGIC.get(operators.pop())):
        return Logic(start, end, word, operands)
    return Opaque(start, end, operands)


@lowers("unary_expression")
def unary(lowering: Lowering, node: Node) -> Expr:
    """`!a`, `typeof a`, `-1` …"""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    child = lowering.only(node)
    start, at = node.start_byte, child.start_byte
    token = lowering.source[start:at].strip()
    if token not in _UNARY:
        token = lowering.source[start : node.children[0].end_byte]
    if token == b"-" and lowering.kinds[child.kind_id] == "number":
        lowering.depth -= 1
        value = number_value(lowering.source[at : child.end_byte])
        return Const(start, node.end_byte, None if value is None else -value)
    operand = lowering.lower(child)
    lowering.depth -= 1
    if token not in _UNARY:
        raise Unreadable
    return Unary(start, node.end_byte, _UNARY[token], operand)


@lowers("ternary_expression")
def ternary(lowering: Lowering, node: Node) -> Expr:
    """`a ? b : c`."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    test, then, otherwise = lowering.lower_all(lowering.exactly(node, 3))
    lowering.depth -= 1
    return Conditional(node.start_byte, node.end_byte, test, then, otherwise)


@lowers("assignment_expression")
def assignment(lowering: Lowering, node: Node) -> Expr:
    """`a = b` used as a value."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    target, value = lowering.lower_all(lowering.exactly(node, 2))
    lowering.depth -= 1
    return AssignExpr(node.start_byte, node.end_byte, target, value)


@lowers("augmented_assignment_expression")
def augmented(lowering: Lowering, node: Node) -> Expr:
    """`a += b`, `a ||= b` used as a value."""
    if lowering.depth >= DEEPEST:
        return too_deep(lowering, node)
    lowering.depth += 1
    target, value, operator = augmented_parts(lowering, node)
    lowering.depth -= 1
    return AssignExpr(node.start_byte, node.end_byte, target, value, operator)


def augmented_parts(lowering: Lowering, node: Node) -> tuple[Expr, Expr, str | None]:
    """Target, value and operator of an augmented assignment; a logical one is the logic it stands for."""
    left, right = lowering.exactly(node, 2)
    target, value = lowering.lower(left), lowering.lower(right)
    token = lowering.source[left.end_byte : right.start_byte].strip().removesuffix(b"=")
    if token not in _OPERATORS and token not in _LOGIC:
        tokens = [lowering.source[c.start_byte : c.end_byte] for c in node.children if not c.is_named]
        token = (tokens or [b"+="])[0].removesuffix(b"=")
    if token in _LOGIC:
        return target, Logic(target.start, value.end, _LOGIC[token], [target, value]), None
    return target, value, _OPERATORS.get(token, "+")


@lowers("update_expression")
def update(lowering: Lowering, node: Node) -> Expr:
    """`a++`, `--a`."""
    child = lowering.only(node)
    start, end = node.start_byte, node.end_byte
    token = lowering.source[start : start + 1] if child.start_byte > start else lowering.source[end - 1 : end]
    return AssignExpr(start, end, lowering.lower(child), Const(start, end, 1), "-" if token == b"-" else "+")
