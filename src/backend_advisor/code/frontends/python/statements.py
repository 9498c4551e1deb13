"""Statements of Python lowered to the tree."""

from collections.abc import Callable

from tree_sitter import Node

from backend_advisor.code.frontends.python.grammar import ERROR_KIND, KINDS, WORDS, kind, word
from backend_advisor.code.frontends.python.imports import Imports
from backend_advisor.code.frontends.python.patterns import plain_place
from backend_advisor.code.frontends.python.reader import DEEPEST, sound
from backend_advisor.code.ir import (
    Assert,
    Assign,
    AssignExpr,
    Break,
    Call,
    Continue,
    Do,
    Expr,
    For,
    Global,
    Handler,
    If,
    Name,
    Opaque,
    Return,
    Sequence,
    Stmt,
    Switch,
    SwitchCase,
    Throw,
    Try,
    Type,
    Unary,
    While,
    With,
)

_LONGEST_ELIF = 60
"""Alternatives of one `if` that become nested If nodes; the rest stand one after the other."""

_BLOCK = KINDS["block"]
_ASSIGNMENT = kind("assignment")
_AUGMENTED = kind("augmented_assignment")
_TYPE = kind("type")
_TUPLE = kind("tuple")
_EXPRESSION_LIST = kind("expression_list")
_ELIF = kind("elif_clause")
_ELSE = kind("else_clause")
_EXCEPT = kind("except_clause")
_FINALLY = kind("finally_clause")
_WITH_CLAUSE = kind("with_clause")
_WITH_ITEM = kind("with_item")
_AS_PATTERN = KINDS["as_pattern"]
_CASE = kind("case_clause")
_CASE_PATTERN = kind("case_pattern")
_IF_CLAUSE = kind("if_clause")
_IDENTIFIER = kind("identifier")
_CHEVRON = kind("chevron")
_ASYNC = word("async")
_COMMA = word(",")
_FROM = word("from")

_METHODS = {
    "expression_statement": "_expression_statement",
    "assignment": "_assign",
    "augmented_assignment": "_augment",
    "return_statement": "_return",
    "delete_statement": "_delete",
    "raise_statement": "_raise",
    "pass_statement": "_pass",
    "break_statement": "_break",
    "continue_statement": "_continue",
    "global_statement": "_global",
    "nonlocal_statement": "_global",
    "assert_statement": "_assert",
    "print_statement": "_print",
    "exec_statement": "_exec",
    "type_alias_statement": "_type_alias",
    "import_statement": "_import",
    "import_from_statement": "_import_from",
    "future_import_statement": "_import_from",
    "if_statement": "_if",
    "for_statement": "_for",
    "while_statement": "_while",
    "try_statement": "_try",
    "with_statement": "_with",
    "match_statement": "_match",
    "function_definition": "_define",
    "class_definition": "_define",
    "decorated_definition": "_define",
    "block": "_nested",
}
_NUMBERS = tuple((number, method) for name, method in _METHODS.items() for number in KINDS[name])


