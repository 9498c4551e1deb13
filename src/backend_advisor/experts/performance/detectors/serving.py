"""Which functions run while a client waits: request handlers and everything that they call."""

from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import name_of
from backend_advisor.experts.performance.detectors.dependencies import dependencies
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.rules.registry import CodeContext

_ELSEWHERE = frozenset({"background", "message.handler", "scheduled"})
_STARTS = frozenset({"Thread", "Timer", "Process", "start_new_thread", "add_task", "apply_async", "delay", "enqueue"})
_MESSAGE = frozenset({"message.handler"})
_known: WeakKeyDictionary[Program, "Served"] = WeakKeyDictionary()


class Served:
    """The functions of a program that are called in the course of a request."""

    def __init__(self, context: CodeContext, *, of_messages: bool = False) -> None:
        self._ids: set[int] = set()
        calls: dict[int, list[FunctionInfo]] = {}
        for spot in survey(context).reaches:
            if spot.reach is not None and spot.info is not None and not _is_handed_over(spot):
                calls.setdefault(id(spot.info), []).append(spot.reach.callee)
        elsewhere = _ELSEWHERE - _MESSAGE if of_messages else _ELSEWHERE
        if of_messages:
            waiting = [info for info in context.program.functions() if info.marks & _MESSAGE]
        else:
            waiting = [info for info in context.program.functions() if serves(context, info)]
            waiting += dependencies(context.program) if waiting else ()
        while waiting:
            info = waiting.pop()
            if id(info) in self._ids or info.marks & elsewhere or is_by_hand(info.unit, info):
                continue
            self._ids.add(id(info))
            waiting += calls.get(id(info), ())

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __contains__(self, info: FunctionInfo | None) -> bool:
        at = info
        while at is not None:
            if id(at) in self._ids:
                return True
            at = at.outer
        return False


def _is_handed_over(spot: Spot) -> bool:
    """`Thread(target=export)`: what runs beside the request."""
    return isinstance(spot.node, ir.Call) and name_of(spot.node.func) in _STARTS


def served(context: CodeContext) -> Served:
    """The functions that run while a client waits."""
    found = _known.get(context.program)
    if found is None:
        found = _known[context.program] = Served(context)
    return found


def consumed(context: CodeContext) -> Served:
    """The functions that run for each message of a queue."""
    return Served(context, of_messages=True)


def worked_off(context: CodeContext) -> set[int]:
    """The functions that a queue is handed, with what they call: a worker runs them, which serves nobody meanwhile."""
    seen = survey(context)
    waiting = [
        info
        for spot in seen.of("task.enqueue")
        if spot.call is not None and "queue.publish" in spot.call.role.does and isinstance(spot.node, ir.Call)
        for given in spot.node.args[:1]
        if (info := function_named(context.program, spot.unit, given, spot.info)) is not None
    ]
    found: set[int] = set()
    while waiting:
        info = waiting.pop()
        if id(info) not in found:
            found.add(id(info))
            waiting += [one.reach.callee for one in seen.inside.get(id(info), ()) if one.reach is not None]
    return found
