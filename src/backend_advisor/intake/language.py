"""Whether a question is asked in Korean or in English, or in a language that is not read."""

import re
from functools import cache
from importlib import resources

from backend_advisor.model import Language
from backend_advisor.plain_yaml import load_plain_yaml

_HANGUL = re.compile(r"[가-힣]")
_LATIN = re.compile(r"[A-Za-z]")
_URL = re.compile(r"https?://\S+")
_QUOTED = re.compile(r"`[^`\n]{1,500}`|\"[^\"\n]{1,300}\"|\([^()\n]{1,200}\)")
_ENDING = re.compile(
    r"(?:[다요까죠네]|[나가]요|[함음임]|나|법|싶어|해줘|할까|는데|[은는]지)[ \t]*(?:[.?!…~)]|\n|$)", re.MULTILINE
)
_PARTICLE = re.compile(r"[A-Za-z0-9](?:이|가|은|는|을|를|에|에서|로|으로|의|도|만|랑|하고|인데)(?![가-힣])")
_LETTER = re.compile(r"[^\W\d_]")
_READ = re.compile(r"[A-Za-z가-힣ㄱ-ㅎㅏ-ㅣ]")
_FEW_LETTERS = 4
_MOSTLY = 0.5
_OTHER_SCRIPT = 0.3
_FOREIGN_SHARE = 0.2
_SOME_WORDS = 5
_SYLLABLE_WEIGHT = 2.5
_MOSTLY_KOREAN = 0.4
_SURELY_KOREAN = 0.7
_HELD = 2
_KOREAN_SENTENCES = 0.15
_ENOUGH = 20_000


def language_of(prose: str) -> Language:
    """The language of a text without its code blocks; Korean sentences with English terms in them are Korean.

    A Hangul syllable says about as much as two and a half Latin letters, so it weighs as much.
    """
    plain = _QUOTED.sub(" ", _URL.sub(" ", prose[:_ENOUGH]))
    if not (_HANGUL.search(plain) or _LATIN.search(plain)):
        plain = prose[:_ENOUGH]
    hangul = len(_HANGUL.findall(plain)) * _SYLLABLE_WEIGHT
    latin = len(_LATIN.findall(plain))
    if not hangul:
        return "en"
    share = hangul / (hangul + latin)
    if share >= _MOSTLY_KOREAN:
        return "en" if share < _SURELY_KOREAN and _is_held_by_english(plain) else "ko"
    if share >= _KOREAN_SENTENCES and _ENDING.search(plain):
        return "ko"
    return "ko" if _is_held_by_korean(plain) else "en"


def _is_held_by_korean(plain: str) -> bool:
    """Whether the English in a text is names only, and what joins them is Korean: `NoSuchMethodError가 나요 gradle`."""
    english, _ = _small_words()
    words = re.findall(r"[A-Za-z]+", plain)
    return not any(word.lower() in english for word in words) and bool(_PARTICLE.search(plain) or _ENDING.search(plain))


def _is_held_by_english(plain: str) -> bool:
    """Whether the Korean in a text is names only: `what does 개인정보 보호법 require for logs?`."""
    english, _ = _small_words()
    held = sum(word.lower() in english for word in re.findall(r"[A-Za-z]+", plain))
    return held >= _HELD and not (_PARTICLE.search(plain) or _ENDING.search(plain))


def is_foreign(prose: str) -> bool:
    """Whether a text is mostly in a script, or has mostly the small words of a language, that is not read here."""
    plain = _QUOTED.sub(" ", _URL.sub(" ", prose[:_ENOUGH]))
    letters = len(_LETTER.findall(plain))
    other = letters - len(_READ.findall(plain))
    if letters - other and _HANGUL.search(plain) and other < letters * _MOSTLY:
        return False
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", plain)]
    accented = sum(not word.isascii() and _READ.search(word) is not None for word in words)
    if other - accented >= _FEW_LETTERS and other >= letters * _OTHER_SCRIPT:
        return True
    english, foreign = _small_words()
    if len(words) < _SOME_WORDS or any(word in english for word in words):
        return False
    return sum(word in foreign for word in words) >= max(2, len(words) * _FOREIGN_SHARE)


@cache
def _small_words() -> tuple[frozenset[str], frozenset[str]]:
    text = (resources.files("backend_advisor.intake") / "small_words.yaml").read_text("utf-8")
    words = load_plain_yaml(text)
    return frozenset(words["english"]), frozenset(word for one in words["foreign"].values() for word in one)
