"""Origins of requests that a program of Java judges by a part of their text before it allows them with cookies (part of
SEC313)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of, own
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_ALLOWS = re.compile(r"(?i)^access.control.allow.origin$")
_CREDENTIALS = re.compile(r"(?i)^access.control.allow.credentials$")
_ORIGIN = re.compile(r"(?i)^origin$")
_WRITES = frozenset({"setHeader", "addHeader", "header", "set", "add", "putSingle"})
_READS = frozenset({"getHeader", "getHeaderString", "getFirst", "getOrigin"})
_LONGEST = 40


@detects_in_code("SEC313")
def loosely_judged(context: CodeContext) -> Iterator[Match]:
    """`if (origin.contains("example")) { response.setHeader("Access-Control-Allow-Origin", origin); … }`."""
    if context.program.language != "java":
        return
    for unit in context.program.units.values():
        lower = unit.module.source.lower()
        if not re.search(rb"access.control.allow.credentials", lower) or is_test(unit.path):
            continue
        if not _allows_with_cookies(unit.functions):
            continue
        for info in unit.functions:
            for test, fits in _loose(info):
                yield Match(
                    location=context.location(unit, test), values={"origin": fits}, confidence=Confidence.MEDIUM
                )


def _allows_with_cookies(functions: list[FunctionInfo]) -> bool:
    """Whether a file writes an origin that it was given, and allows cookies."""
    reflects = cookies = False
    for info in functions:
        for call in in_body(info.node):
            if not isinstance(call, ir.Call) or name_of(call.func) not in _WRITES or len(call.args) != 2:
                continue
            key, value = _word(call.args[0]), call.args[1]
            reflects = reflects or (_ALLOWS.match(key) is not None and isinstance(value, ir.Name | ir.Call))
            said = value.value if isinstance(value, ir.Const) else None
            cookies = cookies or (_CREDENTIALS.match(key) is not None and str(said).lower() == "true")
    return reflects and cookies


def _loose(info: FunctionInfo) -> Iterator[tuple[ir.Call, str]]:
    """The conditions that look at a part of the request's origin, and what fits them."""
    names = {
        one.target.id
        for one in in_body(info.node)
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and _reads_origin(one.value)
    }
    for branch in in_body(info.node) if names else ():
        for call in own(branch.test) if isinstance(branch, ir.If) else ():
            if isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and len(call.args) == 1:
                holder = call.func.value
                fits = _fits(call.func.name, _text(call.args[0], info))
                if isinstance(holder, ir.Name) and holder.id in names and fits is not None:
                    yield call, fits


def _reads_origin(value: ir.Expr | None) -> bool:
    if not isinstance(value, ir.Call) or name_of(value.func) not in _READS:
        return False
    return not value.args or _ORIGIN.match(_word(value.args[0])) is not None


def _fits(asked: str, text: str | None) -> str | None:
    """Which origins fit, written with `*`; None where nobody else's host can."""
    if asked == "contains":
        return f"*{text or '…'}*"[:_LONGEST]
    if text is None or "." not in text:
        return None
    if asked == "endsWith":
        return None if text.startswith((".", "http", "/")) else f"*{text}"[:_LONGEST]
    if asked == "startsWith":
        return None if text.endswith(("/", ":")) else f"{text}*"[:_LONGEST]
    return None


def _text(given: ir.Expr, info: FunctionInfo) -> str | None:
    """A literal, also by the name of a field of the class."""
    if isinstance(given, ir.Name) and info.owner is not None and given.id in info.owner.fields:
        given = info.owner.fields[given.id].value or given
    return given.value if isinstance(given, ir.Const) and isinstance(given.value, str) else None


def _word(key: ir.Expr) -> str:
    """`"Access-Control-Allow-Origin"`, `HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN`."""
    return str(key.value) if isinstance(key, ir.Const) else name_of(key)
