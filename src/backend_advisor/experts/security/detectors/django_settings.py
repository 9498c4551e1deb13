"""Settings of Django that weaken cookies, passwords and sessions."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import everything
from backend_advisor.experts.security.detectors.origin_patterns import fits_strangers
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_DEVELOPMENT = re.compile(r"(?:^|[/_.])(?:dev|local|tests?|development|ci)(?:[/_.]|$)", re.IGNORECASE)
_FAST = re.compile(r"(?:Unsalted)?(?:MD5|SHA1)PasswordHasher|UnsaltedMD5|CryptPasswordHasher")
_EVERY_ORIGIN = frozenset({"CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"})
_ORIGIN_PATTERNS = frozenset({"CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"})


def _settings(context: CodeContext) -> Iterator[tuple[Unit, ir.Assign, str]]:
    """The assignments at the top of files of settings that production may use."""
    for unit in context.program.units.values():
        source = unit.module.source
        if unit.language != "python" or _DEVELOPMENT.search(unit.path):
            continue
        if b"INSTALLED_APPS" not in source and re.search(r"(?:^|/)settings(?:/|\.py$)", unit.path) is None:
            continue
        for statement in unit.module.body:
            if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name):
                yield unit, statement, statement.target.id


def _is_off(statement: ir.Assign) -> bool:
    return isinstance(statement.value, ir.Const) and statement.value.value is False


def _texts(statement: ir.Assign) -> list[str]:
    inside = sorted(everything(statement.value), key=lambda one: one.start)
    return [one.value for one in inside if isinstance(one, ir.Const) and isinstance(one.value, str)]


@detects_in_code("SEC229")
def scripts_read_the_session(context: CodeContext) -> Iterator[Match]:
    """The session cookie is handed to scripts."""
    for unit, statement, name in _settings(context):
        if name == "SESSION_COOKIE_HTTPONLY" and _is_off(statement):
            yield Match(location=context.location(unit, statement), values={"call": name, "name": "sessionid"})


@detects_in_code("SEC224")
def session_over_plain_http(context: CodeContext) -> Iterator[Match]:
    """The session cookie is said to be sent over plain HTTP."""
    for unit, statement, name in _settings(context):
        if name == "SESSION_COOKIE_SECURE" and _is_off(statement):
            yield Match(location=context.location(unit, statement), values={"call": name}, confidence=Confidence.MEDIUM)


@detects_in_code("SEC313")
def origins_of_strangers(context: CodeContext) -> Iterator[Match]:
    """Any site, or one whose name only looks right, may read answers with cookies (django-cors-headers)."""
    with_cookies: set[str] = set()
    found: list[tuple[Unit, ir.Assign, str]] = []
    for unit, statement, name in _settings(context):
        is_on = isinstance(statement.value, ir.Const) and statement.value.value is True
        if name == "CORS_ALLOW_CREDENTIALS" and is_on:
            with_cookies.add(unit.path)
        elif name in _EVERY_ORIGIN and is_on:
            found.append((unit, statement, name))
        elif name in _ORIGIN_PATTERNS:
            fitting = [one for one in _texts(statement) if fits_strangers(one, "python", whole=False)]
            found += [(unit, statement, one) for one in fitting[:1]]
    for unit, statement, told in found:
        if unit.path in with_cookies:
            yield Match(location=context.location(unit, statement), values={"origin": told})


@detects_in_code("SEC216")
def sessions_are_pickled(context: CodeContext) -> Iterator[Match]:
    """Sessions are read by pickle."""
    for unit, statement, name in _settings(context):
        if name == "SESSION_SERIALIZER" and any(one.endswith("PickleSerializer") for one in _texts(statement)):
            yield Match(
                location=context.location(unit, statement),
                values={"call": "PickleSerializer", "source": name, "sink": "deserialize.data"},
                confidence=Confidence.MEDIUM,
            )


def fast_hashers(context: CodeContext) -> Iterator[Match]:
    """The hasher that new passwords get is a fast one."""
    for unit, statement, name in _settings(context):
        texts = _texts(statement) if name == "PASSWORD_HASHERS" else []
        if texts and _FAST.search(texts[0]):
            yield Match(
                location=context.location(unit, statement),
                values={"text": name, "fault": texts[0].rpartition(".")[2]},
            )
