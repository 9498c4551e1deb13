"""JSON Web Tokens: not verified, without an end, with a key that can be guessed, refreshed for ever."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, names_in
from backend_advisor.experts.security.detectors.decoded_by_hand import decoded_payloads
from backend_advisor.experts.security.detectors.facts import Facts
from backend_advisor.experts.security.detectors.reading import (
    behind,
    calls_with,
    constants,
    definitions,
    facts_of,
    functions,
    is_false,
    is_true,
    stands_in_tests_only,
)
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.experts.security.detectors.switched_verification import switched_off_by_sender
from backend_advisor.experts.security.detectors.token_keys import named_by_token
from backend_advisor.experts.security.detectors.unheard import unheard_calls
from backend_advisor.experts.security.detectors.unverified_claims import reads_header_only, stands_in_for_verified
from backend_advisor.experts.security.detectors.words import dotted, identifiers, snake
from backend_advisor.experts.security.detectors.written_keys import literal_key, shown_key
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.standing import is_for_browsers, runs_once

_SYMMETRIC = re.compile(r"^HS\d{3}$", re.IGNORECASE)
_ASYMMETRIC = re.compile(r"^(?:RS|ES|PS)\d{3}$|^EdDSA$", re.IGNORECASE)
_SHORTEST = 32
_MODULE = re.compile(rb"\bJwtModule\.register(?:Async)?\b")
_MODULE_ENDS = re.compile(rb"\bexpiresIn\b|\buseClass\b|\buseExisting\b|registerAsync\(\s*[\w.]+\s*\)")
_NOTES = re.compile(
    r"(?i)audit|(?:^|[_-])log(?:ger|ging|s)?(?:_|\b|\.)|trac(?:e|ing)|metric|analytic|telemetry|limit|throttl|kid(?:_|$)|jwks"
)
_LETS_IN = re.compile(r"(?i)auth|verif|valid|log_?in|sign_?in|current|user|require|check|guard|permission|role|admin")
_SEEDS = re.compile(r"\.seed\.[jt]s$")
_LINKS = re.compile(
    r"(?i)invit|appointment|estimate|invoice|unsubscri|share|preview|download|attachment|thumbnail|embed"
)
_SIGNS_IN = re.compile(r"(?i)auth|log_?in|sign_?in|session|access_?token|refresh")
_EXPIRES = re.compile(r"(?i)^(?:p?expire(?:_?at)?|get_?expire|get_?ttl|p?ttl|set_?ex|touch)$")
"""What a store of sessions is asked or told of a token's life."""
_READS_END = re.compile(rb"\bexp\b")
_AFTER_END = re.compile(r"(?i)refresh|renew|re_?issue|expired|log_?out|sign_?out|revo|introspect|unsubscri")
"""What is done with tokens that have ended."""
_SENT = frozenset({"http.input", "http.header", "http.parsed_body", "http.raw_body", "message.input"})
_STORES = frozenset({"db.write", "db.write_many", "orm.save", "cache.set", "cache.delete", "db.commit"})


