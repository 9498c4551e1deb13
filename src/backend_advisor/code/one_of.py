"""Questions whether a value is one of some others that are written with a function or a loop:
`LIST.some((one) => one === value)`, `any(one == value for one in LIST)`, `list.stream().anyMatch(value::equals)`."""

from backend_advisor.code import ir

_ANY = frozenset({"some", "any", "anyMatch", "find"})
_SAME = frozenset({"==", "===", "is"})


def asked_of_each(test: ir.Call, name: str, receiver: ir.Expr | None) -> tuple[ir.Expr, ir.Expr] | None:
    """The value that is looked for and the collection, where a call asks each item whether it is the value."""
    if name not in _ANY or not test.args:
        return None
    first = test.args[0]
    if receiver is not None and isinstance(first, ir.Lambda) and first.function.params:
        item = _compared(_answer(first.function), first.function.params[0].name)
        return None if item is None else (item, receiver)
    if receiver is None and isinstance(first, ir.Comprehension) and len(first.clauses) == 1:
        target, iterable, conditions = first.clauses[0]
        if isinstance(target, ir.Name) and not conditions:
            item = _compared(first.element, target.id)
            return None if item is None else (item, iterable)
    return None


def _answer(function: ir.Function) -> ir.Expr | None:
    only = function.body[0] if len(function.body) == 1 else None
    return only.value if isinstance(only, ir.Return | ir.Do) else None


def _compared(test: ir.Expr | None, item: str) -> ir.Expr | None:
    """What an item is compared with for being the same."""
    if isinstance(test, ir.Binary) and test.op in _SAME:
        sides = (test.left, test.right)
    elif isinstance(test, ir.Call) and isinstance(test.func, ir.Attr) and test.func.name == "equals" and test.args:
        sides = (test.func.value, test.args[0])
    else:
        return None
    for one, other in (sides, sides[::-1]):
        if isinstance(one, ir.Name) and one.id == item:
            return other
    return None
