"""Korean particles after words as engineers read them."""

import pytest

from backend_advisor.particles import particle
from backend_advisor.phrases import fill

CLOSED = """
이메일 칼럼 10 v3 email name username table title file timeline created_at updatedAt
`limit` offset format timeout input
type content_type book lock rollback callback track group map step app backup sleep job web public topic metric setting
string column json token function SQL URL DDL QR time phone profile total model domain item param enum
"""
OPEN = """
사용자 주소 v2 id user_id userId uuid user users orders order server number error status index count amount
client request product text payment point event task link disk network rank timestamp API CPU IP clientIp http jsonb PK
FK db date updated state size value image page message queue path hash row key address tag blobs root check async store
service query history
"""


@pytest.mark.parametrize("word", CLOSED.split())
def test_words_that_are_read_with_a_final_consonant(word: str) -> None:
    assert [particle(word, pair) for pair in ("은/는", "이/가", "을/를", "과/와")] == ["은", "이", "을", "과"]


@pytest.mark.parametrize("word", OPEN.split())
def test_words_that_are_read_without_a_final_consonant(word: str) -> None:
    assert [particle(word, pair) for pair in ("은/는", "이/가", "을/를", "과/와")] == ["는", "가", "를", "와"]


@pytest.mark.parametrize(
    ("word", "form"),
    [("SQL", "로"), ("table", "로"), ("테이블", "로"), ("v7", "로"), ("PR", "로"), ("이름", "으로"), ("limit", "으로"),
     ("user_id", "로"), ("v3", "으로")],
)  # fmt: skip
def test_after_a_final_rieul_ro_stands_alone(word: str, form: str) -> None:
    assert particle(word, "으로/로") == form


@pytest.mark.parametrize("word", ["", "()", "`*`", "\x00", "é", "表", "_" * 100_000, "a" * 100_000])
def test_whatever_stands_there_a_particle_follows(word: str) -> None:
    assert particle(word, "은/는") in ("은", "는")


def test_quotes_and_parentheses_do_not_hide_the_word() -> None:
    assert fill("`{a}`{a:은/는}", {"a": "count(*)"}).endswith("count(*)는")
    assert fill("{a:을/를} {b:이라/라}", {"a": "created_at", "b": "users.email"}) == "created_at을 users.email이라"


def test_a_particle_after_quoted_code_follows_the_value() -> None:
    values = {"items": "records", "call": "settlementRepository.save"}
    assert (
        fill("`{items}`의 항목마다 `{call}`이 씁니다", values)
        == "`records`의 항목마다 `settlementRepository.save`가 씁니다"
    )
    assert fill("`{call}`을 부릅니다", {"call": "User.find"}) == "`User.find`를 부릅니다"
    assert fill("`{call}`가 멈춥니다", {"call": "time.sleep"}) == "`time.sleep`이 멈춥니다"
    assert fill("`{call}`에서", values) == "`settlementRepository.save`에서"
