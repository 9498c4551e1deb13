"""Words that name two things."""

import pytest

from backend_advisor.knowledge import load
from backend_advisor.knowledge.homographs import other_sense


@pytest.mark.parametrize("text", ["Go gin slow", "gin api가 느려요", "gin-gonic middleware runs twice"])
def test_a_framework_is_not_searched_for_as_an_index(text: str) -> None:
    assert other_sense(text) == {"gin"}


@pytest.mark.parametrize("text", ["gin index on jsonb", "GIN이 안 타요", "gin 인덱스 recheck", "pg_trgm with gin"])
def test_the_index_is(text: str) -> None:
    assert not other_sense(text)


@pytest.mark.parametrize("question", ["Go gin slow", "gin api가 느려요"])
def test_a_slow_web_framework_is_not_answered_with_an_index(question: str) -> None:
    names = [hit.playbook.name for hit in load().search(question, "en", limit=3)]
    assert names[0] == "slow-api-endpoint"
    assert "json-filter-without-index" not in names
