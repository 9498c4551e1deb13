"""Errors that are swallowed (QUA107) or caught together with everything else (QUA108)."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import in_body, name_of, names_in, own, within
from backend_advisor.experts.quality.detectors.acts import OUTSIDE, WRITES, acts_between
from backend_advisor.experts.quality.detectors.handlers import handler_of
from backend_advisor.experts.quality.detectors.lost_work import (
    counts_as_done,
    drops_out,
    is_silent,
    loses_message,
    loses_row,
)
from backend_advisor.experts.quality.detectors.other_failures import drops_others
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.silent_answers import answered_as_success, dropped_futures
from backend_advisor.experts.quality.detectors.tree import short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location, Severity
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_EVERYTHING = frozenset({"Exception", "BaseException", "Throwable", "RuntimeException", "Error"})
_BEYOND = frozenset({"Throwable", "Error"})
_ASKS = OUTSIDE - {"file.write", "db.query", "db.commit"}
"""Acts that are more than cleaning up, whatever the call is named."""
_MOST = 12
"""Handlers that a reviewer takes up in a repository: those around most statements."""
_QUIET = frozenset({"debug", "trace", "verbose", "fine", "finest", "silly"})
_PRINTS = "printStackTrace"
_EXPECTED = re.compile(r"^(?:ignore\w*|ignored\w*|expected\w*|unused\w*|_+|swallow\w*|never\w*)$", re.IGNORECASE)
_NARROW = re.compile(
    r"NumberFormat|Parse|NotFound|NoSuch|NoResult|EmptyResult|NotExist|IllegalArgument|ClassCast|CloneNot|Unsupported|DateTime|URISyntax|MalformedURL|"
    r"AlreadyExists|Duplicate|FileExists|Beans|NoClassDef|Linkage|SecurityException|Interrupted"
)
_CLEANS_UP = re.compile(
    r"(?i)^(?:close\w*|aclose|destroy\w*|unlink\w*|rm\w*|remove\w*|delete\w*|rollback\w*|disconnect\w*|kill\w*|end|"
    r"terminate\w*|shutdown\w*|cancel\w*|quit|release\w*|flush\w*|stop\w*|unsubscribe\w*|cleanup\w*|abort\w*|"
    r"json|loads?|safe_load|parse\w*|literal_eval|int|float|strptime|fromisoformat|decode|sleep|chmod|utime|exists|isfile|stat|access|info|debug|warn|error|log|get|str|len)$"
)
_EXTRA = re.compile(
    r"(?i)telemetry|analytics|metrics?\.py|usage_?stat|(?:check|get|latest|newest)\w*version|version\.?_?(?:service|check)|update_?check"
)
_TIDIES = frozenset({"unlink", "rmdir", "rmtree", "removedirs", "remove", "deleteIfExists", "unlinkSync", "rmSync"})
_TOP = re.compile(
    r"(?i)^(?:main|run|start|serve|worker|consume\w*|loop|poll\w*|listen|__main__|handle_?error\w*|retry)$"
)
_PASSES_ON = re.compile(
    r"(?i)fail|error|exception|reject|next|complete|raise|throw|abort|exit|retry|interrupt|rollback|report|capture|"
    r"sink|accept|callback|cb$|done$|emit|set_exception|notify"
)
_LOGS = re.compile(r"(?i)^(?:debug|info|warn|warning|error|exception|critical|fatal|trace|log|print\w*|severe|fine)$")
_LOGGER = re.compile(r"(?i)log|console|sys|out|err|sentry")
_MARKS = re.compile(r"\b(?:noqa|nosec|type:\s*ignore|pragma|pylint|eslint\S*|NOSONAR|no-empty|[A-Z]+\d+)\b|[^\w\s]")
_ABSENT = re.compile(r"(?i)\b(?:not found|no such|not exist|does ?n.t exist|not available|missing|absent)\b")
_REASON = 2
"""Words from which a comment says something."""
_LONG = 3
_FEW = 2
"""Statements from which a `try` is more than the boundary of one call."""
_REFUSALS = re.compile(
    r"(?i)^(?:bad_?request|unauthori[sz]ed|forbidden|not_?found|conflict|unprocessable\w*|http_4\d\d\w*)$"
)


@detects_in_code("QUA107")
def swallowed_exception(context: CodeContext) -> Iterator[Match]:
    """A handler that does nothing, or only whispers although something was being written."""
    for written in outline(context):
        for node in written.notable:
            if isinstance(node, ir.Try):
                for handler in node.handlers:
                    told = list(_swallowed(context, written, node, handler))
                    yield from told or _lost(context, written, node, handler)
                    if drops_others(written, node, handler):
                        yield replace(_silent(context, written.unit, node, handler), confidence=Confidence.HIGH)
                for one in answered_as_success(context, written, node):
                    yield _silent(context, written.unit, node, one)
        for call in dropped_futures(written):
            yield Match(
                location=context.location(written.unit, call),
                values={"caught": short(context.text(written.unit, call)), "tried": "CompletableFuture"},
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )


def _silent(context: CodeContext, unit: Unit, node: ir.Try, handler: ir.Handler) -> Match:
    return Match(
        location=_head(context, unit, handler),
        values={"caught": _caught(unit, handler), "tried": short(context.text(unit, node.body[0]))},
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        steps=((context.location(unit, node.body[0]), "step_tried"),),
    )


def _lost(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> Iterator[Match]:
    """What is lost although a comment or the variable's name says that it may be."""
    if not node.body or _is_extra(written):
        return
    unit = written.unit
    explained = _is_explained(unit, handler) or (handler.name and _EXPECTED.match(handler.name))
    message = loses_message(context, written, node, handler)
    if message or loses_row(context, written, node, handler):
        sure = Confidence.LOW if explained and unit.language != "java" else Confidence.MEDIUM
    elif counts_as_done(context, written, node, handler) or (
        drops_out(context, written, node, handler) and not _is_explained(unit, handler)
    ):
        sure = Confidence.MEDIUM
    else:
        return
    yield replace(_silent(context, unit, node, handler), confidence=sure)


