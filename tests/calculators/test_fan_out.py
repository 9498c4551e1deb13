"""Fan-out: the tail of single calls and of all together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.fan_out import FanOutInputs, compute


def test_twenty_calls_at_their_p99() -> None:
    result = compute(FanOutInputs(calls=20))
    assert result.waiting == pytest.approx(0.18209, abs=1e-5)
    assert result.needed == pytest.approx(0.999498, abs=1e-6)


@given(calls=st.integers(1, 1000), target=st.floats(0.001, 0.5))
def test_the_needed_share_meets_the_target(calls: int, target: float) -> None:
    needed = compute(FanOutInputs(calls=calls, target=target)).needed
    assert compute(FanOutInputs(calls=calls, slow=1 - needed)).waiting == pytest.approx(target, rel=1e-6)


@pytest.mark.parametrize(("language", "told"), [("en", "18.2 % of the requests"), ("ko", "요청의 18.2%")])
def test_the_conclusion_names_the_share(language: str, told: str) -> None:
    made = calculate("fan-out", {"calls": "20"}, "ko" if language == "ko" else "en")
    assert told in made.conclusion[0]
