"""The labelled cases against the real decision guides: which option comes first, negations included."""

from pathlib import Path

import pytest
import yaml

from backend_advisor.advice.deciding import decide
from backend_advisor.intake import read
from backend_advisor.knowledge import Knowledge, load

CASES: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "decisions.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def test_every_guide_has_cases_in_both_languages(knowledge: Knowledge) -> None:
    korean = {case["guide"] for case in CASES if any("가" <= c <= "힣" for c in case["question"])}
    english = {case["guide"] for case in CASES if not any("가" <= c <= "힣" for c in case["question"])}
    assert korean == english == set(knowledge.guides)


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case['guide']}" for number, case in enumerate(CASES, 1)])
def test_the_right_option_comes_first(case: dict[str, str], knowledge: Knowledge) -> None:
    decision = decide(case["guide"], knowledge.guide(case["guide"]), read(case["question"]), knowledge.sources)
    assert decision.options[0].title == case["first"], decision.options[0].reasons
