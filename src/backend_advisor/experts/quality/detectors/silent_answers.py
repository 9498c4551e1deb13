"""Failures that are answered as if all had gone well (part of QUA107): a handler that gives what success gives, and a
future of Java whose failure is turned into nothing and looked at by nobody."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, own, within
from backend_advisor.experts.quality.detectors.acts import WRITES, acts_between
from backend_advisor.experts.quality.detectors.outline import Written
from backend_advisor.rules.registry import CodeContext

_FUTURES = frozenset({"runAsync", "supplyAsync", "sendAsync", "thenApplyAsync", "thenRunAsync", "thenAcceptAsync"})


def answered_as_success(context: CodeContext, written: Written, node: ir.Try) -> Iterator[ir.Handler]:
    """Handlers whose only statement gives the very answer that is given when what was written has been written."""
    if not node.body or not any(_only_returns(one) for one in node.handlers):
        return
    if not acts_between(context, written.unit, node.body[0].start, node.body[-1].end) & WRITES:
        return
    good = {context.text(written.unit, one) for one in _after(written, node) if _says_something(one)}
    for handler in node.handlers:
        answer = _only_returns(handler)
        # An answer that holds the error, or that nothing was found, is another one.
        if answer is not None and _says_something(answer) and context.text(written.unit, answer) in good:
            yield handler


def _only_returns(handler: ir.Handler) -> ir.Expr | None:
    only = handler.body[0] if len(handler.body) == 1 else None
    return only.value if isinstance(only, ir.Return) else None


def _says_something(answer: ir.Expr) -> bool:
    """Whether an answer tells that it went well: `true`, a text, an object; a variable says what it holds."""
    if isinstance(answer, ir.Const):
        return answer.value is True or (isinstance(answer.value, str) and bool(answer.value))
    if isinstance(answer, ir.Sequence):
        return bool(answer.items)
    if isinstance(answer, ir.Mapping):
        return any(isinstance(value, ir.Const) and value.value is True for _, value in answer.pairs)
    if not isinstance(answer, ir.Call):
        return False
    return any(isinstance(one, ir.Const) and one.value is True for one in within(*answer.args))


def _after(written: Written, node: ir.Try) -> Iterator[ir.Expr]:
    """What is returned when nothing failed: at the end of what was tried, or right after."""
    last = (*node.body[-1:], *node.otherwise[-1:])
    for one in (*written.notable, written.node):
        for name in ("body", "then", "otherwise", "final"):
            body = getattr(one, name, None)
            if isinstance(body, list | tuple) and node in body:
                number = body.index(node)
                last = (*last, *body[number + 1 : number + 2])
    yield from (one.value for one in last if isinstance(one, ir.Return) and one.value is not None)


def dropped_futures(written: Written) -> Iterator[ir.Call]:
    """`CompletableFuture.runAsync(…).exceptionally(e -> null);` as a statement: nobody will learn that it failed."""
    if written.unit.language != "java" or b"xceptionally" not in written.unit.module.source:
        return
    for one in own(*written.node.body):
        call = one.value if isinstance(one, ir.Do) else None
        if not isinstance(call, ir.Call) or name_of(call.func) not in ("exceptionally", "exceptionallyAsync"):
            continue
        given = call.args[0] if call.args else None
        if isinstance(given, ir.Lambda) and _does_nothing(given.function) and _FUTURES & set(_chain(call)):
            yield call


def _does_nothing(function: ir.Function) -> bool:
    only = function.body[0] if len(function.body) == 1 else None
    return isinstance(only, ir.Return) and (only.value is None or isinstance(only.value, ir.Const))


def _chain(call: ir.Call) -> Iterator[str]:
    at: ir.Expr = call
    while isinstance(at, ir.Call | ir.Attr):
        if isinstance(at, ir.Attr):
            yield at.name
        at = at.func if isinstance(at, ir.Call) else at.value
