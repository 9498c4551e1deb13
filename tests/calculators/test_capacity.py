"""Capacity: what a rate keeps busy, how many instances it needs, and what piles up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.calculators import InputError, calculate
from backend_advisor.calculators.capacity import CapacityInputs, compute

RATE = st.floats(0.01, 1e6)


def test_instances_for_a_rate_with_and_without_room() -> None:
    result = compute(CapacityInputs(rate=300, one=45))
    assert (result.least, result.needed) == (7, 10)


def test_what_one_instance_does_follows_from_its_workers() -> None:
    result = compute(CapacityInputs(rate=300, time=0.2, workers=40, instances=1, stopped=30))
    assert result.busy == pytest.approx(60)
    assert result.one == pytest.approx(200)
    assert result.growth == pytest.approx(100)
    assert result.piled == pytest.approx(9000)
    assert result.drain == math.inf


def test_a_backlog_drains_by_what_is_left_of_the_capacity() -> None:
    result = compute(CapacityInputs(rate=300, one=200, instances=2, stopped=30))
    assert result.drain == pytest.approx(90)


@given(rate=RATE, one=RATE, load=st.floats(0.05, 1))
def test_the_needed_instances_keep_the_planned_load_and_one_fewer_breaks_it(
    rate: float, one: float, load: float
) -> None:
    result = compute(CapacityInputs(rate=rate, one=one, load=load))
    assert result.needed is not None and result.least is not None
    assert result.least <= result.needed
    assert rate <= result.needed * one * load * (1 + 1e-6)
    assert result.needed == 1 or rate > (result.needed - 1) * one * load * (1 - 1e-6)


def test_a_rate_alone_says_nothing() -> None:
    with pytest.raises(InputError):
        compute(CapacityInputs(rate=300))


@pytest.mark.parametrize(("language", "told"), [("en", "10 instances"), ("ko", "인스턴스 10대")])
def test_the_conclusion_names_the_instances(language: str, told: str) -> None:
    calculation = calculate("capacity", {"rate": "300/s", "one": "45/s"}, "ko" if language == "ko" else "en")
    assert any(told in line for line in calculation.conclusion)


def test_a_slower_dependency_takes_more_workers_and_leaves_less() -> None:
    result = compute(CapacityInputs(rate=600, time=0.25, workers=200, instances=1, slower=0.65))
    assert result.busier == pytest.approx(390)
    assert result.left == pytest.approx(307.69, abs=0.01)
