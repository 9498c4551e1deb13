"""Figures: values in base units, roles, bounds and subjects, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor import intake
from backend_advisor.model import Figure


def only(text: str) -> Figure:
    figures = intake.read(text).figures
    assert len(figures) == 1, figures
    return figures[0]


@pytest.mark.parametrize(
    ("text", "value", "unit", "about"),
    [
        ("The query takes 4.2 seconds", 4.2, "seconds", "latency"),
        ("쿼리가 4.2초 걸립니다", 4.2, "seconds", "latency"),
        ("users has 1.2M rows", 1.2e6, "rows", "rows"),
        ("orders 테이블 3억 건", 3e8, "rows", "rows"),
        ("1,200만 건", 1.2e7, "rows", "rows"),
        ("1만5천 건", 15_000, "rows", "rows"),
        ("회원 50만 명", 5e5, "users", "users"),
        ("초당 5천 건 요청", 5000, "per_second", "rate"),
        ("분당 500회", 500 / 60, "per_second", "rate"),
        ("하루 100만 건", 1e6 / 86400, "per_second", "rate"),
        ("500 req/min", 500 / 60, "per_second", "rate"),
        ("100 requests per minute per user", 100 / 60, "per_second", "rate"),
        ("10k rps", 10_000, "per_second", "rate"),
        ("SLA 99.9%", 0.999, "ratio", "availability"),
        ("error rate is 0.5%", 0.005, "ratio", "error_rate"),
        ("1000+ concurrent requests", 1000, "count", "concurrency"),
        ("Deployment takes 30+ minutes", 1800, "seconds", "duration"),
        ("2.5GB", 2.5 * 1024**3, "bytes", "size"),
        ("Rows scanned: 1.2M", 1.2e6, "rows", "rows"),
        ("pool size 20", 20, "count", "pool_size"),
        ("8 vCPU", 8, "count", "cpu"),
    ],
)
def test_value_unit_and_subject_matter(text: str, value: float, unit: str, about: str) -> None:
    figure = only(text)
    assert (figure.unit, figure.about) == (unit, about)
    assert figure.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "role", "bound"),
    [
        ("Target: <500ms", "target", "at_most"),
        ("Need to reduce to under 500ms", "target", "at_most"),
        ("0.5초 이내로 줄여야 합니다", "target", "at_most"),
        ("I need to optimize this API endpoint that's taking 3 seconds to respond.", "observation", "exactly"),
        ("rate limiting at 100 req/min", "limit", "at_most"),
        ("Need to limit to 100 requests per minute", "limit", "at_most"),
        ("max 100", "limit", "at_most"),
        ("returns 10,000+ rows", "observation", "at_least"),
        ("1천만 건 이상", "observation", "at_least"),
        ("users has under 2 million rows", "observation", "at_most"),
    ],
)
def test_role_and_bound(text: str, role: str, bound: str) -> None:
    figure = only(text)
    assert (figure.role, figure.bound) == (role, bound)


def test_range_quantile_and_change() -> None:
    spread = only("/users endpoint takes 3-5 seconds")
    assert (spread.value, spread.upper, spread.bound) == (3.0, 5.0, "range")
    assert only("p99 15 ms").quantile == 0.99
    assert only("95퍼센타일 200ms").quantile == 0.95
    before, after = intake.read("응답 시간을 3초에서 500ms 이하로 줄이고 싶습니다").figures
    assert (before.value, before.role, after.value, after.role) == (3.0, "observation", 0.5, "target")


def test_table_is_the_subject() -> None:
    assert only("orders 테이블 3억 건").subject == "orders"
    assert [f.subject for f in intake.read("users: 3M rows, orders: 10M rows").figures] == ["users", "orders"]


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 429 at 2024-01-01 10:30 from 10.0.0.1:5432, port 5432, status 500",
        "PostgreSQL 15 and Node.js 18.17.1",
        "`SELECT id FROM users WHERE age = 30 LIMIT 100`",
        "N+1, SHA256, utf8mb4, OWASP Top 10, RFC 9110, OAuth 2.1",
        "매출 3억원",
        "Redis 7 분산 락, 주문 서비스 3 주문",
    ],
)
def test_not_figures(text: str) -> None:
    assert intake.read(text).figures == ()


@given(st.integers(1, 99_999), st.sampled_from([("ms", 1e-3), ("초", 1.0), (" seconds", 1.0), (" minutes", 60.0)]))
def test_generated_times_are_read_back(number: int, unit: tuple[str, float]) -> None:
    assert only(f"it takes {number:,}{unit[0]}").value == pytest.approx(number * unit[1])


@given(st.integers(1, 9_999), st.sampled_from([("만", 1e4), ("억", 1e8), ("천", 1e3)]))
def test_generated_korean_counts_are_read_back(number: int, scale: tuple[str, float]) -> None:
    assert only(f"테이블에 {number}{scale[0]} 건").value == pytest.approx(number * scale[1])


def test_the_verb_of_a_wish_observes_nothing() -> None:
    found = {one.text: one.role for one in intake.read("Takes 4.2 s, target is 300 ms", []).figures}
    assert found == {"4.2 s": "observation", "300 ms": "target"}