class Statements(Imports):
    """Lowers statements; what could not be parsed is searched for statements that stand whole in it."""

    def __init__(self, source: bytes, encoding: str) -> None:
        super().__init__(source, encoding)
        self.statements: dict[int, Callable[[Node, list[Stmt]], None]] = {
            number: getattr(self, name) for number, name in _NUMBERS
        }
        self.statements[ERROR_KIND] = self._broken

    def block(self, node: Node) -> list[Stmt]:
        """The statements of a block or file."""
        made: list[Stmt] = []
        if self.depth >= DEEPEST:
            start, end = node.start_byte, node.end_byte
            return [Do(start, end, Opaque(start, end, []))]
        self.depth += 1
        statements = self.statements
        for child in node.children:
            handler = statements.get(child.kind_id)
            if handler is not None:
                handler(child, made)
        self.depth -= 1
        return made

    def _nested(self, node: Node, out: list[Stmt]) -> None:
        out += self.block(node)

    def _broken(self, node: Node, out: list[Stmt]) -> None:
        if self.depth >= DEEPEST:
            return
        self.depth += 1
        for child in node.children:
            handler = self.statements.get(child.kind_id)
            if handler is not None:
                handler(child, out)
            elif child.kind_id in self.table and child.child_count:
                value = self.expr(child)
                out.append(Do(value.start, value.end, value))
        self.depth -= 1

    def _expression_statement(self, node: Node, out: list[Stmt]) -> None:
        children = node.children
        first = children[0]
        number = first.kind_id
        if number == _ASSIGNMENT:
            self._assign(first, out)
        elif number == _AUGMENTED:
            self._augment(first, out)
        elif len(children) == 1:
            out.append(Do(node.start_byte, node.end_byte, self.expr(first)))
        else:
            out.append(Do(node.start_byte, node.end_byte, self._one(self.items(node), node)))

    def _one(self, items: list[Expr], node: Node) -> Expr:
        if len(items) == 1:
            return items[0]
        start, end = node.start_byte, node.end_byte
        return Sequence(start, end, "tuple", items) if items else Opaque(start, end, [])

    def _assign(self, node: Node, out: list[Stmt]) -> None:
        parts: list[Node] = []
        stated: Type | None = None
        for child in node.children:
            number = child.kind_id
            if number == _TYPE:
                stated = self.type_of(child)
            elif number in self.table:
                parts.append(child)
        if parts:
            target = self.expr(parts[0])
            value = self.expr(parts[1]) if len(parts) > 1 else None
            out.append(Assign(node.start_byte, node.end_byte, target, value, None, stated))

    def _augment(self, node: Node, out: list[Stmt]) -> None:
        parts = node.children
        if len(parts) != 3:
            parts = sound(parts)
        operator = WORDS.get(parts[1].kind_id, "+=")[:-1]
        out.append(Assign(node.start_byte, node.end_byte, self.expr(parts[0]), self.expr(parts[-1]), operator))

    def _return(self, node: Node, out: list[Stmt]) -> None:
        items = self.items(node)
        out.append(Return(node.start_byte, node.end_byte, self._one(items, node) if items else None))

    def _delete(self, node: Node, out: list[Stmt]) -> None:
        for child in node.children:
            if child.kind_id == _EXPRESSION_LIST:
                self._delete(child, out)
            elif child.kind_id in self.table:
                target = self.expr(child)
                out.append(Do(node.start_byte, node.end_byte, Unary(target.start, target.end, "delete", target)))

    def _raise(self, node: Node, out: list[Stmt]) -> None:
        value = next((child for child in node.children if child.kind_id in self.table), None)
        out.append(Throw(node.start_byte, node.end_byte, None if value is None else self.expr(value)))

    def _pass(self, node: Node, out: list[Stmt]) -> None:
        """`pass` does nothing and becomes nothing."""

    def _break(self, node: Node, out: list[Stmt]) -> None:
        out.append(Break(node.start_byte, node.end_byte))

    def _continue(self, node: Node, out: list[Stmt]) -> None:
        out.append(Continue(node.start_byte, node.end_byte))

    def _global(self, node: Node, out: list[Stmt]) -> None:
        names = [self.word(self.raw(child)) for child in node.children if child.kind_id == _IDENTIFIER]
        out.append(Global(node.start_byte, node.end_byte, names))

    def _assert(self, node: Node, out: list[Stmt]) -> None:
        items = self.items(node)
        if items:
            out.append(Assert(node.start_byte, node.end_byte, items[0]))

    def _print(self, node: Node, out: list[Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        made = Call(start, end, Name(start, start + 5, "print"), [])
        for child in node.children:
            if child.kind_id == _CHEVRON:
                made.keywords.append(("file", self.expr(child)))
            elif child.kind_id in self.table:
                made.args.append(self.expr(child))
        out.append(Do(start, end, made))

    def _exec(self, node: Node, out: list[Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        out.append(Do(start, end, Call(start, end, Name(start, start + 4, "exec"), self.items(node))))

    def _type_alias(self, node: Node, out: list[Stmt]) -> None:
        types = [child for child in node.children if child.kind_id == _TYPE]
        if len(types) == 2:
            name = self.type_of(types[0]).name
            start, end = types[0].start_byte, types[0].end_byte
            value = self.expr(types[1])
            out.append(Assign(node.start_byte, node.end_byte, Name(start, end, self.word(name.encode())), value))

    def _body(self, node: Node) -> list[Stmt]:
        made: list[Stmt] = []
        for child in node.children:
            if child.kind_id in _BLOCK:
                made += self.block(child)
        return made

    def _if(self, node: Node, out: list[Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        test, then = self._branch(node)
        otherwise: list[Stmt] = []
        alternatives: list[tuple[int, Expr, list[Stmt]]] = []
        for child in node.children:
            if child.kind_id == _ELIF:
                alternatives.append((child.start_byte, *self._branch(child)))
            elif child.kind_id == _ELSE:
                otherwise = self._body(child)
        rest = alternatives[_LONGEST_ELIF:]
        otherwise = [*(If(at, end, other, body, []) for at, other, body in rest), *otherwise]
        for at, other, body in reversed(alternatives[:_LONGEST_ELIF]):
            otherwise = [If(at, end, other, body, otherwise)]
        out.append(If(start, end, test, then, otherwise))

    def _branch(self, node: Node) -> tuple[Expr, list[Stmt]]:
        test = next((self.expr(child) for child in node.children if child.kind_id in self.table), None)
        return test or Opaque(node.start_byte, node.end_byte, []), self._body(node)

    def _else(self, node: Node) -> list[Stmt]:
        return [statement for child in node.children if child.kind_id == _ELSE for statement in self._body(child)]

    def _while(self, node: Node, out: list[Stmt]) -> None:
        test, body = self._branch(node)
        out.append(While(node.start_byte, node.end_byte, test, body, self._else(node)))

    def _for(self, node: Node, out: list[Stmt]) -> None:
        children = node.children
        is_async = children[0].kind_id == _ASYNC
        parts = self.items(node)
        target, iterable = (parts + [Opaque(node.start_byte, node.end_byte, [])] * 2)[:2]
        start, end = node.start_byte, node.end_byte
        out.append(For(start, end, target, iterable, self._body(node), self._else(node), is_async))

    def _try(self, node: Node, out: list[Stmt]) -> None:
        handlers: list[Handler] = []
        final: list[Stmt] = []
        for child in node.children:
            if child.kind_id == _EXCEPT:
                handlers.append(self._handler(child))
            elif child.kind_id == _FINALLY:
                final = self._body(child)
        out.append(Try(node.start_byte, node.end_byte, self._body(node), handlers, self._else(node), final))

    def _handler(self, node: Node) -> Handler:
        """`except A, b` is Python 2's way to bind b; since 3.14 `except A, B` names two exceptions."""
        name: str | None = None
        types: list[Expr] = []
        comma = False
        for child in node.children:
            if child.kind_id in _AS_PATTERN:
                parts = sound(child.children)
                name = self.word(self.raw(parts[-1]))
                types += _each(self.expr(parts[0]))
            elif child.kind_id in self.table:
                types += _each(self.expr(child))
            comma = comma or child.kind_id == _COMMA
        if comma and len(types) == 2 and isinstance(bound := types[1], Name) and bound.id[:1].islower():
            name = bound.id
            types.pop()
        return Handler(node.start_byte, node.end_byte, types, name, self._body(node))

    def _with(self, node: Node, out: list[Stmt]) -> None:
        children = node.children
        is_async = children[0].kind_id == _ASYNC
        items: list[tuple[Expr, Expr | None]] = []
        for child in children:
            if child.kind_id == _WITH_CLAUSE:
                for item in child.children:
                    if item.kind_id == _WITH_ITEM:
                        self._with_items(item.children[0], items)
        out.append(With(node.start_byte, node.end_byte, items, self._body(node), is_async))

    def _with_items(self, node: Node, items: list[tuple[Expr, Expr | None]]) -> None:
        if node.kind_id in _AS_PATTERN:
            parts = sound(node.children)
            items.append((self.expr(parts[0]), self.expr(parts[-1])))
        elif node.kind_id == _TUPLE and any(child.kind_id in _AS_PATTERN for child in node.children):
            for child in node.children:
                if child.kind_id in self.table:
                    self._with_items(child, items)
        else:
            items.append((self.expr(node), None))

    def _match(self, node: Node, out: list[Stmt]) -> None:
        subjects: list[Expr] = []
        clauses: list[Node] = []
        comma = False
        for child in node.children:
            number = child.kind_id
            if number in _BLOCK:
                clauses += [one for one in child.children if one.kind_id == _CASE]
            elif number == _CASE:
                clauses.append(child)
            elif number == _COMMA:
                comma = True
            elif number in self.table:
                subjects.append(self.expr(child))
        start, end = node.start_byte, node.end_byte
        subject = Sequence(start, end, "tuple", subjects) if comma else self._one(subjects, node)
        place = subject if plain_place(subject) else Name(subject.start, subject.end, f"match@{start}")
        cases = [self._case(one, place) for one in clauses]
        if place is not subject:
            subject = AssignExpr(subject.start, subject.end, place, subject)
        out.append(Switch(start, end, subject, cases, falls=False))

    def _case(self, node: Node, place: Expr) -> SwitchCase:
        bound: list[Stmt] = []
        patterns: list[Node] = []
        guard: Expr | None = None
        comma = False
        for child in node.children:
            number = child.kind_id
            if number == _CASE_PATTERN:
                patterns.append(child)
            elif number == _COMMA:
                comma = True
            elif number == _IF_CLAUSE:
                guard = self.expr(child.children[-1])
        values = self.case_values(patterns, comma, place, bound)
        return SwitchCase(node.start_byte, node.end_byte, values, guard, [*bound, *self._body(node)])


def _each(value: Expr) -> list[Expr]:
    return value.items if isinstance(value, Sequence) else [value]
