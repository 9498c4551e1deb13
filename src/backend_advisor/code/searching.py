"""Looking for something in whole files: words are much quicker to look for than patterns, and patterns in small letters
than patterns for both."""

import re
from collections.abc import Iterable


def mentions(source: bytes, words: Iterable[bytes]) -> bool:
    """Whether a text holds one of some words, in capital or small letters; they are given in small ones."""
    lower = source.lower()
    for word in words:  # noqa: SIM110 (asked of every function of a program, `any` takes twice as long)
        if word in lower:
            return True
    return False


class Guarded:
    """A pattern of which every match holds one of some words, as `mentions` finds them: tried only where one is."""

    __slots__ = ("_pattern", "_words")

    def __init__(self, pattern: bytes, *words: bytes, flags: int = 0) -> None:
        self._pattern = re.compile(pattern, flags)
        self._words = words

    def is_in(self, source: bytes) -> bool:
        """Whether the pattern matches somewhere in a text."""
        return mentions(source, self._words) and self._pattern.search(source) is not None

    def is_between(self, source: bytes, start: int, end: int) -> bool:
        """Whether it matches between two places of a text."""
        return mentions(source[start:end], self._words) and self._pattern.search(source, start, end) is not None

    def is_in_any(self, sources: Iterable[bytes]) -> bool:
        """Whether it matches in one of some texts."""
        return any(map(self.is_in, sources))
