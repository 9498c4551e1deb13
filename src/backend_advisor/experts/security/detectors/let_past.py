"""Filters and middlewares that let a request past the sign-in because its address holds a certain word somewhere."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import everything, in_body, in_whole
from backend_advisor.experts.security.detectors.words import AUTHENTICATES, dotted, identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_PREFILTER = re.compile(
    rb"getRequestURI|getRequestURL|getURI|getServletPath|originalUrl|\b(?:req|request)\.(?:url|path)\b|full_path"
)
_HOLDS = frozenset({"contains", "endsWith", "includes", "indexOf", "endswith", "find"})
_ANYWHERE = frozenset({"contains", "includes", "indexOf", "find"})
_RAW = re.compile(
    r"(?i)\b(?:get_?request_?ur[il]|get_?uri|originalurl|full_path)$|(?:^|\.)(?:req|request|ctx)\.(?:url|get_?url)$"
)
"""The address as the client wrote it: with parameters of segments, or with the query."""
_PLAIN = re.compile(r"(?i)(?:^|\.)(?:req|request|ctx)\.(?:url\.)?(?:path(?:_info|name)?|get_?servlet_?path)$")
"""The path alone, which a segment chosen by the client can still hold the word in."""
_NAMED_AFTER = re.compile(r"(?i)^(?:request_?)?(?:ur[il]|path)$")
_PASSES = frozenset({"doFilter", "filter", "next", "call_next", "get_response", "proceed", "done"})
_SKIPS = re.compile(r"^(?:shouldNotFilter|preHandle|canActivate|intercept|isAccessAllowed)$")
_LEFT_OUT = re.compile(
    r"(?i)should_?not_?filter|skip|exclu|white_?list|ignor|public|allow|permit|anonym|open|pass|match"
)
_BEFORE = re.compile(
    r"(?i)filter|intercept|middleware|guard|before_?request|^doFilterInternal$|^preHandle$|dispatch|__call__"
)
_ASKS = re.compile(
    r"(?i)auth(?!or(?:$|s|_))|token|jwt|log_?in|session|permission|credential|api_?key|principal|security"
)
_ENDS_SAFELY = re.compile(r"^/?$")


@detects_in_code("SEC409")
def let_past_by_a_word(context: CodeContext) -> Iterator[Match]:
    """Addresses that open the way because they hold, or end with, a certain text."""
    for unit in context.program.units.values():
        if not _PREFILTER.search(unit.module.source):
            continue
        told: set[str] = set()
        for info in unit.functions:
            if not _stands_before(info) or not _asks(info):
                continue
            for node in _open_tests(info):
                found = _word_in_address(node, info)
                if found is None:
                    continue
                call, is_raw = found
                place = f"{info.owner.name if info.owner else info.node.name}:{dotted(call.func)}"
                if place not in told:
                    told.add(place)
                    yield Match(
                        location=context.location(unit, call),
                        values={"test": context.text(unit, call)[:80]},
                        confidence=None if is_raw else Confidence.LOW,
                    )


def _stands_before(info: FunctionInfo) -> bool:
    owner = info.owner.node if info.owner is not None else None
    names = [info.node.name]
    if owner is not None:
        names += [owner.name, *(dotted(base) for base in owner.bases)]
    if any(_BEFORE.search(snake(name)) or _BEFORE.search(name) for name in names):
        return True
    params = [param.name for param in info.node.params]
    return 2 <= len(params) <= 3 and params[-1] in ("next", "call_next")


def _asks(info: FunctionInfo) -> bool:
    """Whether it, or the class it belongs to, is there to ask who calls."""
    owner = info.owner.node if info.owner is not None else None
    if owner is not None and _ASKS.search(snake(owner.name)):
        return True
    functions = [info.node] if owner is None else [*owner.methods]
    names = {name for one in functions for name in identifiers(one.body)}
    return any(AUTHENTICATES.search(name) and _ASKS.search(snake(name)) for name in names)


def _open_tests(info: FunctionInfo) -> Iterator[ir.Expr]:
    """Conditions under which a request goes on without being asked."""
    own = info.node.name
    if own == "shouldNotFilter" or (_LEFT_OUT.search(snake(own)) and _is_asked_by_owner(info)):
        for node in in_body(info.node):
            if isinstance(node, ir.Return) and node.value is not None:
                yield node.value
            elif isinstance(node, ir.If) and _says_yes(node.then):
                yield node.test
        return
    for node in in_whole(info.node):
        if isinstance(node, ir.If) and _goes_on(node.then, own):
            yield node.test


def _is_asked_by_owner(info: FunctionInfo) -> bool:
    """Whether a filter's own method decides what it lets past."""
    if info.owner is None:
        return False
    return any(
        isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] == info.node.name
        for method in info.owner.node.methods
        if method is not info.node and _lets_go(method)
        for node in in_whole(method)
    )


