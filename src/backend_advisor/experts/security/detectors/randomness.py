"""Predictable random numbers where an attacker must not guess them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import everything, within
from backend_advisor.experts.security.detectors.reading import constants
from backend_advisor.experts.security.detectors.words import dotted, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.declared import confidence_of
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.standing import is_for_browsers, runs_once

_SINKS = frozenset({"token.value", "cookie.value", "session.value", "crypto.key", "crypto.iv", "password.plain"})
_SECRET = re.compile(
    r"(?:token|secret|passwo?r?d|passphrase|csrf|xsrf|session|cookie|nonce|captcha|remember_?me|api_?key)"
    r"|(?:^|_)(?:salt|pwd|sid|iv)(?:_|$)|(?:^|_)(?:otp|totp|pin)(?:_(?:code|secret|value|number|key|seed))?$"
    r"|(?:verif\w*|auth\w*|reset|invit\w*|activat\w*|confirm\w*|sms|access|login|recover\w*|coupon|voucher|referral|signup)"
    r"_(?:code|number|no|key|id)(?:_|$)"
    r"|(?:encrypt\w*|secret|private|signing|aes|cipher)_key"
)
_OTHER = re.compile(
    r"tokens(?:_|$)|(?:token|key|secret|password|cookie)_ids?$|token_?(?:count|len|size|limit|iz|embed)|session_?(?:maker|factory|count)"
)
_FILLS = frozenset({"nextBytes"})
"""What writes the numbers into an array that it is given."""
_KEY = re.compile(r"(?:^|_)key$")
_OF_KEYS = re.compile(r"api_?-?keys?|licen[cs]e_?-?keys?|access_?-?keys?|secret|token|credential")
"""What a `key` is for that must not be guessed; others are those of a map or a cache."""
_AS_TEXT = re.compile(r"(?i)hex|base_?64|^to_?string$|^format(?:ted)?$|^join$|^str$|^encode\w*$|^hexlify$")
_CODE = re.compile(r"(?:^|_)(?:codes?|pin|otp|coupons?|vouchers?|passcodes?|tickets?|links?)$")
_ABOUT = re.compile(
    r"reset|forgot|send_?code|recover|verif|certif|confirm|otp|2fa|mfa|sms|mail|coupon|voucher|gift|invit|auth|password|sign[-_]?(?:up|in)|login"
)
"""What a code is for that nobody but its receiver may know."""
_SAID = re.compile(
    r"(?i)\b(?:verification|confirmation|security|log-?in|sign-?in|one[- ]time|reset)[- ](?:code|pin|password)|"
    r"\b(?:passcode|OTP)\b|인증\s?(?:번호|코드)|임시\s?비밀번호|확인\s?코드"
)
"""What a message calls the number that it tells: `"Your verification code is " + code`."""
_LINK = re.compile(
    r"(?i)(?:https?:/)?/\S*\b(?:password|reset|activat\w*|verif\w*|confirm\w*|invit\w*|magic|unlock|recover\w*)\b[\w./-]*[/=]$"
)
"""The address whose last part is what lets somebody in: `f"https://…/password/{ticket}"`."""
_BARE = re.compile(r"^(?:key|value|hash|digest|raw|plain|code)$")
"""A name that says nothing itself: what it is given to may say that it is a key for an API."""
_KEPT_AS = re.compile(
    r"(?:api|access|licen[cs]e)_?(?:key|token|secret)s?|(?:^|[._])tokens?(?:[._]|$)|secrets?(?:[._]|$)|passwords?(?:[._]|$)"
)
_MAKES = frozenset(
    {"from", "map", "flatMap", "mapToObj", "times", "generate", "iterate", "reduce", "replace", "replaceAll"}
)
"""Calls that make their result of what the function gives that they are given."""
_MAKERS = re.compile(r"_(?:factory|generator|maker|issuer|source|provider|supplier)$")
"""A class named so after a secret makes that secret: `TokenFactory`."""
_TABLE = re.compile(r"^[A-Za-z][\w.-]{2,40}$")
"""The name of a table or a kind of message, and no sentence."""
_FOR_TESTS = re.compile(
    r"(?i)(?:^|/)(?:management/commands|tools|scripts)/[^/]*(?:dummy|fake|sample|demo|test|seed|generat)"
)
_COUNTED = re.compile(r"(?i)(?:length|size|count|delay|jitter|index)$|signature_?nonce")
_ROUNDS = 3
_ARGUMENTS_WITH_GENERATOR = 7


_TO_LOOK_AT = re.compile(r"(?i)colou?r|avatar|emoji|greeting|quote|image|icon|shuffle|jitter|delay|backoff")


@dataclass(frozen=True, slots=True)
class _Use:
    """A call whose result is weak randomness: where the numbers are drawn, and the call itself as it stands here."""

    unit: Unit
    info: FunctionInfo | None
    node: ir.Node
    drawn: tuple[str, int, int]
    callee: str
    certain: bool
    under: frozenset[str] = frozenset()
    """The fields of the result that hold the number; none when it is the result itself."""


@detects_in_code("SEC221")
def predictable_random(context: CodeContext) -> Iterator[Match]:
    """Weak random numbers that reach a secret, or are kept or returned under the name of one."""
    told = _with_generator(context)
    uses = _uses(context)
    for flow in context.seen.flows.values():
        if flow.source != "random.weak" or flow.sink not in _SINKS or flow.trail is None:
            continue
        first = flow.trail.stations()[0]
        if (first.path, first.start) not in told:
            told.add((first.path, first.start))
            place = context.places.location(first.path, first.start, first.end)
            sink = context.places.location(flow.path, flow.start, flow.end)
            yield Match(
                location=place,
                values={"call": _short(place.excerpt or ""), "purpose": _short(sink.excerpt or "")},
                confidence=confidence_of(flow),
                steps=((place, "step_source"), (sink, "step_sink")),
            )
    for use in uses:
        path, start, end = use.drawn
        apart = (
            _FOR_TESTS.search(use.unit.path) is not None
            or runs_once(use.unit)
            or _counts(use)
            or is_for_browsers(use.unit)
            or _shows(use.unit, start)
        )
        purpose = "" if apart else _purpose(use, context)
        if purpose and (path, start) not in told:
            told.add((path, start))
            yield Match(
                location=context.places.location(path, start, end),
                values={"call": use.callee, "purpose": purpose},
                confidence=Confidence.MEDIUM,
            )


def _counts(use: _Use) -> bool:
    """Whether what is drawn is how much or how long, or a value that only has to be new: `length`, `SignatureNonce`."""
    return any(
        (isinstance(one, ir.Assign) and _COUNTED.search(dotted(one.target)) and _holds(one.value, use.node))
        or (
            isinstance(one, ir.Mapping)
            and any(_holds(value, use.node) and _COUNTED.search(_key_of(key)) for key, value in one.pairs)
        )
        for one in within(*_body(use))
    )


def _holds(value: ir.Expr | None, node: ir.Node) -> bool:
    return value is not None and value.start <= node.start and node.end <= value.end


def _key_of(key: ir.Expr | None) -> str:
    return str(key.value) if isinstance(key, ir.Const) else ""


def _shows(unit: Unit, start: int) -> bool:
    """Whether what is drawn is only to look at: a colour, a picture, a greeting."""
    around = [one.node.name for one in unit.functions if one.node.start <= start < one.node.end]
    return _TO_LOOK_AT.search(" ".join(around)) is not None


def _with_generator(context: CodeContext) -> set[tuple[str, int]]:
    """`RandomStringUtils.random(…, chars, new SecureRandom())`, `RandomGenerator.of("SecureRandom")`: the caller says
    where the numbers come from."""
    return {
        (call.unit.path, call.node.start)
        for call in context.seen.performing("random.weak")
        if constants(call.properties.get("algorithm")) == ["SecureRandom"]
        or (
            isinstance(call.node, ir.Call)
            and len(call.args) == _ARGUMENTS_WITH_GENERATOR
            and not call.args[-1].types & {"java.util.Random", "java.util.Random.Made"}
        )
    }


def _uses(context: CodeContext) -> list[_Use]:
    """Every weak draw, and every call of a function that returns one."""
    found: dict[tuple[str, int], _Use] = {}
    for call in context.seen.calls.values():
        if "random.weak" in call.role.does:
            drawn = (call.unit.path, call.node.start, call.node.end)
            callee = ".".join(call.role.name.removeprefix("*.").split(".")[-2:])
            found[drawn[:2]] = _around(_Use(call.unit, call.info, call.node, drawn, callee, call.certain))
    return [*found.values(), *_through(list(found.values()), context)]


def _through(drawn: list[_Use], context: CodeContext) -> list[_Use]:
    """The calls that give what is drawn on: of the function that draws, of one that returns what that gives, and so
    on."""
    reaches = [(one.acts["random.weak"], one) for one in context.seen.reaches.values() if "random.weak" in one.acts]
    through: list[_Use] = []
    inner = drawn
    for _ in range(_ROUNDS):
        given = {(one.drawn[:2], id(one.info)): one for one in inner if _returned(one) and not _counts(one)}
        inner = []
        for at, reach in reaches:
            use = given.get((at, id(reach.callee)))
            if use is not None:
                here = replace(use, unit=reach.unit, info=reach.info, node=reach.node, under=_fields(use))
                inner.append(_around(here))
        through += inner
    return through


def _around(use: _Use) -> _Use:
    """A draw in `Array.from({length}, () => …)`: it is made where the whole list is."""
    while use.info is not None and not use.info.node.name and _returned(use):
        outer = use.info.outer
        maker = _maker(use.info.node, outer.node.body if outer is not None else use.unit.module.body)
        if maker is None:
            return use
        use = replace(use, info=outer, node=maker)
    return use


def _maker(function: ir.Function, body: list[ir.Stmt]) -> ir.Call | None:
    """The call that makes its result of what a function gives."""
    for node in everything(*body):
        if not isinstance(node, ir.Call) or not node.start <= function.start < node.end:
            continue
        name = dotted(node.func).rpartition(".")[2]
        if name in _MAKES and any(isinstance(one, ir.Lambda) and one.function is function for one in node.args):
            return node
    return None


def _body(use: _Use) -> list[ir.Stmt]:
    return use.info.node.body if use.info is not None else use.unit.module.body


def _returned(use: _Use) -> bool:
    names = _carriers(use)[0]
    return any(
        isinstance(node, ir.Return | ir.Yield) and node.value is not None and _carries(node.value, use.node, names)
        for node in everything(*_body(use))
    )


def _fields(use: _Use) -> frozenset[str]:
    """The fields of what a function returns that hold the number: `return { prefix, body: draw() }`."""
    names = _carriers(use)[0]
    found: set[str] = set()
    for node in everything(*_body(use)):
        if not isinstance(node, ir.Return) or node.value is None or not _carries(node.value, use.node, names):
            continue
        given = node.value
        if isinstance(given, ir.Name):  # `const link = { id: draw(), … }; return link`
            given = next((one for one in _assigned(given.id, use) if isinstance(one, ir.Mapping)), given)
        if not isinstance(given, ir.Mapping):
            return frozenset()
        found |= {_key_of(key) for key, value in given.pairs if _carries(value, use.node, names)}
    return frozenset(found)


def _assigned(name: str, use: _Use) -> Iterator[ir.Expr]:
    for node in everything(*_body(use)):
        if isinstance(node, ir.Assign) and getattr(node.target, "id", "") == name and node.value is not None:
            yield node.value


def _carriers(use: _Use) -> tuple[set[str], list[ir.Expr]]:
    """The variables that hold the number, and everything that it is assigned to."""
    names: set[str] = set()
    targets: list[ir.Expr] = []
    node = use.node
    if isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] in _FILLS:
        filled = [one for one in node.args if isinstance(one, ir.Name | ir.Attr)]
        targets += filled
        names |= {one.id for one in filled if isinstance(one, ir.Name)}
    assigns = [node for node in everything(*_body(use)) if isinstance(node, ir.Assign | ir.AssignExpr) and node.value]
    for _ in range(_ROUNDS):
        before = len(targets)
        for node in assigns:
            if (
                use.under
                and isinstance(node.target, ir.Name)
                and node.value is not None
                and _holds(node.value, use.node)
            ):
                continue  # an object with other fields beside the number
            if node.target in targets or node.value is None or not _carries(node.value, use.node, names):
                continue
            targets.append(node.target)
            if isinstance(node.target, ir.Mapping):  # `const { prefix, body } = make()`
                names |= {
                    one.id for key, one in node.target.pairs if _key_of(key) in use.under and isinstance(one, ir.Name)
                }
            if isinstance(node.target, ir.Name) and not _OTHER.search(snake(node.target.id).lower()):
                names.add(node.target.id)  # what a token is known by does not make the token guessable
        if len(targets) == before:
            break
    return names, targets


def _carries(value: ir.Expr, drawn: ir.Node, names: set[str]) -> bool:
    if value.start <= drawn.start and drawn.end <= value.end:
        return not isinstance(value, ir.Lambda)
    return bool(names) and any(isinstance(node, ir.Name) and node.id in names for node in everything(value))


def _purpose(use: _Use, context: CodeContext) -> str | None:
    """The name of a secret that the number becomes; None when nothing says so."""
    names, targets = _carriers(use)
    for target in targets:
        text = context.text(use.unit, target)
        if _is_secret(text):
            return _short(text)
    for node in everything(*_body(use)):
        found = _given(node, use, names)
        if found is not None:
            return found
    return _code(use, names, context) or _kept(use, names) or _told_as(use, names)


def _told_as(use: _Use, names: set[str]) -> str | None:
    """What a text that holds the number calls it."""
    for node in everything(*_body(use)):
        parts = node.parts if isinstance(node, ir.Text) else (node.left, node.right) if _is_joined(node) else ()
        if not any(_is_plain(part) and _carries(part, use.node, names) for part in parts):
            continue
        for part in parts:
            written = part.value if isinstance(part, ir.Const) and isinstance(part.value, str) else ""
            said = _SAID.search(written) or _LINK.search(written)
            if said is not None:
                return said[0]
    return None


def _is_joined(node: ir.Node) -> TypeGuard[ir.Binary]:
    return isinstance(node, ir.Binary) and node.op == "+"


def _is_plain(part: ir.Node) -> bool:
    """Whether the number itself is told, rather than something that it led to."""
    return not isinstance(part, ir.Binary)


def _kept(use: _Use, names: set[str]) -> str | None:
    """`apiKeys.create({ owner, key })`: the call that a bare name is given to says what it is."""
    for call in (one for one in everything(*_body(use)) if isinstance(one, ir.Call)):
        kept = dotted(call.func)
        if not kept or _KEPT_AS.search(snake(kept).lower()) is None:
            continue
        for one in (inner for inner in everything(*call.args) if isinstance(inner, ir.Mapping)):
            if any(_BARE.search(_key_of(key)) and _carries(value, use.node, names) for key, value in one.pairs):
                return kept
    return None


def _code(use: _Use, names: set[str], context: CodeContext) -> str | None:
    """A variable named `code`, of a function or route that resets, verifies or invites, or that is mailed."""
    if use.info is None:
        return None
    owner = use.info.owner.node.name if use.info.owner is not None else ""
    words = [use.info.node.name, owner, *_addresses(use.info, context)]
    key = next((name for name in sorted(names) if _KEY.search(snake(name).lower())), None)
    if key is not None and any(_OF_KEYS.search(snake(word).lower()) for word in words):
        return key
    named = sorted({*names, *_keys(use, names), *_called(use)})
    code = next((name for name in named if _CODE.search(snake(name).lower())), None)
    if code is None:
        return None
    for node in everything(*_body(use)):
        if isinstance(node, ir.Call) and any(_carries(one, use.node, {code, *names}) for one in node.args):
            words += [dotted(node.func), *_said(node)]
    return code if any(_ABOUT.search(snake(word).lower()) for word in words) else None


def _called(use: _Use) -> Iterator[str]:
    """The function of the program that gives the number: `"…" + code()`."""
    if isinstance(use.node, ir.Call):
        yield dotted(use.node.func).rpartition(".")[2]


def _said(call: ir.Call) -> Iterator[str]:
    """The names that a call gives as text, of a table or of a kind of message: `db("reset_code").insert({ code })`."""
    chain = call.func.value if isinstance(call.func, ir.Attr) else None
    for given in (*call.args, *(chain.args if isinstance(chain, ir.Call) else ())):
        # `cache.set(f"password-reset:{ticket}", …)` says it before the number
        first = given.parts[0] if isinstance(given, ir.Text) and given.parts else given
        said = first.value if isinstance(first, ir.Const) and isinstance(first.value, str) else ""
        said = said.rstrip(":/_") if first is not given else said
        if _TABLE.match(said):
            yield said


def _keys(use: _Use, names: set[str]) -> Iterator[str]:
    """The fields that the number is given to: `{ code: sixDigits(), … }`."""
    for node in everything(*_body(use)):
        if isinstance(node, ir.Mapping):
            yield from (_key_of(key) for key, value in node.pairs if _carries(value, use.node, names))


def _addresses(info: FunctionInfo, context: CodeContext) -> list[str]:
    """The paths under which a function, or the class of a servlet around it, is called."""
    handler = context.seen.handlers.get(id(info))
    path = handler.properties.get("path") if handler is not None else None
    found = [str(one) for one in path.consts or ()] if path is not None else []
    answers = handler is not None or "http.handler" in info.marks
    notes = info.owner.node.decorators if info.owner is not None and answers else []
    for note in notes:
        found += [one.value for one in everything(note) if isinstance(one, ir.Const) and isinstance(one.value, str)]
    return found


def _given(node: ir.Node, use: _Use, names: set[str]) -> str | None:
    if isinstance(node, ir.Call):
        for name, value in node.keywords:
            if _is_secret(name) and _carries(value, use.node, names):
                return name
    elif isinstance(node, ir.Mapping):
        for key, value in node.pairs:
            word = key.value if isinstance(key, ir.Const) else getattr(key, "id", None)
            if isinstance(word, str) and _is_secret(word) and _carries(value, use.node, names):
                return word
    elif isinstance(node, ir.Return) and use.info is not None and node.value is not None:
        name = use.info.node.name or _held_as(use)
        # Many `tokens` are counted; one that is text is a token.
        is_secret = _is_secret(name) or (_is_secret(name.removesuffix("s")) and _is_text(node.value))
        if name and is_secret and _carries(node.value, use.node, names):
            return name
        maker = _made_by(use)
        if maker and _is_text(node.value) and _carries(node.value, use.node, names):
            return maker
    return None


def _made_by(use: _Use) -> str:
    """The class around a function when it is one that makes secrets, as `TokenFactory` is."""
    name = use.info.owner.node.name if use.info is not None and use.info.owner is not None else ""
    made = _MAKERS.sub("", snake(name).lower())
    return name if made != snake(name).lower() and _is_secret(made) else ""


def _held_as(use: _Use) -> str:
    """The field or variable that a function without a name is: `Supplier<String> tokens = () -> …`."""
    function = use.info.node if use.info is not None else None
    for one in everything(use.unit.module.body) if function is not None and not function.name else ():
        if (
            isinstance(one, ir.Field | ir.Assign)
            and isinstance(one.value, ir.Lambda)
            and one.value.function is function
        ):
            return one.name if isinstance(one, ir.Field) else dotted(one.target).rpartition(".")[2]
    return ""


def _is_text(value: ir.Expr) -> bool:
    """Whether numbers are written as text, as nothing that is counted is."""
    return any(
        isinstance(one, ir.Call) and _AS_TEXT.search(dotted(one.func).rpartition(".")[2]) is not None
        for one in everything(value)
    )


def _is_secret(name: str) -> bool:
    plain = snake(name).lower()
    return _SECRET.search(plain) is not None and _OTHER.search(plain) is None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
