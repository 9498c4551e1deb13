"""Functions that call themselves when what they try has failed, at once or always after the same pause, for ever
(PERF212)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext

_FAR = frozenset({"http.request", "db.connect", "queue.client", "cache.client", "mail.send", "queue.publish"})
PAUSE = re.compile(r"(?i)sleep|delay|wait(?!s)|backoff|pause|timeout|schedule|after")
_COUNTS = re.compile(r"(?i)attempt|retr(?:y|ies)|(?:^|_)tries|count|left|remaining|depth")
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]*$")
_RELATIONS = frozenset({"<", "<=", ">", ">="})


def tried_again(context: CodeContext, seen: Survey) -> Iterator[Match]:
    """`catch { return this.deliver(message) }` around a request, also by way of a method that does nothing else."""
    for info in context.program.functions():
        if not info.node.name or id(info) not in seen.inside or is_by_hand(info.unit, info):
            continue
        attempts = [one for one in in_body(info.node) if isinstance(one, ir.Try) and one.handlers]
        for attempt in attempts:
            if not _asks_others(seen, info, attempt):
                continue
            again = _again(context, info, attempt)
            if again is not None:
                yield Match(
                    location=context.location(info.unit, again),
                    values={"call": short(context.text(info.unit, again))},
                )
                break


def _asks_others(seen: Survey, info: FunctionInfo, attempt: ir.Try) -> bool:
    """Whether what is tried is a request or a connection."""
    body = {id(node) for node in within(*attempt.body)}
    return any(
        id(spot.node) in body
        and bool(
            _FAR & set(spot.call.role.does if spot.call is not None else ())
            or _FAR & (spot.reach.acts.keys() if spot.reach is not None else set())
        )
        for spot in seen.inside.get(id(info), ())
    )


def _again(context: CodeContext, info: FunctionInfo, attempt: ir.Try) -> ir.Call | None:
    """The call in a handler by which the function begins anew, with what it was given."""
    for handler in attempt.handlers:
        if _counts(handler.body):
            continue
        if _pauses(handler.body):
            again = _after_the_same_pause(info, handler)
            if again is not None:
                return again
            continue
        for call in within(*handler.body):
            if not isinstance(call, ir.Call):
                continue
            if _calls(call, info):
                return call if _is_unchanged(call, info) else None
            between = _own_method(context, call, info)
            if between is not None and not _pauses(between.node.body) and not _counts(between.node.body):
                back = [one for one in in_body(between.node) if isinstance(one, ir.Call) and _calls(one, info)]
                if back and _is_unchanged(back[0], info):
                    return call
    return None


def _after_the_same_pause(info: FunctionInfo, handler: ir.Handler) -> ir.Call | None:
    """`await sleep(1000); return this.deliver(message)`, where the caller waits and nothing counts: the chain of
    promises grows until the other side is back. A chain of timers that polls on purpose has no such caller."""
    pauses = [one for one in within(*handler.body) if isinstance(one, ir.Call) and PAUSE.search(name_of(one.func))]
    if not info.node.params or not info.node.is_async or not all(map(_is_fixed, pauses)):
        return None
    waited = [one.value for one in within(*handler.body) if isinstance(one, ir.Await | ir.Return)]
    calls = [one for one in waited if isinstance(one, ir.Call) and _calls(one, info)]
    if not calls or any(_calls(one, info) for one in pauses):
        return None
    return calls[0] if _is_unchanged(calls[0], info) else None


def _is_fixed(pause: ir.Call) -> bool:
    """Whether a pause is always the same: a number, or a constant by its name."""
    return bool(pause.args) and all(
        isinstance(one, ir.Const) or _CONSTANT.match(name_of(one)) is not None for one in pause.args
    )


def _calls(call: ir.Call, info: FunctionInfo) -> bool:
    if info.owner is None:
        return isinstance(call.func, ir.Name) and call.func.id == info.node.name
    func = call.func
    if info.unit.language == "java" and isinstance(func, ir.Name):
        return func.id == info.node.name and len(call.args) == len(info.node.params)
    return (
        isinstance(func, ir.Attr)
        and func.name == info.node.name
        and isinstance(func.value, ir.Name)
        and func.value.id in ("this", "self")
    )


def _own_method(context: CodeContext, call: ir.Call, info: FunctionInfo) -> FunctionInfo | None:
    """The other method of the object, or function of the file, that a handler calls."""
    func = call.func
    if info.owner is None:
        if not isinstance(func, ir.Name):
            return None
        return next((one for one in info.unit.functions if one.node.name == func.id and one.owner is None), None)
    holder = func.value if isinstance(func, ir.Attr) else None
    if not isinstance(holder, ir.Name) or holder.id not in ("this", "self"):
        return None
    several = context.program.method(info.owner, name_of(func))
    return several[0] if len(several) == 1 and several[0] is not info else None


def _is_unchanged(call: ir.Call, info: FunctionInfo) -> bool:
    """Whether it is called with nothing that says how often it was tried, nor with something else to try."""
    given = {param.name for param in info.node.params}
    values = [*call.args, *(value for _, value in call.keywords)]
    if len(values) < len([one for one in info.node.params if one.name not in ("self", "cls")]):
        return False
    return all(isinstance(one, ir.Name) and one.id in given and not _COUNTS.search(one.id) for one in values)


def _pauses(body: list[ir.Stmt]) -> bool:
    return any(isinstance(one, ir.Call) and PAUSE.search(name_of(one.func)) for one in within(*body))


def _counts(body: list[ir.Stmt]) -> bool:
    """Whether a test decides how often: `if (this.attempts++ > 5) throw err`, `if (!isTransient(err)) throw err`."""
    for one in within(*body):
        if isinstance(one, ir.Binary) and one.op in _RELATIONS:
            return True
        if isinstance(one, ir.If) and any(isinstance(part, ir.Throw) for part in within(*one.then)):
            return True
        if isinstance(one, ir.Name | ir.Attr) and _COUNTS.search(name_of(one)):
            return True
    return False
