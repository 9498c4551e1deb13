"""Retries that a decorator or an object of a library makes, and that nothing ends (part of PERF212)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import name_of
from backend_advisor.experts.performance.detectors.names import candidates
from backend_advisor.experts.performance.detectors.serving import served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_ENDS = ("stop", "max_tries", "max_time")
"""What limits the attempts of `tenacity`, `retrying` and `backoff`; each of them tries for ever without it."""


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
