"""Polling against the arithmetic of single polls."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.polling import PollingInputs, compute


def test_known_values() -> None:
    result = compute(PollingInputs(clients=200_000, interval=30.0, body=20_000.0, changes=6 / 3600))
    assert result.rate == pytest.approx(6666.667, rel=1e-6)
    assert result.per_day == pytest.approx(576e6)
    assert result.bandwidth == pytest.approx(133.333e6, rel=1e-5)
    assert result.changed == pytest.approx(0.05)
    assert result.conditional == pytest.approx(6666.667 * (0.05 * 20_000 + 0.95 * 300), rel=1e-6)
    assert result.saved == pytest.approx(1 - 1285 / 20_000)


@settings(deadline=None)
@given(
    clients=st.integers(1, 10**8),
    interval=st.floats(0.1, 1e5),
    body=st.floats(1, 1e7),
    changes=st.floats(1e-9, 1e-6),
)
def test_304_never_costs_more_bytes(clients: int, interval: float, body: float, changes: float) -> None:
    result = compute(PollingInputs(clients=clients, interval=interval, body=body, changes=changes))
    assert result.conditional is not None
    assert result.bandwidth is not None
    assert 0 < result.conditional <= result.bandwidth * (1 + 1e-9)


def test_a_change_at_every_poll_leaves_nothing_to_save() -> None:
    result = compute(PollingInputs(clients=10, interval=60.0, body=1000.0, changes=1.0))
    assert result.changed is None
    assert result.conditional is None


@pytest.mark.parametrize(("language", "word"), [("en", "6,667 requests/s"), ("ko", "초당 6,667건")])
def test_the_conclusion_names_the_rate(language: str, word: str) -> None:
    made = calculate("polling", {"clients": "200k", "interval": "30s", "body": "20kB"}, language)  # type: ignore[arg-type]
    assert word in made.conclusion[0]
    assert "1.1 Gbit/s" in made.conclusion[1]
