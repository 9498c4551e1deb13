"""Signatures and secrets: compared character by character, computed over another body, keys that change each time."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.searching import Guarded, mentions
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, in_whole
from backend_advisor.experts.security.detectors.constant_time import in_constant_time
from backend_advisor.experts.security.detectors.facts import Facts
from backend_advisor.experts.security.detectors.given_secrets import is_given_secret
from backend_advisor.experts.security.detectors.reading import (
    behind,
    calls_with,
    definitions,
    facts_of,
    functions,
    qualified,
)
from backend_advisor.experts.security.detectors.words import dotted, identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_COMPARES = frozenset({"==", "===", "!=", "!=="})
_KEY = re.compile(r"^(?:x-)?idempotency[-_]?key$|^idempotent[-_]?key$|^x-idempotency-key$", re.IGNORECASE)
_ABOUT = (
    b"hmac", b"digest", b"signature", b"secret", b"apikey", b"api-key", b"api_key", b"token", b"dofinal", b"otp",
    b"nal-key", b"nal_key", b"ice-key", b"ice_key", b"ess-key", b"ess_key", b"min-key", b"min_key",
)  # fmt: skip
"""Text without which a function compares nothing secret."""
_ABOUT_SHORT = Guarded(rb"(?i)\b(?:mac|sig)\b", b"mac", b"sig")
_REWRITES = re.compile(
    r"hex|base64|b64|encode|decode|format|string|^str$|bytes|buffer|from$|lower|upper", re.IGNORECASE
)
_VERIFIES = re.compile(
    r"^(?!.*(?:send|deliver|dispatch|emit|publish|post_)).*(?:verif|valid|check|webhook|signature|callback|authentic)",
    re.IGNORECASE,
)
_EXPECTS = re.compile(r"(?i)^(?!.*(?:hash|token|code)).*(?:expect|comput|calcul)")
_SENT = re.compile(r"(?i)(?<![a-z])(?:sig|signature|hmac|mac|signed|headers?)(?![a-z])")
"""What somebody sends as the signature of something."""
_SHORT = 4
"""The name of a method that says little without that of its class: `Signature(secret).of(body)`."""
_SIGNATURE = re.compile(r"sig|digest|mac|expect|hash|comput|calcul|check_?sum")


@detects_in_code("SEC307")
def compared_by_character(context: CodeContext) -> Iterator[Match]:
    """Signatures and secrets that are compared with an ordinary operator."""
    facts = facts_of(context)
    told: set[str] = set()
    for info in functions(context):
        if info.outer is not None or not (_is_about_secrets(info) or "crypto.sign" in facts.acts(info)):
            continue
        defined: dict[str, list[ir.Expr]] | None = None
        for node in in_whole(info.node):
            sides = _sides(node)
            if sides is None or any(_is_nothing(side) for side in sides):
                continue
            if defined is None:
                defined = definitions(info.node.body)
            meant = _SENT.search(snake(" ".join(context.text(info.unit, side) for side in sides))) is not None
            if any(_is_computed(side, info, defined, facts, meant=meant) for side in sides) or is_given_secret(
                sides, context, info, defined
            ):
                text = context.text(info.unit, node)
                again = text.replace('"', "'") in told and info.unit.language in ("javascript", "typescript")
                told.add(text.replace('"', "'"))
                yield Match(
                    location=context.location(info.unit, node),
                    values={"text": text[:60]},
                    confidence=Confidence.LOW if again else None,
                    edits=in_constant_time(info.unit, node, sides, context.places),
                    applicability="unsafe",
                )


def _is_about_secrets(info: FunctionInfo) -> bool:
    source, start, end = info.unit.module.source, info.node.start, info.node.end
    return mentions(source[start:end], _ABOUT) or _ABOUT_SHORT.is_between(source, start, end)


def _sides(node: ir.Node) -> tuple[ir.Expr, ir.Expr] | None:
    if isinstance(node, ir.Binary) and node.op in _COMPARES:
        return node.left, node.right
    if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr) or len(node.args) != 1:
        return None
    equals = node.func.name in ("equals", "equalsIgnoreCase", "contentEquals")
    return (node.func.value, node.args[0]) if equals else None


def _is_nothing(side: ir.Expr) -> bool:
    if isinstance(side, ir.Const):
        return True
    if isinstance(side, ir.Index) and isinstance(side.key, ir.Slice) and side.key.low is None:
        return True  # the first bytes of a file say what format it has
    if isinstance(side, ir.Attr) and side.name in ("length", "size"):
        return True
    return (
        isinstance(side, ir.Unary)
        or (isinstance(side, ir.Name) and side.id in ("undefined", "None", "null"))
        or (isinstance(side, ir.Call) and dotted(side.func).rpartition(".")[2] in ("len", "length", "size", "typeof"))
    )


def _is_computed(
    side: ir.Expr,
    info: FunctionInfo,
    defined: dict[str, list[ir.Expr]],
    facts: Facts,
    known: set[str] | None = None,
    *,
    meant: bool = False,
) -> bool:
    """Whether an expression is a computed signature, perhaps written another way; `meant` when what it is compared
    with is named for one."""
    seen = set() if known is None else known

    def inner(expression: ir.Expr) -> bool:
        return _is_computed(expression, info, defined, facts, seen, meant=meant)

    if isinstance(side, ir.Name):
        if side.id in seen:
            return False
        seen.add(side.id)
        return any(inner(value) for value in defined.get(side.id, ()))
    if isinstance(side, ir.Await | ir.Cast):
        return inner(side.value)
    if isinstance(side, ir.Text):
        return any(inner(part) for part in side.parts)
    if isinstance(side, ir.Binary) and side.op == "+":
        return inner(side.left) or inner(side.right)
    if not isinstance(side, ir.Call):
        return False
    place = (info.unit.path, side.start, side.end)
    if any(
        call.role.source == "signature.computed" or "crypto.sign" in call.role.does for call in facts.at.get(place, ())
    ):
        return True
    if any(_signs(one, facts) or _returns_computed(one, facts, seen, meant=meant) for one in facts.into.get(place, ())):
        return True
    if isinstance(side.func, ir.Attr) and inner(side.func.value):
        return True
    return _REWRITES.search(dotted(side.func)) is not None and any(inner(argument) for argument in side.args)


def _signs(callee: FunctionInfo, facts: Facts) -> bool:
    """Whether a function gives a signature that it computes."""
    if "crypto.sign" not in facts.acts(callee):
        return False
    owner = callee.owner.node.name if callee.owner is not None and len(callee.node.name) <= _SHORT else ""
    return re.search(r"sign|hmac|mac|digest", f"{owner} {callee.node.name}", re.IGNORECASE) is not None


def _returns_computed(callee: FunctionInfo, facts: Facts, seen: set[str], *, meant: bool = False) -> bool:
    """Whether a function that is named for what it expects returns a signature that it computes.

    The keyed hash of a token, by which a record is looked up, is no such thing: nobody can guess it byte by byte.
    """
    key = f"{callee.unit.path}:{callee.node.start}"
    named = meant or _EXPECTS.search(callee.node.name) is not None
    if key in seen or not named or "crypto.sign" not in facts.acts(callee):
        return False
    seen.add(key)
    defined = definitions(callee.node.body)
    known = {key}
    return any(
        isinstance(node, ir.Return)
        and node.value is not None
        and _is_computed(node.value, callee, defined, facts, known)
        for node in in_whole(callee.node)
    )


@detects_in_code("SEC308")
def signature_over_another_body(context: CodeContext) -> Iterator[Match]:
    """Signatures checked over a body that was parsed and written again."""
    facts = facts_of(context)
    for call in calls_with(context, "crypto.sign"):
        if call.info is None or not isinstance(call.node, ir.Call) or not _checks(call, facts):
            continue
        defined = definitions(call.info.node.body)
        given = [*call.node.args, *(value for _, value in call.node.keywords)]
        for argument in given:
            again = next((node for node in behind(argument, defined, 2) if _writes_json(node, call, facts)), None)
            if again is not None:
                yield Match(
                    location=context.location(call.unit, again),
                    values={"text": context.text(call.unit, again)[:60]},
                )
                break


def _writes_json(node: ir.Node, call: CallSeen, facts: Facts) -> bool:
    if not isinstance(node, ir.Call) or not node.args or isinstance(node.args[0], ir.Mapping):
        return False
    return any(
        "serialize.json" in one.role.does and "http.respond" not in one.role.does
        for one in facts.at.get((call.unit.path, node.start, node.end), ())
    )


def _checks(call: CallSeen, facts: Facts) -> bool:
    """Whether the function checks a signature, rather than signs what it sends."""
    info = call.info
    if info is None:
        return False
    acts = facts.acts(info)
    if acts & {"compare.constant_time", "hmac.verify", "webhook.verify"}:
        return True
    compares = any(
        sides is not None
        and not any(_is_nothing(side) for side in sides)
        and any(_SIGNATURE.search(snake(name)) for name in identifiers(sides))
        for sides in (_sides(node) for node in in_whole(info.node))
    )
    sends = "http.request" in acts  # a call to another service, which checks what it is sent
    return compares or (not sends and _VERIFIES.search(info.node.name) is not None)


@detects_in_code("SEC309")
def idempotency_key_with_time(context: CodeContext) -> Iterator[Match]:
    """Idempotency keys that are new at each attempt."""
    for info in functions(context):
        if info.outer is not None or b"dempoten" not in info.unit.module.source[info.node.start : info.node.end]:
            continue
        defined: dict[str, list[ir.Expr]] | None = None
        for name, value, place in _named_values(info.node.body):
            if not _KEY.match(name):
                continue
            if defined is None:
                defined = definitions(info.node.body)
            moment = next((node for node in _made_of(value, defined) if _is_moment(node, context, info)), None)
            if moment is not None:
                yield Match(
                    location=context.location(info.unit, moment),
                    values={"text": context.text(info.unit, moment)[:40], "key": context.text(info.unit, place)[:40]},
                )


def _made_of(value: ir.Expr, defined: dict[str, list[ir.Expr]], depth: int = 4) -> Iterator[ir.Node]:
    """What the text of a key is made of. A field that is read of an object says nothing of the object's other parts."""
    for node in everything(value):
        yield node
    read = {id(one.value) for one in everything(value) if isinstance(one, ir.Attr | ir.Index)}
    for node in everything(value):
        if isinstance(node, ir.Name) and depth and id(node) not in read:
            for before in defined.get(node.id, ()):
                yield from _made_of(before, {k: v for k, v in defined.items() if k != node.id}, depth - 1)


def _named_values(body: object) -> Iterator[tuple[str, ir.Expr, ir.Node]]:
    for node in everything(body):
        if isinstance(node, ir.Mapping):
            for key, value in node.pairs:
                if isinstance(key, ir.Const) and isinstance(key.value, str):
                    yield key.value, value, key
        elif isinstance(node, ir.Call):
            for keyword, given in node.keywords:
                yield keyword, given, given
            if len(node.args) >= 2 and isinstance(node.args[0], ir.Const) and isinstance(node.args[0].value, str):
                yield node.args[0].value, node.args[1], node.args[0]
        elif isinstance(node, ir.Assign) and isinstance(node.target, ir.Index) and node.value is not None:
            name = node.target.key.value if isinstance(node.target.key, ir.Const) else None
            if isinstance(name, str):
                yield name, node.value, node.target


def _is_moment(node: ir.Node, context: CodeContext, info: FunctionInfo) -> bool:
    if not isinstance(node, ir.Call):
        return False
    name = qualified(node.func, info.unit)
    role = context.program.roles.calls.get(name) or context.program.roles.calls.get(f"java.lang.{name}")
    return role is not None and role.source in ("clock.now", "random.weak")
