"""Ciphers that are given the same initialisation vector every time, and hash functions that are broken."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import in_whole
from backend_advisor.code.values import Value, words
from backend_advisor.experts.security.detectors.reading import stands_in_tests_only
from backend_advisor.experts.security.detectors.storing import asks_for_breaches, takes_password
from backend_advisor.experts.security.detectors.words import identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.declared import shown
from backend_advisor.rules.registry import CodeContext, detects_in_code

_ZEROS = frozenset({"Buffer.alloc()"})
"""Makers of bytes that are always the same."""
_BROKEN = re.compile(r"(?i)^(?:md[245]|sha-?1?|ripemd-?(?:128|160)?|rmd160|md5-sha1)$")
_PROTECTS = re.compile(
    r"(?i)pass(?:word|wd|phrase)|secret|token|sign(?!al|up|in)|secur|encrypt|decrypt|credential|integrity|verif|confirm|licen[cs]e|"
    r"certificate|hmac|salt|csrf|auth"
)
"""Names of things that somebody has a reason to forge."""
_DICTATED = re.compile(r"(?i)(?:^|[/_])(?:[ht]otp|ocra)|web_?hooks?(?:\b|_|/)|wsse|oauth_?1|digest_?auth|ws_?security")
"""What the other side computes so, and nobody here can choose."""
_TOOLS = re.compile(r"(?:^|/)(?:tools?|scripts?|contrib)/[\w/-]+\.py$")
_HARMLESS = re.compile(
    r"(?i)cache|e_?tag|colou?r|shard|bucket|gravatar|avatar|file_?name|slug|short|signature_(?:hash|id|key|propert)"
)


@detects_in_code("SEC232")
def fixed_initialisation_vector(context: CodeContext) -> Iterator[Match]:
    """Calls whose vector is a constant of the program."""
    told: set[tuple[str, int]] = set()
    for call in context.seen.calls.values():
        iv = call.properties.get("iv")
        place = (call.unit.path, call.node.start)
        if iv is None or place in told or "decrypts" in call.properties or not _fixed(iv):
            continue
        if _only_tests_fix_it(iv, context):
            continue
        told.add(place)
        callee = ".".join(call.role.name.split(".")[-2:])
        yield Match(location=context.location(call.unit, call.node), values={"call": callee, "iv": shown(iv)})


def _only_tests_fix_it(iv: Value, context: CodeContext) -> bool:
    """Whether a vector of Python stands in no file but those of tests: then only they give one that stays the same."""
    texts = [one if isinstance(one, bytes) else str(one).encode() for one in iv.consts or ()]
    return bool(texts) and all(stands_in_tests_only(one, context) for one in texts)


def _fixed(iv: Value) -> bool:
    if iv.consts:
        return all(isinstance(one, str | bytes) and len(one) > 0 for one in iv.consts)
    return iv.name in _ZEROS and not iv.taints


@detects_in_code("SEC222")
def weak_hash(context: CodeContext) -> Iterator[Match]:
    """Broken hash functions; where nothing tells of a protection they are a note (a cache key, a colour, an ETag)."""
    told: set[tuple[str, int]] = set()
    functions: set[tuple[str, int]] = set()
    of_passwords = {
        id(call.info)
        for call in context.seen.performing("crypto.hash")
        if call.info is not None and takes_password(call)
    }
    for call in sorted(context.seen.performing("crypto.hash"), key=lambda one: (one.unit.path, one.node.start)):
        place = (call.unit.path, call.node.start)
        algorithm = words(call.properties["algorithm"]) if "algorithm" in call.properties else None
        used = words(call.properties["used"]) if "used" in call.properties else None
        if "used" in call.properties and used is None:
            continue  # its callers say whether it protects anything
        if (
            place in told
            or algorithm is None
            or asks_for_breaches(call)
            or not all(_BROKEN.search(one) for one in algorithm)
        ):
            continue
        if used is not None and all(one.lower() == "false" for one in used):
            continue
        told.add(place)
        callee = ".".join(call.role.name.removeprefix("*.").split(".")[-2:])
        # What is made and then used in one function is one thing to mend.
        made = (call.unit.path, id(call.info))
        again = made in functions and callee.endswith((".digest", ".update"))
        functions.add(made)
        yield Match(
            location=context.location(call.unit, call.node),
            values={"call": callee, "algorithm": shown(call.properties["algorithm"])},
            confidence=Confidence.MEDIUM
            # What becomes of passwords has a rule of its own (SEC311).
            if _protects(call)
            and not again
            and id(call.info) not in of_passwords
            and not _only_asks(call)
            and _TOOLS.search(call.unit.path) is None
            else Confidence.LOW,
        )


_SIGNED_OVER = re.compile(r"(?i)^(?:rsa-)?(md[245]|sha-?1)(?:with\w+)?$|^dss1?$")
_MADE_OVER_MD = re.compile(r"(?i)md[245]")
_SIGNERS = re.compile(
    r"^(?:java\.security\.Signature\.getInstance|crypto\.(?:createSign|sign)|OpenSSL\.crypto\.(?:X509\.|X509Req\.|CRL\.)?sign)$"
)


@detects_in_code("SEC222")
def weak_signature(context: CodeContext) -> Iterator[Match]:
    """Signatures made over a broken hash. What is only verified was signed by somebody else, who chose the hash."""
    told: set[tuple[str, int]] = set()
    for call in context.seen.performing("crypto.sign"):
        place = (call.unit.path, call.node.start)
        algorithm = words(call.properties["algorithm"]) if "algorithm" in call.properties else None
        if algorithm is None or place in told or not _SIGNERS.match(call.role.name):
            continue
        if not all(_SIGNED_OVER.match(one) for one in algorithm) or _verifies(call):
            continue
        told.add(place)
        made_over_md = all(_MADE_OVER_MD.search(one) for one in algorithm)
        yield Match(
            location=context.location(call.unit, call.node),
            values={"call": ".".join(call.role.name.split(".")[-2:]), "algorithm": shown(call.properties["algorithm"])},
            # Partners still ask for SHA-1 (payment gateways do), and the other side decides.
            confidence=Confidence.MEDIUM if made_over_md else Confidence.LOW,
        )


def _verifies(call: CallSeen) -> bool:
    """Whether the function that makes the signature object verifies with it."""
    return call.info is not None and any(
        isinstance(one, ir.Attr) and one.name == "initVerify" for one in in_whole(call.info.node)
    )


def _only_asks(call: CallSeen) -> bool:
    """`MessageDigest.getInstance("MD4");`: whether there is such a function, and nothing is hashed."""
    return call.info is not None and any(
        isinstance(one, ir.Do) and one.value is call.node and call.role.name.endswith(".getInstance")
        for one in in_whole(call.info.node)
    )


def _protects(call: CallSeen) -> bool:
    """Whether names around the call tell that it protects something: its statement, function, class or file."""
    if call.info is not None and _HARMLESS.search(snake(call.info.node.name)):
        return False
    if _DICTATED.search(snake(f"{call.unit.path} {call.info.node.name if call.info is not None else ''}")):
        return False
    if _PROTECTS.search(call.unit.path.rpartition("/")[2]):
        return True
    if call.info is None:
        return False
    owner = call.info.owner.node.name if call.info.owner is not None else ""
    if _PROTECTS.search(snake(f"{call.info.node.name} {owner}")):
        return True
    around = [
        one
        for one in in_whole(call.info.node)
        if isinstance(one, ir.Do | ir.Assign | ir.Return) and one.start <= call.node.start < one.end
    ]
    return any(_PROTECTS.search(snake(name)) for name in identifiers(around))
