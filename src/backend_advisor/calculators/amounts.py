"""Quantities as people write them, in English and Korean, read into base units.

Base units: seconds, bytes, things per second, bytes per second, shares (0 to 1), counts. A month has 30 days, a year
365, and sizes count in 1,024s, as everywhere in the advisor.
"""

import re
import unicodedata
from collections.abc import Callable

DAY = 86_400.0
MONTH = 30 * DAY
YEAR = 365 * DAY
_KIB = 1024.0
_LONGEST = 200

_DURATIONS: dict[str, float] = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds", "나노초"), 1e-9),
    **dict.fromkeys(("us", "μs", "microsecond", "microseconds", "마이크로초"), 1e-6),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds", "밀리초", "밀리세컨드"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "초"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "분"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "시간"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "일"), DAY),
    **dict.fromkeys(("w", "week", "weeks", "주"), 7 * DAY),
    **dict.fromkeys(("month", "months", "개월", "달", "월"), MONTH),
    **dict.fromkeys(("y", "year", "years", "년", "연"), YEAR),
}
_SIZES: dict[str, float] = {
    **dict.fromkeys(("b", "byte", "bytes", "바이트"), 1.0),
    **dict.fromkeys(("kb", "kib", "ki", "킬로바이트"), _KIB),
    **dict.fromkeys(("mb", "mib", "mi", "메가", "메가바이트"), _KIB**2),
    **dict.fromkeys(("gb", "gib", "gi", "기가", "기가바이트"), _KIB**3),
    **dict.fromkeys(("tb", "tib", "ti", "테라", "테라바이트"), _KIB**4),
    **dict.fromkeys(("pb", "pib", "pi", "페타바이트"), _KIB**5),
}
_SCALES: dict[str, float] = {
    **dict.fromkeys(("k", "thousand", "천"), 1e3),
    **dict.fromkeys(("m", "million", "백만"), 1e6),
    **dict.fromkeys(("b", "billion", "십억"), 1e9),
    **{"백": 1e2, "만": 1e4, "십만": 1e5, "천만": 1e7, "억": 1e8, "조": 1e12},
}
_COUNTED = frozenset(
    "row rows record records user users key keys core cores vcpu vcpus cpu cpus connection connections instance "
    "instances node nodes pod pods server servers replica replicas copy copies partition partitions consumer consumers "
    "request requests message messages event events month months time times x "
    "개 대 명 건 행 회 번 개월 코어 커넥션 사용자 인스턴스 파티션 요청 메시지 키 배".split()
)
_PER_SECOND = {"rps": 1.0, "qps": 1.0, "tps": 1.0, "iops": 1.0, "rpm": 1 / 60, "qpm": 1 / 60, "tpm": 1 / 60}

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:_\d{3})*(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,4}(?![\d.]))?"
_SCALE = "|".join(sorted((re.escape(word) for word in _SCALES if not word.isascii()), key=len, reverse=True))
_PIECE = re.compile(rf"\s*({_DIGITS})\s*({_SCALE}|(?:thousand|million|billion|[kmb])(?![a-z]))?", re.IGNORECASE)
_NUMBER = re.compile(rf"\s*({_DIGITS})\s*", re.IGNORECASE)
_UNIT = re.compile(r"[^\W\d_]+")
_PER = re.compile(r"^(?P<what>[^/]*?)\s*(?:/|\bper\b|\bevery\b|\ba\b(?=\s))\s*(?P<time>[^\W\d_]+)$", re.IGNORECASE)
_KOREAN_PER = re.compile(r"^(?:(초|분|시간|일|주|월|연)당|(하루)(?:에)?|매(초|분|시간|일|주|월))\s*")
_ADVERBS = {"hourly": 3600.0, "daily": DAY, "weekly": 7 * DAY, "monthly": MONTH}


class Unreadable(Exception):
    """A text that is no such quantity; `cause` is a key of this room's phrases, `values` fill it in."""

    def __init__(self, cause: str, **values: object) -> None:
        super().__init__(cause)
        self.cause = cause
        self.values_of = values


def count(text: str) -> float:
    """A number of things: "8", "1.2M", "10,000", "120만 명"."""
    number, rest = _amount(_plain(text))
    if rest and rest.lower() not in _COUNTED:
        raise Unreadable("unit_unknown", unit=rest, known="k, M, B, 천, 만, 억")
    return number


def duration(text: str) -> float:
    """Seconds: "6ms", "1h30m", "30d", "3 days", "2분"; `m` is a minute."""
    plain = _plain(text)
    total, position = 0.0, 0
    while position < len(plain):
        number = _NUMBER.match(plain, position)
        unit = _UNIT.match(plain, number.end()) if number else None
        if number is None or (unit is None and number.end() < len(plain)):
            raise Unreadable("not_a_quantity")
        if unit is None:
            return rounded(total + _bare(_digits(number[1]), "ms, s, min, h, d"))
        if unit[0].lower() not in _DURATIONS or unit[0] == "M":
            raise Unreadable("unit_unknown", unit=unit[0], known="ns, us, ms, s, min, h, d, week, month, year")
        total += _digits(number[1]) * _DURATIONS[unit[0].lower()]
        position = unit.end()
    return rounded(total)


