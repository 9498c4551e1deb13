"""Storage against a table that is filled day by day."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.storage import StorageInputs, compute

DAY, MONTH = 86_400.0, 30 * 86_400.0


def filled(inputs: StorageInputs, months: float, steps: int = 20_000) -> float:
    """Rows that are left after the months, when written and deleted in small steps."""
    until = months * MONTH
    kept_from = 0.0 if inputs.retention is None else max(until - inputs.retention, 0.0)
    step = (until - kept_from) / steps
    times = (kept_from + (number + 0.5) * step for number in range(steps))
    return sum(inputs.rows * (1 + inputs.growth) ** (time / MONTH) * step for time in times)


@settings(max_examples=20, deadline=None)
@given(growth=st.floats(0, 0.5), months=st.integers(1, 36), retention=st.none() | st.floats(1, 3000))
def test_rows_are_those_of_a_table_that_is_filled_and_emptied(
    growth: float, months: int, retention: float | None
) -> None:
    inputs = StorageInputs(
        rows=10.0, row=100.0, growth=growth, months=months, retention=None if retention is None else retention * DAY
    )
    assert compute(inputs).rows_then == pytest.approx(filled(inputs, months), rel=1e-4)


def test_known_values() -> None:
    result = compute(StorageInputs(rows=1_000_000 / DAY, row=72.0, index=0.5, replicas=2, months=12))
    assert result.row_bytes == pytest.approx(150)
    assert result.per_day == pytest.approx(150e6)
    assert result.copy_then == pytest.approx(360 * 150e6)
    assert result.total_then == pytest.approx(3 * 360 * 150e6)


@settings(max_examples=20, deadline=None)
@given(disk=st.floats(1e9, 1e13), growth=st.floats(0, 0.2), now=st.floats(0, 1e11))
def test_a_disk_is_full_on_the_first_day_that_fills_it(disk: float, growth: float, now: float) -> None:
    given_ = {"rows": 100.0, "row": 200.0, "growth": growth, "now": now, "disk": disk}
    result = compute(StorageInputs(**given_))
    assert result.full_at is not None and result.warn_at is not None
    assert result.warn_at <= result.full_at
    if 0 < result.full_at < math.inf:
        per_day = 100.0 * DAY * result.row_bytes
        days = result.full_at / DAY
        steady = max(math.log1p(growth), 1e-12)
        before = now + per_day * 30 * math.expm1(steady * (days - 1) / 30) / steady
        assert before < disk * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(months=st.integers(1, 60), rows=st.floats(0.01, 1e6), row=st.floats(1, 1e4))
def test_more_of_anything_takes_no_less_room(months: int, rows: float, row: float) -> None:
    plain = compute(StorageInputs(rows=rows, row=row, months=months)).total_then
    assert compute(StorageInputs(rows=rows, row=row, months=months + 1)).total_then >= plain
    assert compute(StorageInputs(rows=rows, row=row, months=months, replicas=1)).total_then == pytest.approx(2 * plain)
    kept = compute(StorageInputs(rows=rows, row=row, months=months, retention=30 * DAY))
    assert kept.total_then <= plain * (1 + 1e-9)
    assert kept.steady == pytest.approx(kept.copy_then)


def test_a_disk_that_never_fills_and_deletion_are_told() -> None:
    made = calculate("storage", {"rows": "1M/day", "row": "100B", "retention": "30d", "disk": "1TB"}, "en")
    assert made.results["full_at"] == math.inf
    assert any("not filled within 50 years" in text for text in made.conclusion)
    assert any("DELETE" in text for text in made.warnings)
    largest = calculate("storage", {"rows": "1M/day", "row": "100B", "months": "600", "growth": "100%"}, "ko")
    assert math.isfinite(largest.results["total_then"])
    old = calculate("storage", {"rows": "1/day", "row": "1B", "now": "1TB", "retention": "60d", "months": "1"}, "en")
    assert old.results["copy_then"] == pytest.approx(512 * 1024**3, rel=1e-3)
