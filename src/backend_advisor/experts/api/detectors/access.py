"""Changes that need no credentials (API201)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.methods import changes_by_name
from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import Document, Operation
from backend_advisor.experts.api.naming import fixed, is_variable, says, segments, words
from backend_advisor.experts.api.servers import is_public
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.placed_yaml import Node
from backend_advisor.rules.lines import Seen, at, together

_OPEN = frozenset(
    "login signin signon logon logout signout signup register registration join authenticate auth authorize "
    "authorization oauth oauth2 oidc openid token tokens sso saml jwt otp totp mfa captcha csrf session sessions "
    "refresh challenge webauthn passkey password passwords forgot recover recovery verify verification confirm "
    "confirmation activate activation invite invitation invitations accept unsubscribe subscribe newsletter contact "
    "feedback inquiry callback callbacks webhook webhooks hook hooks notify ipn health healthz ping status ready "
    "live metrics public guest anonymous share shared track tracking event events collect beacon telemetry "
    "analytics consent csp onboarding setup install bootstrap introspect revoke discovery email nickname username "
    "availability duplicate demo".split()
)
"""Words of paths that are meant for those who have no account yet, for other servers, or for everyone."""
_READING = frozenset(
    "search query find lookup filter graphql validate check preview calculate estimate quote quotes simulate "
    "convert translate parse render suggest autocomplete evaluate evaluation evaluations batchget count list "
    "export compare match test echo".split()
)
_SIGNING_UP = frozenset("user users account accounts member members customer customers".split())
_SAID = re.compile(
    r"(?i)\b(?:public(?:ly)?|anonymous(?:ly)?|unauthenticated|no (?:auth\w*|login|token)|"
    r"without (?:auth\w*|login|a token)|not require auth\w*|sign(?:s|ed)? (?:in|up)|log(?:s|ged)? in|register)\b|"
    r"비로그인|비회원|인증 없이|로그인 없이|공개|회원 ?가입"
)
_EXTENSION = re.compile(r"(?i)^x-.*(?:auth|secur|public|permission|scope|role|access|internal)")
_CREDENTIAL = re.compile(r"(?i)auth|token|api.?key|session|cookie|signature|secret|password")
_SURE_SHARE = 0.5


@detects("API201")
def unsecured(document: Document) -> Iterator[Match]:
    """One finding for a document: its operations that change something and ask nobody who they are."""
    changing = [one for one in document.operations if one.changes or changes_by_name(one)]
    whole = document.root.at("security")
    closed = [one for one in changing if _is_closed(one.node.at("security") or whole)]
    reads = any(_is_closed(one.node.at("security") or whole) for one in document.operations)
    confidence = _confidence_without(document) if not reads else None
    seen = []
    for operation in changing:
        stated = operation.node.at("security")
        if _is_closed(stated or whole) or _is_optional(stated or whole) or _is_meant(operation):
            continue
        sure = (stated is not None or len(closed) >= _SURE_SHARE * len(changing)) and operation.method != "post"
        node = operation.node.key("security") or operation.key
        seen.append(
            Seen(
                at(document.artifact, node),
                operation.name,
                None,
                confidence or (Confidence.HIGH if sure else Confidence.MEDIUM),
            )
        )
    if (match := together(seen)) is not None:
        yield match


def _confidence_without(document: Document) -> Confidence:
    """Nothing asks for credentials: schemes that nothing uses were forgotten; without any, a gateway may ask."""
    return Confidence.MEDIUM if document.schemes is not None or is_public(document) else Confidence.LOW


def _is_closed(stated: Node | None) -> bool:
    return stated is not None and bool(stated.items) and all(one.entries for one in stated.items)


def _is_optional(stated: Node | None) -> bool:
    return stated is not None and any(one.entries for one in stated.items)


def _is_meant(operation: Operation) -> bool:
    """Whether an operation is for everyone, only asks, or checks credentials in a way of its own."""
    parts = segments(operation.path)
    held = {word for part in parts for word in words(part)} | set(words(operation.node.text_at("operationId") or ""))
    if held & _OPEN or _SAID.search(says(operation)):
        return True
    last = set(words(fixed(operation.path)[-1])) if fixed(operation.path) else set()
    if operation.method == "post" and (
        last & _READING or (last & _SIGNING_UP and not any(is_variable(part) for part in parts))
    ):
        return True
    if any(_EXTENSION.match(key) for key in operation.node.entries):
        return True
    named = (one.text_at("name") or "" for one in operation.parameters)
    return not operation.is_whole or any(_CREDENTIAL.search(name) for name in named)
