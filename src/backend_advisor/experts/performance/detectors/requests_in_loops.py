"""Requests to other services that a loop makes for each item, one after another (PERF220)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, names_in
from backend_advisor.experts.performance.detectors.loops import Round, many
from backend_advisor.experts.performance.detectors.remote_rounds import (
    READING,
    reads_over_http,
    requests_through_helpers,
)
from backend_advisor.experts.performance.detectors.serving import served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, keeps_in_step, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.experts.performance.detectors.waiting import is_waited_for
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code


@detects_in_code("PERF220")
def requests_in_a_loop(context: CodeContext) -> Iterator[Match]:
    """A request to another service for each item, one after another."""
    seen = survey(context)
    for spot in seen.of("http.request"):
        if spot.call is None or not reads_over_http(spot.call) or is_by_hand(spot.unit, spot.info) or spot.info is None:
            continue
        if "queue.publish" in spot.call.role.does or spot.info.marks & {"scheduled", "background", "message.handler"}:
            continue
        loop = many(spot)
        if loop is None or isinstance(loop.node, ir.While):
            continue
        alone = keeps_in_step(spot.info) or _has_no_other(context, spot)
        yield _request_match(context, spot, loop, Confidence.LOW if alone or _at_once(spot) else Confidence.MEDIUM)
    for spot, loop in requests_through_helpers(context, seen):
        yield _request_match(context, spot, loop, Confidence.LOW if keeps_in_step(spot.info) else Confidence.MEDIUM)
    yield from _through_helpers(context, seen)


def _request_match(context: CodeContext, spot: Spot, loop: Round, confidence: Confidence) -> Match:
    over = loop.place
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"call": short(context.text(spot.unit, spot.node)), "items": short(context.text(spot.unit, over))},
        confidence=confidence,
        steps=(
            (context.location(spot.unit, over), "step_loop"),
            (context.location(spot.unit, spot.node), "step_call"),
        ),
    )


def _through_helpers(context: CodeContext, seen: Survey) -> Iterator[Match]:
    """`[await prices.of(order.sku) for order in orders]`: the request stands in a function of the program."""
    if context.program.language != "python":
        return
    requests = {(spot.unit.path, spot.node.start): spot for spot in _reading_requests(seen)}
    for spot in seen.reaches:
        if spot.reach is None or "http.request" not in spot.reach.acts or is_by_hand(spot.unit, spot.info):
            continue
        if spot.info is None or spot.info.marks & {"scheduled", "background", "message.handler"}:
            continue
        far = requests.get(spot.reach.acts["http.request"])
        loop = many(spot) if far is not None and spot.reach.acts.keys() <= READING | {"blocking.io"} else None
        if far is None or loop is None or isinstance(loop.node, ir.While) or loop.over is None:
            continue
        if _at_once(spot) or not isinstance(spot.node, ir.Call) or not _is_told_of(spot.node, loop.names):
            continue
        over = loop.place
        waited = spot.info in served(context)
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node)), "items": short(context.text(spot.unit, over))},
            confidence=Confidence.MEDIUM if waited and _is_over_many(loop.over) else Confidence.LOW,
            steps=(
                (context.location(spot.unit, over), "step_loop"),
                (context.location(far.unit, far.node), "step_call"),
            ),
        )


def _reading_requests(seen: Survey) -> Iterator[Spot]:
    return (spot for spot in seen.of("http.request") if spot.call is not None and reads_over_http(spot.call))


def _is_told_of(call: ir.Call, names: frozenset[str]) -> bool:
    """Whether the item decides what is asked."""
    return bool(names & names_in(*call.args, *(value for _, value in call.keywords)))


def _is_over_many(over: ir.Expr) -> bool:
    """Not a list of constants that the program wrote down."""
    return not (isinstance(over, ir.Sequence) or (isinstance(over, ir.Name) and over.id.isupper()))


def _at_once(spot: Spot) -> bool:
    """`Promise.all(items.map(…))`: none of the requests waits for another."""
    return any(
        isinstance(node, ir.Call) and name_of(node.func) in ("all", "allSettled", "any", "race", "gather")
        for node in spot.path
    )


def _has_no_other(context: CodeContext, spot: Spot) -> bool:
    """Whether nothing says that the items of a loop of Python can be asked for side by side while a client waits: most
    services answer one question for one thing, and what is not asynchronous asks one after the other."""
    if spot.unit.language != "python" or not served(context):
        return False
    return spot.info is None or not spot.info.node.is_async or not is_waited_for(context, spot.info)
