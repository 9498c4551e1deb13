"""What expressions in a migration are, where they are constant."""

from collections.abc import Iterator, Mapping

from backend_advisor.code import ir
from backend_advisor.code.tree import everything, name_of

_DEEPEST = 20
_LONGEST = 100_000


class Constants:
    """The variables and fields of one file that are given a value once."""

    def __init__(self, module: ir.Module, raw: frozenset[str]) -> None:
        self._values = _given_once(module)
        self._raw = raw
        self._texts: dict[int, str | None] = {}

    def value(self, expression: ir.Expr) -> ir.Expr:
        """An expression, or what the variable holds that it is."""
        for _ in range(_DEEPEST):
            if isinstance(expression, (ir.Cast, ir.Await)):
                expression = expression.value
            elif isinstance(expression, ir.Name) and expression.id in self._values:
                expression = self._values[expression.id]
            elif _is_own_field(expression) and name_of(expression) in self._values:
                expression = self._values[name_of(expression)]
            else:
                break
        return expression

    def text(self, expression: ir.Expr) -> str | None:
        """The text that an expression is, also put together from constant pieces or marked as SQL."""
        expression = self.value(expression)
        if isinstance(expression, ir.Const):
            return expression.value if isinstance(expression.value, str) else None
        known = id(expression)
        if known not in self._texts:
            # Known as nothing while it is put together, so that no text holds itself.
            self._texts[known] = None
            self._texts[known] = self._put_together(expression)
        return self._texts[known]

    def _put_together(self, expression: ir.Expr) -> str | None:
        if isinstance(expression, ir.Text):
            return self._joined(expression.parts)
        if isinstance(expression, ir.Binary) and expression.op == "+":
            return self._joined([expression.left, expression.right])
        if isinstance(expression, ir.Call) and expression.args and name_of(expression.func) in self._raw:
            # `sa.text("…")`; a second argument of `knex.raw` fills placeholders.
            return self.text(expression.args[0]) if len(expression.args) == 1 else None
        return None

    def is_raw(self, expression: ir.Expr) -> bool:
        """Whether an expression is marked as SQL."""
        expression = self.value(expression)
        return isinstance(expression, ir.Call) and name_of(expression.func) in self._raw

    def _joined(self, parts: list[ir.Expr]) -> str | None:
        texts = [self.text(part) for part in parts]
        joined = "".join(text for text in texts if text is not None)
        return None if None in texts or len(joined) > _LONGEST else joined


def _is_own_field(expression: ir.Expr) -> bool:
    return isinstance(expression, ir.Attr) and isinstance(expression.value, ir.Name) and expression.value.id == "this"


def _given_once(module: ir.Module) -> Mapping[str, ir.Expr]:
    found: dict[str, ir.Expr] = {}
    again: set[str] = set()
    for name, value in _given(module):
        if name in found or value is None:
            again.add(name)
        elif value is not None:
            found[name] = value
    return {name: value for name, value in found.items() if name not in again}


def _given(module: ir.Module) -> Iterator[tuple[str, ir.Expr | None]]:
    for node in everything(module.body):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name):
            yield node.target.id, node.value if node.op is None else None
        elif isinstance(node, ir.Field):
            yield node.name, node.value
        elif isinstance(node, ir.Param):
            yield node.name, None
        elif isinstance(node, (ir.For, ir.Comprehension)):
            targets = [node.target] if isinstance(node, ir.For) else [clause[0] for clause in node.clauses]
            yield from ((one.id, None) for one in everything(targets) if isinstance(one, ir.Name))
        elif isinstance(node, ir.AssignExpr) and isinstance(node.target, ir.Name):
            yield node.target.id, None
        elif isinstance(node, ir.Assign):
            yield from ((one.id, None) for one in everything([node.target]) if isinstance(one, ir.Name))
