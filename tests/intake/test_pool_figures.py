"""The figures of a connection pool: instances, the server's own limit, and what SQLAlchemy adds to a pool."""

import pytest

from backend_advisor.intake import read


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("6 pods, max_connections=200: what pool size?", {"instances": 6, "connections": 200}),
        ("파드 6개, max_connections 200이면 풀 크기는?", {"instances": 6, "connections": 200}),
        ("초당 400건, 인스턴스 4대", {"rate": 400, "instances": 4}),
        ("QueuePool limit of size 5 overflow 10 reached, 3 workers", {"pool_size": 15, "workers": 3}),
    ],
)
def test_each_figure_is_of_what_its_words_say(question: str, expected: dict[str, float]) -> None:
    assert {figure.about: figure.value for figure in read(question).figures} == expected
