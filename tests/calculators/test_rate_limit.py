"""Rate limits against a bucket and windows that are run."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.rate_limit import RateLimitInputs, compute


def most_in_a_window(burst: int, refill: float, window: float) -> int:
    """What a bucket lets through when every token is taken as soon as it is there, in its busiest window."""
    passed = [0.0] * burst
    tokens, now = 0.0, 0.0
    while now < 3 * window:
        step = (1 - tokens) / refill
        now, tokens = now + step, 0.0
        passed.append(now)
    return max(sum(start <= one < start + window for one in passed) for start in passed)


@settings(deadline=None)
@given(limit=st.integers(2, 40), window=st.floats(0.5, 100), share=st.floats(0.05, 0.95))
def test_a_full_bucket_passes_no_more_than_is_said(limit: int, window: float, share: float) -> None:
    burst = max(int(limit * share), 1)
    result = compute(RateLimitInputs(limit=limit, window=window, burst=burst))
    assert limit <= most_in_a_window(burst, result.refill, window) <= result.worst_bucket
    assert result.strict_refill is not None
    assert most_in_a_window(burst, result.strict_refill * (1 - 1e-9), window) <= limit


def test_two_windows_of_a_fixed_window_pass_twice_the_limit_at_their_border() -> None:
    passed = [0.999] * 100 + [1.0] * 100
    inside = sum(0.5 <= time < 1.5 for time in passed)
    assert compute(RateLimitInputs(limit=100, window=1.0)).worst_fixed == inside


@settings(deadline=None)
@given(limit=st.integers(1, 10**6), window=st.floats(0.01, 1e6), users=st.integers(1, 10**6), rate=st.floats(0.01, 1e6))
def test_memory_is_bounded_by_what_comes_and_by_what_the_limits_admit(
    limit: int, window: float, users: int, rate: float
) -> None:
    result = compute(RateLimitInputs(limit=limit, window=window, users=users, rate=rate))
    assert result.keys is not None and result.log_total is not None and result.counter_total is not None
    assert result.keys <= users
    assert result.keys <= math.ceil(rate * window)
    assert result.log_total <= users * (85 + limit * 100)
    assert result.two_counters_total == 2 * result.counter_total
    assert 1 <= result.retry_bucket <= max(result.retry_window, 1)


def test_without_users_a_rate_gives_the_most_keys() -> None:
    result = compute(RateLimitInputs(limit=10, window=60.0, rate=100.0))
    assert result.keys == 6000
    assert result.used is None
    assert compute(RateLimitInputs(limit=10, window=60.0)).log_total is None


def test_limits_that_admit_more_than_the_backend_stands_are_warned_of() -> None:
    made = calculate("rate-limit", {"limit": "100", "window": "1min", "users": "50k", "capacity": "5000/s"}, "en")
    assert any("83,333/s" in text and "5,000/s" in text for text in made.warnings)
    used = calculate("rate-limit", {"limit": "1", "window": "1s", "users": "100", "rate": "90/s"}, "ko")
    assert any("90%" in text for text in used.warnings)


def test_a_burst_of_the_whole_limit_leaves_no_strict_refill() -> None:
    assert compute(RateLimitInputs(limit=10, window=1.0, burst=10)).strict_refill is None
    assert compute(RateLimitInputs(limit=1, window=0.5)).retry_window == 1
    assert compute(RateLimitInputs(limit=60, window=60.0)).retry_bucket == pytest.approx(1)
