"""Interrupts that are caught and forgotten, so that a thread cannot be stopped (QUA122)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import name_of, names_in, own, within
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.tree import short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit
from backend_advisor.rules.registry import CodeContext, detects_in_code

_INTERRUPTED = "InterruptedException"
_WIDE = frozenset({"Exception", "Throwable"})
_RESTORES = re.compile(r"(?i)interrupt|sneaky|propagate|rethrow")
_LOGS = re.compile(r"(?i)^(?:debug|info|warn|warning|error|trace|log|print\w*|severe|fine)$")
_WAITS = re.compile(r"^(?:sleep|wait\w*|await\w*|take\w*|get|join|put|poll|acquire|invokeA\w+|lockInterruptibly|exec)$")
_CLOCK = re.compile(r"^(?:isAfter|isBefore|currentTimeMillis|nanoTime|elapsed\w*|remaining\w*|hasExpired|isExpired)$")
_ENDS_THREAD = re.compile(r"^(?:run|call|main|join\w*|stop\w*|close|shutdown\w*|destroy|await\w*)$")


@detects_in_code("QUA122")
def interrupt_forgotten(context: CodeContext) -> Iterator[Match]:
    """A handler that takes an interrupt and neither throws on nor sets the flag again."""
    if context.program.language != "java":
        return
    for written in outline(context):
        for node in written.notable:
            if isinstance(node, ir.Try):
                yield from _in_try(context, written, node)


def _in_try(context: CodeContext, written: Written, node: ir.Try) -> Iterator[Match]:
    for handler in node.handlers:
        names = [name_of(one) for one in handler.types]
        is_stated = _INTERRUPTED in names
        slept = None if is_stated or not _WIDE.intersection(names) else _sleep(node)
        if not is_stated and slept is None:
            continue
        if not _forgets(handler) or (is_stated and _thread_ends(written, node, handler)):
            return
        looped = _loop_around(written, node, handler)
        goes_on = looped or _goes_round(written, node, handler)
        edits = () if looped or names != [_INTERRUPTED] else _restored(context, written.unit, handler)
        yield Match(
            location=context.places.location(written.unit.path, handler.start, _head_end(written.unit, handler)),
            values={"caught": " | ".join(names), "function": written.name, "waits": _waits(context, written, node)},
            confidence=_sureness(handler, is_stated=is_stated, looped=looped, goes_on=goes_on),
            edits=edits,
            applicability="unsafe" if edits else "display",
        )
        return


def _sureness(handler: ir.Handler, *, is_stated: bool, looped: bool, goes_on: bool) -> Confidence:
    """Who only leaves may mean to stop, although the callers will not know; a single short wait is over soon."""
    only_leaves = len(handler.body) == 1 and isinstance(handler.body[0], ir.Return | ir.Break)
    if not is_stated or only_leaves or not goes_on:
        return Confidence.LOW
    return Confidence.HIGH if looped else Confidence.MEDIUM


def _forgets(handler: ir.Handler) -> bool:
    """Whether nothing of the interrupt remains: no throw, no flag, and the exception is given to the log only."""
    for one in within(*handler.body):
        if isinstance(one, ir.Throw):
            return False
        if isinstance(one, ir.Call):
            name = name_of(one.func)
            if _RESTORES.search(name) or (not _LOGS.match(name) and _given(one, handler)):
                return False
        if isinstance(one, ir.Assign) and _RESTORES.search(name_of(one.target)):
            return False  # remembered, to be set again at the end
        if isinstance(one, ir.Assign | ir.Return) and handler.name and handler.name in names_in(one.value):
            return False
    return True


def _given(call: ir.Call, handler: ir.Handler) -> bool:
    return handler.name is not None and any(handler.name in names_in(argument) for argument in call.args)


def _sleep(node: ir.Try) -> ir.Call | None:
    """`Thread.sleep(…)`, `TimeUnit.SECONDS.sleep(…)` among what is tried."""
    for one in own(*node.body):
        if isinstance(one, ir.Try) and any(_INTERRUPTED in map(name_of, inner.types) for inner in one.handlers):
            return None
        if isinstance(one, ir.Call) and isinstance(one.func, ir.Attr) and one.func.name == "sleep":
            holder = one.func.value
            if name_of(holder) == "Thread" or (isinstance(holder, ir.Attr) and name_of(holder.value) == "TimeUnit"):
                return one
    return None


def _thread_ends(written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether the function is the thread's whole life and the handler ends it."""
    if not _ENDS_THREAD.match(written.node.name) and written.node.name:
        return False
    last = handler.body[-1] if handler.body else None
    leaves = isinstance(last, ir.Return | ir.Break)
    return leaves or (bool(written.node.body) and written.node.body[-1] is node)


def _loop_around(written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether the same wait is tried again after the interrupt."""
    if handler.body and isinstance(handler.body[-1], ir.Return | ir.Break):
        return False
    return any(
        isinstance(one, ir.While) and one.start <= node.start and node.end <= one.end and not _is_timed(one)
        for one in own(*written.node.body)
    )


def _is_timed(loop: ir.While) -> bool:
    """Whether a loop looks at the clock, and so ends soon by itself."""
    return any(isinstance(one, ir.Call) and _CLOCK.match(name_of(one.func)) for one in own(loop.test, *loop.body))


def _goes_round(written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether the next item of a loop follows, as if nobody had asked the thread to stop."""
    if handler.body and isinstance(handler.body[-1], ir.Return | ir.Break):
        return False
    if _ENDS_THREAD.match(written.node.name):
        return False  # what is being stopped stops the rest too
    return any(
        isinstance(one, ir.For) and one.start <= node.start and node.end <= one.end for one in own(*written.node.body)
    )


def _waits(context: CodeContext, written: Written, node: ir.Try) -> str:
    """The call that waits, else the last one."""
    calls = [one for one in own(*node.body) if isinstance(one, ir.Call)]
    waits = [one for one in calls if _WAITS.match(name_of(one.func))] or calls[-1:] or node.body[:1]
    return short(context.text(written.unit, waits[0])) if waits else ""


def _head_end(unit: Unit, handler: ir.Handler) -> int:
    end = unit.module.source.find(b"{", handler.start, handler.end)
    return end if end > handler.start else handler.end


def _restored(context: CodeContext, unit: Unit, handler: ir.Handler) -> tuple[Edit, ...]:
    """The flag set again before anything else is done in the handler."""
    source = unit.module.source
    brace = source.find(b"{", handler.start, handler.end)
    if brace < 0:
        return ()
    line = source.rfind(b"\n", 0, handler.start) + 1
    margin = re.match(rb"[ \t]*", source[line:])
    indent = margin[0].decode() if margin is not None else ""
    step = "\t" if "\t" in indent else "    "
    text = f"\n{indent}{step}Thread.currentThread().interrupt();"
    if not source[brace + 1 : handler.end - 1].strip():
        end = handler.end - 1
        location = context.places.location(unit.path, brace + 1, end)
        return (Edit(location=location, replacement=f"{text}\n{indent}"),)
    return (Edit(location=context.places.location(unit.path, brace + 1, brace + 1), replacement=text),)
