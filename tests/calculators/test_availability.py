"""Availability against the sum over all states, and what redundancy is worth."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.availability import AvailabilityInputs, Part, compute
from backend_advisor.calculators.availability.parts import down

UP = st.floats(0, 1)


def parts(copies: int, availability: float) -> st.SearchStrategy[Part]:
    return st.integers(1, copies).map(
        lambda needed: Part(name="p", availability=availability, copies=copies, needed=needed)
    )


PARTS = st.tuples(st.integers(1, 7), UP).flatmap(lambda both: parts(*both))


@settings(deadline=None)
@given(part=PARTS, common=UP)
def test_a_part_is_down_as_the_sum_over_all_states_says(part: Part, common: float) -> None:
    failing = 1 - part.availability
    alone, shared = failing * (1 - common), failing * common
    if part.copies == 1:
        expected = failing
    else:
        too_few = sum(
            math.prod(1 - alone if up else alone for up in state)
            for state in itertools.product((True, False), repeat=part.copies)
            if sum(state) < part.needed
        )
        expected = shared + (1 - shared) * too_few
    assert down(part, common) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(chain=st.lists(PARTS, min_size=1, max_size=6), common=UP)
def test_a_chain_is_no_better_than_its_weakest_part_and_common_causes_make_nothing_better(
    chain: list[Part], common: float
) -> None:
    result = compute(AvailabilityInputs(parts=tuple(chain), common=common))
    assert 0 <= result.availability <= 1
    assert result.availability <= 1 - max(one.down for one in result.parts) + 1e-12
    assert result.without_weakest >= result.availability_with_common - 1e-12
    assert 0 <= result.month <= result.year <= 365 * 86400


@settings(deadline=None)
@given(availability=st.floats(0.5, 0.999999), copies=st.integers(2, 20), common=st.floats(0, 1))
def test_a_further_copy_helps_only_down_to_the_common_cause(availability: float, copies: int, common: float) -> None:
    fewer = down(Part(name="p", availability=availability, copies=copies - 1), common) if copies > 2 else 1.0
    more = down(Part(name="p", availability=availability, copies=copies), common)
    assert more <= fewer + 1e-15
    assert more >= (1 - availability) * common * (1 - 1e-12)


def test_known_values() -> None:
    chain = calculate("availability", {"parts": "99.99%,99.99%,99.99%"}, "en").results
    assert chain["availability"] == pytest.approx(0.9999**3)
    pair = calculate("availability", {"parts": "a:99.9%x2", "common": "0%"}, "en").results
    assert pair["availability"] == pytest.approx(0.999999)
    assert pair["year"] == pytest.approx(31.536)
    voting = calculate("availability", {"parts": "a:99%x2of3", "common": "0"}, "en").results
    assert voting["availability"] == pytest.approx(0.99**3 + 3 * 0.99**2 * 0.01)
    month = calculate("availability", {"parts": "99.9%"}, "en").results
    assert month["month"] == pytest.approx(43.2 * 60)


def test_tiny_failures_are_not_lost_in_rounding() -> None:
    tiny = tuple(Part(name=str(n), availability=1 - 1e-12) for n in range(3))
    assert compute(AvailabilityInputs(parts=tiny)).year == pytest.approx(3e-12 * 365 * 86400, rel=1e-3)


def test_the_weakest_part_and_a_missed_target_are_told() -> None:
    made = calculate("availability", {"parts": "gateway:99.99%, db : 99%, app:99.9% x 3", "target": "99.9%"}, "en")
    assert any("weakest part is db" in text for text in made.conclusion)
    assert any("is missed" in text for text in made.conclusion)
    assert any("db" in text for text in made.warnings)
    needed = calculate("availability", {"parts": "a:99%x2of2"}, "ko")
    assert needed.warnings == ("모두 필요한 복제본은 가용성을 높이지 않고 오히려 낮춥니다.",)
