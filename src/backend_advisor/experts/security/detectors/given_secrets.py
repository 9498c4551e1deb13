"""Comparisons of what a client sends with a secret that the program is set up with."""

import re
from collections.abc import Iterator, Mapping, Sequence

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import everything, of_kind
from backend_advisor.experts.security.detectors.followed_values import given_by_own
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.rules.registry import CodeContext

_SECRET = re.compile(
    r"signature|hmac|(?:api|secret|webhook|access|admin|internal|auth|service)_?(?:key|token|secret)$|"
    r"^(?:secret|mac|digest|checksum_?key|shared_?secret|api_?key|bearer_?token|csrf_?token|reset_?token|otp|totp|token_?hash|sig)$",
    re.IGNORECASE,
)
_SHORT = re.compile(r"^(?:\w+_)?(?:token|secret|password)$", re.IGNORECASE)
"""What a setting is named that a header is compared with."""
_REQUEST = re.compile(r"\b(?:req|request|ctx|headers?|getHeader)\b")
_KEPT = re.compile(r"\benv\b|environ|getenv|config|settings|app\.config|properties|[A-Z]{3,}_[A-Z]{3,}")
_FROM_HEADER = re.compile(
    r"\b(?:req|request|ctx|context|c)\w*\b.*(?:headers?\b|getHeader|\.get\(|\.cookies?\b)|^@?(?:Headers?|RequestHeader|HeaderParam|CookieValue)\b"
)
"""What a variable or parameter is given that holds a header: `request.get("x-api-key")`, `@RequestHeader`."""
_FROM_SET_UP = re.compile(r"(?i)\benv\b|environ|getenv|config|settings|properties|@?\bValue\(")
_LOOKED_UP = re.compile(r"^(?:get|getenv|environ|config|headers?|env|getHeader|get_header|META|cookies?)$")
"""What gives the value under a key, which says what the value is."""
_SELVES = frozenset({"this", "self"})


Defined = Mapping[str, Sequence[ir.Expr]]


def is_given_secret(sides: tuple[ir.Expr, ir.Expr], context: CodeContext, info: FunctionInfo, defined: Defined) -> bool:
    """A header or field of the request against a secret of the configuration; `defined`: the function's variables."""
    made = [list(_given(side, info, defined)) for side in sides]
    followed = [[*_followed(side, values, context, info)] for side, values in zip(sides, made, strict=True)]
    names = [_name(one) for side, values in zip(sides, made, strict=True) for one in (side, *values)]
    kept_names = [[_name(one) for _, one in values] for values in followed]
    names += [name for several in kept_names for name in several]
    if not any(_SECRET.search(name) or _SHORT.search(name) for name in names):
        return False
    named = any(_SECRET.search(name) for name in names)
    texts = [context.text(info.unit, side) for side in sides]
    behind = [
        [*(context.text(info.unit, one) for one in values), *(context.text(there.unit, one) for there, one in more)]
        for values, more in zip(made, followed, strict=True)
    ]
    sent = [_is_so(_REQUEST, _FROM_HEADER, text, made_of) for text, made_of in zip(texts, behind, strict=True)]
    kept = [_is_so(_KEPT, _FROM_SET_UP, text, made_of) for text, made_of in zip(texts, behind, strict=True)]
    pairs = ((sent[0], kept[0], kept[1], 1), (sent[1], kept[1], kept[0], 0))
    return any(
        came and other and not own and (named or any(map(_SHORT.search, (_name(sides[secret]), *kept_names[secret]))))
        for came, own, other, secret in pairs
    )


def _followed(
    side: ir.Expr, made: Sequence[ir.Expr], context: CodeContext, info: FunctionInfo
) -> Iterator[tuple[FunctionInfo, ir.Expr]]:
    """What functions and getters of the program give on one side of a comparison of JavaScript."""
    for one in (side, *made) if info.unit.language in ("javascript", "typescript") else ():
        yield from given_by_own(one, context.program, info)


def _is_so(said: re.Pattern[str], given: re.Pattern[str], text: str, behind: list[str]) -> bool:
    return said.search(text) is not None or any(map(given.search, behind))


def _name(side: ir.Expr) -> str:
    named = dotted(side).rpartition(".")[2]
    return _last_key(side) or named if not named or _LOOKED_UP.match(named) else named


def _last_key(side: ir.Expr) -> str:
    if isinstance(side, ir.Index) and isinstance(side.key, ir.Const) and isinstance(side.key.value, str):
        return side.key.value.replace("-", "_")
    if (
        isinstance(side, ir.Call)
        and side.args
        and isinstance(side.args[0], ir.Const)
        and isinstance(side.args[0].value, str)
    ):
        return side.args[0].value.replace("-", "_")
    return ""


def _given(side: ir.Expr, info: FunctionInfo, defined: Defined) -> Iterator[ir.Expr]:
    """What a variable, parameter or field is given, as far as its function, class and file say."""
    if isinstance(side, ir.Attr) and isinstance(side.value, ir.Name) and side.value.id in _SELVES:
        if info.owner is not None:
            yield from _of_field(info.owner, side.name)
    elif isinstance(side, ir.Name):
        param = next((one for one in info.node.params if one.name == side.id), None)
        local = defined.get(side.id, ())
        if param is not None:
            yield from _of_stated(param)
        elif local:
            yield from local
        elif unpacked := list(_unpacked(side.id, info)):
            yield from unpacked
        elif info.owner is not None and side.id in info.owner.fields:
            yield from _of_field(info.owner, side.id)
        else:
            yield from _of_file(side.id, info)


def _of_stated(param: ir.Param) -> Iterator[ir.Expr]:
    """What stands at a parameter: `@RequestHeader`, `= Header()`, `Annotated[str, Header()]`."""
    yield from param.decorators
    if param.type is not None:
        yield from param.type.metadata
    if param.default is not None:
        yield param.default


def _unpacked(name: str, info: FunctionInfo) -> Iterator[ir.Expr]:
    """What a variable is taken out of: `scheme, _, given = authorization.partition(" ")`."""
    params = {one.name: one for one in info.node.params}
    for node in everything(*info.node.body):
        if not isinstance(node, ir.Assign) or not isinstance(node.target, ir.Sequence) or node.value is None:
            continue
        if any(getattr(one, "id", "") == name for one in node.target.items):
            yield node.value
            for one in everything(node.value):
                if isinstance(one, ir.Name) and one.id in params:
                    yield from _of_stated(params[one.id])


def _of_file(name: str, info: FunctionInfo) -> Iterator[ir.Expr]:
    for statement in info.unit.module.body:
        if isinstance(statement, ir.Assign) and getattr(statement.target, "id", "") == name and statement.value:
            yield statement.value


def _of_field(owner: ClassInfo, name: str) -> Iterator[ir.Expr]:
    stated = owner.fields.get(name)
    if stated is not None:
        yield from stated.decorators
        if stated.value is not None:
            yield stated.value
    for method in (one for several in owner.methods.values() for one in several):
        for node in of_kind(method.node, ir.Assign):
            if node.value is None or not isinstance(node.target, ir.Attr) or node.target.name != name:
                continue
            if getattr(node.target.value, "id", "") in _SELVES:
                yield node.value
                yield from _of_parameter(node.value, method)


def _of_parameter(value: ir.Expr, method: FunctionInfo) -> Iterator[ir.Expr]:
    """`Guard(@Value("${api.key}") String key) { this.key = key; }`."""
    for param in method.node.params if isinstance(value, ir.Name) else ():
        if param.name == getattr(value, "id", ""):
            yield from param.decorators
