"""Sign-ins that keep the session id from before."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.reading import functions
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_WHO = re.compile(
    r"^(?:(?:current|login|auth|logged_?in)?_?(?:user|account|member|admin|customer|staff)(?:_?(?:id|name|no|seq|info|vo|dto))?"
    r"|uid|is_?(?:logged_?in|authenticated|auth)|logged_?in|authenticated)$",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?:^|\.)_?(?:http_?)?session$", re.IGNORECASE)
_CHECKS = re.compile(
    r"^(?:compare(?:_?sync|_?password)?|check_?pw|matches|(?:check|verify|valid(?:ate)?|is_?valid|authenticate|confirm)_?"
    r"(?:the_?)?(?:password|login|log_?in|credentials?|user|account)?|auth_?(?:user|enticate)|(?:do_?)?log_?in|sign_?in)$",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"^(?:user_?|raw_?)?(?:password|passwd|pwd|pass_?word|userpw)$", re.IGNORECASE)
_RENEWS = re.compile(r"regenerate|changeSessionId|invalidate|new_session|cycle_key|renew|rotate", re.IGNORECASE)
_REQUEST = re.compile(r"(?i)^_?(?:req|request|ctx)$")
_RENEWED_BY = b"org.springframework.security"
_HELD = {
    "javascript": re.compile(rb"express-session|koa-session|@fastify/session"),
    "python": re.compile(rb"aiohttp_session"),
}


@detects_in_code("SEC407")
def kept_session(context: CodeContext) -> Iterator[Match]:
    """Sign-ins that write who somebody is into the session that the browser came with."""
    sources = [unit.module.source for unit in context.program.units.values()]
    held = _HELD.get(context.program.language)
    if held is not None and not any(held.search(source) for source in sources):
        return  # the session is in the cookie itself, or its framework renews it
    if context.program.language == "java" and any(_RENEWED_BY in source for source in sources):
        return
    told: set[tuple[str, int]] = set()
    for info in sorted(functions(context), key=lambda one: one.node.end - one.node.start):
        if not _signs_in(info) or _gathers(info) or _renews(info) or _makes_own(info):
            continue
        for node in in_whole(info.node):
            key = (info.unit.path, node.start)
            if _keeps_who(node) and key not in told:
                told.add(key)
                yield Match(
                    location=context.location(info.unit, node), values={"text": context.text(info.unit, node)[:60]}
                )
                break


def _gathers(info: FunctionInfo) -> bool:
    """Whether a function only holds handlers, as a plugin does: one checks a password, another keeps who it is."""
    inner = [node.function for node in in_whole(info.node) if isinstance(node, ir.Lambda)]
    return sum(any(_REQUEST.match(param.name) for param in one.params) for one in inner) > 1


def _makes_own(info: FunctionInfo) -> bool:
    """Whether the function puts an object of its own in the session's place: `request.session = { owner }`."""
    return any(
        isinstance(node, ir.Assign)
        and isinstance(node.target, ir.Attr)
        and _SESSION.search(node.target.name) is not None
        and isinstance(node.value, ir.Mapping | ir.Await)
        for node in in_whole(info.node)
    )


def _renews(info: FunctionInfo) -> bool:
    """Whether a function, or one that is written in it, asks for a new session id."""
    return any(
        isinstance(node, ir.Call) and _RENEWS.search(dotted(node.func).rpartition(".")[2])
        for node in in_whole(info.node)
    )


def _signs_in(info: FunctionInfo) -> bool:
    """Whether a function checks a password."""
    checks = password = False
    for node in in_whole(info.node):
        if isinstance(node, ir.Call):
            checks = checks or _CHECKS.match(dotted(node.func).rpartition(".")[2]) is not None
            password = password or any(
                isinstance(one, ir.Const) and isinstance(one.value, str) and _PASSWORD.match(one.value)
                for one in node.args
            )
        elif isinstance(node, ir.Index) and isinstance(node.key, ir.Const) and isinstance(node.key.value, str):
            password = password or _PASSWORD.match(node.key.value) is not None
        elif isinstance(node, ir.Name | ir.Attr):
            password = password or _PASSWORD.match(node.id if isinstance(node, ir.Name) else node.name) is not None
        if checks and password:
            return True
    return False


def _keeps_who(node: ir.Node) -> bool:
    if isinstance(node, ir.Assign | ir.AssignExpr):
        value, target = node.value, node.target
        if isinstance(value, ir.Const) and value.value in (None, False, ""):
            return False
        if isinstance(target, ir.Attr):
            return _WHO.match(target.name) is not None and _SESSION.search(dotted(target.value)) is not None
        if isinstance(target, ir.Index) and isinstance(target.key, ir.Const) and isinstance(target.key.value, str):
            return _WHO.match(target.key.value) is not None and _SESSION.search(dotted(target.value)) is not None
    if isinstance(node, ir.Call) and dotted(node.func).endswith(".setAttribute") and len(node.args) == 2:
        name = node.args[0]
        return (
            isinstance(name, ir.Const)
            and isinstance(name.value, str)
            and _WHO.match(name.value) is not None
            and isinstance(node.func, ir.Attr)
            and re.search(r"(?i)session", dotted(node.func.value)) is not None
        )
    return False
