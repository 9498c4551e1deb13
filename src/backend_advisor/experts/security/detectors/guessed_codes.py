"""Short codes sent to somebody's phone or mail that can be tried without end (part of SEC403): of four or six digits
one is hit within hours."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import callee_of
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_whole, of_kind
from backend_advisor.experts.security.detectors.facts import Facts, Route, body_words
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.experts.security.detectors.words import LIMITS, dotted, identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_ROUTE = re.compile(
    r"(?i)(?:check|verify|validate|confirm|submit|login|sign_?in|with|by)[-_/]?(?:\w*[-_/])?(?:otp|totp|pin|2fa|mfa|(?:sms|one[-_]?time|pass|verification|reset)[-_]?codes?)(?:$|[^a-z])|"
    r"(?:otp|totp|2fa|mfa|pin|(?:sms|one[-_]?time|pass|verification)[-_]?code)[-_/](?:check|verify|validate|confirm|login|verification)"
)
"""What a route is called that takes such a code back."""
_CODE = re.compile(
    r"(?i)^(?:get_?)?(?:\w+_)?(?:otp|totp|pin|passcode|(?:sms|verification|reset|confirmation|one_?time|two_?factor|mfa|auth)_?(?:code|pin))(?:_?code)?$|^(?:get_?)?code$"
)
_SAME = frozenset({"equals", "equalsIgnoreCase", "isEqual", "compare_digest", "timingSafeEqual", "constantTimeEquals"})
_COUNT = re.compile(r"(?i)count|attempt|tries|retr(?:y|ies)|fail|wrong|remaining|left")
_ORDERED = frozenset({"<", "<=", ">", ">=", "==", "===", "!=", "!=="})
_RELATIONS = frozenset({"<", "<=", ">", ">="})
_DEEPEST = 3


@detects_in_code("SEC403")
def code_without_limit(context: CodeContext) -> Iterator[Match]:
    """Routes that compare a one-time code and count no failures."""
    facts, routes = survey(context)
    for route in routes:
        if route.limited or (route.methods and "POST" not in route.methods):
            continue
        if not _ROUTE.search(f"{route.path} {snake(route.info.node.name)}"):
            continue
        inner = _inner(context.program, route, facts)
        if any(map(_compares_code, inner)) and not any(map(_limits, inner)):
            yield Match(
                location=context.location(route.unit, route.node if route.handler is not None else route.info.node),
                values={"route": route.label},
                confidence=Confidence.MEDIUM,
            )


def _inner(program: Program, route: Route, facts: Facts) -> list[FunctionInfo]:
    """A route and what it calls, some calls deep."""
    found, level = {id(route.info): route.info}, [route.info]
    for _ in range(_DEEPEST):
        after: dict[int, FunctionInfo] = {}
        for one in level:
            called = [callee_of(program, one, call.func) for call in of_kind(one.node, ir.Call)]
            called += [reach.callee for reach in facts.reaches.get(id(one), ())]
            after |= {id(info): info for info in called if info is not None and id(info) not in found}
        found |= after
        level = list(after.values())
    return list(found.values())


def _compares_code(info: FunctionInfo) -> bool:
    for node in in_whole(info.node):
        sides: list[ir.Expr] = []
        if isinstance(node, ir.Binary) and node.op in ("==", "===", "!=", "!=="):
            sides = [node.left, node.right]
        elif isinstance(node, ir.Call) and node.args and dotted(node.func).rpartition(".")[2] in _SAME:
            sides = [*node.args, *([node.func.value] if isinstance(node.func, ir.Attr) else [])]
        if len(sides) > 1 and not any(isinstance(one, ir.Const) for one in sides) and all(map(_is_code, sides)):
            return True
    return False


def _is_code(side: ir.Expr) -> bool:
    """`form.getOtp()`, `stored.code`, `String(code)`."""
    if isinstance(side, ir.Call) and side.args:
        return any(map(_is_code, side.args))
    return _CODE.match(snake(dotted(side).rpartition(".")[2])) is not None


def _limits(info: FunctionInfo) -> bool:
    """Whether failures are counted to an end, or something named for it is asked."""
    if any(LIMITS.search(name) for name in body_words(info)):
        return True
    return any(isinstance(node, ir.Binary) and _counts(node) for node in in_whole(info.node))


def _counts(node: ir.Binary) -> bool:
    """`stored.getCount() > 5`, `tries == MOST`, `count < limit`."""
    if node.op not in _ORDERED:
        return False
    sides = (node.left, node.right)
    if node.op not in _RELATIONS and not any(isinstance(one, ir.Const) and type(one.value) is int for one in sides):
        return False
    return any(_COUNT.search(name) for name in (*identifiers(node), *map(dotted, sides)))
