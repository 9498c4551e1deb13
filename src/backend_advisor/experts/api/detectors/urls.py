"""What stands in addresses: credentials (API205), and connections without encryption (API215)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import EMPTY, Document
from backend_advisor.experts.api.naming import joined, segments, words
from backend_advisor.experts.api.servers import addresses, is_private
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.lines import Seen, at, together

_CREDENTIALS = re.compile(
    r"^(?:password|passwd|pwd|userpassword|currentpassword|newpassword|oldpassword|accesstoken|authtoken|"
    r"bearertoken|usertoken|idtoken|refreshtoken|apitoken|apikey|xapikey|apisecret|appsecret|clientsecret|secretkey|"
    r"privatekey|jwt|sessionid|sessiontoken|ssn|socialsecuritynumber|residentnumber|residentregistrationnumber|rrn|"
    r"jumin|juminno|juminnumber|cardnumber|cvc|cvv|pin|주민등록번호|비밀번호)$"
)
_ONCE = frozenset(
    "verify verification confirm confirmation reset activate activation invite invitation invitations unsubscribe "
    "magic recover recovery callback oauth oauth2 share download preview introspect revoke tokens webhook webhooks "
    "key keys apikeys validate sessions session logout".split()
)
"""Words of paths whose token is used once, is looked up or given back, or is what the path is about."""


@detects("API205")
def credentials(document: Document) -> Iterator[Match]:
    """Credentials and numbers of persons in query or path."""
    seen = []
    for name, (key, scheme) in (document.schemes or EMPTY).entries.items():
        if scheme.text_at("type") == "apiKey" and scheme.text_at("in") == "query":
            place = at(document.artifact, scheme.at("in") or key)
            seen.append(Seen(place, f"{name} (?{scheme.text_at('name') or ''}=)", None, Confidence.HIGH))
    told = set[int]()
    for operation in document.operations:
        held = {word for part in segments(operation.path) for word in words(part)}
        for parameter in operation.parameters:
            node, name = parameter.at("name"), parameter.text_at("name") or ""
            if node is None or parameter.text_at("in") not in ("query", "path") or id(node) in told:
                continue
            bare = joined(name)
            if _CREDENTIALS.match(bare) is None and not (bare == "token" and parameter.text_at("in") == "query"):
                continue
            told.add(id(node))
            once = bool(held & _ONCE) and "password" not in bare
            seen.append(
                Seen(
                    at(document.artifact, node),
                    f"{operation.name}: {name}",
                    None,
                    Confidence.LOW if once else Confidence.MEDIUM,
                )
            )
    if (match := together(seen)) is not None:
        yield match


@detects("API215")
def unencrypted(document: Document) -> Iterator[Match]:
    """Addresses of the world that are called without TLS."""
    stated = list(addresses(document))
    safe = {host for scheme, host, _ in stated if scheme in ("https", "wss")}
    secured = document.schemes is not None
    seen = []
    for scheme, host, node in stated:
        if scheme in ("http", "ws") and not is_private(host):
            offered = host in safe
            seen.append(
                Seen(
                    at(document.artifact, node),
                    f"{scheme}://{host}",
                    Severity.NOTE if offered else None,
                    Confidence.MEDIUM if offered or not secured else Confidence.HIGH,
                )
            )
    if (match := together(seen)) is not None:
        yield match
