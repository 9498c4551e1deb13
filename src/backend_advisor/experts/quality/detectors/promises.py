"""Asynchronous calls that nobody waits for (QUA109)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, name_of, own
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.tree import short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CLIENTS = (
    "axios",
    "fetch",
    "got",
    "undici",
    "@prisma/client",
    "prisma",
    "typeorm",
    "sequelize",
    "mongoose",
    "mongodb",
)
_PROMISED = frozenset({"http.request", "db.write", "db.write_many", "orm.save", "mail.send", "queue.publish"})
_UNHANDLED = b"unhandledRejection"
_ANSWERS = frozenset({"res", "response", "reply", "ctx"})
_TELLS = re.compile(
    r"(?i)^_?(?:emit|broadcast|notify|publish|track|log|audit|report|dispatch|send\w*(?:event|webhook|notification))"
)
_TASKS = frozenset({"create_task", "ensure_future"})
_CLOSES = re.compile(r"(?i)^(?:close|disconnect|destroy|quit|shutdown|stop)(?:All)?$")
_DEEP = 3
"""Calls down to which it is looked for what catches a failure."""


@detects_in_code("QUA109")
def floating_promise(context: CodeContext) -> Iterator[Match]:
    """A call of an asynchronous function as a statement of its own, in a function that could wait for it."""
    reached = {id(reach.node): reach.callee for reach in context.seen.reaches.values()}
    seen: dict[int, CallSeen] = {id(call.node): call for call in context.seen.calls.values()}
    logged = _failures_are_logged(context)
    told: set[tuple[int, int]] = set()
    for written in outline(context):
        waits = written.node.is_async or _serves(context, written)
        for node in written.notable:
            call = _bare_call(node)
            if call is None or any(isinstance(one, ir.Lambda) for one in call.args[-1:]):
                continue  # what is given a callback tells it when it is done
            callee = _callee(context, written, call, reached)
            if callee is not None and _runs_later(callee, reached) and (waits or written.unit.language == "python"):
                known = (id(callee), id(written.node))
                behind = (not _answers(context, written) or _only_tells(callee)) and logged
                behind = behind or (not _answers(context, written) and known in told)
                behind = behind or _CLOSES.match(callee.node.name) is not None
                told.add(known)
                yield _match(context, written, call, callee, behind=behind)
            elif _drops_task(written.unit, call) or (waits and _promises(seen.get(id(call)))):
                inner = call.args[0] if call.args else None
                run = _callee(context, written, inner, reached) if isinstance(inner, ir.Call) else None
                caught = run is not None and written.unit.language == "python" and _catches_all(run)
                yield _match(context, written, call, None, behind=caught)


def _bare_call(node: ir.Node) -> ir.Call | None:
    """The call that a statement consists of; `f().then(g)` with nothing for errors is `f()`."""
    call = node.value if isinstance(node, ir.Do) else None
    if not isinstance(call, ir.Call) or call.new:
        return None
    if isinstance(call.func, ir.Attr) and call.func.name in ("then", "finally") and len(call.args) == 1:
        inner = call.func.value
        return inner if isinstance(inner, ir.Call) else None
    return call


def _callee(
    context: CodeContext, written: Written, call: ir.Call, reached: dict[int, FunctionInfo]
) -> FunctionInfo | None:
    known = reached.get(id(call))
    if known is not None:
        return known if known.node.name == name_of(call.func) else None
    if isinstance(call.func, ir.Name):
        return _named(context, written, call.func.id)
    if (
        isinstance(call.func, ir.Attr)
        and isinstance(call.func.value, ir.Name)
        and call.func.value.id in ("this", "self")
    ):
        info = context.program.infos.get(id(written.node))
        owner = info.owner if isinstance(info, FunctionInfo) else None
        found = context.program.method(owner, call.func.name) if owner is not None else []
        return found[0] if len(found) == 1 else None
    return None


def _named(context: CodeContext, written: Written, name: str) -> FunctionInfo | None:
    """The function that a plain name means: one of the file, or an imported one."""
    at: Written | None = written
    while at is not None:
        if any(param.name == name for param in at.node.params):
            return None
        at = at.outer
    unit: Unit | None = written.unit
    statement = written.unit.imports.get(name)
    if statement is not None:
        unit = context.program.locate(statement, written.unit)
        name = statement.name or name
    if unit is None or name == "default":
        return None
    found = [info for info in unit.functions if info.node.name == name and info.owner is None and info.outer is None]
    return found[0] if len(found) == 1 else None


def _runs_later(callee: FunctionInfo, reached: dict[int, FunctionInfo]) -> bool:
    """Whether a call gives a promise that can fail: an async function that does not catch everything itself."""
    node = callee.node
    if not node.is_async or node.is_generator or node.decorators:
        return False
    return callee.unit.language == "python" or may_fail(node, reached)


def may_fail(function: ir.Function, reached: dict[int, FunctionInfo], deep: int = _DEEP) -> bool:
    """Whether something that is waited for, thrown or handed back stands outside of every `try` with a `catch`."""
    body = list(own(*function.body))
    caught = {id(node) for one in body if isinstance(one, ir.Try) and one.handlers for node in own(*one.body)}
    return any(_fails(node, reached, deep) for node in body if id(node) not in caught)


def _fails(node: ir.Node, reached: dict[int, FunctionInfo], deep: int) -> bool:
    if isinstance(node, ir.Return):
        return isinstance(node.value, ir.Call) and not _ends_well(node.value, reached, deep)
    if isinstance(node, ir.Await):
        return not _ends_well(node.value, reached, deep)
    return isinstance(node, ir.Throw) or (isinstance(node, ir.For) and node.is_async)


def _ends_well(value: ir.Expr, reached: dict[int, FunctionInfo], deep: int) -> bool:
    """Whether a call gives no promise that fails: its failure is caught there, or in the function that it calls."""
    if not isinstance(value, ir.Call):
        return False
    name = name_of(value.func)
    if value.new:  # `new Promise((resolve) => …)` has no way to fail
        given = value.args[0] if name == "Promise" and len(value.args) == 1 else None
        return isinstance(given, ir.Lambda) and len(given.function.params) == 1
    if isinstance(value.func, ir.Attr) and (name == "catch" or _root(value.func) in _ANSWERS):
        return True
    callee = reached.get(id(value)) if deep else None
    return (
        callee is not None
        and callee.node.is_async
        and callee.node.name == name
        and not callee.node.is_generator
        and not may_fail(callee.node, reached, deep - 1)
    )


def _root(node: ir.Expr) -> str:
    while isinstance(node, ir.Attr | ir.Call):
        node = node.value if isinstance(node, ir.Attr) else node.func
    return node.id if isinstance(node, ir.Name) else ""


def _failures_are_logged(context: CodeContext) -> bool:
    """Whether the process is told what to do with rejections that nobody handles, and goes on: they are not lost."""
    for unit in context.program.units.values():
        if _UNHANDLED not in unit.module.source or is_test(unit.path):
            continue
        for node in everything(*unit.module.body):
            if isinstance(node, ir.Call) and name_of(node.func) in ("on", "once", "addListener") and len(node.args) > 1:
                event, handler = node.args[0], node.args[1]
                if isinstance(event, ir.Const) and event.value == _UNHANDLED.decode():
                    return not (isinstance(handler, ir.Lambda) and _ends_process(handler.function))
    return False


def _ends_process(function: ir.Function) -> bool:
    ending = (one.value if isinstance(one, ir.Do) else one for one in function.body)
    return any(isinstance(one, ir.Throw) or name_of(one) in ("exit", "abort") for one in ending)


def _answers(context: CodeContext, written: Written) -> bool:
    """Whether a function has an answer in its hands that can be sent too early."""
    info = context.program.infos.get(id(written.node))
    handler = context.seen.handlers.get(id(info))
    if handler is not None and "message.handler" in handler.marks:
        return False
    return _serves(context, written) or any(param.name in _ANSWERS for param in written.node.params)


def _only_tells(callee: FunctionInfo) -> bool:
    """Whether a function tells others what has happened, which no answer waits for."""
    return _TELLS.match(callee.node.name) is not None


def _catches_all(info: FunctionInfo) -> bool:
    """Whether all that a function of Python does stands in a `try` that takes any error."""
    body = [one for one in info.node.body if not isinstance(one, ir.Do) or not isinstance(one.value, ir.Const)]
    last = body[-1] if body else None
    return isinstance(last, ir.Try) and any(
        not one.types or {"Exception", "BaseException"} & {name_of(kind) for kind in one.types} for one in last.handlers
    )


def _drops_task(unit: Unit, call: ir.Call) -> bool:
    """`asyncio.create_task(…)` whose result is not kept: the loop itself holds the task by a weak reference only."""
    if unit.language != "python" or name_of(call.func) not in _TASKS:
        return False
    if isinstance(call.func, ir.Attr):
        return name_of(call.func.value) == "asyncio"
    statement = unit.imports.get(name_of(call.func))
    return statement is not None and statement.module == "asyncio"


def _promises(call: CallSeen | None) -> bool:
    """Whether a known client's call gives a promise: it writes or sends, and was given no callback."""
    if call is None or not call.certain or not _PROMISED.intersection(call.role.does):
        return False
    if not call.role.name.startswith(_CLIENTS) or not isinstance(call.node, ir.Call):
        return False
    return not any(isinstance(one, ir.Lambda) for one in call.node.args)


def _serves(context: CodeContext, written: Written) -> bool:
    info = context.program.infos.get(id(written.node))
    return isinstance(info, FunctionInfo) and (
        "http.handler" in info.marks or (id(info) in context.seen.handlers and written.unit.language != "java")
    )


def _match(
    context: CodeContext, written: Written, call: ir.Call, callee: FunctionInfo | None, *, behind: bool = False
) -> Match:
    """`behind`: it runs behind what is answered, and its failure is logged, or was told already."""
    python = written.unit.language == "python"
    never = python and callee is not None
    return Match(
        location=context.location(written.unit, call),
        values={"call": short(context.text(written.unit, call)), "function": written.name},
        severity=Severity.ERROR if never else Severity.WARNING,
        confidence=Confidence.HIGH
        if never or (callee is None and python and not behind)
        else Confidence.LOW
        if behind
        else Confidence.MEDIUM,
        steps=()
        if callee is None
        else (
            (
                context.places.location(callee.unit.path, callee.node.start, callee.node.header_end),
                "step_never" if never else "step_async",
            ),
        ),
    )
