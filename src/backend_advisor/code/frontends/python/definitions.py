"""Functions and classes of Python lowered to the tree."""

from abc import abstractmethod

from tree_sitter import Node

from backend_advisor.code.frontends.python.grammar import KINDS, kind, word
from backend_advisor.code.frontends.python.patterns import Patterns
from backend_advisor.code.frontends.python.reader import DEEPEST
from backend_advisor.code.ir import (
    Assign,
    Attr,
    Class,
    Const,
    Define,
    Do,
    Expr,
    Field,
    Function,
    Name,
    Param,
    Stmt,
    Type,
)

_BLOCK = KINDS["block"]
_IDENTIFIER = kind("identifier")
_PARAMETERS = kind("parameters")
_TYPE = kind("type")
_ARGUMENTS = kind("argument_list")
_FUNCTION = kind("function_definition")
_CLASS = kind("class_definition")
_DECORATED = kind("decorated_definition")
_DECORATOR = kind("decorator")
_ASYNC = word("async")
_COLON = word(":")
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"})


class Definitions(Patterns):
    """Lowers definitions; their bodies are lowered by the class above."""

    @abstractmethod
    def block(self, node: Node) -> list[Stmt]:
        """The statements of a block."""

    def _define(self, node: Node, out: list[Stmt]) -> None:
        if self.depth >= DEEPEST:
            return
        self.depth += 1
        decorators: list[Expr] = []
        start, end = node.start_byte, node.end_byte
        if node.kind_id == _DECORATED:
            definition: Node | None = None
            for child in node.children:
                if child.kind_id == _DECORATOR:
                    decorators += self.items(child)
                elif child.kind_id in {_FUNCTION, _CLASS}:
                    definition = child
            if definition is None:
                self.depth -= 1
                return
            node = definition
        made = self._function(node, decorators) if node.kind_id == _FUNCTION else self._class(node, decorators)
        out.append(Define(start, end, made))
        self.depth -= 1

    def _function(self, node: Node, decorators: list[Expr]) -> Function:
        outer, self.yields = self.yields, False
        name = ""
        params: list[Param] = []
        body: list[Stmt] = []
        returns: Type | None = None
        is_async = False
        header_end = node.end_byte
        for child in node.children:
            number = child.kind_id
            if number == _IDENTIFIER:
                name = self.word(self.raw(child))
            elif number == _PARAMETERS:
                params = self.parameters(child)
            elif number == _TYPE:
                returns = self.type_of(child)
            elif number == _COLON:
                header_end = child.end_byte
            elif number in _BLOCK:
                body += self.block(child)
            elif number == _ASYNC:
                is_async = True
        yields, self.yields = self.yields, outer
        doc = _docstring(body)
        start, end = node.start_byte, node.end_byte
        return Function(start, end, name, params, body, decorators, returns, is_async, yields, (), header_end, doc)

    def _class(self, node: Node, decorators: list[Expr]) -> Class:
        made = Class(node.start_byte, node.end_byte, "", [], [], [], [], decorators)
        body: list[Stmt] = []
        for child in node.children:
            number = child.kind_id
            if number == _IDENTIFIER:
                made.name = self.word(self.raw(child))
            elif number == _ARGUMENTS:
                self._bases(child, made)
            elif number in _BLOCK:
                body += self.block(child)
        made.doc = _docstring(body)
        for statement in body:
            _member(made, statement)
        return made

    def _bases(self, node: Node, made: Class) -> None:
        """Keywords of a class header (`table=True`, `metaclass=ABCMeta`) that say "yes" become modifiers."""
        keywords: list[tuple[str, Expr]] = []
        self.arguments(node, made.bases, keywords)
        made.base_types = [self.type_of(child) for child in node.children if child.kind_id in self.table]
        words = [name for name, value in keywords if isinstance(value, Const) and value.value is True]
        if any(name == "metaclass" and _last_word(value) == "ABCMeta" for name, value in keywords):
            words.append("abstract")
        lasts = {_last_word(base) for base in made.bases}
        if "ABC" in lasts:
            words.append("abstract")
        made.modifiers = tuple(words)
        if lasts & _ENUMS:
            made.kind = "enum"
        elif any(base.name.rpartition(".")[2] == "Protocol" for base in made.base_types):
            made.kind = "interface"


def _member(made: Class, statement: Stmt) -> None:
    if isinstance(statement, Define):
        if isinstance(statement.definition, Class):
            made.classes.append(statement.definition)
        else:
            made.methods.append(statement.definition)
    elif isinstance(statement, Assign) and isinstance(statement.target, Name) and statement.op is None:
        name = statement.target.id
        made.fields.append(Field(statement.start, statement.end, name, statement.type, statement.value))
    else:
        made.body.append(statement)


def _docstring(body: list[Stmt]) -> str:
    if body and isinstance(body[0], Do) and isinstance(body[0].value, Const) and isinstance(body[0].value.value, str):
        return str(body.pop(0).value.value)  # type: ignore[attr-defined]
    return ""


def _last_word(value: Expr) -> str:
    if isinstance(value, Attr):
        return value.name
    return value.id if isinstance(value, Name) else ""
