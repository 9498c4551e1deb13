"""Secrets in what is answered (API204)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import TRUE, Document, Operation, Property, type_of
from backend_advisor.experts.api.naming import joined, says
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.lines import Seen, at, together

_NEVER = re.compile(
    r"^(?:user)?(?:passwordhash|hashedpassword|passwordsalt|encryptedpassword|passworddigest|pwdhash|salt|totpsecret|"
    r"mfasecret|otpsecret|twofactorsecret|cvv|cvc|cvv2|passwordresettoken|resetpasswordtoken|resettoken)$"
)
_PASSWORDS = re.compile(r"^(?:user|account|login|admin|db|smtp|current|new|old)?(?:password|passwd|pwd)$|^비밀번호$")
_PERSONS = re.compile(
    r"^(?:ssn|socialsecurity(?:number)?|resident(?:registration)?(?:number|no)|rrn|jumin(?:no|number)?|주민등록번호|"
    r"cardnumber|creditcardnumber|cardno)$"
)
_KEYS = re.compile(
    r"^(?:secret|clientsecret|apisecret|appsecret|secretkey|secretaccesskey|privatekey|webhooksecret|signingsecret|"
    r"recoverycodes|backupcodes)$"
)
_HIDDEN = re.compile(
    r"(?i)mask|redact|obfuscat|last (?:4|four)|encrypted|always (?:null|empty)|마스킹|가림|\*{3}|placeholder"
)
_MADE_HERE = re.compile(
    r"(?i)secret|credential|\bkeys?\b|api-?keys?|totp|mfa|otp|two-?factor|2fa|recovery|rotate|regenerate|generate|vault|"
    r"password"
)


@detects("API204")
def secrets(document: Document) -> Iterator[Match]:
    """Properties of successful answers that nobody should get back."""
    seen: dict[int, Seen] = {}
    walked = set[int]()
    # What is read is walked first: a secret that is shown once, where it is made, is no fault.
    for operation in sorted(document.operations, key=lambda one: one.method != "get"):
        for status, _, answer in document.answers(operation):
            if not status.startswith("2"):
                continue
            for schema in document.answered(answer):
                for one in document.properties(schema, walked):
                    if (told := _told(document, operation, one)) is not None:
                        seen.setdefault(id(one.key), told)
    if (match := together(list(seen.values()))) is not None:
        yield match


def _told(document: Document, operation: Operation, one: Property) -> Seen | None:
    if one.schema.text_at("writeOnly") == TRUE or type_of(one.schema) not in ("string", "", "array"):
        return None
    said = f"{one.schema.text_at('description') or ''} {one.schema.text_at('example') or ''}"[:1_000]
    if _HIDDEN.search(said):
        return None
    bare = joined(one.name)
    severity, confidence = None, Confidence.MEDIUM
    if _NEVER.match(bare):
        severity, confidence = Severity.ERROR, Confidence.HIGH
    elif _PASSWORDS.match(bare) or one.schema.text_at("format") == "password":
        confidence = Confidence.MEDIUM
    elif _PERSONS.match(bare):
        severity = Severity.WARNING
    elif _KEYS.match(bare):
        if operation.method != "get" or _MADE_HERE.search(says(operation)):
            return None
    else:
        return None
    return Seen(at(document.artifact, one.key), f"{operation.name}: {one.name}", severity, confidence)
