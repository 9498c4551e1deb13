"""Slow work done while a client waits (PERF218)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.experts.performance.detectors.serving import served, worked_off
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, name_of, serves, short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_SLOW = ("mail.send", "report.render", "image.process")


@detects_in_code("PERF218")
def slow_work_in_request(context: CodeContext) -> Iterator[Match]:
    """Mails, reports and images made before the answer is sent."""
    during = served(context)
    queued = worked_off(context)
    told: set[tuple[str, frozenset[str]]] = set()
    for spot in survey(context).of(*_SLOW):
        if spot.call is None or spot.info not in during or is_by_hand(spot.unit, spot.info) or _goes_on(spot):
            continue
        direct = serves(context, spot.info)
        kind = (spot.unit.path, frozenset(spot.call.role.does))
        again = kind in told and not direct  # what a file does to images goes to a worker together
        told.add(kind)
        # Which of its callers wait, and which leave it to a worker, only its settings say.
        again = again or (id(spot.info) in queued and not direct) or _only_recodes(spot)
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.LOW
            if again or (not direct and _is_in_threads(spot))
            else Confidence.HIGH
            if direct and spot.call.certain
            else Confidence.MEDIUM,
        )


def _only_recodes(spot: Spot) -> bool:
    """`image.convert("RGB")`: the cheapest of what is done to an image."""
    return isinstance(spot.node, ir.Call) and name_of(spot.node.func) == "convert"


def _is_in_threads(spot: Spot) -> bool:
    """Images in Node.js: threads of the library work on them, and to turn them may be what the service is for."""
    return (
        spot.unit.language in ("javascript", "typescript")
        and spot.call is not None
        and ("image.process" in spot.call.role.does)
    )


def _goes_on(spot: Spot) -> bool:
    """Whether the answer does not wait for the call: a promise that nobody awaits."""
    if spot.unit.language not in ("javascript", "typescript") or spot.call is None or spot.call.awaited:
        return False
    if any(isinstance(node, ir.Await | ir.Return) for node in spot.path):
        return False
    return "image.process" not in spot.call.role.does
