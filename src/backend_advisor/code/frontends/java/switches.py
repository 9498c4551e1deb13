"""`switch`, as a statement and as a value."""

from collections.abc import Callable

from tree_sitter import Node

from backend_advisor.code.frontends.java.expressions import pattern
from backend_advisor.code.frontends.java.grammar import KINDS, kind
from backend_advisor.code.frontends.java.reader import Reader, lowers, lowers_statement, only, parts, sound
from backend_advisor.code.ir import (
    Assign,
    AssignExpr,
    Binary,
    Break,
    Call,
    Conditional,
    Do,
    Expr,
    Function,
    Lambda,
    Logic,
    Name,
    Opaque,
    Return,
    Stmt,
    Switch,
    SwitchCase,
    Type,
)

Finish = Callable[[Reader, Node, list[Stmt]], None]

_SWITCH = kind("switch_expression")
_RULE = kind("switch_rule")
_LABEL = kind("switch_label")
_PATTERN = kind("pattern")
_GUARD = kind("guard")
_BLOCK = kind("block")
_EXPRESSION = kind("expression_statement")
_THROW = kind("throw_statement")
_PARENTHESES = kind("parenthesized_expression")
_YIELD = kind("yield_statement")
_CASES = frozenset({_RULE, *KINDS["switch_block_statement_group"]})


