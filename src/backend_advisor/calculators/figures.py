"""Figures as text in a language: enough digits to be honest, units that engineers read without thinking."""

import math
from typing import TYPE_CHECKING

from backend_advisor.calculators.amounts import DAY, MONTH, YEAR
from backend_advisor.phrases import phrase
from backend_advisor.quantities import significant

if TYPE_CHECKING:
    from backend_advisor.model import Language

_PACKAGE = __package__ or ""
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_SPANS = (("years", 2 * YEAR, YEAR, None), ("days", 2 * DAY, DAY, 3600.0), ("hours", 3600.0, 3600.0, 60.0),
          ("minutes", 60.0, 60.0, 1.0))  # fmt: skip
"""From which length on a duration is told in which unit, and in which smaller one its rest."""
_SMALLER = {"days": "hours", "hours": "minutes", "minutes": "seconds"}
_PERIODS = (("second", 1.0), ("minute", 60.0), ("hour", 3600.0), ("day", DAY), ("month", MONTH))


class Figures:
    """Writes figures in one language."""

    __slots__ = ("language",)

    def __init__(self, language: "Language") -> None:
        self.language = language

    def of(self, kind: str, value: float) -> str:
        """A value of one of the kinds that `amounts.READERS` names."""
        written: str = getattr(self, kind)(value)
        return written

    def number(self, value: float, digits: int = 3) -> str:
        """A plain number with so many significant digits and no zeros that say nothing."""
        if not math.isfinite(value):
            return self._unit("never_ends")
        if value and not 1e-4 <= abs(value) < 1e15:
            mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
            return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
        text = significant(value, digits)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def exact(self, value: float) -> str:
        """A number with all digits that it was written with, such as a burn rate of 14.4 or a budget of 0.001."""
        return f"{value:.12g}"

    def count(self, value: float) -> str:
        """A number of things."""
        return f"{value:,.0f}" if math.isfinite(value) and value == int(value) < 1e15 else self.number(value)

    def duration(self, seconds: float) -> str:
        """Seconds as "6 ms", "4.2 s", "43 min 50 s", "8 h 46 min", "30 d" or "3.2 years"."""
        if not math.isfinite(seconds):
            return self._unit("never")
        for name, least, length, smaller in _SPANS:
            if seconds >= least:
                return self._span(name, seconds, length, smaller)
        if seconds >= 1 or seconds == 0:
            return self._unit("seconds", n=self.number(seconds))
        name, scale = ("milliseconds", 1e3) if seconds >= 1e-3 else ("microseconds", 1e6)
        return self._unit(name, n=self.number(seconds * scale))

    def size(self, count: float) -> str:
        """Bytes as "812 B", "26.1 MiB", "2 TiB"."""
        unit = 0
        while count >= 1023.5 and unit + 1 < len(_SIZES):
            count, unit = count / 1024, unit + 1
        return f"{self.number(count)} {_SIZES[unit]}"

    def rate(self, per_second: float) -> str:
        """Things per second, minute, hour or day, by which of them makes it one at least."""
        name, value = _period(per_second)
        return self._unit(f"per_{name}", n=self.number(value))

    def throughput(self, per_second: float) -> str:
        """Bytes per second."""
        return self._unit("per_second", n=self.size(per_second))

    def daily(self, per_second: float) -> str:
        """Things per day."""
        return self._unit("per_day", n=self.number(per_second * DAY))

    def growth(self, per_second: float) -> str:
        """Bytes per month."""
        return self._unit("per_month", n=self.size(per_second * MONTH))

    def share(self, value: float) -> str:
        """A share in per cent; near 100 with the digits in which it differs from it."""
        percent = value * 100
        if not 90 < percent < 100:
            return self._unit("percent", n=self.number(percent))
        decimals = max(2 - math.floor(math.log10(100 - percent)), 0)
        text = f"{percent:.{min(decimals, 12)}f}"
        return self._unit("percent", n=text.rstrip("0").rstrip(".") if "." in text else text)

    def factor(self, value: float) -> str:
        """A multiple."""
        return self._unit("factor", n=self.number(value))

    def _span(self, name: str, seconds: float, length: float, smaller: float | None) -> str:
        if smaller is None:
            return self._unit(name, n=self.number(seconds / length))
        whole, rest = divmod(round(seconds / smaller), round(length / smaller))
        if name == "days" and whole >= 60:
            return self._unit(name, n=f"{seconds / length:,.0f}")
        first = self._unit(name, n=f"{whole:,}")
        return f"{first} {self._unit(_SMALLER[name], n=f'{rest}')}" if rest else first

    def _unit(self, key: str, **values: object) -> str:
        return phrase(_PACKAGE, self.language, f"unit_{key}", **values)


def _period(per_second: float) -> tuple[str, float]:
    """The shortest period in which at least one thing comes, and how many."""
    for name, seconds in _PERIODS:
        if per_second * seconds >= 1:
            return name, per_second * seconds
    return _PERIODS[-1][0], per_second * MONTH