@detects_in_code("SEC302")
def token_not_verified(context: CodeContext) -> Iterator[Match]:
    """Tokens whose claims are read without checking who signed them."""
    facts = facts_of(context)
    # Where tokens are verified somewhere, what is only decoded was mostly verified before, or has run out.
    verified = any(_fault(call) is None and not _is_unheard(call) for call in calls_with(context, "jwt.verify"))
    sent = {
        (one.path, one.start)
        for one in context.seen.flows.values()
        if one.sink == "token.claims" and one.source in _SENT
    }
    yield from _decoded_by_hand(context, facts, verified)
    for info, node in named_by_token(context.program):
        yield Match(
            location=context.location(info.unit, node),
            values={"call": context.text(info.unit, node)[:50], "fault": "key named by the token"},
            confidence=Confidence.MEDIUM,
        )
    for info, node in switched_off_by_sender(context.program):
        yield Match(
            location=context.location(info.unit, node),
            values={"call": "jwt.decode", "fault": "verification off"},
            confidence=Confidence.MEDIUM,
        )
    for call in calls_with(context, "jwt.verify", "jwt.decode"):
        kind = _fault(call)
        confidence = None
        if kind is None and "jwt.decode" in call.role.does and "header" not in call.role.name.lower():
            falls_back = not _may_have_been_renewed(call) and stands_in_for_verified(call, context)
            if call.info is not None and "jwt.verify" in facts.acts(call.info) and not falls_back:
                continue
            if not falls_back and reads_header_only(call):
                continue  # which key it was signed with
            if not falls_back and not _from_request(call) and (call.unit.path, call.node.start) not in sent:
                continue  # who called may have verified it
            doubted = (verified and not falls_back) or _only_notes(call)
            kind, confidence = "not verified", Confidence.LOW if doubted else Confidence.MEDIUM
        if kind is None and _is_unheard(call):
            kind = "not verified"
        if kind == "verification off" and _is_verified_after(call, context):
            continue
        if kind == "verification off" and verified and call.unit.language == "python" and not _lets_in(call):
            confidence = Confidence.LOW
        if kind is not None:
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": ".".join(call.role.name.split(".")[-2:]).removesuffix("="), "fault": kind},
                confidence=confidence,
            )


def _is_unheard(call: CallSeen) -> bool:
    """Whether a verifier that answers yes or no is asked and nobody hears it: `jwt.verify(verifier);` alone."""
    if not is_true(call.properties.get("answers")) or call.info is None:
        return False
    return id(call.node) in unheard_calls(call.info.node)


def _may_have_been_renewed(call: CallSeen) -> bool:
    """Whether tokens that have ended are expected here by the names around."""
    return _named(_AFTER_END, call.info, call.unit)


def _decoded_by_hand(context: CodeContext, facts: Facts, verified: bool) -> Iterator[Match]:
    """Tokens that the program takes apart itself; sure where whoever they name is let in by it."""
    for info in functions(context):
        if info.outer is not None or is_for_browsers(info.unit):
            continue
        for node in decoded_payloads(info, facts):
            sure = not verified and _named(_LETS_IN, info) and not _named(_NOTES, info)
            yield Match(
                location=context.location(info.unit, node),
                values={"call": ".".join(dotted(node.func).split(".")[-2:]), "fault": "not verified"},
                confidence=Confidence.MEDIUM if sure else Confidence.LOW,
            )


def _named(words: re.Pattern[str], info: FunctionInfo | None, unit: Unit | None = None) -> bool:
    """Whether a function or its file is named so."""
    file = info.unit if info is not None else unit
    path = file.path if file is not None else ""
    around = info.node.name if info is not None else ""
    return words.search(snake(f"{path.rpartition('/')[2]} {around}")) is not None


def _only_notes(call: CallSeen) -> bool:
    """Whether the claims are for a record of what happened, a limit or the key to choose, which let nobody in."""
    return _named(_NOTES, call.info, call.unit)


def _lets_in(call: CallSeen) -> bool:
    """Whether the function that reads a token is named for deciding who may come in."""
    return _named(_LETS_IN, call.info, call.unit)


def _is_verified_after(call: CallSeen, context: CodeContext) -> bool:
    """Whether the same token is decoded again in the function, then with its signature: first it told whose key to
    take."""
    tokens = _names_of(call)
    return call.info is not None and any(
        one.info is call.info
        and one.node.start > call.node.start
        and "jwt.verify" in one.role.does
        and _fault(one) is None
        and bool(tokens & _names_of(one))
        for one in calls_with(context, "jwt.verify")
    )


def _names_of(call: CallSeen) -> set[str]:
    return names_in(*call.node.args[:1]) if isinstance(call.node, ir.Call) else set()


