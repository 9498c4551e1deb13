"""Regular expressions of the program that a client can make run for ever."""

from collections.abc import Iterator

from backend_advisor.code.seen import CallSeen
from backend_advisor.code.values import Value
from backend_advisor.experts.security.backtracking import exponential
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.declared import confidence_of
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CLIENT = frozenset(
    {"http.input", "http.header", "http.host", "http.parsed_body", "http.raw_body", "http.upload", "message.input"}
)
_WHOLE = ("fullmatch", "matches")
_SHOWN = 40


@detects_in_code("SEC228")
def exponential_pattern(context: CodeContext) -> Iterator[Match]:
    """Patterns with exponential time that read client data."""
    calls: dict[tuple[str, int, int], CallSeen] = {}
    for call in context.seen.calls.values():
        if "pattern" in call.properties:
            calls[call.unit.path, call.node.start, call.node.end] = call
    told: set[tuple[str, int]] = set()
    for flow in context.seen.flows.values():
        matching = calls.get((flow.path, flow.start, flow.end))
        if flow.sink != "regex.input" or flow.source not in _CLIENT or matching is None:
            continue
        pattern = _text(matching.properties["pattern"])
        callee = matching.role.name.rpartition(".")[2]
        if (flow.path, flow.start) in told or pattern is None or not exponential(pattern, whole=callee in _WHOLE):
            continue
        told.add((flow.path, flow.start))
        yield Match(
            location=context.location(matching.unit, matching.node),
            values={"call": callee, "pattern": pattern if len(pattern) <= _SHOWN else pattern[: _SHOWN - 1] + "…"},
            confidence=confidence_of(flow),
        )


def _text(pattern: Value) -> str | None:
    held = (pattern.fields or {}).get("(pattern)", pattern)
    only = held.consts[0] if held.consts and len(held.consts) == 1 else None
    return only if isinstance(only, str) else None
