"""Retries against layers that are run."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.retries import RetriesInputs, compute

LAYERS = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def run(attempts: tuple[int, ...], timeout: float, pauses: "Pauses") -> tuple[int, float]:
    """Calls at the bottom and seconds of a call in which everything times out."""
    if not attempts:
        return 1, timeout
    calls, seconds = 0, 0.0
    for attempt in range(attempts[0]):
        below, took = run(attempts[1:], timeout, pauses)
        calls, seconds = calls + below, seconds + took
        if attempt + 1 < attempts[0]:
            seconds += pauses(attempt)
    return calls, seconds


class Pauses:
    """Exponential pauses with a cap."""

    def __init__(self, inputs: RetriesInputs) -> None:
        self.inputs = inputs

    def __call__(self, retry: int) -> float:
        return min(self.inputs.cap, self.inputs.backoff * self.inputs.factor**retry)


@settings(deadline=None)
@given(
    attempts=LAYERS, timeout=st.floats(0.001, 10), backoff=st.floats(0, 1), factor=st.floats(1, 4), cap=st.floats(0, 5)
)
def test_all_layers_last_as_long_and_call_as_often_as_when_run(
    attempts: tuple[int, ...], timeout: float, backoff: float, factor: float, cap: float
) -> None:
    inputs = RetriesInputs(attempts=attempts, timeout=timeout, backoff=backoff, factor=factor, cap=cap)
    calls, seconds = run(attempts, timeout, Pauses(inputs))
    result = compute(inputs)
    assert result.amplification == calls
    assert result.nested == pytest.approx(seconds)
    assert result.worst == pytest.approx(run(attempts[-1:], timeout, Pauses(inputs))[1])
    assert result.mean <= result.worst <= result.nested * (1 + 1e-9)


@settings(deadline=None)
@given(attempts=LAYERS, timeout=st.floats(0.001, 10), deadline=st.floats(0.01, 100))
def test_the_timeout_that_fits_fills_the_deadline_and_the_attempts_that_fit_do_not_exceed_it(
    attempts: tuple[int, ...], timeout: float, deadline: float
) -> None:
    result = compute(RetriesInputs(attempts=attempts, timeout=timeout, deadline=deadline))
    assert result.fitting_timeout is not None and result.fitting_attempts is not None
    if result.fitting_timeout > 0:
        fitted = compute(RetriesInputs(attempts=attempts, timeout=result.fitting_timeout))
        assert fitted.nested == pytest.approx(deadline)
    else:
        assert result.nested_pauses >= deadline
    if result.fitting_attempts:
        one_layer = compute(RetriesInputs(attempts=(result.fitting_attempts,), timeout=timeout))
        assert one_layer.worst <= deadline * (1 + 1e-9)


def _outcomes(attempts: tuple[int, ...], failure: float) -> Iterator[tuple[float, int, bool]]:
    """Every course of a call: its chance, its calls at the bottom, and whether it fails."""
    if not attempts:
        yield failure, 1, True
        yield 1 - failure, 1, False
        return

    def tries(left: int) -> Iterator[tuple[float, int, bool]]:
        for chance, calls, failed in _outcomes(attempts[1:], failure):
            if not failed or left == 1:
                yield chance, calls, failed
            else:
                yield from ((chance * c, calls + n, f) for c, n, f in tries(left - 1))

    yield from tries(attempts[0])


@settings(deadline=None)
@given(attempts=st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple), failure=st.floats(0, 1))
def test_expected_attempts_are_those_of_all_courses(attempts: tuple[int, ...], failure: float) -> None:
    result = compute(RetriesInputs(attempts=attempts, timeout=1.0, failure=failure))
    courses = list(_outcomes(attempts, failure))
    assert result.expected == pytest.approx(sum(chance * calls for chance, calls, _ in courses))
    assert result.failing == pytest.approx(sum(chance for chance, _, failed in courses if failed), abs=1e-12)
    assert 1 <= result.expected <= result.amplification + 1e-9


def test_the_books_examples() -> None:
    assert compute(RetriesInputs(attempts=(4, 4, 4), timeout=1.0)).amplification == 64
    assert compute(RetriesInputs(attempts=(3,) * 5, timeout=1.0)).amplification == 243
    assert compute(RetriesInputs(attempts=(3,), timeout=1.0, rate=100.0)).budgeted_load == pytest.approx(110)


def test_deadlines_jitter_and_layers_are_warned_of() -> None:
    made = calculate("retries", {"attempts": "3,3", "timeout": "500ms", "deadline": "2s", "jitter": "none"}, "en")
    warned = " ".join(made.warnings)
    assert "More than one layer" in warned and "5.7 s" in warned and "Without jitter" in warned
    never = calculate("retries", {"attempts": "5", "timeout": "1s", "deadline": "1s", "backoff": "1s"}, "ko")
    assert any("어떤 타임아웃도" in text for text in never.conclusion)
    fits = calculate("retries", {"attempts": "2", "timeout": "1s", "deadline": "5s"}, "en")
    assert any("fits into the deadline" in text for text in fits.conclusion)
    largest = calculate("retries", {"attempts": ",".join(["100"] * 10), "timeout": "1000d"}, "en")
    assert math.isfinite(largest.results["nested"])