@lowers_statement("switch_expression")
def switch(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """A `switch` whose value, if it has one, is not used."""
    out.append(_switch(reader, node, None))


def returned_switch(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`return switch (a) { … }`: each value is returned where it stands."""

    def finish(_reader: Reader, value: Node, into: list[Stmt]) -> None:
        _value(reader, value, into, _return, finish)

    out.append(_switch(reader, node, finish))


def _return(reader: Reader, value: Node, into: list[Stmt]) -> None:
    into.append(Return(value.start_byte, value.end_byte, reader.expr(value)))


def assigned_switch(
    reader: Reader, node: Node, target: Callable[[], Expr], out: list[Stmt], stated: Type | None = None
) -> None:
    """`a = switch (b) { … }`: each value is assigned where it stands."""

    def store(_reader: Reader, value: Node, into: list[Stmt]) -> None:
        start, end = value.start_byte, value.end_byte
        into.append(Assign(start, end, target(), reader.expr(value), None, stated))
        into.append(Break(end, end))

    def finish(_reader: Reader, value: Node, into: list[Stmt]) -> None:
        _value(reader, value, into, store, finish)

    out.append(_switch(reader, node, finish))


def _value(reader: Reader, value: Node, into: list[Stmt], plain: Finish, finish: Finish) -> None:
    while value.kind_id == _PARENTHESES:
        value = only(value)
    if value.kind_id == _SWITCH:
        into.append(_switch(reader, value, finish))
        into.append(Break(value.end_byte, value.end_byte))
    else:
        plain(reader, value, into)


@lowers_statement("yield_statement")
def yielded(reader: Reader, node: Node, out: list[Stmt]) -> None:
    """`yield a;`: what the value of the `switch` around is used for."""
    value = only(node)
    if reader.finish is not None:
        reader.finish(reader, value, out)
    else:
        out.append(Do(node.start_byte, node.end_byte, reader.expr(value)))


def _switch(reader: Reader, node: Node, finish: Finish | None) -> Switch:
    condition, block = parts(node)[:2]
    subject = reader.expr(condition)
    outer, reader.finish = reader.finish, finish
    cases: list[SwitchCase] = []
    falls = False
    whole = _subject(subject, block)
    for child in block.children:
        if child.kind_id not in _CASES:
            continue
        made = _case(reader, child, whole[1])
        if child.kind_id == _RULE:
            _end_rule(made)
        else:
            falls = True
        cases.append(made)
    reader.finish = outer
    return Switch(node.start_byte, node.end_byte, whole[0], cases, falls)


def _subject(subject: Expr, block: Node) -> tuple[Expr, Expr]:
    """What is switched on, and how a pattern in its cases reads it again."""
    if isinstance(subject, Name) or not any(_has_pattern(child) for child in block.children):
        return subject, subject
    held = f"switch@{subject.start}"
    name = Name(subject.start, subject.end, held)
    return AssignExpr(subject.start, subject.end, name, subject), Name(subject.start, subject.end, held)


def _has_pattern(case: Node) -> bool:
    return any(
        part.kind_id == _PATTERN for label in case.children if label.kind_id == _LABEL for part in label.children
    )


def _case(reader: Reader, node: Node, subject: Expr) -> SwitchCase:
    values: list[Expr] = []
    guard: Expr | None = None
    body: list[Stmt] = []
    statements: list[Node] = []
    is_default = False
    for child in sound(node.children):
        if child.kind_id != _LABEL:
            statements.append(child)
            continue
        for part in child.children:
            if part.kind_id == _PATTERN:
                wanted, captured = pattern(reader, part, subject)
                values.append(Opaque(part.start_byte, part.end_byte, [wanted]))
                body += captured
            elif part.kind_id == _GUARD:
                guard = reader.expr(part)
            elif _word(reader, part) == b"default":
                is_default = True
            elif part.is_named:
                values += reader.exprs((part,))
    if node.kind_id == _RULE:
        _rule(reader, statements[-1], body)
    else:
        reader.run(statements, body)
    return SwitchCase(node.start_byte, node.end_byte, [] if is_default else values, guard, body)


def _word(reader: Reader, node: Node) -> bytes:
    start, end = node.start_byte, node.end_byte
    return reader.source[start:end] if end - start == 7 else b""


def _rule(reader: Reader, node: Node, body: list[Stmt]) -> None:
    if node.kind_id == _EXPRESSION and reader.finish is not None:
        reader.finish(reader, only(node), body)
    else:
        body += reader.body(node)


def _end_rule(case: SwitchCase) -> None:
    """A rule with an arrow does not fall into the next: the break at its end says nothing."""
    if case.body and isinstance(case.body[-1], Break):
        case.body.pop()


@lowers("switch_expression")
def value(reader: Reader, node: Node) -> Expr:
    """A `switch` inside an expression: a chain of conditions, or a function called on the spot when it holds more."""
    condition, block = parts(node)[:2]
    rules = [child for child in block.children if child.kind_id in _CASES]
    if rules and all(child.kind_id == _RULE and _simple(child) is not None for child in rules):
        made = _chain(reader, reader.expr(condition), rules)
        if made is not None:
            return made
    start, end = node.start_byte, node.end_byte
    statements: list[Stmt] = []
    returned_switch(reader, node, statements)
    function = Function(start, end, "", [], statements, header_end=start)
    return Call(start, end, Lambda(start, end, function), [])


def _simple(rule: Node) -> Node | None:
    """The one expression that a rule gives, or its `throw`."""
    last = sound(rule.children)[-1]
    if last.kind_id == _EXPRESSION:
        return only(last)
    if last.kind_id == _THROW:
        return last
    if last.kind_id == _BLOCK:
        inside = parts(last)
        if len(inside) == 1 and inside[0].kind_id == _YIELD:
            return only(inside[0])
    return None


def _chain(reader: Reader, subject: Expr, rules: list[Node]) -> Expr | None:
    """`a == 1 ? b : c …`; a case that only throws gives no value."""
    links: list[tuple[Expr | None, Expr]] = []
    again = subject
    if not isinstance(subject, Name):
        held = f"switch@{subject.start}"
        again = Name(subject.start, subject.end, held)
        subject = AssignExpr(subject.start, subject.end, Name(subject.start, subject.end, held), subject)
    for rule in rules:
        given = _simple(rule)
        if given is None or given.kind_id == _THROW:
            continue
        test = _test(reader, sound(rule.children)[0], subject, again)
        subject = subject if test is None else again
        links.append((test, reader.expr(given)))
    links.sort(key=lambda link: link[0] is None)
    if not links:
        return None
    made = links[-1][1]
    for test, given_value in reversed(links[:-1]):
        if test is not None:
            made = Conditional(given_value.start, made.end, test, given_value, made)
    return made


def _test(reader: Reader, label: Node, subject: Expr, again: Expr) -> Expr | None:
    """The condition of a case; None for the default."""
    tests: list[Expr] = []
    for part in label.children:
        start, end = part.start_byte, part.end_byte
        if _word(reader, part) == b"default":
            return None
        if part.kind_id == _PATTERN:
            wanted, captured = pattern(reader, part, again)
            all_of: list[Expr] = [Binary(start, end, "instanceof", subject, wanted)]
            all_of += [AssignExpr(one.start, one.end, one.target, one.value or again) for one in captured]
            tests.append(Logic(start, end, "and", all_of) if len(all_of) > 1 else all_of[0])
        elif part.kind_id == _GUARD:
            tests[-1:] = [Logic(start, end, "and", [*tests[-1:], reader.expr(part)])]
        else:
            tests += [Binary(start, end, "==", subject, value) for value in reader.exprs((part,))]
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else Logic(label.start_byte, label.end_byte, "or", tests)
