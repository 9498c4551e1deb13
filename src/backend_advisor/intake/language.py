"""Whether a question is asked in Korean or in English."""

import re

from backend_advisor.model import Language

_HANGUL = re.compile(r"[가-힣]")
_LATIN = re.compile(r"[A-Za-z]")
_URL = re.compile(r"https?://\S+")
_QUOTED = re.compile(r"`[^`\n]{1,500}`|\"[^\"\n]{1,300}\"|\([^()\n]{1,200}\)")
_ENDING = re.compile(
    r"(?:[다요까죠네]|[나가]요|[함음임]|나|법|싶어|해줘|할까|는데|[은는]지)[ \t]*(?:[.?!…~)]|\n|$)", re.MULTILINE
)
_SYLLABLE_WEIGHT = 2.5
_MOSTLY_KOREAN = 0.4
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
        return "ko"
    return "ko" if share >= _KOREAN_SENTENCES and _ENDING.search(plain) else "en"
