"""Figures as text."""

import math

import pytest

from backend_advisor.calculators.figures import Figures

DAY = 86_400.0
DURATIONS = [
    (0.006, "6 ms", "6ms"),
    (0.0000616, "61.6 µs", "61.6µs"),
    (4.2, "4.2 s", "4.2초"),
    (60, "1 min", "1분"),
    (2592, "43 min 12 s", "43분 12초"),
    (3600, "1 h", "1시간"),
    (31_556, "8 h 46 min", "8시간 46분"),
    (DAY, "24 h", "24시간"),
    (30 * DAY, "30 d", "30일"),
    (49 * 3600, "2 d 1 h", "2일 1시간"),
    (100 * DAY, "100 d", "100일"),
    (3 * 365 * DAY, "3 years", "3년"),
    (0, "0 s", "0초"),
    (math.inf, "never", "끝나지 않음"),
]
OTHERS = [
    ("size", 812, "812 B", "812 B"),
    ("size", 2 * 1024**4, "2 TiB", "2 TiB"),
    ("size", 1024**3 - 1, "1 GiB", "1 GiB"),
    ("size", 0, "0 B", "0 B"),
    ("rate", 400, "400/s", "400/초"),
    ("rate", 500 / 60, "8.33/s", "8.33/초"),
    ("rate", 0.5, "30/min", "30/분"),
    ("daily", 5e6 / DAY, "5,000,000/day", "5,000,000/일"),
    ("growth", 1024**3 / (30 * DAY), "1 GiB/month", "1 GiB/월"),
    ("share", 0.999, "99.9 %", "99.9%"),
    ("share", 0.999397, "99.9397 %", "99.9397%"),
    ("share", 0.99999, "99.999 %", "99.999%"),
    ("share", 0.05, "5 %", "5%"),
    ("share", 1, "100 %", "100%"),
    ("share", 0, "0 %", "0%"),
    ("share", 1.5, "150 %", "150%"),
    ("count", 1234567, "1,234,567", "1,234,567"),
    ("count", 1e20, "1e20", "1e20"),
    ("factor", 12.5, "12.5×", "12.5배"),
    ("number", 1e-9, "1e-9", "1e-9"),
]


@pytest.mark.parametrize(("kind", "value", "english", "korean"), [*(("duration", *row) for row in DURATIONS), *OTHERS])
def test_figures_read_naturally_in_both_languages(kind: str, value: float, english: str, korean: str) -> None:
    assert Figures("en").of(kind, value) == english
    assert Figures("ko").of(kind, value) == korean
