"""Which page leads the answer to a question of few words."""

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("429 Retry-After", "API108"),  # a status code counts no retries
        ("jaeger or tempo", "OPS103"),  # one page on tracing serves every product of it
        ("docker compose up 하면 DB 준비 전에 앱이 떠서 죽어요", "OPS145"),
    ],
)
def test_the_page_that_leads(question: str, code: str) -> None:
    report = answer(question, terms=Terms(prove=False))
    assert report.advice[0].codes[0] == code
