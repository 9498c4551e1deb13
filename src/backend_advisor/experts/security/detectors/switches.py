"""Protections that are switched off, or let everybody through when they fail."""

import re
from collections.abc import Iterator, Mapping

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything
from backend_advisor.code.values import Value
from backend_advisor.experts.security.detectors.allowed_origins import of_anybody
from backend_advisor.experts.security.detectors.facts import Route
from backend_advisor.experts.security.detectors.headers import into_header
from backend_advisor.experts.security.detectors.origin_patterns import fits_strangers
from backend_advisor.experts.security.detectors.reading import (
    calls_with,
    constants,
    facts_of,
    functions,
    is_false,
    is_true,
    text_of,
)
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.experts.security.detectors.words import AUTHENTICATES, LIMITS, dotted, identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext, detects_in_code

_EVERY_ORIGIN = re.compile(r"^(?:\*|true|\.\*|\^?(?:https\??)?(?::?//)?\.[*+]\$?)$", re.IGNORECASE)
_SIGNS = re.compile(r"[*\\\]?$^\[()]")
_ALLOWS = re.compile(r"(?i)^access-control-allow-origin$|ACCESS_CONTROL_ALLOW_ORIGIN$")
_ORIGIN = re.compile(r"(?i)origin")
_LOOKS_UP = re.compile(
    r"(?i)^(?:includes|contains|has|some|any|find|index_?of|test|match\w*|is_?\w*|allow\w*|check\w*|valid\w*)$"
)
_DEVELOPMENT = re.compile(r"(?:^|[/_.])(?:dev|local|test|development)", re.IGNORECASE)
_BY_COOKIE = re.compile(
    r"^(?:user|session|current_user|\w*cookies?\w*|\w*login_?required\w*|permission_required|staff_member_required)$",
    re.I,
)
_OF_PAGES = re.compile(
    r"^(?:(?:user|fresh|staff|admin|superuser)_)?(?:login|permissions?|member|roles?|admin)?_?required$|^(?:login|staff_member|permission|roles?)_|"
    r"^user_passes_test$|^csrf_exempt$|^session\w*$"
)
"""Decorators of pages, which sign in by a cookie."""
_SERVES_SYSTEMS = re.compile(r"hook|callback|notif|ipn|api|token|oauth|saml|graphql|receive|payment", re.IGNORECASE)
_BY_HAND = re.compile(r"(?:^|/)(?:commands|scripts?|bin|tools|migrations)/")
_QUESTION = re.compile(
    r"auth|verif|valid|permission|permit|allow|token|signature|access|role|login|session|captcha|guard|is_?admin|can_?|"
    r"blocked|banned|licen[cs]e|limit",
    re.IGNORECASE,
)


_OFF = re.compile(rb"^DEBUG\s*=\s*False\b", re.MULTILINE)


@detects_in_code("SEC310")
def debug_mode(context: CodeContext) -> Iterator[Match]:
    """Debuggers and debug pages that go to production."""
    for call in calls_with(context, "app.debug"):
        if is_true(call.properties.get("debug")) and not _DEVELOPMENT.search(call.unit.path) and not _is_main(call):
            yield Match(
                location=context.location(call.unit, call.node),
                values={"text": context.text(call.unit, call.node)[:60]},
            )
        elif is_true(call.properties.get("debug")) and not _DEVELOPMENT.search(call.unit.path):
            yield Match(
                location=context.location(call.unit, call.node),
                values={"text": context.text(call.unit, call.node)[:60]},
                confidence=Confidence.MEDIUM,
            )
    for unit in context.program.units.values():
        if unit.language != "python" or b"DEBUG" not in unit.module.source or _DEVELOPMENT.search(unit.path):
            continue
        settings = re.search(r"settings|config", unit.path) is not None or b"INSTALLED_APPS" in unit.module.source
        for statement in unit.module.body:
            if settings and _sets_debug(statement):
                yield Match(
                    location=context.location(unit, statement),
                    values={"text": context.text(unit, statement)[:60]},
                    confidence=Confidence.LOW if _is_overridden(unit, context) else None,
                )


def _is_overridden(unit: Unit, context: CodeContext) -> bool:
    """Whether settings beside these switch it off again, as those for production do."""
    folder = unit.path.rpartition("/")[0]
    return any(
        _OFF.search(other.module.source) is not None
        for other in context.program.units.values()
        if other is not unit and other.path.rpartition("/")[0] == folder and not _DEVELOPMENT.search(other.path)
    )


def _is_main(call: CallSeen) -> bool:
    """Whether the call stands under `if __name__ == "__main__"`, where a production server never gets."""
    source = call.unit.module.source
    at = max(source.find(b'__name__ == "__main__"'), source.find(b"__name__ == '__main__'"))
    return bool(0 <= at < call.node.start)


def _sets_debug(statement: ir.Stmt) -> bool:
    return (
        isinstance(statement, ir.Assign)
        and isinstance(statement.target, ir.Name)
        and statement.target.id == "DEBUG"
        and isinstance(statement.value, ir.Const)
        and statement.value.value is True
    )


