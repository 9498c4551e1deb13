"""Retries that a decorator or an object of a library makes, and that nothing ends (part of PERF212)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of
from backend_advisor.experts.performance.detectors.names import candidates
from backend_advisor.experts.performance.detectors.serving import served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_ENDS = ("stop", "max_tries", "max_time")
"""What limits the attempts of `tenacity`, `retrying` and `backoff`; each of them tries for ever without it."""
_STREAMS = {
    "java": (b"reactor.", b"io.reactivex.", b"web.reactive.", b"io.smallrye.mutiny"),
    "javascript": (b"rxjs",),
    "typescript": (b"rxjs",),
    "python": (),
}
_OPERATORS = frozenset(
    {
        "bodyToMono",
        "bodyToFlux",
        "exchangeToMono",
        "exchangeToFlux",
        "toEntity",
        "toBodilessEntity",
        "timeout",
        "map",
        "flatMap",
        "filter",
        "doOnError",
        "doOnNext",
        "subscribeOn",
        "publishOn",
        "observeOn",
        "defer",
        "fromCallable",
        "fromSupplier",
        "fromFuture",
        "responseContent",
        "receive",
        "switchIfEmpty",
        "onErrorMap",
    }
)
"""What stands before `retry()` where that is an operator of a stream and not a method of the program."""
_KINDS = frozenset({"Mono", "Flux", "Uni", "Multi", "Single", "Maybe", "Flowable", "Observable", "Completable"})


def decorated(context: CodeContext) -> Iterator[Match]:
    """`@retry` with nothing said, and `@retry(wait=wait_fixed(1))` on what a client waits for."""
    roles = context.program.roles.decorators
    for info in context.program.functions():
        for decorator in info.node.decorators:
            names = [name for name in candidates(info.unit, decorator) if name in roles]
            kinds = [named for name in names if (named := set(roles[name].named)) & {"stop", "attempts"}]
            if not kinds:
                continue
            plain = not isinstance(decorator, ir.Call) or not (decorator.keywords or decorator.args)
            if plain and "stop" in kinds[0]:
                yield _told(context, info, decorator, None)
            elif isinstance(decorator, ir.Call) and _is_endless(decorator) and info in served(context):
                yield _told(context, info, decorator, Confidence.MEDIUM)


def is_made_endless(context: CodeContext, spot: Spot) -> bool:
    """`for attempt in Retrying(wait=wait_fixed(1))` while a client waits."""
    call = spot.call
    if call is None or "stop" not in call.role.named or not isinstance(spot.node, ir.Call):
        return False
    return _is_endless(spot.node) and not is_by_hand(spot.unit, spot.info) and spot.info in served(context)


def operators(context: CodeContext) -> Iterator[Match]:
    """`mono.timeout(…).retry()`: a stream that is subscribed to again at once, and for ever, when it fails."""
    for unit in context.program.units.values():
        source = unit.module.source
        if b"retry" not in source or not any(word in source for word in _STREAMS[unit.language]):
            continue
        for info in unit.functions:
            if source.find(b"retry", info.node.start, info.node.end) < 0 or is_by_hand(unit, info):
                continue
            for call in in_body(info.node):
                if isinstance(call, ir.Call) and not call.args and _is_of_stream(call, info):
                    yield _told(context, info, call, Confidence.MEDIUM)


def _is_of_stream(call: ir.Call, info: FunctionInfo) -> bool:
    if info.unit.language != "java":
        imported = info.unit.imports.get(call.func.id) if isinstance(call.func, ir.Name) else None
        return name_of(call.func) == "retry" and imported is not None and imported.module.startswith("rxjs")
    if not isinstance(call.func, ir.Attr):
        return False
    if call.func.name == "indefinitely":
        return name_of(call.func.value) in ("Retry", "retry")
    if call.func.name != "retry":
        return False
    at = call.func.value
    while isinstance(at, ir.Call | ir.Attr):
        if isinstance(at, ir.Call) and name_of(at.func) in _OPERATORS:
            return True
        at = at.func if isinstance(at, ir.Call) else at.value
    return isinstance(at, ir.Name) and any(
        param.name == at.id and param.type is not None and param.type.name.rpartition(".")[2] in _KINDS
        for param in info.node.params
    )


def _is_endless(call: ir.Call) -> bool:
    """Whether nothing that is said of a retry ends it."""
    given = {key for key, value in call.keywords if name_of(value) != "stop_never"}
    return "**" not in given and not any(key.startswith(_ENDS) for key in given)


def _told(context: CodeContext, info: FunctionInfo, decorator: ir.Expr, confidence: Confidence | None) -> Match:
    return Match(
        location=context.location(info.unit, decorator),
        values={"call": short(context.text(info.unit, decorator))},
        confidence=confidence,
    )
