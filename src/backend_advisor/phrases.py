"""Short bilingual texts: filling in values, and the phrase files that a room keeps beside its code."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend_advisor.model import Language

_PARTICLE = re.compile(r"^(은/는|이/가|을/를|과/와|으로/로|이라/라|이/)$")
_DIGIT_ENDS_IN_CONSONANT = {"0", "1", "3", "6", "7", "8"}
_DIGIT_ENDS_IN_RIEUL = {"1", "7", "8"}
_LATIN_ENDS_IN_CONSONANT = set("lmnrLMNR")
_HANGUL_FIRST, _HANGUL_LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8


class _PhraseFormatter(Formatter):
    """`str.format` that also picks a Korean particle: `{column:을/를}` gives "id를" and "이름을"."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if _PARTICLE.match(format_spec):
            text = str(value)
            return text + particle(text, format_spec)
        return str(super().format_field(value, format_spec))


_FORMATTER = _PhraseFormatter()


def particle(word: str, pair: str) -> str:
    """The form of a Korean particle that follows the word, judged by the word's last sounded character."""
    closed, opened = pair.split("/")
    last = next((c for c in reversed(word) if c.isalnum()), "")
    final, rieul = _final_consonant(last)
    if pair == "으로/로" and rieul:
        return opened
    return closed if final else opened


def _final_consonant(character: str) -> tuple[bool, bool]:
    if character and _HANGUL_FIRST <= ord(character) <= _HANGUL_LAST:
        final = (ord(character) - _HANGUL_FIRST) % _FINALS
        return final != 0, final == _RIEUL
    if character.isdigit():
        return character in _DIGIT_ENDS_IN_CONSONANT, character in _DIGIT_ENDS_IN_RIEUL
    return character in _LATIN_ENDS_IN_CONSONANT, character in "lLrR"


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Put values into a template's named fields; raises KeyError when one is missing."""
    return _FORMATTER.vformat(template, (), values)


@cache
def phrases(package: str, language: "Language") -> Mapping[str, str]:
    """The texts in `phrases.LANGUAGE.yaml` of a package, by key."""
    import yaml

    text = resources.files(package).joinpath(f"phrases.{language}.yaml").read_text("utf-8")
    loaded: dict[str, str] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


def phrase(package: str, language: "Language", key: str, /, **values: object) -> str:
    """One text of a package in the given language, filled in."""
    return fill(phrases(package, language)[key], values)
