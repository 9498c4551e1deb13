"""GraphQL field resolvers that ask the database once for each parent object (PERF202)."""

from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import names_in
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_ROOTS = frozenset({"Query", "Mutation", "Subscription"})


_MOST = 12


@detects_in_code("PERF202")
def resolver_without_batching(context: CodeContext) -> Iterator[Match]:
    """A query in the resolver of a field of a type, by the parent object, without a loader in between; of each file the
    first, as a loader is a decision for all of them."""
    told: set[str] = set()
    for match in _without_batching(context):
        again = match.location.artifact in told or len(told) >= _MOST
        yield replace(match, confidence=Confidence.LOW) if again else match
        told.add(match.location.artifact)


def _without_batching(context: CodeContext) -> Iterator[Match]:
    seen = survey(context)
    nested = _nested(context)
    if not nested:
        return
    told: set[int] = set()
    for spot in seen.of("db.query"):
        if spot.info is None or id(spot.info) not in nested or spot.call is None:
            continue
        if kind_of(spot.call) == "read" and _by_parent(spot, spot.info):
            told.add(id(spot.info))
            yield _match(context, spot, nested[id(spot.info)], Confidence.HIGH)
    for spot in seen.reaches:
        reach, info = spot.reach, spot.info
        if reach is None or info is None or id(info) not in nested or id(info) in told or "db.query" not in reach.acts:
            continue
        if "batch.load" in reach.acts or not _by_parent(spot, info):
            continue
        there = next((one for one in seen.at.get(reach.acts["db.query"], ()) if "db.query" in one.role.does), None)
        if there is not None and kind_of(there) == "read":
            told.add(id(info))
            yield _match(context, spot, nested[id(info)], Confidence.MEDIUM)


def _nested(context: CodeContext) -> dict[int, str]:
    """The resolvers of fields of types other than the roots, with the name of the field."""
    found: dict[int, str] = {}
    for call in context.seen.calls.values():
        resolvers = call.properties.get("resolvers")
        for kind, fields in (resolvers.fields or {}).items() if resolvers is not None else ():
            if kind in _ROOTS:
                continue
            for field, value in (fields.fields or {}).items():
                for ref in value.refs:
                    if isinstance(ref, FunctionRef):
                        found[id(ref.info)] = f"{kind}.{field}"
    for handler in context.seen.handlers.values():
        if "nested" in handler.properties:
            found[id(handler.info)] = handler.info.name
    return found


def _by_parent(spot: Spot, info: FunctionInfo) -> bool:
    params = [param for param in info.node.params if param.name not in ("self", "cls")]
    if not params:
        return "self" in names_in(spot.node)
    parent = params[0]
    names = {parent.name, *names_in(parent.pattern), "self"}
    return bool(names & names_in(spot.node))


def _match(context: CodeContext, spot: Spot, field: str, confidence: Confidence) -> Match:
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"field": field, "call": context.text(spot.unit, spot.node)[:60]},
        confidence=confidence,
    )
