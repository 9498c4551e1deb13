"""Connection pools against tables, direct sums and a simulated queue."""

import heapq
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.pool import PoolInputs, compute, erlang

LOADS = st.floats(0.001, 500)
EXTRA = st.floats(0.01, 100)


def summed(servers: int, load: float) -> float:
    """Erlang C by its textbook sum, with terms as logarithms."""
    terms = [k * math.log(load) - math.lgamma(k + 1) for k in range(servers + 1)]
    top = max(terms)
    full = math.exp(terms[servers] - top) * servers / (servers - load)
    return full / (math.fsum(math.exp(term - top) for term in terms[:servers]) + full)


def simulated(servers: int, rate: float, held: float, arrivals: int) -> list[float]:
    """The waits in a queue with as many servers, first come first served."""
    chance = random.Random(20261123)
    free = [0.0] * servers
    now, waits = 0.0, []
    for _ in range(arrivals):
        now += chance.expovariate(rate)
        start = max(now, heapq.heappop(free))
        waits.append(start - now)
        heapq.heappush(free, start + chance.expovariate(1 / held))
    return waits


@pytest.mark.parametrize(
    ("servers", "load", "blocked", "waits"),
    [(1, 0.5, 1 / 3, 0.5), (2, 1.0, 0.2, 1 / 3), (3, 2.0, 4 / 19, 4 / 9), (10, 5.0, 0.018385, 0.036105)],
)
def test_known_values(servers: int, load: float, blocked: float, waits: float) -> None:
    assert erlang.blocking(servers, load) == pytest.approx(blocked, rel=1e-4)
    assert erlang.waiting(servers, load) == pytest.approx(waits, rel=1e-4)


@settings(deadline=None)
@given(load=LOADS, extra=EXTRA)
def test_the_recursion_is_the_textbook_sum(load: float, extra: float) -> None:
    servers = math.ceil(load + extra)
    assert erlang.waiting(servers, load) == pytest.approx(summed(servers, load), rel=1e-9, abs=1e-300)


def test_thousands_of_servers_are_as_exact() -> None:
    assert erlang.waiting(5100, 5000.0) == pytest.approx(summed(5100, 5000.0), rel=1e-9)
    assert erlang.waiting(20_000, 19_999.0) == pytest.approx(summed(20_000, 19_999.0), rel=1e-9)
    assert 0 < erlang.waiting(50_100, 50_000.0) < 1


def test_a_simulated_queue_waits_as_long() -> None:
    servers, rate, held = 4, 500.0, 0.006
    waits = simulated(servers, rate, held, 300_000)
    load = rate * held
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(erlang.waiting(servers, load), rel=0.03)
    assert sum(waits) / len(waits) == pytest.approx(erlang.mean_wait(servers, load, held), rel=0.05)
    beyond = erlang.wait_quantile(servers, load, held, 0.01)
    assert sum(wait > beyond for wait in waits) / len(waits) == pytest.approx(0.01, rel=0.2)


@settings(deadline=None)
@given(load=LOADS, held=st.floats(1e-4, 100), wait=st.floats(0, 10))
def test_the_smallest_pool_meets_the_target_and_one_fewer_does_not(load: float, held: float, wait: float) -> None:
    size = erlang.smallest(load, held, wait)
    assert size > load
    assert erlang.longer_than(size, load, held, wait) <= 0.01
    assert erlang.longer_than(size - 1, load, held, wait) > 0.01
    assert erlang.wait_quantile(size, load, held) <= wait + 1e-9


@settings(deadline=None)
@given(load=LOADS, held=st.floats(1e-3, 10), wait=st.floats(0, 1), more=st.floats(1, 3))
def test_more_load_needs_no_smaller_pool_and_more_patience_no_larger_one(
    load: float, held: float, wait: float, more: float
) -> None:
    size = erlang.smallest(load, held, wait)
    assert erlang.smallest(load * more, held, wait) >= size
    assert erlang.smallest(load, held, wait * more) <= size


@settings(deadline=None)
@given(load=LOADS, extra=EXTRA, held=st.floats(1e-3, 10))
def test_chances_are_chances_and_further_servers_shorten_every_wait(load: float, extra: float, held: float) -> None:
    servers = math.ceil(load + extra)
    assert 0 <= erlang.waiting(servers + 1, load) <= erlang.waiting(servers, load) <= 1
    assert erlang.mean_wait(servers + 1, load, held) <= erlang.mean_wait(servers, load, held) * (1 + 1e-12)
    assert erlang.waiting(math.floor(load) or 1, max(load, 1.0)) == 1


@settings(max_examples=30, deadline=None)
@given(rate=st.floats(1, 1e5), held=st.floats(1e-4, 0.1), instances=st.integers(1, 50))
def test_what_all_instances_open_is_what_each_opens(rate: float, held: float, instances: int) -> None:
    result = compute(PoolInputs(rate=rate, held=held, instances=instances, max_connections=100, cores=8))
    assert result.busy == pytest.approx(rate * held)
    assert result.total == instances * result.smallest.size
    assert result.total > result.busy
    assert result.peak == math.ceil(instances * 1.25) * result.smallest.size
    if result.fitting is not None:
        assert result.fitting.size * result.peak_instances <= 97 < result.peak


def test_a_pool_that_is_too_small_and_one_that_is_too_many_are_warned_of() -> None:
    inputs = {"rate": "800/s", "held": "6ms", "instances": "1", "pool": "4"}
    made = calculate("pool", inputs, "en")
    assert made.results["current"]["mean"] == math.inf
    assert any("grows without end" in text for text in made.conclusion)
    many = calculate("pool", {**inputs, "instances": "20", "pool": "20", "max_connections": "100", "cores": "4"}, "en")
    assert any("500 connections" in text and "97" in text for text in many.warnings)
    assert any("4.8 connections are in use" in text for text in many.warnings)
    busy = calculate("pool", {**inputs, "pool": "5"}, "ko")
    assert any("96%" in text for text in busy.warnings)
