"""Which form of a Korean particle follows a word.

One rule: the particle follows the sound with which a Korean engineer ends the word when reading the text aloud.

- Hangul: its final consonant decides. Digits: the Sino-Korean reading of the last one (`top10은`, `v2는`).
- A Latin word (the last part of an identifier: `created_at`, `userId`) is read in its usual transcription, which its
  spelling gives away nearly always: `…m`, `…n`, `…l`, `…ng` close (이메일은, 커넥션을), so do `…me`, `…ne`, `…le`
  (네임, 라인, 테이블). `…t`, `…k`, `…p`, `…b`, `…c` close after one short vowel (앳, 락, 맵, 잡, 토픽) but not after
  another consonant or a long vowel (카운트, 태스크, 덤프, 루트). All others stay open (유저, 인덱스).
- Letters that form no syllable are read by their names (`SQL을`, `PK를`, `QR은`).
- The handful of words that break this stand in a list. "은(는)" is never written: nobody reads such text aloud.
"""

import re

PARTICLE = re.compile(r"^(은/는|이/가|을/를|과/와|으로/로|이라/라|이/)$")

_LAST_WORD = re.compile(r"(?:[A-Z]+|[A-Z]?[a-z]+)$")
_DIGIT_CLOSES = frozenset("013678")
_DIGIT_ENDS_IN_RIEUL = frozenset("178")
_HANGUL_FIRST, _HANGUL_LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8
_VOWELS = frozenset("aeiouy")
_CLOSES = re.compile(r"(?:[mnl]e?|ng|type|out|oup|pp|[^aeiou]oo[kp]|ee[pk]|eap)$")
_CLOSES_AFTER_SHORT_VOWEL = re.compile(r"(?:^|[^aeiou])[aeiouy](?:[tkpbc]|ck)$")
_NAMES_THAT_CLOSE = frozenset("lmnr")
_OPEN = frozenset(["ip", "vip", "check", "loop", "week", "theme", "me", "edit", "desc", "exec"])


def particle(word: str, pair: str) -> str:
    """The form of a particle, such as 은/는, that follows the word."""
    closed, opened = pair.split("/")
    ends_closed, ends_in_rieul = _ending(word)
    if pair == "으로/로" and ends_in_rieul:
        return opened
    return closed if ends_closed else opened


def _ending(word: str) -> tuple[bool, bool]:
    """Whether the word's last sound is a consonant, and whether that is ㄹ."""
    end = len(word)
    while end and not word[end - 1].isalnum():
        end -= 1
    last = word[end - 1 : end]
    if last and _HANGUL_FIRST <= ord(last) <= _HANGUL_LAST:
        final = (ord(last) - _HANGUL_FIRST) % _FINALS
        return final != 0, final == _RIEUL
    if last.isdigit():
        return last in _DIGIT_CLOSES, last in _DIGIT_ENDS_IN_RIEUL
    found = _LAST_WORD.search(word[max(0, end - 40) : end])
    return _latin(found[0].lower()) if found else (False, False)


def _latin(word: str) -> tuple[bool, bool]:
    if not _VOWELS & set(word):
        return word[-1] in _NAMES_THAT_CLOSE, word[-1] in "lr"
    if word in _OPEN:
        return False, False
    closes = _CLOSES.search(word) or _CLOSES_AFTER_SHORT_VOWEL.search(word)
    return closes is not None, word.endswith(("l", "le"))
