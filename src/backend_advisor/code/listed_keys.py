"""Objects of JavaScript that are made of the entries whose names a list of the program holds:
`Object.fromEntries(Object.entries(body).filter(([key]) => ALLOWED.includes(key)))`."""

from backend_advisor.code import ir
from backend_advisor.code.tree import names_in

_ASKS = frozenset({"includes", "has"})


def keeps_listed(made: ir.Node) -> bool:
    """Whether the entries that an object is made of are filtered by their names, and only those of a list stay."""
    given = made.args[0] if isinstance(made, ir.Call) and made.args else None
    while isinstance(given, ir.Call) and isinstance(given.func, ir.Attr):
        if given.func.name == "filter" and given.args and _asks_list(given.args[0]):
            return True
        given = given.func.value
    return False


def _asks_list(test: ir.Expr) -> bool:
    """`([key]) => ALLOWED.includes(key)`, `([key]) => key in ALLOWED`."""
    function = test.function if isinstance(test, ir.Lambda) else None
    pattern = function.params[0].pattern if function is not None and function.params else None
    first = pattern.items[0] if isinstance(pattern, ir.Sequence) and pattern.items else None
    gives = function.body[0] if function is not None and len(function.body) == 1 else None
    value = gives.value if isinstance(gives, ir.Return) else None
    if not isinstance(first, ir.Name):
        return False
    asked = value.operands if isinstance(value, ir.Logic) and value.op == "and" else [value]
    return any(_asks(one, first.id) for one in asked)


def _asks(value: ir.Expr | None, key: str) -> bool:
    if isinstance(value, ir.Binary) and value.op == "in":
        return names_in(value.left) == {key}
    func = value.func if isinstance(value, ir.Call) else None
    called = isinstance(func, ir.Attr) and func.name in _ASKS and isinstance(value, ir.Call)
    return called and isinstance(value, ir.Call) and bool(value.args) and names_in(value.args[0]) == {key}