def _from_request(call: CallSeen) -> bool:
    """Whether the token is taken from the request where it is decoded."""
    node = call.node
    if not isinstance(node, ir.Call) or not node.args:
        return False
    defined = definitions(call.info.node.body) if call.info is not None else {}
    names = {
        one.id if isinstance(one, ir.Name) else one.name
        for one in behind(node.args[0], defined)
        if isinstance(one, ir.Name | ir.Attr)
    }
    return any(
        re.match(r"(?:req|request|ctx|headers?|cookies?|authorization|bearer\w*)$", name, re.IGNORECASE)
        for name in names
    )


def _fault(call: CallSeen) -> str | None:
    given = call.properties
    if is_false(given.get("verify")) or is_false(given.get("legacy")) or is_true(given.get("no_verification")):
        return "verification off"
    named = constants(given.get("algorithms"))
    if any(name.lower() == "none" for name in named):
        return "alg none"
    if any(_SYMMETRIC.match(name) for name in named) and any(_ASYMMETRIC.match(name) for name in named):
        return "HS + RS"
    return None


@detects_in_code("SEC303")
def token_without_expiry(context: CodeContext) -> Iterator[Match]:
    """Tokens that stay valid for ever."""
    chained = {
        (call.unit.path, call.node.start) for call in context.seen.calls.values() if "expires" in call.properties
    }
    finished = {
        (call.unit.path, call.node.start)
        for call in context.seen.calls.values()
        if call.role.name.rpartition(".")[2] in ("sign", "encrypt", "compact")
    }
    by_module = _ends_by_module(context)
    for call in calls_with(context, "jwt.sign"):
        if call.role.name.startswith("@nestjs/jwt.JwtService.") and by_module:
            continue
        if "expires" in call.properties or constants(call.properties.get("algorithm")) == ["none"]:
            continue
        if (
            "payload" not in call.role.named
            or not _ends_here(call)
            or runs_once(call.unit)
            or _SEEDS.search(call.unit.path)
        ):
            continue
        place = (call.unit.path, call.node.start)
        if call.role.returns is not None and (place in chained or place not in finished):
            continue
        yield Match(
            location=context.location(call.unit, call.node),
            values={"call": ".".join(call.role.name.split(".")[-2:]), "fault": "no `exp`"},
            confidence=Confidence.LOW if _opens_one_thing(call) or _is_kept(call) else None,
        )

    for call in calls_with(context, "jwt.verify"):
        switch = _ignores_expiry(call)
        if switch is not None and _fault(call) is None:
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": ".".join(call.role.name.split(".")[-2:]), "fault": switch},
                confidence=Confidence.LOW if _may_have_ended(call, context) else None,
            )


def _ignores_expiry(call: CallSeen) -> str | None:
    """The switch by which a verifier lets tokens in that have ended."""
    if is_true(call.properties.get("ignore_expiry")):
        return "ignoreExpiration: true"
    return "verify_exp: False" if is_false(call.properties.get("expiry")) else None


def _may_have_ended(call: CallSeen, context: CodeContext) -> bool:
    """Whether a token that has ended is expected: it is refreshed or given back, its end is looked at here, or the
    token was verified whole before."""
    around = call.info.node.name if call.info is not None else ""
    if _AFTER_END.search(snake(f"{call.unit.path.rpartition('/')[2]} {around}")) or _only_notes(call):
        return True
    if call.info is None:
        return False
    if _READS_END.search(call.unit.module.source) and "exp" in identifiers(call.unit.module.body):
        return True  # `this.expiresAt = new Date(claims.exp * 1000)`
    return any(
        one.info is call.info and one.node.start != call.node.start and _ignores_expiry(one) is None
        for one in calls_with(context, "jwt.verify")
    )


def _opens_one_thing(call: CallSeen) -> bool:
    """Whether a token stands in a link to one thing, such as an invitation, and whoever keeps that ends it."""
    around = call.info.node.name if call.info is not None else ""
    names = snake(f"{call.unit.path.rpartition('/')[2]} {around}")
    return _LINKS.search(names) is not None and _SIGNS_IN.search(names) is None


