"""Patterns of origins that also fit a host of somebody else: `https://.*example\\.com` fits `https://evilexample.com`."""

import re

_HOST = re.compile(r"[\w-]+(?:\\?\.[\w-]+)+")
_SPRING = re.compile(r"^https?://\*[\w-]+\.[\w.-]+")
"""Spring's own pattern, whose `*` stands for any letters, a dot or none."""
_TRIED = ("https://evil{0}", "http://evil{0}", "https://{0}.evil.example", "https://a.{0}.evil.example")


def fits_strangers(pattern: str, language: str, *, whole: bool = True) -> bool:
    """Whether an origin fits that only looks like those meant. `whole`: the pattern has to fit all of an origin."""
    if language == "java":
        return _SPRING.match(pattern) is not None
    hosts = _HOST.findall(pattern)
    if not hosts or language != "python":
        return False
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error:
        return False
    fits = compiled.fullmatch if whole else compiled.match
    return any(fits(one.format(hosts[-1].replace("\\", ""))) is not None for one in _TRIED)
