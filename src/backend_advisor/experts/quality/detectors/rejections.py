"""Rejections of asynchronous handlers that reach no error handler in Express 4 (QUA130)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import Handler
from backend_advisor.code.tree import children, everything, in_whole, name_of
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.promises import may_fail
from backend_advisor.experts.quality.detectors.replies import response_of
from backend_advisor.experts.quality.detectors.tree import short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_EXPRESS = re.compile(rb"[\"']express[\"']|\bexpress\b[^\n]{0,40}\b(?:Request|Response|Router|Application)\b")
_OTHERS = re.compile(rb"[\"'](?:@nestjs/|fastify|koa|@koa/|restify|hono|@hapi/)")
_PATCHED = (
    b"express-async-errors", b"express-promise-router", b"express-async-router", b"@awaitjs/express",
    b"express/lib/router", b"router/lib/layer", b"async-express", b"express-asyncify", b"express-yields",
)  # fmt: skip
_REGISTERS = frozenset({"get", "post", "put", "patch", "delete", "del", "all", "head", "options", "use", "param"})
_OPENS = re.compile(rb"[^\n{};]*?(?P<brace>\{)[ \t]*\r?\n(?P<indent>[ \t]*)")
_MAJOR = re.compile(r"\d+")
_CLOSES = re.compile(r"(?:release|close|end|quit|destroy|disconnect|unlock|dispose|cleanup)")
_TRIES = re.compile(r"(?i)try_?catch|safe_?(?:await|try|async)|await_?to(?:_?js)?|to|try_?(?:async|to)|allSettled")
"""Helpers that give an error back as a value."""
_RESULT = re.compile(r"(?:Result|Either)(?:Async)?$")
_OF_RESULTS = frozenset(
    ["andThen", "asyncAndThen", "asyncMap", "mapErr", "orElse", "andTee", "orTee", "unwrapOr", "unwrapOrElse"]
)
_ASK_RESULTS = frozenset({"isErr", "isOk", "isLeft", "isRight"})
_FIFTH = 5
_MOST = 12
"""Handlers that a reviewer takes up in a repository: one change of the set-up mends all of them."""


@detects_in_code("QUA130")
def rejection_unhandled(context: CodeContext) -> Iterator[Match]:
    """An asynchronous handler of Express 4 that awaits outside of any `try`."""
    return worst_first_told(_unhandled(context), _MOST)


def _unhandled(context: CodeContext) -> Iterator[tuple[int, Match]]:
    units = context.program.units.values()
    confidence = _confidence(context.program.configuration.get("express", set()))
    if context.program.language in ("python", "java") or confidence is None:
        return
    if any(patch in unit.module.source for unit in units for patch in _PATCHED):
        return
    wrapped: dict[str, set[int]] = {}
    reached = {id(reach.node): reach.callee for reach in context.seen.reaches.values()}
    known = {*reached, *(id(call.node) for call in context.seen.calls.values() if call.role.does)}
    for written in outline(context):
        if not written.node.is_async or response_of(written) is None:
            continue
        handler = context.seen.handlers.get(id(context.program.infos.get(id(written.node))))
        if handler is None or not _is_express(written.unit, handler) or not _is_given(written, handler, wrapped):
            continue
        results = _results(written.node)
        awaited = next(
            (one for one in _unguarded(written.node.body) if id(one) not in results and not _cannot_fail(one, reached)),
            None,
        )
        if awaited is not None:
            match = Match(
                location=context.location(written.unit, awaited),
                values={"call": short(context.text(written.unit, awaited))},
                confidence=confidence if _is_known(awaited, known) else Confidence.LOW,
                edits=_edits(context, written),
                applicability="unsafe",
            )
            yield 1, match


def _confidence(versions: set[str]) -> Confidence | None:
    """How sure it is that Express 4 runs, by what the manifests ask for; None when it is a later one."""
    majors = [int(found[0]) for one in versions if (found := _MAJOR.search(one)) is not None]
    if not majors:
        return Confidence.MEDIUM
    if min(majors) >= _FIFTH:
        return None
    return Confidence.HIGH if max(majors) < _FIFTH else Confidence.MEDIUM


def _is_express(unit: Unit, handler: Handler) -> bool:
    place = handler.unit or unit
    source = place.module.source
    call = handler.node
    return (
        isinstance(call, ir.Call)
        and name_of(call.func) in _REGISTERS
        and _EXPRESS.search(source) is not None
        and _OTHERS.search(source) is None
    )


def _is_given(written: Written, handler: Handler, wrapped: dict[str, set[int]]) -> bool:
    """Whether the function itself is registered, and not what some other function makes of it."""
    given = list(_given(handler.node.args))
    if any(isinstance(one, ir.Lambda) and one.function is written.node for one in given):
        return True
    name = written.node.name or written.known_as
    if any(isinstance(one, ir.Call) and any(name_of(arg) == name for arg in one.args) for one in given):
        return False  # `router.post(path, validators.login, wrap(auth.login))`
    if not name or all(name_of(one) != name or isinstance(one, ir.Call) for one in given):
        return False
    unit = written.unit
    if unit.path not in wrapped:
        calls = (one for one in everything(unit.module.body) if isinstance(one, ir.Call))
        wrapped[unit.path] = {id(arg.function) for call in calls for arg in call.args if isinstance(arg, ir.Lambda)}
    return id(written.node) not in wrapped[unit.path]


def _given(args: list[ir.Expr]) -> Iterator[ir.Expr]:
    for one in args:
        if isinstance(one, ir.Sequence):
            yield from _given(one.items)
        else:
            yield one


def _unguarded(body: list[ir.Stmt]) -> Iterator[ir.Await]:
    """What is awaited outside of a `try` that catches, in order of place."""
    for statement in body:
        yield from _in(statement)


def _in(node: ir.Node) -> Iterator[ir.Await]:
    if isinstance(node, ir.Lambda | ir.Define | ir.Class):
        return
    if isinstance(node, ir.Try) and node.handlers:
        for handler in node.handlers:
            yield from _unguarded(handler.body)
        yield from (one for one in _unguarded(node.final) if not _closes(one.value))
        return
    if isinstance(node, ir.Await) and not _catches(node.value):
        yield node
        return
    for part in children(node):
        yield from _in(part)


def _cannot_fail(awaited: ir.Await, reached: dict[int, FunctionInfo]) -> bool:
    """Whether what is awaited is a function of the program that catches everything itself."""
    value = awaited.value
    if isinstance(value, ir.Call) and name_of(value.func) == "all" and value.args:
        together = value.args[0].items if isinstance(value.args[0], ir.Sequence) else [value]
        return all(_is_caught(one, reached) for one in together)
    return _is_caught(value, reached)


def _is_caught(value: ir.Expr, reached: dict[int, FunctionInfo]) -> bool:
    if isinstance(value, ir.Call) and (_TRIES.fullmatch(name_of(value.func)) or _catches(value) or _is_result(value)):
        return True
    callee = reached.get(id(value))
    if callee is not None and callee.node.returns is not None and _RESULT.search(callee.node.returns.name):
        return True
    return callee is not None and callee.node.is_async and not may_fail(callee.node, reached)


def _is_known(awaited: ir.Await, known: set[int]) -> bool:
    """Whether something known to fail now and then is done there: a query, a request, a function that does so."""
    return any(isinstance(one, ir.Call) and id(one) in known for one in everything(awaited.value))


def _is_result(value: ir.Expr) -> bool:
    """`find(id).andThen(check).mapErr(log)`: a value that holds an error instead of throwing it."""
    while isinstance(value, ir.Call | ir.Attr):
        if isinstance(value, ir.Call) and name_of(value.func) in _OF_RESULTS:
            return True
        value = value.func if isinstance(value, ir.Call) else value.value
    return False


def _results(function: ir.Function) -> set[int]:
    """What is awaited and then asked whether it is an error: `const found = await find(id); if (found.isErr())`."""
    asked = {
        name_of(one.func.value)
        for one in in_whole(function)
        if isinstance(one, ir.Call) and isinstance(one.func, ir.Attr) and one.func.name in _ASK_RESULTS
    }
    return {
        id(one.value)
        for one in in_whole(function)
        if isinstance(one, ir.Assign) and isinstance(one.value, ir.Await) and name_of(one.target) in asked
    }


def _closes(value: ir.Expr) -> bool:
    """`finally { await connection.release(); }`."""
    return isinstance(value, ir.Call) and _CLOSES.match(name_of(value.func)) is not None


def _catches(value: ir.Expr) -> bool:
    """`await f().catch(next)`."""
    return isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name == "catch"


def _lines_of(source: bytes, start: int, end: int) -> list[int]:
    """Where the lines of a body begin, to be moved inwards; none where a text over several lines would change by it."""
    lines = source[start:end].split(b"\n")
    if any(line.count(b"`") % 2 for line in lines):
        return []
    begins, at = [], start + len(lines[0]) + 1
    for line in lines[1:]:
        if line.strip():
            begins.append(at)
        at += len(line) + 1
    return begins


def _edits(context: CodeContext, written: Written) -> tuple[Edit, ...]:
    """The body in a `try` that passes the error on."""
    node, unit = written.node, written.unit
    source, params = unit.module.source, node.params
    opened = _OPENS.match(source, node.header_end)
    if len(params) not in (2, 3) or opened is None or source[node.end - 1 : node.end] != b"}":
        return ()
    name = params[2].name if len(params) > 2 else "next"
    indent = opened["indent"].decode()
    closing = len(source[: node.end - 1].rstrip())
    texts = (
        *(() if len(params) > 2 else ((params[1].end, ", next"),)),
        (opened.end("brace"), f"\n{indent}try {{"),
        *((at, "\t" if "\t" in indent else "  ") for at in _lines_of(source, opened.end("brace"), closing)),
        (closing, f"\n{indent}}} catch (error) {{\n{indent}  {name}(error);\n{indent}}}"),
    )
    return tuple(Edit(location=context.places.location(unit.path, at, at), replacement=text) for at, text in texts)
