"""Where data comes to stand in HTML: what is safe between tags is not always safe in an attribute."""

import re
from collections.abc import Sequence

from backend_advisor.code.addresses import host_is_fixed
from backend_advisor.code.placing import behind_text
from backend_advisor.code.taints import Taint
from backend_advisor.code.values import Value, known_text

BETWEEN_TAGS = "html.content"
NO_QUOTES = '(no ")'
"""A mark on data whose quotes were taken out or escaped."""
_IN_ATTRIBUTE = re.compile(r"""<[a-zA-Z][^<>]*\s[\w:.-]+\s*=\s*(?:"[^"]*|'[^']*|[^\s"'<>]*)\Z""")
_AT_ADDRESS = re.compile(r"""(?i)<[a-z][^<>]*\s(?:href|src|action|formaction|xlink:href)\s*=\s*["']?\s*\Z""")
_IN_SCRIPT = re.compile(r"(?:^|[;{}>\s])(?:var|let|const)\s+[\w$]+\s*=\s*\Z")
_HARMLESS = frozenset({"redirect.url", "log.text"})
"""What addresses are checked for, and what JSON is harmless for, which may stand in a script."""
_ESCAPED = frozenset({"html.text", BETWEEN_TAGS})


def placed(before: Sequence[str | None], value: Value) -> Value:
    """Data put behind some text: its escaping no longer counts where it is not the one for the place.

    Where `<` alone is escaped, a quote ends the attribute; no escaping of HTML takes the `javascript:` out of an
    address, or stands in the way of code where a script expects a number.
    """
    value = behind_text(before, value)
    tail = before[-1] if before else None
    if not tail or not any(_ESCAPED & taint.cleared for taint in value.taints):
        return value
    lost: frozenset[str] = frozenset()
    text = _since_tag(before)
    at_address = _AT_ADDRESS.search(text) is not None and not host_is_fixed(known_text(value))
    if at_address or _IN_SCRIPT.search(tail):
        lost = _ESCAPED
    elif _IN_ATTRIBUTE.search(text):
        lost = frozenset({BETWEEN_TAGS})
    if not lost:
        return value
    return value.but(taints={_without(taint, lost): trail for taint, trail in value.taints.items()})


def _since_tag(before: Sequence[str | None]) -> str:
    """The known text from the last tag on; what is not known in it is taken for letters."""
    text = ""
    for part in reversed(before):
        text = ("x" if part is None else part) + text
        if part is not None and "<" in part:
            break
    return text[text.rfind("<") :] if "<" in text else ""


def _without(taint: Taint, lost: frozenset[str]) -> Taint:
    if lost == _ESCAPED:
        if not _ESCAPED & taint.cleared or not _HARMLESS.isdisjoint(taint.cleared):
            return taint
    elif BETWEEN_TAGS not in taint.cleared or NO_QUOTES in taint.cleared or "html.text" in taint.cleared:
        return taint
    return Taint(taint.role, taint.index, taint.path, taint.cleared - lost, taint.unsure)
