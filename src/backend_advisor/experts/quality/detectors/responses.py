"""Answers that are sent twice (QUA131), failures answered as success or not at all (QUA132), errors thrown where
nobody catches them (QUA133)."""

import re
from collections.abc import Iterator, Sequence

from backend_advisor.code import ir
from backend_advisor.code.tree import everything, name_of, names_in, own
from backend_advisor.experts.quality.detectors.acts import WRITES, acts_between
from backend_advisor.experts.quality.detectors.handlers import handler_of
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.replies import (
    answers,
    called,
    hands_over,
    next_of,
    only_logs,
    replies,
    response_of,
)
from backend_advisor.experts.quality.detectors.tree import short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Location
from backend_advisor.rules.registry import CodeContext, detects_in_code

_KEPT = WRITES - {"mail.send", "file.write"}
"""What is not meant to be done as well as it goes, as mail is, or a folder that is made ready."""
_CHANGES = re.compile(r"\s*(?:insert|update|delete|merge)\s", re.IGNORECASE)
_CLIENT_ERRORS = 400
_STATUSES = frozenset({"status", "sendStatus", "code", "writeHead", "set_status"})
_GOOD = frozenset({"ok", "success", "succeeded", "status", "result", "saved", "done"})
_BAD_KEYS = frozenset({"error", "errors", "err", "message", "msg", "reason", "detail", "code"})
_ERRORS = frozenset({"err", "error", "e", "ex"})
_OF_PROMISES = frozenset({"then", "catch", "finally"})


@detects_in_code("QUA131")
def answered_twice(context: CodeContext) -> Iterator[Match]:
    """A branch that answers and goes on to the next answer."""
    for written in outline(context):
        response = response_of(written)
        if response is not None:
            for block in _blocks(written.node.body):
                yield from _twice(context, written, block, response)
            yield from _passed_on_twice(context, written)


def _twice(context: CodeContext, written: Written, block: Sequence[ir.Stmt], response: str) -> Iterator[Match]:
    for number, statement in enumerate(block):
        if not isinstance(statement, ir.If):
            continue
        second = next((one for one in block[number + 1 :] if _ends(one, response)), None)
        if second is None:
            continue
        for branch in (statement.then, statement.otherwise):
            first = _falls_through(branch, response, next_of(written))
            if first is not None:
                yield Match(
                    location=context.location(written.unit, first),
                    values={"call": short(context.text(written.unit, first))},
                    steps=((context.location(written.unit, second), "step_second"),),
                    edits=(Edit(location=_at(context, written, first.start), replacement="return "),),
                    applicability="safe" if written.unit.language == "javascript" else "unsafe",
                )


def _passed_on_twice(context: CodeContext, written: Written) -> Iterator[Match]:
    """`try { … } catch (err) { next(err); } next();`: the handlers behind run although the error was passed on."""
    following = next_of(written)
    body = written.node.body
    second = body[-1] if body else None
    if following is None or not _passes_on(second, following):
        return
    for statement in body[:-1]:
        for handler in statement.handlers if isinstance(statement, ir.Try) else ():
            first = handler.body[-1] if handler.body else None
            if _passes_on(first, following) and first is not None and second is not None:
                yield Match(
                    location=context.location(written.unit, first),
                    values={"call": short(context.text(written.unit, first))},
                    steps=((context.location(written.unit, second), "step_second"),),
                    edits=(Edit(location=_at(context, written, first.start), replacement="return "),),
                    applicability="safe" if written.unit.language == "javascript" else "unsafe",
                )


def _passes_on(statement: ir.Stmt | None, following: str) -> bool:
    call = called(statement) if isinstance(statement, ir.Do) else None
    return call is not None and isinstance(call.func, ir.Name) and call.func.id == following


def _ends(statement: ir.Stmt, response: str) -> bool:
    call = called(statement) if isinstance(statement, ir.Do | ir.Return) else None
    return answers(call, response) and call is not None and name_of(call.func) != "end"


