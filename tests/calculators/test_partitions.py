"""Partitions: the published formula, size, hot keys and backlogs."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.partitions import Flow, PartitionsInputs, compute

FLOWS = st.floats(0.1, 1e9)


def flow(value: float) -> Flow:
    return Flow(value, "bytes")


def test_the_published_formula() -> None:
    result = compute(PartitionsInputs(produce=flow(20), per_partition=flow(5), per_consumer=flow(3)))
    assert (result.by_writing, result.by_reading, result.least) == (4, 7, 7)
    exact = compute(PartitionsInputs(produce=flow(0.3), per_partition=flow(0.1)))
    assert exact.least == 3


@settings(deadline=None)
@given(produce=FLOWS, per_partition=FLOWS, per_consumer=FLOWS)
def test_enough_and_not_one_too_many(produce: float, per_partition: float, per_consumer: float) -> None:
    inputs = PartitionsInputs(produce=flow(produce), per_partition=flow(per_partition), per_consumer=flow(per_consumer))
    result = compute(inputs)
    slower = min(per_partition, per_consumer)
    assert result.least * slower >= produce * (1 - 1e-8)
    assert (result.least - 1) * slower < produce
    assert result.roomy >= result.least
    assert produce / slower / result.roomy <= 0.8 + 1e-6


@settings(deadline=None)
@given(size=st.floats(0, 1e15), growth=st.floats(0, 1e6), months=st.integers(0, 120), limit=st.floats(1e6, 1e15))
def test_partitions_hold_the_data_after_the_months(size: float, growth: float, months: int, limit: float) -> None:
    result = compute(PartitionsInputs(size=size, growth=growth, months=months, limit=limit))
    assert result.size_then == pytest.approx(size + growth * 2_592_000 * months)
    assert result.least * limit >= (size + growth * 2_592_000 * months) * (1 - 1e-8)


def test_a_backlog_drains_with_what_is_read_beyond_what_is_written() -> None:
    inputs = {"produce": "1000/s", "per_consumer": "200/s", "lag": "600k", "partitions": "12", "consumers": "8"}
    made = calculate("partitions", inputs, "en")
    assert made.results["drain"] == pytest.approx(1000)
    assert any("16 min 40 s" in text for text in made.conclusion)
    never = calculate("partitions", {**inputs, "consumers": "5"}, "en")
    assert never.results["drain"] == math.inf
    assert any("never drain" in text for text in never.conclusion)
    idle = calculate("partitions", {**inputs, "consumers": "20"}, "ko")
    assert any("컨슈머 8개" in text for text in idle.warnings)
    assert idle.results["working"] == 12


def test_a_hot_key_and_too_few_partitions_are_warned_of() -> None:
    inputs = {"produce": "50MB/s", "per_partition": "10MB/s", "hot": "30%", "partitions": "4"}
    warned = " ".join(calculate("partitions", inputs, "en").warnings)
    assert "uses 150 %" in warned
    assert "fewer than the 5" in warned
