"""Search terms of a text: stems of English words and identifiers, pairs of syllables of Korean words.

Pairs of syllables find a Korean noun whatever particle follows it, without a morphological analyser.
"""

import importlib
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from itertools import pairwise
from pathlib import Path

LONGEST_WORD = 64
"""Longer runs (hashes, encoded data) say nothing that a search could use."""

_KEPT = 50_000
"""Words whose terms are remembered: pages repeat theirs."""

_RUN = re.compile(r"[가-힣]+|[^\W가-힣]+(?:[.+-][^\W가-힣]+)*|(?<![\w*])\*(?![\w*])")
_PART = re.compile(r"\*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\dA-Za-z_]+")


@cache
def _words(name: str) -> tuple[str, ...]:
    """A word list of this room, longest first: stop words, and the endings that Korean words take."""
    text = Path(__file__).with_name("words").joinpath(name).read_text("utf-8")
    return tuple(sorted(set(text.split()), key=len, reverse=True))


@cache
def _stop(language: str) -> frozenset[str]:
    return frozenset(_words(f"stop.{language}.txt"))


def terms(text: str) -> Iterator[tuple[str, float]]:
    """The search terms of a text with their weights; a Korean word's pairs share the weight of the word."""
    for run in runs(text):
        yield from _terms_of(run)


@lru_cache(maxsize=_KEPT)
def _terms_of(run: str) -> tuple[tuple[str, float], ...]:
    return tuple(_korean(run) if is_hangul(run) else _english(run))


def runs(text: str) -> Iterator[str]:
    """The words of a text as written: stretches of Hangul, and words or identifiers of other letters."""
    for match in _RUN.finditer(unicodedata.normalize("NFC", text)):
        if match.end() - match.start() <= LONGEST_WORD:
            yield match[0]


def is_hangul(run: str) -> bool:
    """Whether a run is Korean."""
    return "가" <= run[0] <= "힣"


@lru_cache(maxsize=_KEPT)
def parts(run: str) -> tuple[str, ...]:
    """The stems of the words that an identifier is made of: `maxPoolSize` gives max, pool, size."""
    return tuple(stem(part.lower()) for part in _PART.findall(run))


def bare(word: str) -> str:
    """A Korean word without the particle or ending after it, as far as two syllables remain."""
    endings, longest = _endings()
    for length in range(min(longest, len(word) - 2), 0, -1):
        if word[-length:] in endings:
            return word[:-length]
    return word


@cache
def _endings() -> tuple[frozenset[str], int]:
    endings = _words("endings.ko.txt")
    return frozenset(endings), max(map(len, endings))


def _korean(word: str) -> Iterator[tuple[str, float]]:
    if word in _stop("ko") or (word := bare(word)) in _stop("ko"):
        return
    if len(word) == 1:
        yield word, 0.5
        return
    weight = 1 / (len(word) - 1) ** 0.5
    for first, second in pairwise(word):
        yield first + second, weight


def _english(run: str) -> Iterator[tuple[str, float]]:
    found = parts(run)
    whole = run.lower()
    if whole in _stop("en"):
        return
    if len(found) != 1:
        yield whole, 1.0
    weight = 1 / (len(found) or 1) ** 0.5
    for part in found:
        if _tells(part):
            yield part, weight


def _tells(part: str) -> bool:
    """Whether a word or number says anything: of numbers only those of a length that status codes have."""
    if part.isdecimal():
        return 3 <= len(part) <= 5
    return len(part) > 1 and part not in _stop("en")


@lru_cache(maxsize=_KEPT)
def stem(word: str) -> str:
    """The English stem of a word in lower case."""
    return _stemmer()(word) if word.isascii() and word.isalpha() else word


@cache
def _stemmer() -> Callable[[str], str]:
    """Snowball's English stemmer without its thirty other languages, whose import takes 50 ms."""
    name = "_backend_advisor_snowball"
    found = find_spec("snowballstemmer")
    if found is None or found.submodule_search_locations is None:
        raise ImportError("the package snowballstemmer is not installed")
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = list(found.submodule_search_locations)
    sys.modules[name] = module_from_spec(spec)
    stemmer = importlib.import_module(f"{name}.english_stemmer").EnglishStemmer()
    stem_word: Callable[[str], str] = stemmer.stemWord
    return stem_word
