"""Expressions of Python lowered to the tree."""

from abc import ABC, abstractmethod
from itertools import pairwise

from tree_sitter import Node

from backend_advisor.code.frontends.python import literals
from backend_advisor.code.frontends.python.grammar import KINDS, WORDS, kind, word
from backend_advisor.code.frontends.python.reader import sound
from backend_advisor.code.frontends.python.strings import Strings
from backend_advisor.code.ir import (
    AssignExpr,
    Attr,
    Await,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Const,
    Expr,
    Function,
    Index,
    Lambda,
    Logic,
    Mapping,
    Name,
    Opaque,
    Param,
    Return,
    Sequence,
    Slice,
    Spread,
    Unary,
    Yield,
)

LONGEST_CHAIN = 100
"""Operators in a row that become nested Binary nodes; a longer row becomes Opaque."""

_IDENTIFIER = kind("identifier")
_PAIR = kind("pair")
_DICTIONARY_SPLAT = kind("dictionary_splat")
_KEYWORD_ARGUMENT = kind("keyword_argument")
_GENERATOR = kind("generator_expression")
_BINARY = kind("binary_operator")
_BOOLEAN = kind("boolean_operator")
_PARENTHESIZED = kind("parenthesized_expression")
_FOR_IN = kind("for_in_clause")
_IF_CLAUSE = kind("if_clause")
_LAMBDA_PARAMETERS = kind("lambda_parameters")
_COLON = word(":")
_ASYNC = word("async")

_METHODS = {
    "identifier": "_identifier",
    "attribute": "_attribute",
    "call": "_call",
    "subscript": "_subscript",
    "generic_type": "_subscript",
    "slice": "_slice",
    "string": "_string",
    "concatenated_string": "_concatenated",
    "integer": "_integer",
    "float": "_float",
    "true": "_true",
    "false": "_false",
    "none": "_none",
    "ellipsis": "_ellipsis",
    "binary_operator": "_binary",
    "union_type": "_binary",
    "boolean_operator": "_boolean",
    "comparison_operator": "_comparison",
    "not_operator": "_unary",
    "unary_operator": "_unary",
    "conditional_expression": "_conditional",
    "parenthesized_expression": "_parenthesized",
    "named_expression": "_walrus",
    "list": "_list",
    "list_pattern": "_list",
    "tuple": "_tuple",
    "tuple_pattern": "_tuple",
    "pattern_list": "_tuple",
    "expression_list": "_tuple",
    "set": "_set",
    "dictionary": "_dictionary",
    "list_comprehension": "_list_comprehension",
    "set_comprehension": "_set_comprehension",
    "generator_expression": "_generator",
    "dictionary_comprehension": "_dictionary_comprehension",
    "lambda": "_lambda",
    "await": "_await",
    "yield": "_yield",
    "list_splat": "_spread",
    "list_splat_pattern": "_spread",
    "parenthesized_list_splat": "_inner",
    "splat_type": "_spread",
    "dictionary_splat": "_inner",
    "as_pattern": "_inner",
    "as_pattern_target": "_inner",
    "type": "_inner",
    "assignment": "_assignment",
    "chevron": "_inner",
    "member_type": "_attribute",
    "constrained_type": "_inner",
    "dotted_name": "_dotted",
}
_NUMBERS = tuple((number, method) for name, method in _METHODS.items() for number in KINDS[name])


