"""Addresses in text: what chooses the host, and what only stands behind it."""

import re
from collections.abc import Sequence

ADDRESSES = ("url.request", "redirect.url")
"""The sinks that data harms by choosing a host."""

FIXED_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#\s]+[/?#]|(?:jar|file|classpath):|/(?![/\\])|\?|#", re.IGNORECASE
)
"""The beginning of an address after which data no longer chooses the host."""

OWN_FOLDER = re.compile(r"(?:\.?/)?[\w.-]+/(?!/)")
"""The beginning of a path that is resolved against a base, after which data no longer chooses the host."""

HOLDS_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#\s]+|[^/?#:\s]+\.[^/?#\s]+", re.IGNORECASE)
"""The whole beginning of an address that has a host, with or without a slash after it."""

NAMES_HOST = re.compile(
    r"(?i:url|uri|host|hostname|base|domain|origin|endpoint|server|site|root|address)$|^[A-Z][A-Z0-9_]+$"
)
"""Names that programs give to the beginning of an address."""

MAKES_ADDRESS = re.compile(
    r"(?i)^(?:get|build|make|create|resolve|to|full|absolute)?_?\w*(?:url|uri|origin|host)(?:_?for)?$"
)
"""Names of functions that give the beginning of an address."""

_DELAY = re.compile(r"^\s*(?:\d+(?:\.\d*)?)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*", re.IGNORECASE)
"""What stands before the address in a header `Refresh: 5; url=…`."""


def host_is_fixed(text: Sequence[str | None]) -> bool:
    """Whether the known beginning of an address, or of a header that holds one, leaves no host to choose."""
    parts = list(text)
    if len(parts) > 1 and parts[0] is None and _DELAY.match(parts[1] or ""):
        parts = parts[1:]  # the seconds of `Refresh` are not known
    start = parts[0] if parts else None
    return bool(start) and FIXED_HOST.match(_DELAY.sub("", start or "", count=1)) is not None
