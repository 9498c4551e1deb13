"""Addresses in text: what chooses the host, and what only stands behind it."""

import re

ADDRESSES = ("url.request", "redirect.url")
"""The sinks that data harms by choosing a host."""

FIXED_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#\s]+[/?#]|(?:jar|file|classpath):|/(?![/\\])|\?|#", re.IGNORECASE
)
"""The beginning of an address after which data no longer chooses the host."""

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