class Expressions(Strings, ABC):
    """Lowers expressions; the classes above it add parameters, types and statements."""

    def __init__(self, source: bytes, encoding: str) -> None:
        super().__init__(source, encoding)
        self.table.update({number: getattr(self, name) for number, name in _NUMBERS})

    @abstractmethod
    def parameters(self, node: Node) -> list[Param]:
        """The parameters of a function or lambda."""

    def _identifier(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end]
        return Name(start, end, self.words.get(raw) or self.word(raw))

    def _attribute(self, node: Node) -> Expr:
        children = node.children
        value, last = children[0], children[-1]
        start, end = last.start_byte, last.end_byte
        raw = self.source[start:end]
        made = self.expr(value)
        return Attr(node.start_byte, end, made, self.words.get(raw) or self.word(raw))

    def _dotted(self, node: Node) -> Expr:
        made: Expr | None = None
        for child in node.children:
            if child.kind_id in self.table:
                name = self._identifier(child)
                made = name if made is None else Attr(made.start, name.end, made, self.word(self.raw(child)))
        return made or Opaque(node.start_byte, node.end_byte, [])

    def _call(self, node: Node) -> Expr:
        children = node.children
        given = children[-1]
        func = self.expr(children[0])
        args: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        if given.kind_id == _GENERATOR:
            args.append(self.expr(given))
        else:
            self.arguments(given, args, keywords)
        return Call(node.start_byte, node.end_byte, func, args, keywords)

    def arguments(self, node: Node, args: list[Expr], keywords: list[tuple[str, Expr]]) -> None:
        """The arguments of a call or of a class's header."""
        table = self.table
        for child in node.children:
            number = child.kind_id
            if number == _KEYWORD_ARGUMENT:
                parts = child.children
                if len(parts) != 3:
                    parts = sound(parts)
                keywords.append((self.word(self.raw(parts[0])), self.expr(parts[-1])))
            elif number == _DICTIONARY_SPLAT:
                keywords.append(("**", self.expr(child.children[-1])))
            elif number in table:
                args.append(self.expr(child))

    def _subscript(self, node: Node) -> Expr:
        value, *keys = self.items(node) or [Opaque(node.start_byte, node.end_byte, [])]
        parameters = node.children[-1] if not keys else None
        if parameters is not None:
            keys = self.items(parameters)
        if len(keys) != 1:
            keys = [
                Sequence(keys[0].start, keys[-1].end, "tuple", keys) if keys else Opaque(value.end, node.end_byte, [])
            ]
        return Index(node.start_byte, node.end_byte, value, keys[0])

    def _slice(self, node: Node) -> Expr:
        slots: list[Expr | None] = [None, None, None]
        at = 0
        for child in node.children:
            if child.kind_id == _COLON:
                at = min(at + 1, 2)
            elif child.kind_id in self.table:
                slots[at] = self.expr(child)
        return Slice(node.start_byte, node.end_byte, *slots)

    def _integer(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end]
        try:
            return Const(start, end, int(raw) if len(raw) == 1 else literals.integer_value(raw))
        except ValueError:
            return Opaque(start, end, [])

    def _float(self, node: Node) -> Expr:
        try:
            return Const(node.start_byte, node.end_byte, float(self.raw(node)))
        except ValueError:
            return Opaque(node.start_byte, node.end_byte, [])

    def _true(self, node: Node) -> Expr:
        return Const(node.start_byte, node.end_byte, True)

    def _false(self, node: Node) -> Expr:
        return Const(node.start_byte, node.end_byte, False)

    def _none(self, node: Node) -> Expr:
        return Const(node.start_byte, node.end_byte, None)

    def _ellipsis(self, node: Node) -> Expr:
        return Name(node.start_byte, node.end_byte, "Ellipsis")

    def _binary(self, node: Node) -> Expr:
        """Operators of one row stand nested on the left: read in a loop."""
        rest: list[tuple[int, str, Node]] = []
        while node.kind_id == _BINARY:
            parts = node.children
            if len(parts) != 3:
                parts = sound(parts)
            rest.append((node.end_byte, WORDS.get(parts[1].kind_id, "+"), parts[-1]))
            node = parts[0]
        if not rest:
            parts = sound(node.children)
            rest, node = [(node.end_byte, "|", parts[-1])], parts[0]
        made = self.expr(node)
        start = node.start_byte
        if len(rest) > LONGEST_CHAIN:
            return Opaque(start, rest[0][0], [made, *(self.expr(right) for _, _, right in reversed(rest))])
        for end, operator, right in reversed(rest):
            made = Binary(start, end, operator, made, self.expr(right))
        return made

    def _boolean(self, node: Node) -> Expr:
        parts = sound(node.children)
        number, start, end = parts[1].kind_id, node.start_byte, node.end_byte
        rest = [parts[-1]]
        while (node := parts[0]).kind_id == _BOOLEAN:
            parts = sound(node.children)
            if parts[1].kind_id != number:
                break
            rest.append(parts[-1])
        operands = [self.expr(node), *(self.expr(one) for one in reversed(rest))]
        return Logic(start, end, WORDS[number], operands)

    def _comparison(self, node: Node) -> Expr:
        parts = node.children
        if len(parts) != 3:
            parts = sound(parts)
        nodes = parts[::2]
        operands = [self.expr(part) for part in nodes]
        operators = [WORDS.get(part.kind_id, "==") for part in parts[1::2]]
        made: list[Expr] = [
            Binary(one.start_byte, other.end_byte, "!=" if operator == "<>" else operator, left, right)
            for (one, other), (left, right), operator in zip(
                pairwise(nodes), pairwise(operands), operators, strict=False
            )
        ]
        return made[0] if len(made) == 1 else Logic(node.start_byte, node.end_byte, "and", made)

    def _unary(self, node: Node) -> Expr:
        children = node.children
        return Unary(node.start_byte, node.end_byte, WORDS.get(children[0].kind_id, "not"), self.expr(children[-1]))

    def _conditional(self, node: Node) -> Expr:
        then, test, otherwise = (self.expr(part) for part in sound(node.children)[::2])
        return Conditional(node.start_byte, node.end_byte, test, then, otherwise)

    def _parenthesized(self, node: Node) -> Expr:
        while node.kind_id == _PARENTHESIZED:
            inner = [child for child in node.children if child.kind_id in self.table]
            if not inner:
                return Opaque(node.start_byte, node.end_byte, [])
            node = inner[0]
        return self.expr(node)

    def _walrus(self, node: Node) -> Expr:
        parts = sound(node.children)
        return AssignExpr(node.start_byte, node.end_byte, self.expr(parts[0]), self.expr(parts[-1]))

    def _assignment(self, node: Node) -> Expr:
        """The inner part of `a = b = c`."""
        items = self.items(node)
        if len(items) < 2:
            return Opaque(node.start_byte, node.end_byte, items)
        return AssignExpr(node.start_byte, node.end_byte, items[0], items[-1])

    def _list(self, node: Node) -> Expr:
        return Sequence(node.start_byte, node.end_byte, "list", self.items(node))

    def _tuple(self, node: Node) -> Expr:
        return Sequence(node.start_byte, node.end_byte, "tuple", self.items(node))

    def _set(self, node: Node) -> Expr:
        return Sequence(node.start_byte, node.end_byte, "set", self.items(node))

    def _dictionary(self, node: Node) -> Expr:
        pairs: list[tuple[Expr | None, Expr]] = []
        for child in node.children:
            number = child.kind_id
            if number == _PAIR:
                pairs.append(self._pair(child))
            elif number == _DICTIONARY_SPLAT:
                pairs.append((None, self.expr(child.children[-1])))
        return Mapping(node.start_byte, node.end_byte, pairs)

    def _pair(self, node: Node) -> tuple[Expr, Expr]:
        parts = node.children
        if len(parts) != 3:
            parts = sound(parts)
        return self.expr(parts[0]), self.expr(parts[-1])

    def _list_comprehension(self, node: Node) -> Expr:
        return self._comprehension(node, "list")

    def _set_comprehension(self, node: Node) -> Expr:
        return self._comprehension(node, "set")

    def _generator(self, node: Node) -> Expr:
        return self._comprehension(node, "generator")

    def _dictionary_comprehension(self, node: Node) -> Expr:
        return self._comprehension(node, "dict")

    def _comprehension(self, node: Node, form: str) -> Expr:
        key: Expr | None = None
        element: Expr | None = None
        clauses: list[tuple[Expr, Expr, list[Expr]]] = []
        is_async = False
        for child in node.children:
            number = child.kind_id
            if number == _FOR_IN:
                parts = self.items(child)
                is_async = is_async or any(part.kind_id == _ASYNC for part in child.children)
                source = parts[1] if len(parts) == 2 else Sequence(child.start_byte, child.end_byte, "tuple", parts[1:])
                clauses.append((parts[0], source, [])) if parts else None
            elif number == _IF_CLAUSE:
                if clauses:
                    clauses[-1][2].extend(self.items(child))
            elif number == _PAIR:
                key, element = self._pair(child)
            elif element is None and number in self.table:
                element = self.expr(child)
        start, end = node.start_byte, node.end_byte
        return Comprehension(start, end, form, key, element or Opaque(start, end, []), clauses, is_async)

    def _lambda(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        params: list[Param] = []
        header_end = start
        outer, self.yields = self.yields, False
        value: Expr | None = None
        for child in node.children:
            number = child.kind_id
            if number == _LAMBDA_PARAMETERS:
                params = self.parameters(child)
            elif number == _COLON:
                header_end = child.end_byte
            elif number in self.table:
                value = self.expr(child)
        yields, self.yields = self.yields, outer
        value = value or Opaque(start, end, [])
        body = Return(value.start, value.end, value)
        return Lambda(start, end, Function(start, end, "", params, [body], is_generator=yields, header_end=header_end))

    def _await(self, node: Node) -> Expr:
        return Await(node.start_byte, node.end_byte, self.expr(node.children[-1]))

    def _yield(self, node: Node) -> Expr:
        self.yields = True
        items = self.items(node)
        value = items[0] if len(items) == 1 else None
        if len(items) > 1:
            value = Sequence(items[0].start, items[-1].end, "tuple", items)
        return Yield(node.start_byte, node.end_byte, value)

    def _spread(self, node: Node) -> Expr:
        return Spread(node.start_byte, node.end_byte, self.expr(node.children[-1]))

    def _inner(self, node: Node) -> Expr:
        for child in node.children:
            if child.kind_id in self.table:
                return self.expr(child)
        return Opaque(node.start_byte, node.end_byte, [])