def _falls_through(branch: Sequence[ir.Stmt], response: str, following: str | None) -> ir.Stmt | None:
    """The answer, or `next(…)`, at the end of a branch after which the function goes on."""
    if not branch or any(isinstance(one, ir.Return | ir.Throw | ir.Break | ir.Continue) for one in branch):
        return None
    last = branch[-1]
    call = called(last) if isinstance(last, ir.Do) else None
    if call is None:
        return None
    passes = following is not None and isinstance(call.func, ir.Name) and call.func.id == following
    return last if answers(call, response) or passes else None


def _blocks(body: Sequence[ir.Stmt]) -> Iterator[Sequence[ir.Stmt]]:
    """Every run of statements of a function, its own only."""
    yield body
    for statement in body:
        for inner in _inside(statement):
            yield from _blocks(inner)


def _inside(statement: ir.Stmt) -> Iterator[Sequence[ir.Stmt]]:
    if isinstance(statement, ir.If):
        yield from (statement.then, statement.otherwise)
    elif isinstance(statement, ir.Try):
        yield from (statement.body, *(one.body for one in statement.handlers), statement.otherwise, statement.final)
    elif isinstance(statement, ir.For | ir.While | ir.With):
        yield statement.body


@detects_in_code("QUA132")
def failure_answered_as_success(context: CodeContext) -> Iterator[Match]:
    """A handler of errors that only logs, after which the client gets a success, or nothing at all."""
    for written in outline(context):
        response = response_of(written)
        for node in written.notable:
            if not isinstance(node, ir.Try) or not node.body:
                continue
            for handler in node.handlers:
                found = (
                    _in_express(context, written, node, handler, response)
                    if response is not None
                    else _by_value(context, written, node, handler)
                )
                if found is not None:
                    yield _told(context, written, node, handler, *found)


_FAILS = re.compile(
    r"^(?:Base|Runtime)?(?:Exception|Error)$|^Throwable$|SQL|Database|Integrity|Operational|Http|HTTP|URL|IO|OS|Connect|"
    r"Timeout|Request|Client|Api|API|Value|Key|Type|Attribute|Lookup|SMTP|Mail|Socket|Network|Server"
)
Outcome = tuple[str, Confidence, ir.Node | None]


def _in_express(
    context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler, response: str
) -> Outcome | None:
    after = [one for one in written.node.body if one.start >= node.end]
    later = list(replies(response, *after))
    if only_logs(handler):
        if all(isinstance(one, ir.Do) and one.value in list(replies(response, one)) for one in node.body):
            return None  # it is the answer itself that failed: the client is gone
        if any(replies(response, *node.body)) and not later:
            silent = not (hands_over(response, *after, *node.final) or any(replies(response, *node.final)))
            return ("step_never", Confidence.HIGH, None) if silent and _is_last(written, node) else None
        good = next((one for one in later if _is_success(one)), None)
        if good is None or not handler.body:
            return None
        says_so = bool(good.args) and _is_good(good.args[0])
        return ("step_success", Confidence.MEDIUM, good) if says_so or _writes(context, written, node) else None
    answer = next((one for one in replies(response, *handler.body) if _is_success(one)), None)
    if answer is None or _says_otherwise(handler) or name_of(answer.func) not in ("json", "send", "jsonp"):
        return None
    # An empty value instead of what was asked for is mostly meant: the client goes on with nothing.
    meant = not (answer.args and _is_good(answer.args[0])) and not _writes(context, written, node)
    return "step_success", Confidence.LOW if meant or _names_error(answer) else Confidence.MEDIUM, answer


def _writes(context: CodeContext, written: Written, node: ir.Try) -> bool:
    """Whether what is tried leaves something behind, also by a statement of SQL."""
    if acts_between(context, written.unit, node.body[0].start, node.body[-1].end) & _KEPT:
        return True
    return any(
        isinstance(part, ir.Const) and isinstance(part.value, str) and _CHANGES.match(part.value) is not None
        for part in own(*node.body)
    )


