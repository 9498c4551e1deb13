"""Headers that a response sets by their name: redirects and cross-origin rights written by hand."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.addresses import host_is_fixed
from backend_advisor.code.seen import CallSeen, Flow
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.reading import constants
from backend_advisor.experts.security.detectors.words import dotted, identifiers
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.declared import confidence_of
from backend_advisor.rules.registry import CodeContext, detects_in_code

_LOCATION = re.compile(r"(?i)^(?:location|refresh)$|HttpHeaders\.LOCATION$")
_PRESENT = re.compile(r"^(?:(?:is|has|not)(?:Not)?_?(?:Empty|Blank|Null|Present|Text|Length)|nonNull|Boolean|bool)$")
"""What a value is asked that any value answers alike."""
_RISKY = frozenset({"http.input", "http.parsed_body", "http.raw_body"})


def into_header(context: CodeContext, name: re.Pattern[str], *sources: str) -> Iterator[Flow]:
    """Data of some sources that becomes the value of a header of this name, asked about nowhere before."""
    setting: dict[tuple[str, int], CallSeen] = {}
    for call in context.seen.calls.values():
        known = constants(call.properties.get("name")) if "name" in call.properties else []
        if known and all(name.search(one) for one in known):
            setting[call.unit.path, call.node.start] = call
    for flow in context.seen.flows.values():
        place = setting.get((flow.path, flow.start))
        if place is not None and flow.sink == "header.value" and flow.source in sources and not _asked_about(place):
            yield flow


def _asked_about(call: CallSeen) -> bool:
    """Whether the function asks about the value before it sets the header."""
    if call.info is None or not isinstance(call.node, ir.Call) or not call.node.args:
        return False
    names = identifiers(call.node.args[-1])
    return any(
        isinstance(node, ir.If | ir.Conditional)
        and node.start < call.node.start
        and not _is_presence(node.test)
        and names & identifiers(node.test)
        for node in in_whole(call.info.node)
    )


def _is_presence(test: ir.Expr) -> bool:
    """Whether it is only asked whether there is a value: `origin != null`, `!origin.isEmpty()`, `if (origin)`."""
    if isinstance(test, ir.Unary):
        return _is_presence(test.operand)
    if isinstance(test, ir.Logic):
        return all(map(_is_presence, test.operands))
    if isinstance(test, ir.Binary):
        return any(isinstance(one, ir.Const) and one.value in (None, "", 0) for one in (test.left, test.right))
    if isinstance(test, ir.Call):
        return _PRESENT.match(dotted(test.func).rpartition(".")[2]) is not None
    return isinstance(test, ir.Name)


@detects_in_code("SEC214")
def location_by_hand(context: CodeContext) -> Iterator[Match]:
    """A `Location` or `Refresh` header that the client chooses."""
    for flow in into_header(context, _LOCATION, *sorted(_RISKY)):
        if host_is_fixed(flow.text):
            continue
        first = flow.trail.stations()[0] if flow.trail is not None else None
        source = context.places.text(first.path, first.start, first.end) if first is not None else ""
        yield Match(
            location=context.places.location(flow.path, flow.start, flow.end),
            values={"source": source[:40], "call": "Location", "sink": flow.sink},
            confidence=confidence_of(flow),
        )
