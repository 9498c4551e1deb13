"""Methods that promise to change nothing, on operations that do (API202)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import Document, Operation
from backend_advisor.experts.api.naming import is_variable, segments, words
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.lines import Seen, at, together

_CHANGING = frozenset(
    "delete remove destroy create update insert edit save redeem cancel approve reject revoke activate deactivate "
    "enable disable purchase pay withdraw refund transfer send resend erase wipe truncate purge restart reboot "
    "shutdown unlock ban unban unsubscribe clear assign unassign rename submit register mark checkout logout "
    "signout add set reset kill terminate regenerate rotate increment decrement publish unpublish trigger archive "
    "restore import".split()
)
_NOUNS = frozenset(
    "transfer refund register checkout set reset mark send add import archive restore clear trigger update publish "
    "edit kill save purchase pay cancel".split()
)
"""Of these, alone they may name what is read: the refund of an order."""
_THINGS = frozenset(
    "history log logs status statuses options reasons reason requests request events event list count types type "
    "info details ons form page preview policy rules template templates settings config url urls link links date "
    "token methods quote estimate permissions result results schema".split()
)
_READING = frozenset(
    "get list find fetch search read retrieve show view check is has count query lookup describe download export "
    "return load browse generate preview validate see obtain display provide stream watch subscribe poll verify "
    "test compute calculate render serve open wait determine detect how what which information informations all "
    "whether".split()
)
_MILD = frozenset({"logout", "signout", "unsubscribe"})
_KOREAN = re.compile(
    r"(?:삭제|등록|생성|수정|변경|취소|승인|반려|발급|해지|탈퇴|사용 ?처리|환불|결제|발송|초기화)"
    r"(?: ?(?:처리|하기|합니다|한다|하는)?)?(?: ?API)?\s*\.?$"
)
_KOREAN_READING = re.compile(r"조회|목록|검색|확인|상세|내역|여부|가져오|리스트|다운로드")


@detects("API202")
def changes_by_get(document: Document) -> Iterator[Match]:
    """GET and HEAD of which path, identifier and summary say that they change something."""
    seen = []
    for operation in document.operations:
        if operation.method in ("get", "head") and (confidence := _sureness(operation)) is not None:
            seen.append(Seen(at(document.artifact, operation.key), operation.name, None, confidence))
    if (match := together(seen)) is not None:
        yield match


def changes_by_name(operation: Operation) -> bool:
    """Whether an operation that only reads by its method is named as one that changes."""
    return operation.method in ("get", "head") and _sureness(operation) in (Confidence.HIGH, Confidence.MEDIUM)


def _sureness(operation: Operation) -> Confidence | None:
    summary = (operation.node.text_at("summary") or operation.node.text_at("description") or "")[:300]
    begins = _stem(words(summary)[:1])
    named = _stem(words(operation.node.text_at("operationId") or "")[:1])
    path, verb = _in_path(operation)
    told = begins in _CHANGING or (_KOREAN.search(summary) is not None and not _KOREAN_READING.search(summary))
    denied = begins in _READING or named in _READING or _KOREAN_READING.search(summary) is not None
    signs = [path, named in _CHANGING, told, path and _answers_as_done(operation)]
    if denied or not any(signs):
        return None
    if _MILD & {verb, named, begins} or _only_redirects(operation):
        return Confidence.LOW
    if sum(signs) > 1:
        return Confidence.HIGH
    return Confidence.MEDIUM if path or (named in _CHANGING and named not in _NOUNS) else Confidence.LOW


def _in_path(operation: Operation) -> tuple[bool, str]:
    """Whether a part of the path is a command: a verb with what it is done to, or one behind what it is done to."""
    parts = segments(operation.path)
    for number, part in enumerate(parts):
        held = words(part)
        if is_variable(part) or not held or held[0] not in _CHANGING:
            continue
        if len(held) > 1:
            if not set(held[1:]) & _THINGS:
                return True, held[0]
        elif number == len(parts) - 1 and held[0] not in _NOUNS and number and is_variable(parts[number - 1]):
            return True, held[0]
    return False, ""


def _stem(begun: list[str]) -> str:
    """The first word of a sentence as a command: `Deletes` is `delete`."""
    word = begun[0] if begun else ""
    return next(
        (one for one in (word, word.removesuffix("s"), word.removesuffix("es")) if one in _CHANGING | _READING), ""
    )


def _answers_as_done(operation: Operation) -> bool:
    """Whether success is described as something done: `redeemed`."""
    answers = operation.node.at("responses")
    for status, (_, answer) in answers.entries.items() if answers is not None else ():
        said = words((answer.text_at("description") or "")[:200])
        if status.startswith("2") and any(
            one.removesuffix(end) in _CHANGING for one in said for end in ("ed", "d") if one.endswith(end)
        ):
            return True
    return False


def _only_redirects(operation: Operation) -> bool:
    answers = operation.node.at("responses")
    statuses = list(answers.entries) if answers is not None else []
    return any(one.startswith("3") for one in statuses) and not any(one.startswith("2") for one in statuses)
