"""Cookies that a program sets by writing the header `Set-Cookie` itself."""

import re
from collections.abc import Iterator

from backend_advisor.code.seen import CallSeen
from backend_advisor.code.values import Value, known_text, words
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_HEADER = re.compile(r"(?i)(?:^|\.)set[-_]cookie$")
_UNKNOWN = "\0"
_COOKIE = re.compile(r"(?s)\s*(?P<name>[^=;\s\0]+)=(?P<value>[^;]*)(?P<attributes>.*)")
_OPEN_ENDED = re.compile(r"(?i);(?!\s*(?:max-age|expires|domain|path|samesite|priority)\s*=)[^;]*\0")
"""An attribute that is not known may be any."""
_SECURE = re.compile(r"(?i);\s*secure\s*(?:;|$)")
_HTTP_ONLY = re.compile(r"(?i);\s*httponly\s*(?:;|$)")
_ENDED = re.compile(r"(?i);\s*max-age\s*=\s*0\s*(?:;|$)|;\s*expires\s*=\s*\w{3},? 0?1[ -]jan[ -](?:19)?70")
_PREFERENCE = re.compile(
    r"(?i)(?:^|[_.-])(?:lang|language|locale|theme|dark_?mode|colou?r_?scheme|time_?zone|currency|consent|sidebar|sort|order|per_page|page_size|view_mode)(?:[_.-]|$)"
)
_WHO = re.compile(r"(?i)(?:sess|token|jwt|auth|^sid$|^connect.sid$|remember|refresh)")
_FOR_SCRIPTS = re.compile(r"(?i)csrf|xsrf|^(?:is|has)[_-]")


@detects_in_code("SEC224")
def without_secure(context: CodeContext) -> Iterator[Match]:
    """Cookies written as text without `Secure`."""
    for call, name, attributes in _cookies(context):
        if not _SECURE.search(attributes) and not _PREFERENCE.search(name):
            yield Match(location=context.location(call.unit, call.node), values={"call": _called(call)})


@detects_in_code("SEC229")
def without_http_only(context: CodeContext) -> Iterator[Match]:
    """Cookies of a sign-in written as text without `HttpOnly`."""
    for call, name, attributes in _cookies(context):
        if not _HTTP_ONLY.search(attributes) and _WHO.search(name) and not _FOR_SCRIPTS.search(name):
            yield Match(location=context.location(call.unit, call.node), values={"call": _called(call), "name": name})


def _called(call: CallSeen) -> str:
    return ".".join(call.role.name.removeprefix("*.").split(".")[-2:])


def _cookies(context: CodeContext) -> Iterator[tuple[CallSeen, str, str]]:
    """The calls that set such a header, the cookie's name, and all its attributes."""
    told: set[tuple[str, int]] = set()
    for call in context.seen.calls.values():
        if "name" not in call.properties or "value" not in call.properties:
            continue
        named = words(call.properties["name"])
        place = (call.unit.path, call.node.start)
        if named is None or place in told or not all(map(_HEADER.search, named)):
            continue
        told.add(place)
        for text in _texts(call.properties["value"]):
            cookie = _COOKIE.fullmatch(text)
            if cookie is None or not cookie["value"] or _ENDED.search(cookie["attributes"]):
                continue
            if not _OPEN_ENDED.search(cookie["attributes"]) and not _may_hold_attributes(cookie):
                yield call, cookie["name"], cookie["attributes"]
                break


def _may_hold_attributes(cookie: re.Match[str]) -> bool:
    """`sid={value}` as a whole: what is not known may have been written with its attributes elsewhere."""
    return not cookie["attributes"] and _UNKNOWN in cookie["value"]


def _texts(value: Value) -> Iterator[str]:
    """The headers that a value is, one or a list of them; what is not known of one is a NUL."""
    parts = value.fields.values() if value.fields and "list" in value.types else (value,)
    for part in parts:
        if part.consts:
            yield from (one for one in part.consts if isinstance(one, str))
        elif any(known_text(part)):
            yield "".join(_UNKNOWN if one is None else one for one in known_text(part))