def _lets_go(method: ir.Function) -> bool:
    return _SKIPS.match(method.name) is not None or any(
        isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] in _PASSES for node in in_whole(method)
    )


def _says_yes(statements: list[ir.Stmt]) -> bool:
    return any(
        isinstance(one, ir.Return) and isinstance(one.value, ir.Const) and one.value.value is True for one in statements
    )


def _goes_on(statements: list[ir.Stmt], function: str) -> bool:
    """Whether a branch does nothing but let the request go on."""
    last = statements[-1] if statements else None
    if not isinstance(last, ir.Return | ir.Do) or any(isinstance(one, ir.If | ir.Try) for one in statements):
        return False
    if _SKIPS.match(function) and _says_yes([last]):
        return True
    called = [
        dotted(one.func).rpartition(".")[2]
        for one in everything(statements)
        if isinstance(one, ir.Call) and not isinstance(one.func, ir.Call)
    ]
    if any(AUTHENTICATES.search(name) and name not in _PASSES for name in called):
        return False
    return any(name in _PASSES for name in called)


def _word_in_address(test: ir.Expr, info: FunctionInfo) -> tuple[ir.Call, bool] | None:
    """A call that looks for a text in the address, asked for as it is; and whether it is the address as it was sent."""
    denied = {
        id(part)
        for one in everything(test)
        if isinstance(one, ir.Unary) and one.op in ("!", "not")
        for part in everything(one)
    }
    # With a further condition that must hold as well, another check stands beside the word.
    joined = isinstance(test, ir.Logic) and test.op in ("&&", "and")
    for node in everything(test):
        if id(node) in denied or joined or not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr):
            continue
        if node.func.name not in _HOLDS or len(node.args) != 1:
            continue
        sought = node.args[0]
        if isinstance(sought, ir.Const) and (not isinstance(sought.value, str) or _ENDS_SAFELY.match(sought.value)):
            continue
        written = _address(node.func.value, info)
        if written is None:
            continue
        if node.func.name not in _ANYWHERE and not _RAW.search(written):
            continue
        return node, _RAW.search(written) is not None
    return None


def _address(expression: ir.Expr, info: FunctionInfo, depth: int = 0) -> str | None:
    """How the address was read from the request, None for other texts."""
    written = dotted(expression)
    for ending in (".toString", ".toLowerCase", ".getPath", ".path", ".lower", ".trim", ".value"):
        shorter = written.removesuffix(ending)
        if shorter != written and _RAW.search(shorter):
            written = shorter
    if _RAW.search(written) or _PLAIN.search(written):
        return written
    if isinstance(expression, ir.Call) and dotted(expression.func) == "str" and expression.args:
        return _address(expression.args[0], info, depth)
    if not isinstance(expression, ir.Name) or depth > 1:
        return None
    for node in in_whole(info.node):
        if (
            isinstance(node, ir.Assign)
            and isinstance(node.target, ir.Name)
            and node.target.id == expression.id
            and node.value is not None
        ):
            found = _address(node.value, info, depth + 1)
            if found is not None:
                return found
    if any(param.name == expression.id for param in info.node.params) and _NAMED_AFTER.match(expression.id):
        return _given(expression.id, info)
    return None


def _given(name: str, info: FunctionInfo) -> str | None:
    """What the other methods of its class give a parameter named after the address."""
    if info.owner is None:
        return None
    position = [param.name for param in info.node.params].index(name)
    for other in (one for methods in info.owner.methods.values() for one in methods if one is not info):
        for node in in_whole(other.node):
            if (
                isinstance(node, ir.Call)
                and dotted(node.func).rpartition(".")[2] == info.node.name
                and len(node.args) > position
            ):
                found = _address(node.args[position], other, 1)
                if found is not None:
                    return found
    return None
