"""Slow work done while a client waits (PERF218)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import in_body, name_of
from backend_advisor.experts.performance.detectors.serving import served, worked_off
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_THREADS = frozenset({"to_thread", "run_in_executor", "run_sync", "run_in_threadpool", "sync_to_async"})
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
        # What is made or sent far from the handler is mostly the point of the request, or reached by events and tasks.
        again = again or (spot.unit.language in ("python", "java") and not direct) or _is_handed_to_threads(spot)
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.LOW
            if again or _is_in_threads(spot) or (not direct and _is_script(spot))
            else Confidence.HIGH
            if direct and spot.call.certain
            else Confidence.MEDIUM,
        )


def _is_handed_to_threads(spot: Spot) -> bool:
    """Whether a function of Python is written to be run by another thread: `asyncio.to_thread(make)`."""
    outer = spot.info.outer if spot.info is not None and spot.unit.language == "python" else None
    return outer is not None and any(
        isinstance(node, ir.Call)
        and name_of(node.func) in _THREADS
        and any(
            isinstance(one, ir.Name) and spot.info is not None and one.id == spot.info.node.name for one in node.args
        )
        for node in in_body(outer.node)
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


def _is_script(spot: Spot) -> bool:
    """In Node.js whoever calls a function that sends a mail need not wait for it."""
    return spot.unit.language in ("javascript", "typescript")


def _goes_on(spot: Spot) -> bool:
    """Whether the answer does not wait for the call: a promise that nobody awaits."""
    if spot.unit.language not in ("javascript", "typescript") or spot.call is None or spot.call.awaited:
        return False
    if any(isinstance(node, ir.Await | ir.Return) for node in spot.path):
        return False
    return "image.process" not in spot.call.role.does
