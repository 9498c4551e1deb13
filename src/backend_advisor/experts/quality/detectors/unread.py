"""Answers of other services that nobody looks at (QUA136)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of
from backend_advisor.experts.quality.detectors.acts import WRITES, acts_between
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.tree import short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CLIENTS = ("requests", "httpx", "fetch", "undici.fetch", "node-fetch")
"""Clients whose calls return a refusal like any other answer; axios, got and Spring's raise an error."""
_CHANGES = frozenset({"post", "put", "patch", "delete"})
_METHOD = re.compile(r"""method['"]?\s*:\s*['"](?:POST|PUT|PATCH|DELETE)['"]""", re.IGNORECASE)
_MAY_FAIL = re.compile(
    r"(?i)slack|discord|telegram|teams|webhook|notif|alert|metric|telemetry|analytic|track|beacon|heartbeat|ping|"
    r"sentry|logg|purge|warm|seed|fixture"
)
"""Calls that are meant to be done as well as it goes."""
_MONEY = re.compile(
    r"(?i)(?<![a-z])(?:charges?|pay|payments?|payouts?|refunds?|capture|withdraw(?:als?)?|invoices?)(?![a-z])"
)
"""Calls whose refusal nobody can want to miss."""
_HOOKS = (b"event_hooks", b"hooks=", b".hooks", b"raise_for_status = ")


@detects_in_code("QUA136")
def answer_not_read(context: CodeContext) -> Iterator[Match]:
    """A request that changes something elsewhere, as a statement of its own: a refusal passes as success."""
    seen: dict[int, CallSeen] = {id(call.node): call for call in context.seen.calls.values()}
    for written in outline(context):
        if any(hook in written.unit.module.source for hook in _HOOKS):
            continue
        for node in written.notable:
            call = _statement(node)
            known = seen.get(id(call)) if call is not None else None
            if call is None or known is None or not _sends(context, written, call, known):
                continue
            stored = bool(acts_between(context, written.unit, written.node.start, written.node.end) & WRITES)
            paid = _MONEY.search(context.text(written.unit, call)) is not None
            yield Match(
                location=context.location(written.unit, call),
                values={"call": short(context.text(written.unit, call))},
                severity=Severity.ERROR if stored and paid else Severity.WARNING if stored or paid else Severity.NOTE,
                confidence=Confidence.HIGH
                if stored and paid
                else Confidence.LOW
                if _may_go_wrong(written, call) or _is_left_alone(written, node)
                else Confidence.MEDIUM,
            )


def _may_go_wrong(written: Written, call: ir.Call) -> bool:
    """Whether even an error of the network is let pass: `try { await fetch(…) } catch {}`."""
    return any(
        isinstance(node, ir.Try)
        and any(one.start <= call.start and call.end <= one.end for one in node.body)
        and bool(node.handlers)
        and all(not one.body for one in node.handlers)
        for node in written.notable
    )


def _is_left_alone(written: Written, node: ir.Node) -> bool:
    """Whether nobody waits for it: a promise that is let go is meant to be done as well as it goes."""
    if written.unit.language in ("python", "java") or not isinstance(node, ir.Do):
        return False
    return not isinstance(node.value, ir.Await)


def _statement(node: ir.Node) -> ir.Call | None:
    """The call that a statement consists of, awaited or not."""
    value = node.value if isinstance(node, ir.Do) else None
    value = value.value if isinstance(value, ir.Await) else value
    return value if isinstance(value, ir.Call) and not value.new else None


def _sends(context: CodeContext, written: Written, call: ir.Call, known: CallSeen) -> bool:
    """Whether a call of a client that does not raise changes something, and was meant to succeed."""
    if not known.certain or "http.request" not in known.role.does or not known.role.name.startswith(_CLIENTS):
        return False
    text = context.text(written.unit, call)
    changes = name_of(call.func) in _CHANGES or _METHOD.search(text) is not None
    return changes and not (_MAY_FAIL.search(text) or _MAY_FAIL.search(written.name))