def _is_kept(call: CallSeen) -> bool:
    """Whether the class that makes tokens also lets them expire in a store of its own: `redis.expire(key, seconds)`."""
    owner = call.info.owner if call.info is not None else None
    return owner is not None and any(
        isinstance(one, ir.Call)
        and isinstance(one.func, ir.Attr)
        and isinstance(one.func.value, ir.Name | ir.Attr)
        and _EXPIRES.match(one.func.name) is not None
        and bool(one.args)
        for several in owner.methods.values()
        for method in several
        for one in everything(method.node.body)
    )


def _ends_by_module(context: CodeContext) -> bool:
    """Whether every `JwtModule` of the program gives its tokens an end, or leaves it to a class of settings."""
    modules = [
        unit.module.source
        for unit in context.program.units.values()
        if unit.language != "python" and _MODULE.search(unit.module.source)
    ]
    return bool(modules) and all(_MODULE_ENDS.search(source) for source in modules)


def _ends_here(call: CallSeen) -> bool:
    """Whether all that the token says is seen, and no end is among it."""
    payload = call.properties.get("payload")
    built = call.receiver.fields if call.receiver is not None else None
    defaults = (built or {}).get("defaults")
    if defaults is not None and "exp" in (defaults.fields or {}):
        return False  # `default_claims={"exp": None}` of jwcrypto lets it set the end
    if built and "expires" not in built and call.unit.language == "java":
        return payload is None or "exp" not in (payload.fields or {})
    if "expires" in call.role.named and payload is None:
        return True
    if payload is None:
        return False
    if payload.rest is not None or payload.consts is not None:
        return False
    if payload.fields is None:
        node = call.node
        return (
            isinstance(node, ir.Call)
            and len(node.args) > 2
            and isinstance(node.args[2], ir.Mapping)
            and not payload.taints
        )
    return not {"exp", "expires", "expiresIn"}.intersection(str(key) for key in payload.fields) and not payload.taints


@detects_in_code("SEC304")
def guessable_key(context: CodeContext) -> Iterator[Match]:
    """Keys of tokens and sessions that stand in the code."""
    told: set[str] = set()
    for call in calls_with(context, "jwt.sign", "jwt.verify", "session.configure", "app.configure"):
        for name in _key_properties(call):
            if name not in call.role.named:
                continue
            found = literal_key(call, name)
            if found is not None and stands_in_tests_only(found.encode(), context):
                continue
            if found is not None and not found.startswith("-----BEGIN"):
                yield Match(
                    location=context.location(call.unit, call.node),
                    values={
                        "call": ".".join(call.role.name.split(".")[-2:]).removesuffix("="),
                        "length": len(found.encode()),
                        "least": _SHORTEST,
                    },
                    confidence=Confidence.LOW if found in told else None,  # one key is one thing to mend
                    steps=shown_key(context, call, name),
                )
                told.add(found)
                break


def _key_properties(call: CallSeen) -> tuple[str, ...]:
    """The properties of a call that hold the key of tokens or sessions."""
    if "app.configure" in call.role.does:
        named = constants(call.properties.get("key")) == ["SECRET_KEY"]
        return ("value",) if named and call.role.name.endswith(".__setitem__") else ()
    return ("secret", "keys") if "session.configure" in call.role.does else ("secret", "key")


@detects_in_code("SEC305")
def refresh_without_rotation(context: CodeContext) -> Iterator[Match]:
    """Refreshing routes that give a new access token and leave the refresh token as it was."""
    for route in survey(context)[1]:
        names = f"{route.path} {snake(route.info.node.name)}"
        if not re.search(r"refresh|re_?-?issue|renew", names, re.IGNORECASE):
            continue
        if {"jwt.verify", "jwt.sign"} <= route.acts and not route.acts & _STORES:
            yield Match(location=context.location(route.unit, route.node), values={"route": route.label})
