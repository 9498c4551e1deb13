"""Part sizes against the limits of the store."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.upload_parts import UploadPartsInputs, compute

MIB, GIB = float(1 << 20), float(1 << 30)


def test_known_values() -> None:
    result = compute(UploadPartsInputs(file=500 * GIB, part=8 * MIB))
    assert result.exact == pytest.approx(51.2 * MIB)
    assert result.needed == 52 * MIB
    assert result.advised == 64 * MIB
    assert result.parts == 8_000
    assert result.parts_given == 64_000
    assert result.largest == pytest.approx(78.125 * GIB)


@settings(deadline=None)
@given(file=st.floats(1, 5e13))
def test_the_sizes_keep_the_limits(file: float) -> None:
    result = compute(UploadPartsInputs(file=file))
    for part in (result.needed, result.advised):
        assert part >= 5 * MIB
        assert file / part <= 10_000
    assert result.parts <= 9_000


@pytest.mark.parametrize(("part", "said"), [("8MiB", "end at 78.1 GiB"), ("64MiB", "make 8,000 of at most 10,000")])
def test_the_conclusion_judges_the_given_part(part: str, said: str) -> None:
    assert said in calculate("upload-parts", {"file": "500GiB", "part": part}, "en").conclusion[0]
