"""Names that a program gives to types: `SessionDep = Annotated[Session, Depends(get_session)]`."""

from backend_advisor.code import ir
from backend_advisor.code.program import Unit

FORMS = frozenset({"typing.Annotated", "typing_extensions.Annotated", "typing.Optional", "typing.Union"})
"""What is subscripted to make a type that is worth following."""


class Alias:
    """A type as a value, and the file that its names are to be read in. Equal for one place."""

    __slots__ = ("node", "type", "unit")

    def __init__(self, node: ir.Expr, unit: Unit) -> None:
        self.node = node
        self.unit = unit
        self.type = stated_type(node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alias) and other.node is self.node

    def __hash__(self) -> int:
        return id(self.node)


def stated_type(expression: ir.Expr) -> ir.Type:
    """The type that an expression states."""
    if isinstance(expression, ir.Index):
        keys = expression.key.items if isinstance(expression.key, ir.Sequence) else [expression.key]
        made = ir.Type(stated_type(expression.value).name)
        last = made.name.rpartition(".")[2]
        told = 0 if last == "Literal" else 1 if last == "Annotated" else len(keys)
        made.args, made.metadata = [stated_type(key) for key in keys[:told]], keys[told:]
        return made
    if isinstance(expression, ir.Binary) and expression.op == "|":
        return ir.Type("|", [stated_type(expression.left), stated_type(expression.right)])
    if isinstance(expression, ir.Name):
        return ir.Type(expression.id)
    if isinstance(expression, ir.Attr):
        return ir.Type(f"{stated_type(expression.value).name}.{expression.name}")
    if isinstance(expression, ir.Const):
        return ir.Type(expression.value if isinstance(expression.value, str) else str(expression.value))
    return ir.Type("", [], [expression])
