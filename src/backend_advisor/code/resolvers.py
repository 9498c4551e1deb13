"""Parameters that a class of the program makes for its handlers, such as those of Spring's argument resolvers."""

from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, Program
from backend_advisor.code.tree import in_body, in_whole

_RESOLVER = "HandlerMethodArgumentResolver"
_known: WeakKeyDictionary[Program, frozenset[str]] = WeakKeyDictionary()


def is_resolved(program: Program, kind: str) -> bool:
    """Whether a resolver of the program looks up the parameters of a type (`Account account`) for the handlers."""
    found = _known.get(program)
    if found is None:
        found = _known[program] = frozenset(
            name
            for owner in program.classes.values()
            if any(_last(base) == _RESOLVER for base in owner.node.bases) and _asks_others(owner)
            for name in _supported(owner)
        )
    return kind.rpartition(".")[2] in found


def _supported(owner: ClassInfo) -> set[str]:
    """The classes that `supportsParameter` names."""
    return {
        node.value.id if isinstance(node.value, ir.Name) else _last(node.value)
        for method in owner.methods.get("supportsParameter", ())
        for node in in_whole(method.node)
        if isinstance(node, ir.Attr) and node.name == "class"
    }


def _asks_others(owner: ClassInfo) -> bool:
    """Whether what is given comes from another object that the resolver holds, rather than from the request itself."""
    return any(
        isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and _last(node.func.value) in owner.fields
        for method in owner.methods.get("resolveArgument", ())
        for node in in_body(method.node)
    )


def _last(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Name):
        return expression.id
    return expression.name if isinstance(expression, ir.Attr | ir.Type) else ""
