"""Questions after a right whose answer nobody hears: `guard.isOwner(invoice, name);` alone, or only logged."""

import re
from collections.abc import Iterable

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import everything, in_whole
from backend_advisor.experts.security.detectors.words import dotted, snake

_QUESTION = re.compile(r"^_*(?:is|has|can|may|owns?|belongs|allowed|permitted|matches)(?:_|$)")
_HANDED_ON = frozenset({"next", "res", "response", "reply", "done"})
"""Who is given these answers by them."""
_LOG = re.compile(r"(?i)^(?:\w+\.)*(?:_?log(?:ger|ging)?|console|print)(?:\.\w+)?$")
_NOTES = re.compile(
    r"(?i)(?:^|\.)_?(?:log(?:ger|ging)?|console|meters?|meter_?registry|metrics?|\w*counter|statsd|span|sentry|system\.(?:out|err))\.(?:\w+\.)*"
    r"(?:trace|debug|info|log|warn(?:ing)?|error|increment|inc|incr|record|add|println|print|exception|capture\w+|set_?attribute)$"
    r"|^(?:print|warn)$"
)
"""What writes down that something happened, and goes on."""
_TRUTHS = frozenset({"bool", "boolean", "Boolean"})
_STOPS = re.compile(
    r"(?i)^(?:abort|redirect|forbidden|deny|halt|throw\w*|raise\w*|fail|exit|die|reject|assert\w*|require\w*)$"
)


def unheard_calls(function: ir.Function) -> frozenset[int]:
    """The calls in a function whose answer decides nothing, by the identity of their nodes."""
    whole = in_whole(function)
    alone = [_call(one.value) for one in whole if isinstance(one, ir.Do)]
    kept = {
        one.target.id: call
        for one in whole
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.op is None
        for call in (_call(one.value),)
        if call is not None
    }
    if kept:
        heard = _names(whole) - _targets(whole)
        logged = [
            part for one in whole if isinstance(one, ir.Call) and _LOG.match(dotted(one.func)) for part in one.args
        ]
        heard -= _names(everything(logged))
        alone += [call for name, call in kept.items() if all(id_ != name for _, id_ in heard)]
    return frozenset(id(call) for call in alone if call is not None)


def _call(value: ir.Expr | None) -> ir.Call | None:
    while isinstance(value, ir.Await | ir.Cast):
        value = value.value
    return value if isinstance(value, ir.Call) else None


def _names(nodes: Iterable[ir.Node]) -> set[tuple[int, str]]:
    return {(id(one), one.id) for one in nodes if isinstance(one, ir.Name)}


def _targets(nodes: Iterable[ir.Node]) -> set[tuple[int, str]]:
    return {
        (id(one.target), one.target.id)
        for one in nodes
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name)
    }


def only_notes(choice: ir.If) -> bool:
    """Whether what is done on a condition is only written down, and the same follows either way."""
    return not choice.otherwise and all(
        isinstance(one, ir.Do) and isinstance(one.value, ir.Call) and bool(_NOTES.search(dotted(one.value.func)))
        for one in choice.then
    )


def only_answers(call: ir.Call, targets: list[FunctionInfo]) -> bool:
    """Whether a call asks and does nothing else: it neither throws nor hands the request on."""
    if any(isinstance(one, ir.Lambda) or getattr(one, "id", "") in _HANDED_ON for one in call.args):
        return False
    if targets:
        return all(_is_question(one.node) for one in targets)
    return _QUESTION.match(snake(dotted(call.func).rpartition(".")[2])) is not None


def _is_question(function: ir.Function) -> bool:
    """Whether a function says yes or no and stops nobody."""
    whole = in_whole(function)
    if any(isinstance(one, ir.Throw | ir.Assert) for one in whole):
        return False
    if any(isinstance(one, ir.Call) and _STOPS.match(dotted(one.func).rpartition(".")[2]) for one in whole):
        return False
    stated = function.returns.name if function.returns is not None else ""
    if stated:
        return stated in _TRUTHS or any(part.name in _TRUTHS for part in function.returns.args)  # type: ignore[union-attr]
    given = [one.value for one in whole if isinstance(one, ir.Return)]
    return bool(given) and all(map(_is_truth, given))


def _is_truth(value: ir.Expr | None) -> bool:
    if isinstance(value, ir.Const):
        return isinstance(value.value, bool)
    if isinstance(value, ir.Logic):
        return any(map(_is_truth, value.operands))
    if isinstance(value, ir.Unary):
        return value.op in ("not", "!")
    return isinstance(value, ir.Binary) and value.op in (
        "==",
        "!=",
        "===",
        "!==",
        "in",
        "not in",
        "is",
        "is not",
        "<",
        ">",
        "<=",
        ">=",
    )
