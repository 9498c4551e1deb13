"""Parameters and stated types of Python."""

from tree_sitter import Node, Parser, Range

from backend_advisor.code.frontends.python.expressions import Expressions
from backend_advisor.code.frontends.python.grammar import KINDS, LANGUAGE, WORDS, kind
from backend_advisor.code.frontends.python.literals import decode
from backend_advisor.code.frontends.python.reader import DEEPEST, sound
from backend_advisor.code.ir import Const, Param, Type

_TYPE = kind("type")
_SUBSCRIPTS = frozenset({kind("generic_type"), kind("subscript")})
_TYPE_PARAMETER = kind("type_parameter")
_UNIONS = frozenset({kind("union_type"), kind("binary_operator")})
_WRAPPERS = frozenset(
    {_TYPE, kind("constrained_type"), kind("splat_type"), kind("parenthesized_expression"), kind("list_splat")}
)
_NAMES = frozenset({*KINDS["identifier"], kind("attribute"), kind("member_type"), kind("dotted_name")})
_IDENTIFIERS = KINDS["identifier"]
_STRINGS = frozenset({kind("string"), kind("concatenated_string")})
_DEFAULT = kind("default_parameter")
_TYPED = kind("typed_parameter")
_TYPED_DEFAULT = kind("typed_default_parameter")
_REST = kind("list_splat_pattern")
_KEYWORDS = kind("dictionary_splat_pattern")
_SEPARATOR = kind("keyword_separator")
_PATTERNS = frozenset({*KINDS["tuple_pattern"], *KINDS["list_pattern"]})


class Signatures(Expressions):
    """Lowers what stands between a function's parentheses and after its colons."""

    def parameters(self, node: Node) -> list[Param]:
        """The parameters of a function or lambda; those after `*` are keyword-only."""
        made: list[Param] = []
        form = "normal"
        for child in node.children:
            number = child.kind_id
            if number == _SEPARATOR:
                form = "keyword"
            elif number in _IDENTIFIERS:
                made.append(Param(child.start_byte, child.end_byte, self._text(child), kind=form))
            elif number in {_DEFAULT, _TYPED_DEFAULT, _TYPED, _REST, _KEYWORDS} or number in _PATTERNS:
                param = self._parameter(child, form)
                made.append(param)
                if param.kind == "rest":
                    form = "keyword"
        return made

    def _parameter(self, node: Node, form: str) -> Param:
        param = Param(node.start_byte, node.end_byte, "", kind=form)
        number = node.kind_id
        if number in {_DEFAULT, _TYPED_DEFAULT, _TYPED}:
            parts = sound(node.children)
            for part in parts:
                if part.kind_id == _TYPE:
                    param.type = self.type_of(part)
            if number != _TYPED:
                param.default = self.expr(parts[-1])
            node = parts[0]
            number = node.kind_id
        if number in {_REST, _KEYWORDS}:
            param.kind = "rest" if number == _REST else "keywords"
            node = sound(node.children)[-1]
        if node.kind_id in _PATTERNS:
            param.name = f"parameter@{node.start_byte}"
            param.pattern = self.expr(node)
        else:
            param.name = self._text(node)
        return param

    def _text(self, node: Node) -> str:
        return self.word(self.source[node.start_byte : node.end_byte])

    def type_of(self, node: Node) -> Type:
        """A stated type. `X | None` is the type "|" of X and None; what is no type at all stands in `metadata`."""
        if self.depth >= DEEPEST:
            return Type("")
        self.depth += 1
        made = self._type(node)
        self.depth -= 1
        return made

    def _type(self, node: Node) -> Type:
        number = node.kind_id
        while number in _WRAPPERS:
            inner = [child for child in node.children if child.kind_id in self.table]
            if not inner:
                return Type("")
            node = inner[0]
            number = node.kind_id
        if number in _NAMES:
            raw = self.source[node.start_byte : node.end_byte]
            return Type(self.word(raw if raw.isalnum() else b"".join(raw.split())))
        if number in _SUBSCRIPTS:
            return self._generic(node)
        if number in _UNIONS:
            return Type("|", self._alternatives(node))
        if number in _STRINGS:
            return self._quoted(node)
        if number in KINDS["none"]:
            return Type("None")
        if number in KINDS["ellipsis"]:
            return Type("...")
        if number in KINDS["list"]:
            return Type("", [self.type_of(child) for child in node.children if child.kind_id in self.table])
        return Type("", [], [self.expr(node)])

    def _alternatives(self, node: Node) -> list[Type]:
        found: list[Type] = []
        waiting = [node]
        while waiting:
            one = waiting.pop()
            parts = sound(one.children)
            if one.kind_id in _UNIONS and len(parts) == 3 and WORDS.get(parts[1].kind_id) == "|":
                waiting += [parts[2], parts[0]]
            elif one.kind_id == _TYPE and len(parts) == 1:
                waiting.append(parts[0])
            else:
                found.append(self.type_of(one) if one is not node else Type("", [], [self.expr(one)]))
        return found

    def _generic(self, node: Node) -> Type:
        parts = sound(node.children)
        made = self.type_of(parts[0])
        rest = parts[1].children if parts[1].kind_id == _TYPE_PARAMETER else parts[1:]
        given = [child for child in rest if child.kind_id in self.table]
        if made.args or not made.name:
            return made
        last = made.name.rpartition(".")[2]
        if last == "Literal":
            made.metadata = [self.expr(child) for child in given]
        elif last == "Annotated":
            made.args = [self.type_of(child) for child in given[:1]]
            made.metadata = [self.expr(child) for child in given[1:]]
        else:
            made.args = [self.type_of(child) for child in given]
        return made

    def _quoted(self, node: Node) -> Type:
        """A type in quotes: its text is read where it stands, so that places in it are right."""
        value = self.expr(node)
        if not isinstance(value, Const) or not isinstance(value.value, str):
            return Type("", [], [value])
        text = value.value.strip()
        if text.replace(".", "").isidentifier():
            return Type(self.word(text.encode()))
        raw = self.source[node.start_byte : node.end_byte]
        inner = raw.strip(raw[:1])
        if decode(inner, self.encoding) != value.value or b"\n" in inner or not inner:
            return Type("", [], [value])
        start = node.start_byte + raw.index(inner)
        row, column = node.start_point.row, node.start_point.column + start - node.start_byte
        span = Range((row, column), (row, column + len(inner)), start, start + len(inner))
        tree = Parser(LANGUAGE, included_ranges=[span]).parse(self.source)
        found = _only_expression(tree.root_node)
        return Type("", [], [value]) if found is None else self.type_of(found)


def _only_expression(root: Node) -> Node | None:
    if root.has_error or len(root.children) != 1:
        return None
    (statement,) = root.children
    if statement.kind_id not in KINDS["expression_statement"] or len(statement.children) != 1:
        return None
    return statement.children[0]
