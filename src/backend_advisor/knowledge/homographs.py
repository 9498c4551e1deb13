"""Words that name two things: GIN is an index, Gin is a web framework, and only one of them is in our pages."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

_HANGUL = re.compile(r"[가-힣]")


def other_sense(text: str) -> frozenset[str]:
    """The words that a text uses in another sense than our pages do."""
    return frozenset(word for word, ours in _homographs().items() if not ours.search(text))


@cache
def _homographs() -> dict[str, re.Pattern[str]]:
    text = Path(__file__).with_name("words").joinpath("homographs.yaml").read_text("utf-8")
    return {word: _any_of(beside) for word, beside in yaml.load(text, Loader=yaml.CSafeLoader).items()}


def _any_of(terms: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_one, terms)))


def _one(term: str) -> str:
    if _HANGUL.search(term):
        return re.escape(term)
    word = rf"(?<![A-Za-z0-9_]){re.escape(term)}(?![A-Za-z0-9_])"
    return word if term.isupper() else f"(?i:{word})"
