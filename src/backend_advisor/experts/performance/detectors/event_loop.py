"""What holds up an event loop (PERF206), and needless waiting in asynchronous code (PERF207, PERF219, PERF220)."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_whole, name_of, names_in, of_kind
from backend_advisor.experts.performance.detectors.lifetimes import is_made_once
from backend_advisor.experts.performance.detectors.on_the_loop import waiting_for, whole_copies
from backend_advisor.experts.performance.detectors.one_by_one import one_by_one
from backend_advisor.experts.performance.detectors.remote_rounds import READING
from backend_advisor.experts.performance.detectors.serving import served, worked_off
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.experts.performance.detectors.waiting import is_waited_for
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_DECIDES = re.compile(
    r"(?:OrThrow|OrFail|OrError|_or_(?:404|throw|fail))$|^(?:assert|ensure|require|check|verify|validate)"
)
"""What ends the function when the answer is no: what follows is not to be asked before."""
_PAIR = 2
_ROW = 3
"""Queries in a row that a reviewer lets pass in JavaScript, where one page asks for many things."""
_MOST = 12
"""Blocking calls that a reviewer takes up in a repository: how a program talks to its database is decided once."""
_MOST_FILES = 3
"""Handlers that read small files at once: whether that is to be mended is decided for all of them."""
_FILES = re.compile(r"(?:fs\w*|fse)\b[\s.]*\w+Sync\b|(?:read|write|append|copy|cp|rm)\w*Sync\b")
_ASKS = re.compile(
    r"\.(?:exists|pathExists|l?stat|access|mkdir|unlink|rm|rmdir|rename|readdir|readlink|chmod|utimes)Sync$"
)
"""What touches one entry of a folder only, or reads the names in it."""
_BLOCKING = ("blocking.sleep", "blocking.io", "blocking.cpu")
_AFTERWARDS = frozenset(
    ["db.commit", "db.rollback", "db.read", "db.read_all", "resource.close", "db.release", "cache.client"]
)  # fmt: skip
_REACTIVE = frozenset({"Mono", "Flux", "Publisher", "Flow"})
_DEFERRED = frozenset(
    ["fromCallable", "fromRunnable", "fromSupplier", "to_thread", "run_sync", "run_in_executor", "run_in_threadpool",
     "sync_to_async", "submit", "supplyAsync", "runAsync", "defer", "execute", "invokeBlocking", "executeBlocking"]
)  # fmt: skip
_STARTS = frozenset(
    ["startup", "lifespan", "shutdown", "onModuleInit", "onModuleDestroy", "onApplicationBootstrap", "__aenter__",
     "__aexit__"]
)  # fmt: skip


@detects_in_code("PERF206")
def blocking_in_async(context: CodeContext) -> Iterator[Match]:
    """A call that holds the thread of the event loop until it returns; the first of a function, as one change mends
    all of them."""
    files = 0
    found: list[tuple[int, Match]] = []
    for match in _first_of_each(context):
        if context.program.language not in ("python", "java") and _FILES.match(str(match.values["call"])):
            files += match.confidence is not Confidence.LOW and "recurs" not in str(match.values["call"])
            match = replace(match, confidence=Confidence.LOW) if files > _MOST_FILES else match  # noqa: PLW2901
        found.append((int(match.confidence is Confidence.HIGH), match))
    return worst_first_told(found, _MOST)


def _first_of_each(context: CodeContext) -> Iterator[Match]:
    told: set[tuple[str, object]] = set()
    for match in _blocking_in_async(context):
        place = (match.location.artifact, match.values["function"])
        yield replace(match, confidence=Confidence.LOW) if place in told else match
        if match.confidence is not Confidence.LOW:
            told.add(place)


def _blocking_in_async(context: CodeContext) -> Iterator[Match]:
    seen = survey(context)
    language = context.program.language
    elsewhere = worked_off(context) if language == "python" else set()
    during = served(context)
    for spot in seen.of(*_BLOCKING):
        if spot.call is None or spot.call.awaited or is_by_hand(spot.unit, spot.info) or _is_after(spot):
            continue
        if not _on_loop(context, spot, language) or _is_deferred(spot) or _is_reactive(context, spot):
            continue
        if spot.info is not None and is_made_once(spot, spot.info):
            continue
        sure = spot.call.certain and "blocking.cpu" not in spot.call.role.does
        confidence = Confidence.HIGH if sure else Confidence.MEDIUM
        # Handing a task to a broker takes a millisecond or so, asking for a file's entry far less.
        short_one = "queue.publish" in spot.call.role.does
        short_one = short_one or (_ASKS.search(spot.call.role.name) is not None and not _is_of_a_whole_tree(spot))
        short_one = short_one or (id(spot.info) in elsewhere and spot.info not in during)
        short_one = short_one or _is_kept(spot.info) or _is_far_file(context, spot, language)
        short_one = short_one or ("process.run" in spot.call.role.does and not is_waited_for(context, spot.info))
        match = _blocking_match(context, spot, Confidence.LOW if short_one else confidence)
        far = language not in ("python", "java") and not serves(context, spot.info)
        yield replace(match, steps=waiting_for(context, seen, spot.info)) if far else match
    yield from whole_copies(context, during)
    if language == "python":
        for spot, match in _through_functions(context, seen):
            worker = (id(spot.info) in elsewhere and spot.info not in during) or not is_waited_for(context, spot.info)
            yield replace(match, confidence=Confidence.LOW) if worker else match


def _is_far_file(context: CodeContext, spot: Spot, language: str) -> bool:
    """Whether a file is touched by a function that is no handler itself: mostly a setting, read once."""
    if language in ("python", "java") or spot.call is None or "blocking.cpu" in spot.call.role.does:
        return False
    return spot.info is not None and not serves(context, spot.info)


def _is_of_a_whole_tree(spot: Spot) -> bool:
    """`{ recursive: true }`."""
    if spot.call is not None and spot.call.role.name.endswith("mkdirSync"):
        return False
    given = spot.node.args[-1] if isinstance(spot.node, ir.Call) and len(spot.node.args) > 1 else None
    return isinstance(given, ir.Mapping) and any(
        isinstance(key, ir.Const) and key.value == "recursive" and isinstance(value, ir.Const) and value.value is True
        for key, value in given.pairs
    )


def _is_kept(info: FunctionInfo | None) -> bool:
    """Whether a function keeps what it read: `cache.get(path) || compile(read(path))`, and `cache.set(path, …)`."""
    methods = {
        (call.func.name, name_of(call.func.value))
        for call in (of_kind(info.node, ir.Call) if info is not None else ())
        if isinstance(call.func, ir.Attr)
    }
    if any(name == "set" and "cache" in holder.lower() and ("get", holder) in methods for name, holder in methods):
        return True
    body = in_whole(info.node) if info is not None else ()
    kept = {name_of(one.target) for one in body if isinstance(one, ir.Assign) and isinstance(one.target, ir.Attr)}
    given = {
        name_of(one.value.value)
        if isinstance(one.value, ir.Attr) and "cache" not in one.value.name.lower()
        else name_of(one.value)
        for one in body
        if isinstance(one, ir.Return) and one.value is not None
    }
    return any("cache" in name.lower() for name in kept & given)


def _is_start(name: str) -> bool:
    return name in _STARTS or any(word in name.lower() for word in ("lifespan", "startup", "shutdown"))


def _is_after(spot: Spot) -> bool:
    does = spot.call.role.does if spot.call is not None else ()
    return bool(_AFTERWARDS.intersection(does)) and "db.query" not in does


def _on_loop(context: CodeContext, spot: Spot, language: str) -> bool:
    info = spot.info
    if info is None or _is_start(info.node.name) or (info.node.name == "constructor" and language != "python"):
        return False  # what a class reads when it is made, it mostly reads once
    if language == "python":
        return info.node.is_async and not _in_sync_lambda(spot)
    if language == "java":
        return info.node.returns is not None and info.node.returns.name in _REACTIVE
    does = spot.call.role.does if spot.call is not None else ()
    return not any(act.startswith("db.") for act in does) and info in served(context)


def _in_sync_lambda(spot: Spot) -> bool:
    return any(isinstance(node, ir.Lambda) and not node.function.is_async for node in spot.path)


def _is_deferred(spot: Spot) -> bool:
    calls = [node for node in spot.path if isinstance(node, ir.Call)]
    return any(name_of(call.func) in _DEFERRED for call in calls)


def _is_reactive(context: CodeContext, spot: Spot) -> bool:
    """Whether a call gives a publisher: reactive repositories and clients share names with blocking ones."""
    receiver = spot.call.receiver if spot.call is not None else None
    for kind in receiver.types if receiver is not None else ():
        info = context.program.classes.get(kind)
        names = [kind, *(context.program.foreign_bases(info) if info is not None else ())]
        if any("eactive" in name or "Coroutine" in name or "R2dbc" in name for name in names):
            return True
    return False


def _through_functions(context: CodeContext, seen: Survey) -> Iterator[tuple[Spot, Match]]:
    """Plain functions of the program, called in an asynchronous one, that block."""
    for spot in seen.reaches:
        reach, info = spot.reach, spot.info
        if reach is None or info is None or not info.node.is_async or reach.callee.node.is_async:
            continue
        act = next((one for one in _BLOCKING if one in reach.acts), None)
        if act is None or _is_start(info.node.name) or is_by_hand(spot.unit, info) or _in_sync_lambda(spot):
            continue
        if (
            not isinstance(spot.node, ir.Call)
            or name_of(spot.node.func) != reach.callee.node.name
            or _is_deferred(spot)
        ):
            continue
        there = next((one for one in seen.at.get(reach.acts[act], ()) if act in one.role.does), None)
        if there is None or there.info is not reach.callee or _AFTERWARDS.intersection(there.role.does):
            continue
        place = context.location(there.unit, there.node)
        yield spot, _blocking_match(context, spot, Confidence.MEDIUM, place)


def _blocking_match(context: CodeContext, spot: Spot, confidence: Confidence, place: object = None) -> Match:
    name = spot.info.name if spot.info is not None else ""
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"call": short(context.text(spot.unit, spot.node)), "function": name},
        confidence=confidence,
        steps=((place, "step_blocking"),) if place is not None else (),  # type: ignore[arg-type]
    )


@detects_in_code("PERF207")
def awaits_in_sequence(context: CodeContext) -> Iterator[Match]:
    """Reads that wait one after another although none needs what another gives."""
    seen = survey(context)
    by_node = {id(spot.node): spot for spot in seen.reaches} | seen.spots
    told: set[int] = set()
    most = _PAIR if context.program.language == "python" else _ROW
    for spot in [*seen.of("http.request", "db.query", "cache.get"), *seen.reaches]:
        if is_by_hand(spot.unit, spot.info) or spot.info is None or not spot.info.node.is_async:
            continue
        body = _body_around(spot)
        if body is None or id(body) in told:
            continue
        told.add(id(body))
        for run in _runs(body, by_node, context.program.language):
            yield Match(
                location=context.location(spot.unit, run[0]),
                values={"count": len(run), "first": short(context.text(spot.unit, run[0]))},
                # Queries side by side save milliseconds, take a connection each, and in a transaction there is one.
                confidence=Confidence.MEDIUM if len(run) > most or _asks_others(run, by_node) else Confidence.LOW,
                steps=tuple((context.location(spot.unit, one), "step_await") for one in run),
            )
    yield from one_by_one(context, seen, _is_read)


def _asks_others(run: list[ir.Stmt], by_node: dict[int, Spot]) -> bool:
    """Whether a run of reads goes over the network to another service."""
    for statement in run:
        spot = by_node.get(id(_awaited(statement)))
        if spot is None:
            continue
        reached = spot.reach.acts.keys() if spot.reach is not None else set()
        if "http.request" in reached or (spot.call is not None and "http.request" in spot.call.role.does):
            return True
    return False


def _body_around(spot: Spot) -> list[ir.Stmt] | None:
    for number in range(len(spot.path) - 1, -1, -1):
        node = spot.path[number]
        if isinstance(node, ir.For | ir.While | ir.With | ir.Lambda) and not isinstance(spot.inner(number), ir.Stmt):
            return None
        for name in ("body", "then", "otherwise"):
            body = getattr(node, name, None)
            if isinstance(body, list) and any(one is spot.inner(number) for one in body):
                return body
    return None


def _runs(body: list[ir.Stmt], by_node: dict[int, Spot], language: str) -> Iterator[list[ir.Stmt]]:
    run: list[ir.Stmt] = []
    made: set[str] = set()
    for statement in [*body, None]:
        awaited = _awaited(statement)
        independent = (
            statement is not None
            and awaited is not None
            and _is_read(by_node.get(id(awaited)), language)
            and not made & names_in(statement)
            and not _DECIDES.search(name_of(awaited.func) if isinstance(awaited, ir.Call) else "")
        )
        if not independent:
            if len(run) > 1:
                yield run
            run, made = [], set()
            if awaited is None or not _is_read(by_node.get(id(awaited)), language):
                continue
        if statement is not None:
            run.append(statement)
            made |= names_in(statement.target) if isinstance(statement, ir.Assign) else set()


def _awaited(statement: ir.Stmt | None) -> ir.Expr | None:
    if not isinstance(statement, ir.Assign) or not isinstance(statement.value, ir.Await):
        return None
    return statement.value.value


def _is_read(spot: Spot | None, language: str) -> bool:
    """Whether a call only reads, over something that can serve several reads at once."""
    if spot is None:
        return False
    if spot.reach is not None:
        acts = spot.reach.acts.keys()
        reads = "http.request" in acts or (language != "python" and "db.query" in acts)
        return reads and acts <= READING and not (language == "python" and "db.query" in acts)
    call = spot.call
    if call is None or not call.certain:
        return False
    if "http.request" in call.role.does:
        method = call.properties.get("method")
        stated = str(method.consts[0]).upper() if method is not None and method.consts else None
        name = call.role.name.rpartition(".")[2].lower()
        return stated in ("GET", "HEAD") if stated else (name in ("get", "head", "fetch") and method is None)
    if language == "python" or "db.query" not in call.role.does:
        return False
    name = call.role.name.rpartition(".")[0].lower()
    alone = any(word in name for word in ("client", "connection", "session", "transaction", "task", "entitymanager"))
    return (
        kind_of(call) == "read"
        and (not alone or name.endswith("prismaclient"))
        and not call.properties.get("transaction")
    )


@detects_in_code("PERF219")
def foreach_async(context: CodeContext) -> Iterator[Match]:
    """`forEach` with an asynchronous function: nobody waits for it, and nobody sees its errors."""
    if context.program.language not in ("javascript", "typescript"):
        return
    seen = survey(context)
    told: set[int] = set()
    for spot in [*seen.spots.values(), *seen.reaches]:
        for number, node in enumerate(spot.path):
            given = spot.inner(number)
            if not isinstance(node, ir.Call) or name_of(node.func) != "forEach" or id(node) in told:
                continue
            if id(node) in seen.reached or _gives_own_each(context, node):
                continue  # a method of the program's own, which may wait
            if isinstance(given, ir.Lambda) and given.function.is_async and not is_by_hand(spot.unit, spot.info):
                told.add(id(node))
                yield Match(
                    location=context.location(spot.unit, node),
                    values={"call": short(context.text(spot.unit, node.func))},
                )


def _gives_own_each(context: CodeContext, call: ir.Call) -> bool:
    """`events(account).forEach(…)`, where the program's function gives an object with a `forEach` of its own."""
    holder = call.func.value if isinstance(call.func, ir.Attr) else None
    name = name_of(holder.func) if isinstance(holder, ir.Call) else ""
    return bool(name) and any(
        isinstance(key, ir.Const) and key.value == "forEach"
        for info in context.program.functions()
        if info.node.name == name
        for one in in_whole(info.node)
        if isinstance(one, ir.Mapping)
        for key, _ in one.pairs
    )
