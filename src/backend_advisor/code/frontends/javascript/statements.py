"""Statements of JavaScript and TypeScript."""

from tree_sitter import Node

from backend_advisor.code.frontends.javascript.classes import class_definition, enum, interface
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
    chain,
    export_call,
    exported_name,
    import_declaration,
)
from backend_advisor.code.frontends.javascript.operators import augmented_parts
from backend_advisor.code.frontends.javascript.types import annotation
from backend_advisor.code.ir import (
    Assign,
    AssignExpr,
    Break,
    Const,
    Continue,
    Define,
    Do,
    Export,
    Expr,
    For,
    Handler,
    If,
    Mapping,
    Name,
    Return,
    Stmt,
    Switch,
    SwitchCase,
    Throw,
    Try,
    Type,
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


def _namespace(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
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


def _function_statement(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    made = function(lowering, node)
    if made.name:
        out.append(Define(made.start, made.end, made))


_SPECIAL: dict[str, LowersStatement] = {
    "assignment_expression": assignment_statement,
    "augmented_assignment_expression": _augmented,
    "update_expression": _update,
    "sequence_expression": _sequence,
    "internal_module": _namespace,
    "function_expression": _function_statement,
}


@lowers_statement("internal_module", "module")
def namespace(lowering: Lowering, node: Node, out: list[Stmt]) -> None:
    """A namespace of TypeScript."""
    _namespace(lowering, node, out)


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
