"""Statements of JavaScript and TypeScript."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.declarations import namespace
from backend_advisor.code.frontends.javascript.expressions import flat_sequence
from backend_advisor.code.frontends.javascript.functions import block, function, run_statements
from backend_advisor.code.frontends.javascript.lowering import (
    DEEPEST,
    EXTRAS,
    Lowering,
    LowersStatement,
    Unreadable,
    comment,
    lowers_statement,
    too_deep,
)
from backend_advisor.code.frontends.javascript.modules import (
    assignment_statement,
    export_call,
)
from backend_advisor.code.frontends.javascript.operators import augmented_parts
from backend_advisor.code.ir import (
    Assign,
    AssignExpr,
    Break,
    Const,
    Continue,
    Define,
    Do,
    Expr,
    For,
    Handler,
    If,
    Name,
    Return,
    Stmt,
    Switch,
    SwitchCase,
    Throw,
    Try,
    While,
)


@lowers_statement("expression")
def bare_expression(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """An expression where a statement is expected, as only a broken file has it."""
    made = lowering.lower(node)
    out.append(Do(node.start_byte, node.end_byte, made))


@lowers_statement("ERROR")
def unreadable(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """What could not be parsed: its sound parts."""
    if lowering.depth < DEEPEST:
        lowering.depth += 1
        run_statements(lowering, node.named_children, out)
        lowering.depth -= 1


@lowers_statement("comment", "html_comment", "hash_bang_line")
def comment_statement(lowering: Lowering, node: Node, _out: list[Stmt]) -> None:
    """A comment between statements."""
    comment(lowering, node)


@lowers_statement(
    "empty_statement", "debugger_statement", "ambient_declaration", "function_signature", "statement_identifier",
    "property_identifier", "string_fragment", "escape_sequence", "predefined_type", "type_identifier",
    "type_annotation", "formal_parameters", "accessibility_modifier", "optional_chain",
)  # fmt: skip
def nothing(_lowering: Lowering, _node: Node, _out: list[Stmt]) -> None:
    """What does nothing when it is run."""


@lowers_statement("expression_statement")
def expression(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """An expression evaluated for what it does."""
    child = lowering.only(node)
    kind = lowering.kinds[child.kind_id]
    while kind == "parenthesized_expression":
        child = lowering.only(child)
        kind = lowering.kinds[child.kind_id]
    handler = _SPECIAL.get(kind)
    if handler is not None:
        handler(lowering, child, out)
        return
    made = lowering.expressions[child.kind_id](lowering, child)
    if kind == "call_expression" and export_call(made, out):
        return
    out.append(Do(node.start_byte, node.end_byte, made))


def _sequence(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    for part in flat_sequence(lowering, node):
        handler = _SPECIAL.get(lowering.kinds[part.kind_id])
        if handler is not None:
            handler(lowering, part, out)
        else:
            out.append(Do(part.start_byte, part.end_byte, lowering.lower(part)))


def _augmented(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    target, value, operator = augmented_parts(lowering, node)
    out.append(Assign(node.start_byte, node.end_byte, target, value, operator))


def _update(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    made = lowering.lower(node)
    if type(made) is AssignExpr:
        out.append(Assign(made.start, made.end, made.target, made.value, made.op))


def _function_statement(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    made = function(lowering, node)
    if made.name:
        out.append(Define(made.start, made.end, made))


_SPECIAL: dict[str, LowersStatement] = {
    "assignment_expression": assignment_statement,
    "augmented_assignment_expression": _augmented,
    "update_expression": _update,
    "sequence_expression": _sequence,
    "internal_module": namespace,
    "function_expression": _function_statement,
}


@lowers_statement("statement_block", "else_clause", "finally_clause")
def nested_block(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """Statements in braces of their own."""
    out += block(lowering, node)


@lowers_statement("if_statement")
def branch(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`if`, `else if`, `else`; a long chain is walked without recursion."""
    depth = lowering.depth
    while True:
        parts = lowering.parts(node)
        if len(parts) < 2:
            raise Unreadable
        made = If(node.start_byte, node.end_byte, lowering.lower(parts[0]), body(lowering, parts[1]), [])
        out.append(made)
        if len(parts) < 3:
            break
        otherwise = lowering.only(parts[2])
        if lowering.kinds[otherwise.kind_id] != "if_statement":
            made.otherwise = body(lowering, otherwise)
            break
        lowering.depth += 1
        if lowering.depth >= DEEPEST:
            too_deep(lowering, otherwise)
            break
        node, out = otherwise, made.otherwise
    lowering.depth = depth


def body(lowering: Lowering, node: Node) -> list[Stmt]:
    """The body of a branch or loop: a block or one statement."""
    if lowering.kinds[node.kind_id] == "statement_block":
        return block(lowering, node)
    out: list[Stmt] = []
    if lowering.depth >= DEEPEST:
        too_deep(lowering, node)
        return out
    lowering.depth += 1
    lowering.statements[node.kind_id](lowering, node, out)
    lowering.depth -= 1
    return out


