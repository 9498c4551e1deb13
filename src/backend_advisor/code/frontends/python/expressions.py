"""Expressions of Python lowered to the tree."""

import sys
import unicodedata
from collections.abc import Callable
from itertools import pairwise

from tree_sitter import Node

from backend_advisor.code.frontends.python import literals
from backend_advisor.code.frontends.python.grammar import ERROR_KIND, KINDS, WORDS, kind, word
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
    Text,
    Unary,
    Yield,
)

DEEPEST = 200
"""Levels of nesting that are lowered; what is deeper becomes Opaque."""
LONGEST_CHAIN = 100
"""Operators in a row that become nested Binary nodes; a longer row becomes Opaque."""

_EXTRAS = frozenset({*KINDS["comment"], *KINDS["line_continuation"], ERROR_KIND})
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
_STRING_CONTENT = kind("string_content")
_INTERPOLATION = kind("interpolation")
_CONVERSION = kind("type_conversion")
_FORMAT_SPECIFIER = kind("format_specifier")
_FORMAT_EXPRESSION = kind("format_expression")
_COLON = word(":")
_EQUALS = word("=")
_ASYNC = word("async")
_CONVERSIONS = {b"!r": "repr", b"!s": "str", b"!a": "ascii"}

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


class Expressions:
    """Lowers expressions; the classes above it add parameters, types and statements."""

    def __init__(self, source: bytes, encoding: str) -> None:
        self.source = source
        self.encoding = encoding
        self.depth = 0
        self.yields = False
        self.words: dict[bytes, str] = {}
        self.table: dict[int, Callable[[Node], Expr]] = {number: getattr(self, name) for number, name in _NUMBERS}

    def expr(self, node: Node) -> Expr:
        """What an expression's node means."""
        if self.depth >= DEEPEST:
            return Opaque(node.start_byte, node.end_byte, [])
        handler = self.table.get(node.kind_id)
        if handler is None:
            return Opaque(node.start_byte, node.end_byte, self.items(node))
        self.depth += 1
        made = handler(node)
        self.depth -= 1
        return made

    def items(self, node: Node) -> list[Expr]:
        """Every expression right below a node, punctuation left out."""
        made: list[Expr] = []
        if self.depth >= DEEPEST:
            return made
        self.depth += 1
        table = self.table
        for child in node.children:
            handler = table.get(child.kind_id)
            if handler is not None:
                made.append(handler(child))
        self.depth -= 1
        return made

    def parameters(self, node: Node) -> list[Param]:
        """The parameters of a function or lambda."""
        raise NotImplementedError

    def word(self, raw: bytes) -> str:
        """An identifier's text: one object for each identifier."""
        found = self.words.get(raw)
        if found is None:
            text = literals.decode(raw, self.encoding)
            found = sys.intern(text if text.isascii() else unicodedata.normalize("NFKC", text))
            self.words[raw] = found
        return found

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
        return Attr(made.start, end, made, self.words.get(raw) or self.word(raw))

    def _dotted(self, node: Node) -> Expr:
        made: Expr | None = None
        for child in node.children:
            if child.kind_id in self.table:
                name = self._identifier(child)
                made = name if made is None else Attr(made.start, name.end, made, self.word(self._raw(child)))
        return made or Opaque(node.start_byte, node.end_byte, [])

    def _raw(self, node: Node) -> bytes:
        return self.source[node.start_byte : node.end_byte]

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
        return Call(func.start, node.end_byte, func, args, keywords)

    def arguments(self, node: Node, args: list[Expr], keywords: list[tuple[str, Expr]]) -> None:
        """The arguments of a call or of a class's header."""
        table = self.table
        for child in node.children:
            number = child.kind_id
            if number == _KEYWORD_ARGUMENT:
                parts = child.children
                if len(parts) != 3:
                    parts = sound(parts)
                keywords.append((self.word(self._raw(parts[0])), self.expr(parts[-1])))
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

    def _string(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end]
        first = raw[:1]
        if first in b"\"'" and raw[1:2] != first and b"\\" not in raw:
            return Const(start, end, literals.decode(raw[1:-1], self.encoding))
        if not first.isalpha():
            return Const(start, end, literals.string_value(raw, self.encoding))
        prefix, quote, _ = literals.split_string(raw)
        if b"f" in prefix or b"t" in prefix:
            return Text(start, end, self._text_parts(node, prefix + b"f", len(quote) == 3))
        return Const(start, end, literals.string_value(raw, self.encoding))

    def _text_parts(self, node: Node, prefix: bytes, multiline: bool) -> list[Expr]:
        parts: list[Expr] = []
        for child in node.children:
            number = child.kind_id
            if number == _STRING_CONTENT:
                value = literals.content_value(self._raw(child), prefix, self.encoding, multiline=multiline)
                parts.append(Const(child.start_byte, child.end_byte, value))
            elif number == _INTERPOLATION:
                self._interpolation(child, parts)
        return parts

    def _interpolation(self, node: Node, parts: list[Expr]) -> None:
        """A conversion and a format are the calls that Python makes for them: `repr(x)`, `format(x, spec)`."""
        value: Expr | None = None
        specifier: Expr | None = None
        convert = ""
        shown = 0
        for child in node.children:
            number = child.kind_id
            if number == _EQUALS:
                shown = child.end_byte
            elif number == _CONVERSION:
                convert = _CONVERSIONS.get(self._raw(child), "")
            elif number == _FORMAT_SPECIFIER:
                specifier = self._specifier(child)
            elif value is None and number in self.table:
                value = self.expr(child)
        if value is None:
            return
        start, end = node.start_byte, node.end_byte
        if shown:
            parts.append(Const(start + 1, shown, literals.decode(self.source[start + 1 : shown], self.encoding)))
            convert = convert or ("" if specifier else "repr")
        if convert:
            value = Call(start, end, Name(start, start, convert), [value])
        if specifier is not None:
            value = Call(start, end, Name(start, start, "format"), [value, specifier])
        parts.append(value)

    def _specifier(self, node: Node) -> Expr:
        at, end = node.start_byte + 1, node.end_byte
        parts: list[Expr] = []
        for child in node.children:
            if child.kind_id == _FORMAT_EXPRESSION:
                if child.start_byte > at:
                    parts.append(self._plain(at, child.start_byte))
                parts += self.items(child)
                at = child.end_byte
            elif child.kind_id == _INTERPOLATION:
                if child.start_byte > at:
                    parts.append(self._plain(at, child.start_byte))
                self._interpolation(child, parts)
                at = child.end_byte
        if at < end or not parts:
            parts.append(self._plain(at, end))
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Const) else Text(node.start_byte, end, parts)

    def _plain(self, start: int, end: int) -> Expr:
        return Const(start, end, literals.decode(self.source[start:end], self.encoding))

    def _concatenated(self, node: Node) -> Expr:
        pieces = self.items(node)
        start, end = node.start_byte, node.end_byte
        values = [piece.value for piece in pieces if isinstance(piece, Const)]
        if len(values) == len(pieces):
            texts = [value for value in values if isinstance(value, str)]
            if len(texts) == len(values):
                return Const(start, end, "".join(texts))
            binary = [value for value in values if isinstance(value, bytes)]
            return Const(start, end, b"".join(binary)) if len(binary) == len(values) else Opaque(start, end, pieces)
        parts: list[Expr] = []
        for piece in pieces:
            parts += piece.parts if isinstance(piece, Text) else [piece]
        return Text(start, end, parts)

    def _integer(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end]
        try:
            return Const(start, end, int(raw) if len(raw) == 1 else literals.integer_value(raw))
        except ValueError:
            return Opaque(start, end, [])

    def _float(self, node: Node) -> Expr:
        try:
            return Const(node.start_byte, node.end_byte, float(self._raw(node)))
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
        if len(rest) > LONGEST_CHAIN:
            return Opaque(made.start, rest[0][0], [made, *(self.expr(right) for _, _, right in reversed(rest))])
        for end, operator, right in reversed(rest):
            made = Binary(made.start, end, operator, made, self.expr(right))
        return made

    def _boolean(self, node: Node) -> Expr:
        parts = sound(node.children)
        number, end = parts[1].kind_id, node.end_byte
        rest = [parts[-1]]
        while (node := parts[0]).kind_id == _BOOLEAN:
            parts = sound(node.children)
            if parts[1].kind_id != number:
                break
            rest.append(parts[-1])
        operands = [self.expr(node), *(self.expr(one) for one in reversed(rest))]
        return Logic(operands[0].start, end, WORDS[number], operands)

    def _comparison(self, node: Node) -> Expr:
        parts = node.children
        if len(parts) != 3:
            parts = sound(parts)
        operands = [self.expr(part) for part in parts[::2]]
        operators = [WORDS.get(part.kind_id, "==") for part in parts[1::2]]
        made: list[Expr] = [
            Binary(left.start, right.end, "!=" if operator == "<>" else operator, left, right)
            for (left, right), operator in zip(pairwise(operands), operators, strict=False)
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


def sound(children: list[Node]) -> list[Node]:
    """Children without comments, continued lines and errors between them."""
    return [child for child in children if child.kind_id not in _EXTRAS]
