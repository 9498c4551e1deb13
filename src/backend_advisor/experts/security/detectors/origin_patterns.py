"""Patterns of origins that also fit a host of somebody else: `https://.*example\\.com` fits `https://evilexample.com`."""

import re

from backend_advisor.experts.security.backtracking import exponential

_HOST = re.compile(r"[\w-]+(?:\\?\.[\w-]+)+")
_SPRING = re.compile(r"^https?://\*[\w-]+\.[\w.-]+")
"""Spring's own pattern, whose `*` stands for any letters, a dot or none."""
_LONGEST, _MOST_OPEN = 500, 4
_OPEN = re.compile(r"[*+]|\{\d*,\}")
_TRIED = ("https://evil{0}", "http://evil{0}", "https://{0}.evil.example", "https://a.{0}.evil.example")
_LEFT = re.compile(r"^\^|^(?:\\\.|:?\\?/\\?/|\(\?:?\^)")
_RIGHT = re.compile(r"(?:\$|\\?/|:|\\b)\)?$")


def fits_strangers(pattern: str, language: str, *, whole: bool = True) -> bool:
    """Whether an origin fits that only looks like those meant. `whole`: the pattern has to fit all of an origin."""
    if language == "java":
        return _SPRING.match(pattern) is not None
    hosts = _HOST.findall(pattern)
    if not hosts or language != "python" or _is_costly(pattern, whole=whole):
        return False
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error:
        return False
    fits = compiled.fullmatch if whole else compiled.match
    return any(fits(one.format(hosts[-1].replace("\\", ""))) is not None for one in _TRIED)


def _is_costly(pattern: str, *, whole: bool) -> bool:
    """Whether trying it on a short text could take long: it is the text of a program that nobody has to trust."""
    if len(pattern) > _LONGEST or len(_OPEN.findall(pattern)) > _MOST_OPEN:
        return True
    return exponential(pattern, whole=whole)


def loose_pattern(text: str) -> bool:
    """Whether a pattern of origins lets in a host that begins or ends with what the program meant."""
    if "\\." not in text:
        return False
    return (not text.startswith("^") and _LEFT.match(text) is None) or _RIGHT.search(text) is None