@detects_in_code("SEC313")
def every_origin_with_credentials(context: CodeContext) -> Iterator[Match]:
    """Answers with cookies that every site may read."""
    for call in calls_with(context, "cors.configure"):
        given = call.properties
        credentials = is_true(given.get("credentials")) or constants(given.get("credentials")) == ["true"]
        names = [name for key in ("origin", "origins", "pattern", "patterns") for name in constants(given.get(key))]
        if credentials and any(_EVERY_ORIGIN.match(name) for name in names):
            yield Match(location=context.location(call.unit, call.node), values={"origin": names[0]})
        elif credentials and any(fits_strangers(name, call.unit.language) for name in _patterns(given)):
            yield Match(location=context.location(call.unit, call.node), values={"origin": _patterns(given)[0]})
        elif credentials and (let_in := of_anybody(context, given.get("origin"))) is not None:
            yield Match(location=context.location(call.unit, call.node), values={"origin": let_in})
    reflected = {
        (flow.path, flow.start)
        for flow in context.seen.flows.values()
        if flow.sink == "cors.origin" and flow.source == "http.header"
    }
    reflected |= {(flow.path, flow.start) for flow in into_header(context, _ALLOWS, "http.header")}
    for flow in context.seen.flows.values():
        if (flow.path, flow.start) in reflected and flow.sink in ("cors.origin", "header.value"):
            unit = context.program.units.get(flow.path)
            if unit is not None and _is_compared(unit, flow.start):
                continue
            if unit is not None and re.search(
                rb"(?i)allow-credentials|supports_credentials|allowCredentials", unit.module.source
            ):
                reflected.discard((flow.path, flow.start))
                yield Match(
                    location=context.places.location(flow.path, flow.start, flow.end), values={"origin": "Origin"}
                )


def _patterns(given: Mapping[str, Value]) -> list[str]:
    """The origins of a setting that are read as patterns; text without a sign of one is compared as it is."""
    named = [name for key in ("pattern", "patterns") for name in constants(given.get(key))]
    return named + [name for key in ("origin", "origins") for name in constants(given.get(key)) if _SIGNS.search(name)]


def _is_compared(unit: Unit, start: int) -> bool:
    """Whether a place is reached only where the origin was compared with something or looked up."""
    return any(
        isinstance(node, ir.If)
        and any(one.start <= start < one.end for one in node.then)
        and any(_asks_for_origin(part) for part in everything(node.test))
        for node in everything(unit.module.body)
    )


def _asks_for_origin(part: ir.Node) -> bool:
    if isinstance(part, ir.Binary) and part.op in ("==", "===", "in"):
        asked = [part.left, part.right]
        if any(isinstance(one, ir.Const) for one in asked):
            return False
    elif isinstance(part, ir.Call) and _LOOKS_UP.match(dotted(part.func).rpartition(".")[2]):
        asked = part.args
    else:
        return False
    return any(_ORIGIN.search(name) for one in asked for name in _words_in(one))


def _words_in(node: ir.Node) -> set[str]:
    consts = {one.value for one in everything(node) if isinstance(one, ir.Const) and isinstance(one.value, str)}
    return identifiers(node) | consts


_SIGNS_IN = re.compile(rb"formLogin|oauth2Login|saml2Login|rememberMe|sessionManagement|maximumSessions|[cC]ookie")
"""What makes a browser send who it is by itself; without it a key or a password goes with each request."""


@detects_in_code("SEC314")
def csrf_off(context: CodeContext) -> Iterator[Match]:
    """Forms and cookies without protection against requests from elsewhere."""
    for call in calls_with(context, "csrf.configure"):
        if not is_false(call.properties.get("enabled")):
            continue
        body = call.info.node.body if call.info is not None else []
        stateless = re.search(
            rb"STATELESS|oauth2ResourceServer|NoOpServerSecurityContextRepository|[jJ]wt|[bB]earer|[tT]okenFilter",
            call.unit.module.source,
        )
        if stateless is None or not body:
            signs_in = _SIGNS_IN.search(call.unit.module.source) is not None
            yield Match(
                location=context.location(call.unit, call.node),
                values={"text": "csrf"},
                confidence=None if signs_in or not body else Confidence.LOW,
            )
    for route in survey(context)[1]:
        if "csrf.exempt" not in route.info.marks or not route.changes:
            continue
        names = f"{route.path} {snake(route.info.node.name)}"
        if _SERVES_SYSTEMS.search(names) or route.acts & {
            "hmac.verify",
            "compare.constant_time",
            "jwt.verify",
            "crypto.sign",
        }:
            continue
        # A request that no cookie signs in, such as one with a key in a header, does no harm that others could not do.
        by_cookie = any(_BY_COOKIE.search(name) for name in route.guards | route.names)
        yield Match(
            location=context.location(route.info.unit, route.info.node),
            values={"text": route.label},
            confidence=None if by_cookie and not _signs_in_its_way(route) else Confidence.LOW,
        )


