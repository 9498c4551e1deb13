"""Figures as people read them, in either language; never rounded so far that they mislead."""

from backend_advisor.model import Language


def milliseconds(ms: float) -> str:
    """A time with three significant digits, in ms below ten seconds and in s from there on."""
    if ms >= 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{_three_digits(ms)} ms"


def times(ratio: float) -> str:
    """How many times, with two significant digits and thousands marked."""
    if ratio >= 100:
        digits = len(str(int(ratio))) - 2
        return f"{round(ratio, -digits):,.0f}"
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def share(ratio: float) -> str:
    """A share as a percentage."""
    return f"{ratio * 100:.3g} %"


def rows_of(tables: dict[str, int], language: Language) -> str:
    """Row counts by table in one line."""
    unit = "건" if language == "ko" else ""
    return ", ".join(f"{name} {count:,}{unit}" for name, count in tables.items())


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
