"""Loops that try a call again until it succeeds, whatever it is that they call (part of PERF212)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of, own, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_LOOPS = (b"while", b"for (;;", b"for(;;")
_PAUSES = re.compile(rb"(?i)sleep|delay|pause|backoff|setTimeout|park")
_SLEEPS = re.compile(r"(?i)sleep|delay|pause|backoff|setTimeout|park")
_ENDS = re.compile(
    r"(?i)attempt|retr(?:y|ies)|tries|count|limit|fail|throw|raise|abort|give_?up|exit|check|stop|interrupt"
)
_COMES_UP = re.compile(r"(?i)connect|subscri|start|init|open|await|wait|poll|listen|acquire|lock")
"""Functions that begin something, which may wait for the rest of a system to come up."""
_RELATIONS = frozenset({"<", "<=", ">", ">="})


def kept_trying(context: CodeContext, told: set[int]) -> Iterator[Match]:
    """`while (!sent) { try { box.put(file); sent = true; } catch (IOException e) { Thread.sleep(500); } }`."""
    for info in context.program.functions():
        source = info.unit.module.source
        start, end = info.node.start, info.node.end
        if not any(source.find(word, start, end) >= 0 for word in _LOOPS) or not _PAUSES.search(source, start, end):
            continue
        if _COMES_UP.match(info.node.name.lstrip("_")) or is_by_hand(info.unit, info):
            continue
        for loop in in_body(info.node):
            if isinstance(loop, ir.While) and id(loop) not in told:
                tried = _tried(loop, info)
                if tried is not None:
                    told.add(id(loop))
                    yield Match(
                        location=context.location(info.unit, tried),
                        values={"call": short(context.text(info.unit, tried))},
                        confidence=Confidence.MEDIUM,
                    )


def _tried(loop: ir.While, info: FunctionInfo) -> ir.Call | None:
    """What a loop tries until it succeeds, however often that takes."""
    attempts = [one for one in loop.body if isinstance(one, ir.Try)]
    if len(attempts) != 1 or not all(isinstance(one, ir.Try | ir.Do) for one in loop.body):
        return None
    attempt = attempts[0]
    flag = _flag(loop.test)
    if flag is not None:
        done = any(_sets(one, flag) for one in (*attempt.body, *attempt.otherwise))
        if not done or not _is_own(flag, info):
            return None
    elif not _is_always(loop.test) or not any(
        isinstance(one, ir.Return | ir.Break) for one in (*attempt.body, *attempt.otherwise)
    ):
        return None
    handlers = [one for one in attempt.handlers if not _is_interrupt(one)]
    if not handlers or not all(_goes_on(handler, flag) for handler in handlers):
        return None
    if not any(_pauses(one) for one in within(*loop.body)):
        return None
    return next((one for one in own(*attempt.body) if isinstance(one, ir.Call) and not _pauses(one)), None)


def _flag(test: ir.Expr) -> str | None:
    """The variable of `while (!delivered)`."""
    if isinstance(test, ir.Unary) and test.op == "not" and isinstance(test.operand, ir.Name):
        return test.operand.id
    return None


def _is_always(test: ir.Expr) -> bool:
    return isinstance(test, ir.Const) and bool(test.value)


def _sets(statement: ir.Stmt, flag: str) -> bool:
    return isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and statement.target.id == flag


def _is_own(flag: str, info: FunctionInfo) -> bool:
    """Whether the flag is a variable of the function: a field may be set from elsewhere, which ends the loop."""
    first = next(
        (one for one in in_body(info.node) if isinstance(one, ir.Assign) and name_of(one.target) == flag), None
    )
    return first is not None and isinstance(first.value, ir.Const) and first.value.value is False


def _goes_on(handler: ir.Handler, flag: str | None) -> bool:
    """Whether nothing in a handler may end the loop: no way out, no comparison, and no call that may throw."""
    for one in _after_failure(handler.body):
        if isinstance(one, ir.Return | ir.Throw | ir.Break):
            return False
        if isinstance(one, ir.Binary) and one.op in _RELATIONS:
            return False
        if isinstance(one, ir.Call) and _ENDS.search(name_of(one.func)) and not _pauses(one):
            return False
        if isinstance(one, ir.Assign) and flag is not None and name_of(one.target) == flag:
            return False
    return True


def _after_failure(body: list[ir.Stmt]) -> Iterator[ir.Node]:
    """What a handler does, without what is done when its pause is interrupted."""
    for statement in body:
        if isinstance(statement, ir.Try):
            yield from within(*statement.body)
            yield from within(
                *(one for handler in statement.handlers if not _is_interrupt(handler) for one in handler.body)
            )
        else:
            yield from within(statement)


def _is_interrupt(handler: ir.Handler) -> bool:
    return {name_of(one) for one in handler.types} == {"InterruptedException"}


def _pauses(node: ir.Node) -> bool:
    return isinstance(node, ir.Call) and _SLEEPS.search(name_of(node.func)) is not None