@lowers_statement("while_statement")
def while_loop(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`while (a) b`."""
    test, inside = lowering.exactly(node, 2)
    out.append(While(node.start_byte, node.end_byte, lowering.lower(test), body(lowering, inside), []))


@lowers_statement("do_statement")
def do_loop(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`do a while (b)`."""
    inside, test = lowering.exactly(node, 2)
    done = body(lowering, inside)
    out.append(While(node.start_byte, node.end_byte, lowering.lower(test), done, [], after=True))


@lowers_statement("for_statement")
def for_loop(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`for (a; b; c) d`."""
    first, condition, increment = (node.child_by_field_name(f) for f in ("initializer", "condition", "increment"))
    inside = node.child_by_field_name("body")
    if inside is None:
        raise Unreadable
    if first is not None:
        lowering.statements[first.kind_id](lowering, first, out)
    test: Expr = Const(node.start_byte, node.start_byte, True)
    if condition is not None and lowering.kinds[condition.kind_id] != "empty_statement":
        if lowering.kinds[condition.kind_id] == "expression_statement":
            condition = lowering.only(condition)
        test = lowering.lower(condition)
    update: list[Stmt] = []
    if increment is not None:
        _sequence(lowering, increment, update)
    out.append(While(node.start_byte, node.end_byte, test, body(lowering, inside), [], update))


@lowers_statement("for_in_statement")
def each_loop(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`for … of`, `for … in`, `for await … of`."""
    parts = lowering.parts(node)
    if len(parts) < 3:
        raise Unreadable
    left, right = parts[-3], parts[-2]
    between = lowering.source[left.end_byte : right.start_byte]
    head = lowering.source[node.start_byte : left.start_byte]
    target, iterable = lowering.lower(left), lowering.lower(right)
    inside = body(lowering, parts[-1])
    is_async = b"await" in head.partition(b"(")[0]
    is_keys = b"in" in between.split()
    out.append(For(node.start_byte, node.end_byte, target, iterable, inside, [], is_async, is_keys))


@lowers_statement("labeled_statement")
def labelled(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """The statement after a label."""
    out += body(lowering, lowering.parts(node)[-1])


@lowers_statement("with_statement")
def with_object(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`with (a) b`, which modules do not have."""
    holder, inside = lowering.exactly(node, 2)
    out.append(Do(holder.start_byte, holder.end_byte, lowering.lower(holder)))
    out += body(lowering, inside)


@lowers_statement("return_statement")
def returned(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`return a`."""
    children = node.named_children
    if len(children) > 1 or lowering.broken:
        children = lowering.parts(node)
    value = lowering.lower(children[0]) if children else None
    out.append(Return(node.start_byte, node.end_byte, value))


@lowers_statement("throw_statement")
def thrown(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`throw a`."""
    out.append(Throw(node.start_byte, node.end_byte, lowering.lower(lowering.only(node))))


@lowers_statement("break_statement")
def broken_off(_lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`break`; its label is not kept."""
    out.append(Break(node.start_byte, node.end_byte))


@lowers_statement("continue_statement")
def continued(_lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`continue`; its label is not kept."""
    out.append(Continue(node.start_byte, node.end_byte))


@lowers_statement("try_statement")
def attempt(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`try`, `catch`, `finally`."""
    made = Try(node.start_byte, node.end_byte, [], [], [], [])
    for child in lowering.parts(node):
        kind = lowering.kinds[child.kind_id]
        if kind == "statement_block":
            made.body = block(lowering, child)
        elif kind == "catch_clause":
            made.handlers.append(_handler(lowering, child))
        elif kind == "finally_clause":
            made.final = block(lowering, lowering.only(child))
    out.append(made)


def _handler(lowering: Lowering, node: Node) -> Handler:
    made = Handler(node.start_byte, node.end_byte, [], None, [])
    taken: list[Stmt] = []
    for child in lowering.parts(node):
        kind = lowering.kinds[child.kind_id]
        if kind == "statement_block":
            made.body = block(lowering, child)
        elif kind == "identifier":
            made.name = lowering.text(child)
        elif kind in ("object_pattern", "array_pattern"):
            start, end = child.start_byte, child.end_byte
            made.name = "{error}"
            taken = [Assign(start, end, lowering.lower(child), Name(start, end, made.name), declares="let")]
    made.body = taken + made.body
    return made


@lowers_statement("switch_statement")
def switch(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """`switch`; a case without a body shares that of the next, in the C way."""
    subject, inside = lowering.exactly(node, 2)
    made = Switch(node.start_byte, node.end_byte, lowering.lower(subject), [], True)
    if lowering.depth >= DEEPEST:
        too_deep(lowering, node)
        return
    lowering.depth += 1
    for child in lowering.parts(inside):
        parts = child.named_children
        values: list[Expr] = []
        if lowering.kinds[child.kind_id] == "switch_case":
            while parts and lowering.kinds[parts[0].kind_id] in EXTRAS:
                comment(lowering, parts[0])
                parts = parts[1:]
            values = [lowering.lower(part) for part in parts[:1]]
            parts = parts[1:]
        done: list[Stmt] = []
        run_statements(lowering, parts, done)
        made.cases.append(SwitchCase(child.start_byte, child.end_byte, values, None, done))
    lowering.depth -= 1
    out.append(made)
