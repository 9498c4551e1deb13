"""Search terms of Korean, English and mixed text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.knowledge.glossary import Matcher, TermGroup, forms
from backend_advisor.knowledge.tokens import bare, terms


def words(text: str) -> list[str]:
    return [term for term, _ in terms(text)]


GROUPS = (
    TermGroup(en=("deadlock", "dead lock"), ko=("데드락", "교착 상태")),
    TermGroup(en=("connection pool",), ko=("커넥션 풀",)),
    TermGroup(en=("lock",), ko=("락",)),
    TermGroup(en=("log",), ko=("로그",)),
    TermGroup(en=("login",), ko=("로그인",)),
    TermGroup(en=("n+1",), ko=("엔 플러스 원",)),
    TermGroup(en=("select *",), ko=("전체 컬럼",)),
)
MATCHER = Matcher(forms(GROUPS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The indexes are unused", ["index", "unus"]),
        ("maxPoolSize", ["maxpoolsize", "max", "pool", "size"]),
        ("pg_stat_activity", ["pg_stat_activity", "pg", "stat", "activ"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("node.js", ["node.js", "node", "js"]),
        ("쿼리가", ["쿼리"]),
        ("인덱스를", ["인덱", "덱스"]),
        ("어떻게 해야 하나요", []),
        ("락", ["락"]),
        ("SELECT * FROM t", ["select"]),
        ("HTTP 503 after 30 of 1200000 rows", ["http", "503", "row"]),
        ("ERROR 40P01", ["error", "40p01"]),
        ("DB커넥션", ["db", "커넥", "넥션"]),
        ("", []),
        ("!!! ...", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_decomposed_hangul_is_the_same_word() -> None:
    assert words("\u110f\u116f\u1105\u1175") == words("쿼리")


def test_a_long_word_weighs_about_as_much_as_a_short_one() -> None:
    weights = [weight for _, weight in terms("트랜잭션")]
    assert len(weights) == 3
    assert sum(weight**2 for weight in weights) == pytest.approx(1)


@pytest.mark.parametrize(
    ("word", "stem"), [("데드락이", "데드락"), ("서버에서", "서버"), ("차이", "차이"), ("캐시", "캐시")]
)
def test_particles_fall(word: str, stem: str) -> None:
    assert bare(word) == stem


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("교착상태가 자꾸 납니다", ["§deadlock"]),
        ("교착 상태", ["§deadlock"]),
        ("two deadlocks", ["§deadlock"]),
        ("DB커넥션풀이 고갈", ["§connection pool"]),
        ("connectionPool", ["§connection pool"]),
        ("락을 기다림", ["§lock"]),
        ("락앤락", []),
        ("로그인이 안 됩니다", ["§login"]),
        ("로그가 많다", ["§log"]),
        ("N+1 문제", ["§n+1"]),
        ("데드락락", ["§deadlock"]),
        ("SELECT * FROM t", ["§select *"]),
        ("SELECT id FROM t", []),
        ("**deadlock** *lock*", ["§deadlock", "§lock"]),
        ("", []),
    ],
)
def test_concepts(text: str, concepts: list[str]) -> None:
    assert list(MATCHER.concepts(text)) == concepts


@given(st.text(max_size=300))
def test_any_text_has_terms(text: str) -> None:
    for term, weight in terms(text):
        assert term
        assert 0 < weight <= 1
    list(MATCHER.concepts(text))


@pytest.mark.parametrize("unit", ["a", "가", "a_", "a.", "aA", "가 ", "dead ", "a-", "١", "데드락"])
def test_time_grows_with_length_only(unit: str) -> None:
    list(terms(unit * 100_000))
    list(MATCHER.concepts(unit * 100_000))