def _signs_in_its_way(route: Route) -> bool:
    """Whether a decorator of the program's own asks who calls a route, as devices and scripts are asked: not the one of
    the pages, `@login_required`."""
    if not any(dotted(one).endswith(".exempt") for one in route.info.node.decorators):
        return False
    names = [dotted(one).rpartition(".")[2] for one in route.info.node.decorators]
    return any(AUTHENTICATES.search(name) and not _OF_PAGES.match(name) for name in names)


@detects_in_code("SEC316")
def open_when_it_fails(context: CodeContext) -> Iterator[Match]:
    """Checks that let everybody through when they throw."""
    for info in functions(context):
        tries = info.unit.module.source.find(b"try", info.node.start, info.node.end) >= 0
        if not tries or _BY_HAND.search(info.unit.path):
            continue
        for node in _own(info):
            if not isinstance(node, ir.Try) or not _asks(node, info):
                continue
            for handler in node.handlers:
                place = _lets_through(handler, info)
                if place is not None:
                    limiter = LIMITS.search(" ".join(identifiers(node.body) | {info.node.name})) is not None
                    yield Match(
                        location=context.location(info.unit, place),
                        values={"text": context.text(info.unit, place)[:40]},
                        confidence=Confidence.LOW if limiter else None,
                        severity=Severity.NOTE if limiter else None,
                    )


def _own(info: FunctionInfo) -> Iterator[ir.Node]:
    """The statements of a function without those of functions inside it."""
    left: list[object] = list(info.node.body)
    while left:
        one = left.pop()
        if isinstance(one, ir.Stmt) and not isinstance(one, ir.Define):
            yield one
            for name in ("body", "then", "otherwise", "handlers", "final", "cases"):
                left += getattr(one, name, []) or []
        elif isinstance(one, ir.Handler | ir.SwitchCase):
            left += one.body


def _asks(node: ir.Try, info: FunctionInfo) -> bool:
    called = " ".join(dotted(one.func).rpartition(".")[2] for one in everything(node.body) if isinstance(one, ir.Call))
    own = info.node.name
    if re.search(
        r"invalid|error|fail|block|bann|expired|missing|remov|skip|broken|needs|requires_|should", own, re.IGNORECASE
    ):
        return False  # where yes means no
    if re.search(
        r"auth|verif|permission|allow|access|signature|is_?valid|check_?(?:token|session|role|login)|guard|limit|canActivate",
        own,
        re.IGNORECASE,
    ):
        return True
    return (
        bool(
            re.search(
                r"verify|authenticate|authorize|check_?(?:permission|token|signature|access)|validate_?(?:token|signature)",
                called,
                re.IGNORECASE,
            )
        )
        and _QUESTION.search(own) is not None
    )


def _lets_through(handler: ir.Handler, info: FunctionInfo) -> ir.Node | None:
    if any(isinstance(one, ir.Throw) for one in everything(handler.body)):
        return None
    params = [param.name for param in info.node.params]
    onwards = params[-1] if 2 <= len(params) <= 3 and re.match(r"next$|done$", params[-1]) else None
    for statement in handler.body:
        if isinstance(statement, ir.Return) and isinstance(statement.value, ir.Const) and statement.value.value is True:
            return statement
        value = statement.value if isinstance(statement, ir.Do | ir.Return) else None
        value = value.value if isinstance(value, ir.Await) else value
        if (
            isinstance(value, ir.Call)
            and isinstance(value.func, ir.Name)
            and value.func.id == onwards
            and not value.args
        ):
            return statement
        if isinstance(value, ir.Call) and re.search(r"chain\.doFilter$|filterChain\.doFilter$", dotted(value.func)):
            return statement
    return None


@detects_in_code("SEC317")
def limit_in_two_steps(context: CodeContext) -> Iterator[Match]:
    """Counters that get their end in a second command."""
    facts = facts_of(context)
    for info in functions(context):
        calls = facts.calls.get(id(info), ())
        counts = [call for call in calls if "cache.increment" in call.role.does and call.info is info]
        ends = [call for call in calls if "cache.expire" in call.role.does]
        if not counts or not ends:
            continue
        for count in counts:
            if _is_batch(count):
                continue
            mine = _key(count)
            if any(_key(end) == mine and not _is_batch(end) and not _mends_itself(end) for end in ends):
                yield Match(
                    location=context.location(count.unit, count.node),
                    values={"call": ".".join(count.role.name.split(".")[-2:])},
                )
                break


def _mends_itself(end: CallSeen) -> bool:
    """`EXPIRE key seconds NX` after every count: the next count gives the end that a crash left out."""
    node = end.node
    return isinstance(node, ir.Call) and any(
        isinstance(one, ir.Const) and str(one.value).upper() == "NX" for one in node.args
    )


def _is_batch(call: CallSeen) -> bool:
    receiver = call.node.func.value if isinstance(call.node, ir.Call) and isinstance(call.node.func, ir.Attr) else None
    name = dotted(receiver).rpartition(".")[2] if receiver is not None else ""
    return re.search(r"pipe|multi|batch|^tx$|trans", name, re.IGNORECASE) is not None


def _key(call: CallSeen) -> str:
    node = call.node
    return text_of(call.unit, node.args[0]) if isinstance(node, ir.Call) and node.args else ""
