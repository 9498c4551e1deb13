"""Memory of keys: data, overhead, fragmentation and the machine."""

import pytest

from backend_advisor.calculators import calculate
from backend_advisor.calculators.key_memory import KeyMemoryInputs, compute


def test_overhead_and_fragmentation_come_on_top() -> None:
    result = compute(KeyMemoryInputs(keys=20_000_000, key=40, value=500))
    assert result.raw == pytest.approx(10.8e9)
    assert result.data == pytest.approx(12.8e9)
    assert result.resident == pytest.approx(15.36e9)
    assert result.machine == pytest.approx(15.36e9 / 0.65)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_conclusion_names_the_memory(language: str) -> None:
    made = calculate("key-memory", {"keys": "20M", "key": "40B", "value": "500B"}, "ko" if language == "ko" else "en")
    assert "14.3 GiB" in made.conclusion[0]
