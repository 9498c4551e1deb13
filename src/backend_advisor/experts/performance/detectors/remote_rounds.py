"""Requests to other services that a loop makes through a helper (part of PERF220), and which of them only read."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of
from backend_advisor.experts.performance.detectors.loops import Round, by_name, many
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, handed_over
from backend_advisor.rules.registry import CodeContext

READING = frozenset(
    ["db.query", "db.read", "db.read_all", "http.request", "cache.get", "cache.get_many", "orm.filter", "parse.json",
     "log.write", "serialize.json", "validate.input", "db.eager", "pagination.limit", "trace.write", "metric.write",
     "regex.match", "crypto.hash", "http.error", "db.acquire", "db.release", "resource.open",
     "resource.close"]
)  # fmt: skip
"""What a call that only reads may do on its way."""
_READS = frozenset(["get", "fetch", "urlopen", "getforobject", "getforentity", "get_object", "head"])
_IN_CHAIN = frozenset({"get", "head", "GET"})
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "method", "GET", "POST", "PUT", "DELETE"})
_IN_TURN = frozenset({"scheduled", "background", "message.handler"})


def reads_over_http(call: CallSeen) -> bool:
    """Whether a request only reads, as its method or its name says."""
    method = call.properties.get("method")
    if method is not None and method.consts:
        return str(method.consts[0]).upper() in ("GET", "HEAD")
    if method is not None:
        return method.name is not None and method.name.rpartition(".")[2] in ("GET", "HEAD")
    return call.role.name.rpartition(".")[2].lower() in _READS or _says_get(call)


def _says_get(call: CallSeen) -> bool:
    """`client.get().uri("/levels/{sku}", sku).retrieve()`: a chain of Java names the method before it is sent."""
    at: ir.Node = call.node
    if call.unit.language != "java":
        return False
    while isinstance(at, ir.Call | ir.Attr):
        if isinstance(at, ir.Call):
            name = name_of(at.func)
            if not at.args and name in _METHODS:
                return name in _IN_CHAIN
            at = at.func
        else:
            at = at.value
    return False


def requests_through_helpers(context: CodeContext, seen: Survey) -> Iterator[tuple[Spot, Round]]:
    """Calls in loops of Java of functions that ask another service for the item, also by their name."""
    if context.program.language != "java":
        return
    for spot in seen.reaches:
        reach = spot.reach
        if reach is None or "http.request" not in reach.acts or not _is_waited_for(spot):
            continue
        loop = many(spot)
        if loop is None or isinstance(loop.node, ir.While):
            continue
        if _asks(seen, reach.callee, reach.acts["http.request"]):
            yield spot, loop
    for spot in seen.callbacks:
        loop = by_name(spot)
        if loop is None or not isinstance(spot.node, ir.Call) or not _is_waited_for(spot):
            continue
        given = handed_over(spot.node)
        called = function_named(context.program, spot.unit, given, spot.info)
        asked = list(seen.at.get((spot.unit.path, given.start), ())) if isinstance(given, ir.Reference) else []
        inside = seen.inside.get(id(called), ()) if called is not None else ()
        asked += [one.call for one in inside if one.call is not None]
        if any("http.request" in one.role.does and reads_over_http(one) for one in asked):
            yield spot, loop


def _is_waited_for(spot: Spot) -> bool:
    return spot.info is not None and not spot.info.marks & _IN_TURN and not is_by_hand(spot.unit, spot.info)


def _asks(seen: Survey, callee: FunctionInfo, place: tuple[str, int]) -> bool:
    """Whether the request stands in the function itself, is not in a loop or cached there, and only reads."""
    if "cached" in callee.marks:
        return False
    there = next((one for one in seen.at.get(place, ()) if "http.request" in one.role.does), None)
    return there is not None and there.info is callee and not there.loops and reads_over_http(there)
