"""Batches: durations, rates and workers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.calculators import InputError, calculate
from backend_advisor.calculators.batch import BatchInputs, compute


def test_a_limit_gives_the_duration_and_a_deadline_the_rate() -> None:
    result = compute(BatchInputs(items=50_000, rate=10, within=1800))
    assert result.takes == pytest.approx(5000)
    assert result.needed == pytest.approx(27.778, abs=1e-3)


def test_one_after_the_other() -> None:
    result = compute(BatchInputs(items=10_000, time=0.005))
    assert result.rate == pytest.approx(200)
    assert result.takes == pytest.approx(50)


@given(items=st.integers(1, 10**9), time=st.floats(0.001, 100), within=st.floats(1, 1e6))
def test_the_workers_finish_in_time_and_one_fewer_does_not(items: int, time: float, within: float) -> None:
    workers = compute(BatchInputs(items=items, time=time, within=within)).workers
    assert workers is not None
    assert items * time / workers <= within * (1 + 1e-6)
    assert workers == 1 or items * time / (workers - 1) > within * (1 - 1e-6)


def test_items_alone_say_nothing() -> None:
    with pytest.raises(InputError):
        compute(BatchInputs(items=5))


@pytest.mark.parametrize(("language", "told"), [("en", "5,000 s"), ("ko", "5,000초")])
def test_the_conclusion_names_the_duration(language: str, told: str) -> None:
    made = calculate("batch", {"items": "50k", "rate": "10/s"}, "ko" if language == "ko" else "en")
    assert told in made.conclusion[0]
