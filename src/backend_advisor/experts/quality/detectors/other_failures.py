"""Handlers that throw for the failure they know and drop every other (part of QUA107)."""

from backend_advisor.code import ir
from backend_advisor.code.tree import names_in, own, within
from backend_advisor.experts.quality.detectors.outline import Written

_DENIES = frozenset({"!=", "!==", "is not", "not in"})


def drops_others(written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """`catch (e) { if (e.code === "P2002") throw new Conflict(); }` at the end of a function that gives a result: for
    any other failure it gives nothing, and nobody learns of it."""
    return (
        written.unit.language in ("javascript", "typescript")
        and bool(handler.name)
        and bool(written.node.body)
        and written.node.body[-1] is node
        and not node.final
        and any(isinstance(one, ir.Return) and one.value is not None for one in own(*node.body))
        and _only_known(handler.body, handler.name or "")
        and any(isinstance(one, ir.Throw) for one in own(*handler.body))
    )


def _only_known(body: list[ir.Stmt], error: str) -> bool:
    """Whether nothing is done but to throw something else under a condition on what the error is."""
    return bool(body) and all(
        isinstance(one, ir.If) and not one.otherwise and _asks_for(one.test, error) and _throws(one.then, error)
        for one in body
    )


def _throws(body: list[ir.Stmt], error: str) -> bool:
    last = body[-1] if body else None
    if isinstance(last, ir.Throw):
        return not (isinstance(last.value, ir.Name) and last.value.id == error)
    return isinstance(last, ir.If) and _only_known([last], error)


def _asks_for(test: ir.Expr, error: str) -> bool:
    """Whether a condition says which failure it is, and not which it is not: the latter throws what is unknown."""
    if error not in names_in(test):
        return False
    return not any(
        (isinstance(one, ir.Unary) and one.op == "not") or (isinstance(one, ir.Binary) and one.op in _DENIES)
        for one in within(test)
    )
