"""Quantities as text: enough digits to be honest, units that engineers read without thinking."""

import math

BLOCK_BYTES = 8192


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, thousands separated; integers above them are kept whole."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}"


def duration(ms: float) -> str:
    """Milliseconds as "0.153 ms", "121 ms", "4.20 s" or "3 min 20 s"; a server's figures end at microseconds."""
    if ms < 1:
        return "<0.001 ms" if 0 < ms < 0.0005 else f"{ms:.3f} ms"
    if ms < 999.5:
        return f"{significant(ms)} ms"
    if ms < 120_000:
        return f"{significant(ms / 1000)} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes:,} min {seconds} s"


def size(count: float) -> str:
    """Bytes as "812 B", "26.1 MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{significant(count)} {unit}"
        count /= 1024
    return f"{significant(count)} TiB"


def blocks(count: int) -> str:
    """Pages of 8 KiB, with what they come to."""
    return f"{count:,} ({size(count * BLOCK_BYTES)})"


def whole(value: float) -> str:
    """A count; estimates and averages may carry a fraction below ten."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def percent(share: float) -> str:
    """A share as "20 %"; below one per cent with two digits, so that a small cost is not shown as none."""
    value = share * 100
    return f"{value:.0f} %" if abs(value) >= 10 else f"{significant(value, 2)} %"


def bar_cells(value: float, largest: float, width: int) -> int:
    """Length of a bar; a value above zero never vanishes."""
    if largest <= 0 or value <= 0:
        return 0
    return max(1, round(width * value / largest))
