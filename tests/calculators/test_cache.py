"""Caches against the arithmetic of single requests."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.cache import CacheInputs, compute

SHARES = st.floats(0, 1)
TIMES = st.floats(1e-4, 1)


def test_known_values() -> None:
    result = compute(CacheInputs(hit=0.95, hit_time=0.001, miss_time=0.040, rate=5000.0, target=0.003, origin=400.0))
    assert result.mean == pytest.approx(0.00295)
    assert result.load == pytest.approx(250)
    assert result.lower_load == pytest.approx(300)
    assert result.load_growth == pytest.approx(0.2)
    assert result.hit_for_target == pytest.approx(37 / 39)
    assert result.hit_for_origin == pytest.approx(0.92)
    assert result.cold_factor == pytest.approx(20)


@settings(deadline=None)
@given(hit=SHARES, hit_time=TIMES, more=TIMES, rate=st.floats(1, 1e6))
def test_bounds(hit: float, hit_time: float, more: float, rate: float) -> None:
    result = compute(CacheInputs(hit=hit, hit_time=hit_time, miss_time=hit_time + more, rate=rate))
    assert hit_time * (1 - 1e-9) <= result.mean <= (hit_time + more) * (1 + 1e-9)
    assert 0 <= result.load <= rate
    assert result.lower_load >= result.load
    assert result.lower_mean >= result.mean * (1 - 1e-12)


@settings(deadline=None)
@given(hit_time=TIMES, more=TIMES, target=TIMES, rate=st.floats(1, 1e6), origin=st.floats(1, 1e6))
def test_the_needed_hit_ratio_meets_its_target(
    hit_time: float, more: float, target: float, rate: float, origin: float
) -> None:
    given_ = {"hit_time": hit_time, "miss_time": hit_time + more, "rate": rate, "target": target, "origin": origin}
    result = compute(CacheInputs(hit=0.5, **given_))
    assert result.target_reachable == (result.hit_for_target is not None)
    if result.hit_for_target is not None:
        again = compute(CacheInputs(hit=min(result.hit_for_target, 1.0), **given_))
        assert again.mean <= target * (1 + 1e-9) + 1e-12
    assert result.hit_for_origin is not None
    assert compute(CacheInputs(hit=result.hit_for_origin, **given_)).load <= origin * (1 + 1e-9)


def test_a_simulated_cold_cache_is_warm_when_it_is_said_to_be() -> None:
    keys, rate, hit = 20_000, 1000.0, 0.9
    expected = compute(CacheInputs(hit=hit, hit_time=0.001, miss_time=0.01, rate=rate, keys=keys)).warm_up
    chance, seen, hits = random.Random(7), set(), []
    assert expected is not None
    for _ in range(round(expected * rate)):
        key = chance.randrange(keys)
        hits.append(key in seen)
        seen.add(key)
    assert sum(hits[-2000:]) / 2000 == pytest.approx(hit, abs=0.02)


def test_extremes_are_said_in_words() -> None:
    all_hits = calculate("cache", {"hit": "100%", "hit_time": "1ms", "miss_time": "9ms", "rate": "10/s"}, "en")
    assert all_hits.results["load_growth"] == math.inf
    assert "no end" not in " ".join([*all_hits.conclusion, *all_hits.warnings])
    none = calculate(
        "cache", {"hit": "0%", "hit_time": "1ms", "miss_time": "9ms", "rate": "10/s", "target": "0.5ms"}, "en"
    )
    assert any("No hit ratio" in text for text in none.warnings)
    busy = calculate(
        "cache", {"hit": "90%", "hit_time": "1ms", "miss_time": "9ms", "rate": "1000/s", "origin": "110/s"}, "en"
    )
    assert any("90.91 %" in text for text in busy.warnings)
