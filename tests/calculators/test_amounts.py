"""Quantities as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import amounts
from backend_advisor.calculators.amounts import READERS, Unreadable
from backend_advisor.intake.units import UNITS

READ = """
duration: 6ms = 0.006 | 1h30m = 5400 | 1h 30 min = 5400 | 30d = 2592000 | 2분 = 120 | 1시간 30분 = 5400 | 0 = 0
duration: 250 µs = 0.00025 | ５초 = 5 | 1week = 604800
rate: 400/s = 400 | 1,200 req/s = 1200 | 400 requests per second = 400 | 300rps = 300 | 60 rpm = 1 | 24k/min = 400
rate: 분당 600건 = 10 | 초당 1만5천 = 15000 | 하루 864만 = 100 | 400건/초 = 400 | 86400 rows daily = 1
rate: 400 a second = 400 | 4.32M/day = 50 | 4.32m rows/day = 50 | 90 rows/h = 0.025
size: 2TB = 2199023255552 | 512 MiB = 536870912 | 200B = 200 | 100바이트 = 100 | 10Gi = 10737418240
size: 0 = 0 | 1.5 kb = 1536
throughput: 50MB/s = 52428800 | 2592 KB/month = 1.024 | 3600 KB per hour = 1024
share: 99.9% = 0.999 | 0.95 = 0.95 | 5 percent = 0.05 | ５％ = 0.05 | 1 = 1
count: 8 = 8 | 1.2M = 1200000 | 10,000 = 10000 | 1_000 = 1000 | 120만 명 = 1200000 | 8 cores = 8 | 1e3 = 1000 | 4개 = 4
factor: 1.5 = 1.5 | 2x = 2 | 150% = 1.5 | 2배 = 2
"""
REFUSED = """
duration: 6 = unit_missing | 1h30 = unit_missing | 6 foo = unit_unknown | 5M = unit_unknown | ms = not_a_quantity
duration: -5s = negative | −5s = negative | NaN = not_finite
rate: 400 = unit_missing | 400/parsec = unit_unknown | 50MB/s = unit_unknown | 6ms = unit_unknown
rate: 400//s = unit_unknown | inf = not_finite | -inf = not_finite
size: 2 = unit_missing | 2T = unit_unknown | 100Mbit = unit_unknown
throughput: 50MB = unit_missing | 50/s = unit_missing
share: 95 = share_bare | 50 apples = unit_unknown | half = not_a_quantity
count: 4 parsecs = unit_unknown | 0x10 = unit_unknown | 1/2 = unit_unknown
factor: 2 MB = unit_unknown | 1,5,5 = unit_unknown
"""


def table(text: str) -> list[tuple[str, str, str]]:
    """Kind, text and what it comes to."""
    rows = []
    for line in text.strip().split("\n"):
        kind, _, cells = line.partition(": ")
        rows += [(kind, *cell.strip().rsplit(" = ", 1)) for cell in cells.split("|")]
    return rows  # type: ignore[return-value]


@pytest.mark.parametrize(("kind", "text", "value"), table(READ))
def test_texts_are_read_in_base_units(kind: str, text: str, value: str) -> None:
    assert READERS[kind](text) == pytest.approx(float(value), rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "text", "cause"), [*table(REFUSED), ("size", "", "empty"), ("count", "9" * 500, "too_long")]
)
def test_what_is_no_such_quantity_is_refused_with_its_cause(kind: str, text: str, cause: str) -> None:
    with pytest.raises(Unreadable) as caught:
        READERS[kind](text)
    assert caught.value.cause == cause


@pytest.mark.parametrize("word", [word for word, unit in UNITS.items() if unit.base == "seconds"])
def test_times_are_those_of_the_reader_of_questions(word: str) -> None:
    assert amounts.duration(f"3 {word}") == pytest.approx(3 * UNITS[word].factor)


@pytest.mark.parametrize("word", [word for word, unit in UNITS.items() if unit.base == "bytes"])
def test_sizes_are_those_of_the_reader_of_questions(word: str) -> None:
    assert amounts.size(f"3 {word}") == pytest.approx(3 * UNITS[word].factor)


KINDS = st.sampled_from(sorted(READERS))
NUMBERS = st.from_regex(r"[0-9.,_]{1,40} ?(e[0-9]{1,5})?(k|M|만|억|천)?(/s|ms|GB|%| rows/day)?", fullmatch=True)


@settings(deadline=None)
@given(text=st.text(max_size=60) | NUMBERS, kind=KINDS)
def test_any_text_is_read_or_refused(text: str, kind: str) -> None:
    try:
        assert READERS[kind](text) >= 0
    except Unreadable as error:
        assert error.cause