def _is_last(written: Written, node: ir.Try) -> bool:
    """Whether nothing but the `try` decides about the answer: it stands in the function itself, not in a loop."""
    return any(one is node for one in written.node.body)


def _by_value(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> Outcome | None:
    """Where the function's result is the answer (NestJS, Flask, FastAPI, Spring)."""
    info = handler_of(context, written)
    if info is None or info.node is not written.node or not handler.body:
        return None
    if only_logs(handler):
        later = (one for one in own(*written.node.body) if isinstance(one, ir.Return) and one.start >= node.end)
        good = next((one for one in later if _is_good(one.value)), None)
        if good is None or not _writes(context, written, node):
            return None
        return "step_success", Confidence.LOW if _comes_after(context, written, node) else Confidence.MEDIUM, good
    last = handler.body[-1]
    if not isinstance(last, ir.Return) or _says_otherwise(handler):
        return None
    if _is_good(last.value):
        return "step_success", Confidence.LOW if _is_expected(handler) else Confidence.MEDIUM, last
    if _is_denial(last.value) and _catches_all(written, handler) and _writes(context, written, node):
        return "step_200", Confidence.MEDIUM, last
    return None


def _comes_after(context: CodeContext, written: Written, node: ir.Try) -> bool:
    """Whether a handler of Python has done its work before: what is tried then is done as well as it goes."""
    unit = written.unit
    return unit.language == "python" and bool(acts_between(context, unit, written.node.start, node.start) & _KEPT)


def _is_expected(handler: ir.Handler) -> bool:
    """`except AlreadySolvedError`: an outcome that has a name of its own, to which there may be an answer."""
    names = [name_of(one) for one in handler.types]
    return bool(names) and not any(_FAILS.search(name) for name in names)


def _catches_all(written: Written, handler: ir.Handler) -> bool:
    """Whether a handler of Python takes any error, ours and the client's alike."""
    names = {name_of(one) for one in handler.types}
    return written.unit.language == "python" and (not names or bool(names & {"Exception", "BaseException"}))


def _is_denial(value: ir.Expr | None) -> bool:
    """Whether a result without a status of its own says in its body that it failed: `{ok: false}`, sent with 200."""
    return isinstance(value, ir.Mapping) and any(
        getattr(key, "value", None) in _GOOD and isinstance(given, ir.Const) and given.value is False
        for key, given in value.pairs
    )


def _is_good(value: ir.Expr | None) -> bool:
    """Whether a result says that all went well: `{ok: true}`."""
    if isinstance(value, ir.Call) and name_of(value.func) in ("jsonify", "JSONResponse", "JsonResponse") and value.args:
        value = value.args[0]
    if not isinstance(value, ir.Mapping):
        return False
    pairs = [(getattr(key, "value", getattr(key, "id", None)), given) for key, given in value.pairs]
    return any(
        key in _GOOD and isinstance(given, ir.Const) and given.value in (True, "ok", "success", "OK", "saved", "done")
        for key, given in pairs
    )


def _is_success(call: ir.Call) -> bool:
    """Whether an answer has no status of its own, or one below 400."""
    node: ir.Expr = call
    while isinstance(node, ir.Call | ir.Attr):
        if isinstance(node, ir.Call):
            if name_of(node.func) in _STATUSES:
                return all(
                    isinstance(one, ir.Const) and isinstance(one.value, int) and one.value < _CLIENT_ERRORS
                    for one in node.args[:1]
                )
            node = node.func
        else:
            node = node.value
    return True


def _says_otherwise(handler: ir.Handler) -> bool:
    """Whether the handler sets a status, raises, passes the error on or tells failures apart."""
    return any(
        isinstance(one, ir.Throw | ir.If | ir.Conditional | ir.Switch)
        or (isinstance(one, ir.Call) and name_of(one.func) in (*_STATUSES, "next", "abort"))
        or (isinstance(one, ir.Assign) and name_of(one.target) in ("statusCode", "status", "status_code"))
        for one in own(*handler.body)
    )


def _names_error(answer: ir.Call) -> bool:
    """Whether the body tells of the error, as interfaces do that answer 200 to everything."""
    body = answer.args[0] if answer.args else None
    if isinstance(body, ir.Mapping):
        keys = {getattr(key, "value", getattr(key, "id", None)) for key, _ in body.pairs}
        return bool(keys & _BAD_KEYS) or any(isinstance(v, ir.Const) and v.value is False for _, v in body.pairs)
    return not isinstance(body, ir.Const | ir.Sequence)


def _told(
    context: CodeContext,
    written: Written,
    node: ir.Try,
    handler: ir.Handler,
    step: str,
    confidence: Confidence,
    answer: ir.Node | None,
) -> Match:
    unit = written.unit
    end = unit.module.source.find(b"\n", handler.start)
    head = context.places.location(unit.path, handler.start, min(handler.end, end if end > 0 else handler.end))
    return Match(
        location=head,
        values={"tried": short(context.text(unit, node.body[0]))},
        confidence=confidence,
        steps=(
            (context.location(unit, answer) if answer is not None else context.location(unit, node.body[-1]), step),
        ),
    )


@detects_in_code("QUA133")
def throw_in_callback(context: CodeContext) -> Iterator[Match]:
    """`if (err) throw err` in a callback of a handler: it is thrown after the handler has returned."""
    promised: dict[str, set[int]] = {}
    for written in outline(context):
        outer = written.outer
        if outer is None or written.node.is_async or written.unit.language in ("python", "java"):
            continue
        error = written.node.params[0].name if written.node.params else ""
        if error not in _ERRORS or (len(written.node.params) < 2 and not _is_callback(written)):
            continue
        serving = _serving(written)
        if serving is None or _is_of_promise(written, promised):
            continue
        for node in written.node.body:
            thrown = _thrown(node, error)
            if thrown is not None:
                yield _thrown_match(context, written, serving, thrown, error)


def _is_callback(written: Written) -> bool:
    return not written.node.name


def _is_of_promise(written: Written, promised: dict[str, set[int]]) -> bool:
    """`.catch((error) => { throw error; })`: the promise takes what is thrown, and hands it on."""
    unit = written.unit
    if unit.path not in promised:
        calls = (one for one in everything(unit.module.body) if isinstance(one, ir.Call))
        handed = (one for one in calls if isinstance(one.func, ir.Attr) and one.func.name in _OF_PROMISES)
        promised[unit.path] = {id(arg.function) for call in handed for arg in call.args if isinstance(arg, ir.Lambda)}
    return id(written.node) in promised[unit.path]


def _serving(written: Written) -> Written | None:
    """The function around a callback that has the response, when nothing of a promise lies between."""
    at = written.outer
    while at is not None:
        if response_of(at) is not None:
            return at
        at = at.outer
    return None


def _thrown(node: ir.Stmt, error: str) -> ir.Throw | None:
    if not isinstance(node, ir.If) or error not in names_in(node.test):
        return None
    return next((one for one in node.then if isinstance(one, ir.Throw)), None)


def _thrown_match(context: CodeContext, written: Written, serving: Written, thrown: ir.Throw, error: str) -> Match:
    passes = next_of(serving)
    edits: tuple[Edit, ...] = ()
    if passes is not None and isinstance(thrown.value, ir.Name) and thrown.value.id == error:
        edits = (Edit(location=context.location(written.unit, thrown), replacement=f"return {passes}({error});"),)
    return Match(
        location=context.location(written.unit, thrown),
        values={"thrown": short(context.text(written.unit, thrown))},
        edits=edits,
        applicability="unsafe" if edits else "display",
    )


def _at(context: CodeContext, written: Written, offset: int) -> Location:
    return context.places.location(written.unit.path, offset, offset)
