"""Demand: requests per second of the users of a day."""

import pytest

from backend_advisor.calculators import InputError, calculate
from backend_advisor.calculators.demand import DemandInputs, compute


def test_mean_busiest_hour_and_peak() -> None:
    result = compute(DemandInputs(users=300_000, each=40, busiest=0.2))
    assert result.day == 12e6
    assert result.mean == pytest.approx(138.889, abs=1e-3)
    assert result.hour == pytest.approx(666.667, abs=1e-3)
    assert result.peak == pytest.approx(2 * result.hour)


def test_a_pace_is_what_each_does() -> None:
    assert compute(DemandInputs(users=10, pace=30 / 86_400)).day == pytest.approx(300)


def test_users_alone_say_nothing() -> None:
    with pytest.raises(InputError):
        compute(DemandInputs(users=10))


@pytest.mark.parametrize(("language", "told"), [("en", "667/s in the busiest hour"), ("ko", "667")])
def test_the_conclusion_names_the_rates(language: str, told: str) -> None:
    inputs = {"users": "300k", "each": "40", "busiest": "20%"}
    assert told in calculate("demand", inputs, "ko" if language == "ko" else "en").conclusion[0]
