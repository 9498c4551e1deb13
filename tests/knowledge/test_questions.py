"""The labelled questions against the real knowledge: what search must not fall below."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_advisor.advise import answer
from backend_advisor.experts import Terms
from backend_advisor.knowledge import Knowledge, load

QUESTIONS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def test_the_set_is_large_and_half_korean() -> None:
    korean = [entry for entry in QUESTIONS if any("가" <= c <= "힣" for c in entry["q"])]
    assert len(QUESTIONS) >= 120
    assert 0.4 < len(korean) / len(QUESTIONS) < 0.65
    assert len({entry["q"] for entry in QUESTIONS}) == len(QUESTIONS)


def test_expected_playbooks_exist(knowledge: Knowledge) -> None:
    names = {playbook.name for playbook in knowledge.playbooks.values()}
    assert {name for entry in QUESTIONS for name in entry["want"]} <= names


def test_a_page_that_answers_is_among_the_first_three(knowledge: Knowledge) -> None:
    inside = [entry for entry in QUESTIONS if entry["want"]]
    missed = [
        entry["q"]
        for entry in inside
        if not any(hit.playbook.name in entry["want"] for hit in knowledge.search(entry["q"], "ko", limit=3))
    ]
    assert len(missed) / len(inside) < 0.1, missed


@pytest.mark.parametrize("question", [entry["q"] for entry in QUESTIONS if not entry["want"]])
def test_no_answer_is_claimed_outside_our_scope(question: str) -> None:
    report = answer(question, terms=Terms(prove=False))
    assert not report.advice
    assert not report.in_scope or report.case.unknowns
