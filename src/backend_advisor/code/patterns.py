"""Regular expressions as checks: for which sinks a text is safe that matches one, or whose matches were taken out."""

import re
from functools import lru_cache

from backend_advisor.code.addresses import ADDRESSES
from backend_advisor.code.roles import vocabulary
from backend_advisor.code.taints import ALL

_SAFE_CLASS = re.compile(r"\[(?:[A-Za-z0-9_\-]|\\[dw\-]|[가-힣])*\]")
_NAME_CLASS = re.compile(r"\[(?:[A-Za-z0-9_\-.:@ ]|\\[dw\-.]|[가-힣])*\]")
"""As above, and what stands in names of hosts, files and mailboxes."""
_SAFE_REST = re.compile(r"(?:\\[dw]|[A-Za-z0-9_\-]|[(){}|?*+,:]|\\-|\\\.)*\Z")
_OTHERS = re.compile(r"\(?(\[)\^((?:[A-Za-z0-9_\-.:@ ]|\\[dw\-.]|[가-힣])*\])\)?[+*]?\Z|\\[DW]\+?\Z")
"""A class of everything that is not among some characters."""
_CHOSEN = re.compile(r"\[((?:\\.|[^\]\\^])(?:\\.|[^\]\\])*)\]\+?\Z")
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "s": " \t\r\n"}
_TOKEN = re.compile(r"\\u\{[0-9A-Fa-f]+\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\p\{\w+\}|\\.|.", re.DOTALL)
_CODE = re.compile(r"\\[ux]\{?([0-9A-Fa-f]{2,6})\}?")
_LINE_END = re.compile(r"\(?(?:\?:)?\\r\)?\??\\n|\\n\\r\?")
"""A line's end as Windows writes it; what is left of it alone is seldom meant."""
_WIDEST = 256
_BACKSLASHED = re.compile(r"\\{1,2}\$[&01]\Z")
_MEANING = frozenset("\\*+?([{|.")
"""Characters by which a pattern repeats, groups or chooses."""
_PLAIN = re.compile(r"(?:[\w\- ]|&#?\w+;|\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2})*\Z")
"""Letters and the like, and the names that HTML and JavaScript have for other characters."""
_LINES = ("log.text", "header.value", "header.name", "mail.header")
_NO_QUOTES = '(no ")'
_PATHS = ("path.file", "path.entry")
_CHOOSING = frozenset({*ADDRESSES, "import.name", "path.dots", "template.text", "code.text"})
"""Sinks that the name of a host or file harms too."""


def cleared_by_match(pattern: str, *, whole: bool = False, from_start: bool = False) -> tuple[str, ...]:
    """The sinks for which a text is safe that matches: all, where it can only hold letters, digits, `_` and `-`."""
    body = pattern
    from_start = from_start or body.startswith(("^", r"\A"))
    if not whole and not (from_start and body.endswith(("$", r"\Z", r"\z"))):
        return ()
    body = re.sub(r"^(\^|\\A)|(\$|\\Z|\\z)$", "", body)
    if _holds(_SAFE_CLASS, body):
        return (ALL,)
    return _but_names() if _holds(_NAME_CLASS, body) else ()


def _holds(characters: re.Pattern[str], body: str) -> bool:
    left = characters.sub("x", body)
    return "." not in left.replace(r"\.", "") and _SAFE_REST.match(left) is not None


@lru_cache(maxsize=1)
def _but_names() -> tuple[str, ...]:
    return tuple(sorted(vocabulary()["sinks"] - _CHOOSING))


def cleared_by_removal(pattern: str) -> tuple[str, ...]:
    """The sinks for which a text is safe after everything that matches was taken out of it."""
    others = _OTHERS.match(pattern)
    if others is not None:
        return (ALL,) if others[1] is None else cleared_by_match(others[1] + others[2], whole=True)
    gone = _characters(pattern)
    cleared: list[str] = []
    if gone & set("\r\n"):
        cleared += _LINES
    if "<" in gone:
        cleared += ["html.content", *(["html.text"] if '"' in gone else [])]
    if '"' in gone:
        cleared.append(_NO_QUOTES)
    if "'" in gone:
        cleared.append("xpath.text")
    if "/" in gone:
        cleared += _PATHS
    return tuple(cleared)


def cleared_by_escaping(pattern: str, replacement: str) -> tuple[str, ...]:
    r"""The sinks for which a text is safe after a backslash was put before everything that matches: a pattern, where
    that is each character that means something in one: `text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")`."""
    if _BACKSLASHED.match(replacement) is None:
        return ()
    return ("regex.pattern",) if _characters(pattern) >= _MEANING else ()


def is_plain(replacement: str) -> bool:
    """Whether text that is put in does no harm itself."""
    return _PLAIN.match(replacement) is not None


def _characters(pattern: str) -> set[str]:
    """The single characters that a class, or a choice between characters, names."""
    plain = pattern[1:-1] if pattern[:1] == "(" and pattern[-1:] == ")" else pattern
    chosen = _CHOSEN.match(plain)
    if chosen is not None:
        return _of_class(_TOKEN.findall(chosen[1]))
    found: set[str] = set()
    for part in plain.split("|"):
        tokens = _TOKEN.findall(_LINE_END.sub(r"\\n", part).removesuffix("+") or part)
        if len(tokens) != 1:
            return set()
        found |= _meant(tokens[0])
    return found


def _of_class(tokens: list[str]) -> set[str]:
    found: set[str] = set()
    at = 0
    while at < len(tokens):
        first = _meant(tokens[at])
        if (
            at + 2 < len(tokens)
            and tokens[at + 1] == "-"
            and len(first) == 1
            and len(last := _meant(tokens[at + 2])) == 1
        ):
            low, high = ord(*first), ord(*last)
            found |= {chr(one) for one in range(low, min(high, low + _WIDEST) + 1)}
            at += 3
            continue
        found |= first
        at += 1
    return found


def _meant(piece: str) -> set[str]:
    """The characters that a piece of a pattern stands for; those of the control characters that matter for a class."""
    if piece[0] != "\\":
        return {piece}
    code = _CODE.fullmatch(piece)
    if code is not None:
        return {chr(int(code[1], 16))}
    if piece.startswith(("\\p{C", "\\p{IsC", "\\R")):
        return {"\r", "\n", "\t", "\0"} if piece != "\\R" else {"\r", "\n"}
    return set(_ESCAPES.get(piece[1:], piece[1:]))