def size(text: str) -> float:
    """Bytes: "200B", "2TB", "512 MiB"; KB and KiB are both 1,024 bytes."""
    return _sized(_plain(text))


def rate(text: str) -> float:
    """Things per second: "400/s", "500 requests/min", "2M/day", "300 rps", "분당 500건"."""
    plain = _plain(text)
    if korean := _KOREAN_PER.match(plain):
        number, rest = _amount(plain[korean.end() :])
        return rounded(number / _time(korean[1] or korean[3] or "일")) if _is_thing(rest) else _no_rate(rest)
    number, rest = _amount(plain)
    return rounded(number * _per_second(rest))


def throughput(text: str) -> float:
    """Bytes per second: "50MB/s", "3 GB per hour", "50GB/month"."""
    divided = _PER.match(_plain(text))
    if divided is None:
        _sized(_plain(text))
        raise Unreadable("unit_missing", known="MB/s, GB/day, GB/month")
    return rounded(_sized(divided["what"]) / _time(divided["time"]))


def share(text: str) -> float:
    """A share from 0 to 1: "99.9%" or "0.999"."""
    number, rest = _amount(_plain(text))
    if rest.lower() in ("%", "percent", "퍼센트", "프로"):
        return rounded(number / 100)
    if rest:
        raise Unreadable("unit_unknown", unit=rest, known="%")
    if number > 1:
        raise Unreadable("share_bare", percent=f"{number:.15g}%")
    return number


def factor(text: str) -> float:
    """A multiple: "1.5", "1.5x", "1.5배" or "150%"."""
    number, rest = _amount(_plain(text))
    if rest == "%":
        return rounded(number / 100)
    if rest.lower() not in ("", "x", "배", "times"):
        raise Unreadable("unit_unknown", unit=rest, known="x, %")
    return number


READERS: dict[str, Callable[[str], float]] = {
    "count": count,
    "duration": duration,
    "size": size,
    "rate": rate,
    "throughput": throughput,
    "share": share,
    "factor": factor,
    "daily": rate,
    "growth": throughput,
}
"""How each kind of quantity is read; `daily` and `growth` are told by the day and by the month."""


def rounded(value: float) -> float:
    """Without the last digits' noise that converting units leaves."""
    return float(f"{value:.15g}")


def _plain(text: str) -> str:
    """One spelling for each character: full-width digits and signs become the usual ones."""
    if len(text) > _LONGEST:
        raise Unreadable("too_long", limit=_LONGEST)
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain:
        raise Unreadable("empty")
    if plain.lower().lstrip("+-−") in ("nan", "inf", "infinity"):
        raise Unreadable("not_finite")
    if plain[0] in "-−" and plain[1:2].isdigit():
        raise Unreadable("negative")
    return plain


def _amount(plain: str) -> tuple[float, str]:
    """The number in front with its scale words ("1만5천"), and what follows it."""
    total, position = 0.0, 0
    while piece := _PIECE.match(plain, position):
        scale = piece[2] or ""
        total += _digits(piece[1]) * _SCALES.get(scale.lower(), 1.0)
        position = piece.end()
        if not scale or scale.isascii():
            break
    if position == 0:
        raise Unreadable("not_a_quantity")
    return rounded(total), plain[position:].strip()


def _digits(text: str) -> float:
    return float(text.replace(",", "").replace("_", ""))


def _sized(plain: str) -> float:
    number = _NUMBER.match(plain)
    if number is None:
        raise Unreadable("not_a_quantity")
    unit = plain[number.end() :].strip()
    if not unit:
        return _bare(_digits(number[1]), "B, KB, MB, GB, TB")
    if unit.lower() not in _SIZES:
        raise Unreadable("unit_unknown", unit=unit, known="B, KB, MB, GB, TB, PB")
    return rounded(_digits(number[1]) * _SIZES[unit.lower()])


def _bare(number: float, known: str) -> float:
    """Nothing of anything is nothing; any other number needs its unit."""
    if number == 0:
        return 0.0
    raise Unreadable("unit_missing", known=known)


def _per_second(rest: str) -> float:
    """What one of "/s", "req/min", "rows per day", "rps" or "건/초" comes to in a second."""
    words = rest.lower().rsplit(None, 1)
    if words and words[-1] in _PER_SECOND:
        return _PER_SECOND[words[-1]]
    if words and words[-1] in _ADVERBS:
        return 1 / _ADVERBS[words[-1]]
    divided = _PER.match(rest)
    if divided is None or not _is_thing(divided["what"]):
        return _no_rate(rest)
    return 1 / _time(divided["time"])


def _no_rate(rest: str) -> float:
    if not rest:
        raise Unreadable("unit_missing", known="/s, /min, /h, /day")
    raise Unreadable("unit_unknown", unit=rest, known="/s, /min, /h, /day, rps, rpm")


def _is_thing(word: str) -> bool:
    """Whether a word can be what is counted, such as requests; a unit of size or time cannot."""
    lower = word.strip().lower()
    return not lower or (_UNIT.fullmatch(lower) is not None and lower not in _SIZES and lower not in _DURATIONS)


def _time(word: str) -> float:
    if word.lower() not in _DURATIONS or word == "M":
        raise Unreadable("unit_unknown", unit=word, known="s, min, h, day, week, month")
    return _DURATIONS[word.lower()]