def _swallowed(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> Iterator[Match]:
    empty = is_silent(handler)
    if not node.body or not (empty or _only_whispers(handler)) or (handler.name and _EXPECTED.match(handler.name)):
        return
    unit = written.unit
    acts = acts_between(context, unit, node.body[0].start, node.body[-1].end)
    writes = bool(acts & WRITES)
    if not empty and not writes:
        return
    if {name_of(one) for one in handler.types} == {"InterruptedException"}:
        return  # QUA122 says what is wrong with it
    waits = any(isinstance(one, ir.Await) for one in own(*node.body)) and handler_of(context, written) is not None
    if (empty and not _is_wrong(unit, node, handler, acts, waits=waits)) or _is_explained(unit, handler):
        return
    done = node.body[0]
    yield Match(
        location=_head(context, unit, handler),
        values={"caught": _caught(unit, handler), "tried": short(context.text(unit, done))},
        severity=Severity.WARNING if writes else Severity.NOTE,
        confidence=Confidence.LOW
        if (_only_tidies(node) and not _is_wide(unit, handler))
        or _is_extra(written)
        or _makes_folder(node)
        or _tidies_after(written, node)
        else _sureness(unit, handler, acts, writes=writes),
        steps=((context.location(unit, done), "step_tried"),),
    )


def _sureness(unit: Unit, handler: ir.Handler, acts: frozenset[str], *, writes: bool) -> Confidence:
    """What fails outside is worth knowing of; of code that only computes an answer of "no" may be meant."""
    if unit.language in ("javascript", "typescript") and _says_that_nothing_is_there(handler):
        return Confidence.LOW
    if writes:
        expected = unit.language == "java" and all(_NARROW.search(name_of(one)) for one in handler.types)
        narrow = unit.language in ("python", "java") and not _is_wide(unit, handler)
        if unit.language == "python" and narrow:
            return Confidence.LOW  # one kind of failure that the code names is one that it expects
        if narrow and (expected or _tells_error(handler)):
            return Confidence.LOW  # one kind of failure, expected by name, that is told to whoever looks closely
        if unit.language == "java" and handler.body:
            return Confidence.LOW  # whoever looks into the log at that level, or at what is printed, learns of it
        printed = any(isinstance(one, ir.Call) and name_of(one.func) == _PRINTS for one in within(*handler.body))
        return Confidence.MEDIUM if printed else Confidence.HIGH
    return Confidence.MEDIUM if acts & OUTSIDE and _is_wide(unit, handler) else Confidence.LOW


def _says_that_nothing_is_there(handler: ir.Handler) -> bool:
    """`log.debug("no thumbnail for this item")`: the failure that is expected is named."""
    said = (one.value for one in within(*handler.body) if isinstance(one, ir.Const) and isinstance(one.value, str))
    return any(_ABSENT.search(text) for text in said)


def _tidies_after(written: Written, node: ir.Try) -> bool:
    """Whether a handler of Python tidies up before it raises the first error again, which is the one to be heard."""
    return written.unit.language == "python" and any(
        isinstance(one, ir.Try)
        and any(node in own(*handler.body) and isinstance(handler.body[-1], ir.Throw) for handler in one.handlers)
        for one in written.notable
    )


def _makes_folder(node: ir.Try) -> bool:
    """Whether all that is tried is to make a folder: what is written there fails next, and is heard."""
    calls = [one for one in within(*node.body) if isinstance(one, ir.Call)]
    return len(calls) == 1 and name_of(calls[0].func) in ("mkdir", "mkdirs", "mkdirSync", "ensureDir", "mkdirp")


def _is_extra(written: Written) -> bool:
    """Whether nobody misses what fails: a figure for the makers, a look whether there is a newer version."""
    return _EXTRA.search(f"{written.unit.path.rpartition('/')[2]} {written.name}") is not None


def _only_tidies(node: ir.Try) -> bool:
    """Whether all that is tried is to remove a file that may be gone already."""
    calls = [one for one in within(*node.body) if isinstance(one, ir.Call)]
    return bool(calls) and all(name_of(one.func) in _TIDIES for one in calls)


def _tells_error(handler: ir.Handler) -> bool:
    """Whether a quiet line of the log holds the error itself."""
    return any(
        isinstance(one, ir.Call) and name_of(one.func) in _QUIET and _uses(one, handler)
        for one in within(*handler.body)
    )


def _is_wide(unit: Unit, handler: ir.Handler) -> bool:
    """Whether a handler takes any error, so that it also hides those that nobody thought of."""
    names = [name_of(one) for one in handler.types]
    return unit.language not in ("python", "java") or not names or bool(_EVERYTHING.intersection(names))


def _only_whispers(handler: ir.Handler) -> bool:
    return bool(handler.body) and all(
        isinstance(one, ir.Do) and isinstance(one.value, ir.Call) and name_of(one.value.func) in {*_QUIET, _PRINTS}
        for one in handler.body
    )


def _is_wrong(unit: Unit, node: ir.Try, handler: ir.Handler, acts: frozenset[str], *, waits: bool) -> bool:
    """Whether what an empty handler hides matters: everything, or the failure of something outside, or of what a
    request waits for."""
    names = [name_of(one) for one in handler.types]
    calls = [name_of(one.func) for one in within(*node.body) if isinstance(one, ir.Call)]
    asks = bool(acts & _ASKS)
    if not asks and (not calls or all(_CLEANS_UP.match(name) for name in calls)):
        return False
    done = [one for one in within(*node.body) if isinstance(one, ir.Do | ir.Assign | ir.Return)]
    last = [name_of(one.value) for one in done if isinstance(_plain(one.value), ir.Call)]
    # What is done in the end counts, not how it was come by: `database.getConnection().close()`.
    if not asks and len(last) == len(done) and all(_CLEANS_UP.match(name) for name in last):
        return False
    if unit.language == "python":
        return (not names or any(name in _EVERYTHING for name in names)) and not _imports_only(node)
    if unit.language == "java":
        return not any(_NARROW.search(name) for name in names)
    return bool(acts & OUTSIDE) or waits or len(node.body) >= _LONG


def _plain(value: ir.Expr | None) -> ir.Expr | None:
    return value.value if isinstance(value, ir.Await | ir.Cast) else value


def _imports_only(node: ir.Try) -> bool:
    return all(isinstance(one, ir.Import) for one in node.body)


def _is_explained(unit: Unit, handler: ir.Handler) -> bool:
    """Whether a comment in the handler says why nothing is done."""
    comments = unit.module.comments
    end = unit.module.source.find(b"\n", handler.end)
    end = end if end >= 0 else len(unit.module.source)
    at = bisect_left(comments, handler.start, key=lambda comment: comment.start)
    while at < len(comments) and comments[at].start < end:
        if len(_MARKS.sub(" ", comments[at].text).split()) >= _REASON:
            return True
        at += 1
    return False


def _head(context: CodeContext, unit: Unit, handler: ir.Handler) -> Location:
    """The line of a handler."""
    end = unit.module.source.find(b"\n", handler.start)
    return context.places.location(unit.path, handler.start, min(handler.end, end if end > 0 else handler.end))


def _caught(unit: Unit, handler: ir.Handler) -> str:
    names = " | ".join(name_of(one) for one in handler.types)
    if unit.language == "python":
        return f"except {names}".strip()
    return f"catch {names or handler.name or ''}".strip()


@detects_in_code("QUA108")
def over_broad_exception(context: CodeContext) -> Iterator[Match]:
    """A handler for what no code can handle, or one that answers every failure as if the client had made it."""
    return worst_first_told(_over_broad(context), _MOST)


def _over_broad(context: CodeContext) -> Iterator[tuple[int, Match]]:
    for written in outline(context):
        looping = _TOP.match(written.node.name) is not None
        for node in written.notable:
            if not isinstance(node, ir.Try) or not node.body:
                continue
            for handler in node.handlers:
                names = {name_of(one) for one in handler.types}
                count = sum(isinstance(one, ir.Stmt) for one in own(*node.body))
                answer = _blames_client(context, written, node, handler, names, count)
                beyond = (
                    not looping
                    and count >= _FEW
                    and _catches_beyond(written.unit, names)
                    and not _lets_go(handler, written, node)
                )
                if answer is None and not beyond:
                    continue
                match = Match(
                    location=_head(context, written.unit, handler),
                    values={"caught": _caught(written.unit, handler), "count": count},
                    confidence=Confidence.LOW
                    if (
                        answer is None
                        and (
                            written.unit.language == "java"
                            or _is_explained(written.unit, handler)
                            or _is_within(written, node)
                            or _goes_on(written, node, handler)
                        )
                    )
                    or ((answer is None or written.unit.language not in ("python", "java")) and _is_logged(handler))
                    else Confidence.MEDIUM,
                    steps=() if answer is None else ((context.location(written.unit, answer), "step_answer"),),
                )
                yield count, match


def _is_within(written: Written, node: ir.Try) -> bool:
    """Whether it stands in a handler: there the first error is the one that must not be lost."""
    return any(
        isinstance(one, ir.Try) and any(node in own(*handler.body) for handler in one.handlers)
        for one in written.notable
    )


def _goes_on(written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether a loop of Python takes the next item when one fails: `except: continue`."""
    return (
        written.unit.language == "python"
        and all(isinstance(one, ir.Continue) for one in handler.body)
        and any(isinstance(one, ir.For) and one.start < node.start < one.end for one in in_body(written.node))
    )


def _is_logged(handler: ir.Handler) -> bool:
    """Whether the error itself is written to the log, so that at least somebody will see what it was."""
    return any(
        isinstance(one, ir.Call)
        and _LOGS.match(name_of(one.func)) is not None
        and name_of(one.func).lower() not in _QUIET
        and _uses(one, handler)
        for one in within(*handler.body)
    )


def _catches_beyond(unit: Unit, names: set[str]) -> bool:
    if unit.language == "python":
        return not names or "BaseException" in names
    return unit.language == "java" and bool(names & _BEYOND)


def _lets_go(handler: ir.Handler, written: Written, node: ir.Try) -> bool:
    """Whether the error goes on (raised, handed over), nothing is done with it (QUA107), or a loop must go on."""
    if not handler.body or _imports_only(node):
        return True
    for one in within(*handler.body):
        if isinstance(one, ir.Throw):
            return True
        if isinstance(one, ir.Call):
            name = name_of(one.func)
            holder = name_of(one.func.value) if isinstance(one.func, ir.Attr) else ""
            logs = _LOGS.match(name) is not None and _LOGGER.search(holder or name) is not None
            if name in ("exit", "_exit") or (not logs and (_PASSES_ON.search(name) or _uses(one, handler))):
                return True
        if isinstance(one, ir.Assign) and handler.name and handler.name in names_in(one.value):
            return True
        if isinstance(one, ir.Return) and handler.name and handler.name in names_in(one.value):
            return True
    return any(
        isinstance(one, ir.While) and one.start < node.start < one.end and isinstance(one.test, ir.Const)
        for one in in_body(written.node)
    )


def _uses(call: ir.Call, handler: ir.Handler) -> bool:
    return handler.name is not None and any(handler.name in names_in(argument) for argument in call.args)


def _blames_client(
    context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler, names: set[str], count: int
) -> ir.Node | None:
    """The 4xx that any failure at all is answered with, although the tried code depends on other systems."""
    unit = written.unit
    if count < _LONG or (names and not names & _EVERYTHING) or len(node.handlers) > 1:
        return None
    if unit.language in ("python", "java") and not names and unit.language == "java":
        return None
    if _looks_at(handler):
        return None
    answer = next((one for one in within(*handler.body) if _is_refusal(one)), None)
    if answer is None:
        return None
    acts = acts_between(context, unit, node.body[0].start, node.body[-1].end)
    return answer if acts & OUTSIDE and _answers(context, written, acts) else None


def _answers(context: CodeContext, written: Written, acts: frozenset[str]) -> bool:
    at: Written | None = written
    while at is not None:
        info = context.program.infos.get(id(at.node))
        if id(info) in context.seen.handlers or (isinstance(info, FunctionInfo) and info.marks & {"http.handler"}):
            return True
        at = at.outer
    return "http.respond" in acts


def _looks_at(handler: ir.Handler) -> bool:
    """Whether the handler tells one failure from another, or hands it on."""
    for one in within(*handler.body):
        if isinstance(one, ir.If | ir.Conditional | ir.Switch) and handler.name in names_in(
            one.subject if isinstance(one, ir.Switch) else one.test
        ):
            return True
        if isinstance(one, ir.Call) and name_of(one.func) == "next":
            return True
        if isinstance(one, ir.Throw) and not _refuses(one):
            return True
    return False


def _refuses(node: ir.Node) -> bool:
    return any(_is_refusal(one) for one in within(node))


def _is_refusal(node: ir.Node) -> bool:
    """`res.status(404)`, `HTTPException(400, …)`, `HttpStatus.NOT_FOUND`, `badRequest()`."""
    if isinstance(node, ir.Call):
        if name_of(node.func) in ("status", "sendStatus", "HTTPException", "abort", "code", "JSONResponse", "Response"):
            given = [*node.args, *(value for key, value in node.keywords if key in ("status_code", "status", "code"))]
            return any(isinstance(one, ir.Const) and _is_client_error(one.value) for one in given) or any(
                isinstance(one, ir.Attr) and _REFUSALS.match(one.name) for one in given
            )
        return _REFUSALS.match(name_of(node.func)) is not None and isinstance(node.func, ir.Attr)
    return isinstance(node, ir.Attr) and node.name.isupper() and _REFUSALS.match(node.name) is not None


def _is_client_error(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 500
