"""Whole questions: language, blocks, stack, sections and services; and text meant to break them."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor import intake
from backend_advisor.model import ArtifactKind

QUERY = "SELECT u.id\nFROM users u\nWHERE u.created_at > '2024-01-01'\nLIMIT 100;"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Why is my query slow?", "en"),
        ("쿼리가 왜 느린가요?", "ko"),
        ("Spring Boot에서 HikariCP connection pool exhausted 에러가 납니다.", "ko"),
        ("Audit my login.\nRequirements:\n- JWT with refresh tokens\n- 개인정보보호법 준수 (for Korean users)", "en"),
        ("이 쿼리 봐주세요\n```sql\n" + "SELECT column_name FROM some_table;\n" * 20 + "```", "ko"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert intake.read(text).language == language


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        (f"Slow:\n```sql\n{QUERY}\n```\nHelp", ArtifactKind.SQL, 3),
        (f"Slow:\n~~~\n{QUERY}", ArtifactKind.SQL, 3),
        (f"느립니다\n{QUERY}\n왜 그런가요?", ArtifactKind.SQL, 2),
        ("> ```js\n> const a = require('x')\n> ```", ArtifactKind.JAVASCRIPT, 2),
        ("CREATE TABLE a (id int);", ArtifactKind.DDL, 1),
        ("Plan:\n Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n   Filter: (id = 1)", ArtifactKind.PLAN, 2),
        ('x\n{\n  "a": 1\n}', ArtifactKind.JSON, 2),
        ("SELECT * FROM orders WHERE user_id = 1 is slow", ArtifactKind.SQL, 1),
    ],
)
def test_block(text: str, kind: ArtifactKind, line: int) -> None:
    (artifact,) = intake.read(text).artifacts
    assert (artifact.kind, artifact.first_line) == (kind, line)
    assert artifact.name == f"question.{kind}#1"


@pytest.mark.parametrize(
    "text",
    ["select the best option from the list", "Please update the settings and delete from cart", "with this as base"],
)
def test_prose_is_not_sql(text: str) -> None:
    assert intake.read(text).artifacts == ()


@pytest.mark.parametrize(
    ("text", "stack"),
    [
        ("Node.js 18, PostgreSQL 15", [("nodejs", "18"), ("postgresql", "15")]),
        ("스프링 부트 3.2와 레디스를 씁니다", [("spring-boot", "3.2"), ("redis", None)]),
        ("pg15, 자바 17로", [("postgresql", "15"), ("java", "17")]),
        ("Payment (Go + MySQL)", [("go", None), ("mysql", None)]),
        ("Go to the page and express yourself; spring is here", []),
        ("Redis 3대와 Kafka 3 brokers", [("redis", None), ("kafka", None)]),
        ("토스페이먼츠와 네이버 클라우드", [("toss-payments", None), ("naver-cloud", None)]),
        (
            "```python\nfrom fastapi import FastAPI\nimport redis\n```",
            [("python", None), ("fastapi", None), ("redis", None)],
        ),
    ],
)
def test_stack(text: str, stack: list[tuple[str, str | None]]) -> None:
    assert [(t.id, t.version) for t in intake.read(text).stack] == stack


def test_dialect_follows_the_stack() -> None:
    assert intake.read(f"MySQL 8\n{QUERY}").artifacts[0].dialect == "mysql"
    assert intake.read(QUERY).artifacts[0].dialect is None


def test_sections_and_services() -> None:
    case = intake.read(
        "Services:\n1. User Service (Node.js + MongoDB)\n- 주문 서비스 (Python + PostgreSQL)\n"
        "\n현재 성능:\n- 4.2초\n\n목표: 1초"
    )
    assert [section.kind for section in case.sections] == ["services", "performance", "target"]
    assert [s.name for s in case.services] == ["User Service", "주문 서비스"]
    assert [t.id for t in case.services[1].technologies] == ["python", "postgresql"]
    assert [f.role for f in case.figures] == ["observation", "target"]


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from("`~{}[]()<>'\"-=:;,.#*/ \n\t1290kM%SELCTFROMabc가를초만건"), max_size=300)
    | st.text(max_size=200)
)
def test_any_text_gives_a_case_within_its_lines(text: str) -> None:
    case = intake.read(text)
    lines = case.question.count("\n") + 1
    assert all(1 <= a.first_line <= lines + 1 for a in case.artifacts)
    assert all(1 <= f.line <= lines and f.text for f in case.figures)
    assert all(1 <= s.line <= lines for s in case.sections)


@pytest.mark.parametrize(
    "unit", ["`", "1,", "(", "{\n", "SELECT\n", "Go Node.js ", "/* ", "on:\n", "> ", "a: b\n", "가나 "]
)
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    intake.read("warm")
    intake.read(unit * (200_000 // len(unit)))


def test_import_is_light() -> None:
    code = "import sys, backend_advisor.intake; print('sqlglot' in sys.modules, 'yaml' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        (
            "재고를 UPDATE stock SET qty = qty - 1 WHERE id = 7 로 빼는데 느려요",
            "UPDATE stock SET qty = qty - 1 WHERE id = 7",
        ),
        ("We run UPDATE a SET b = b - $1 WHERE id = $2; and it waits", "UPDATE a SET b = b - $1 WHERE id = $2;"),
        ("UPDATE s SET qty = qty - sold WHERE id = 3 takes long", "UPDATE s SET qty = qty - sold WHERE id = 3"),
        (
            "SELECT * FROM o WHERE at > now() - interval '7 days' is slow",
            "SELECT * FROM o WHERE at > now() - interval '7 days'",
        ),
        ("UPDATE a SET b = 1 WHERE id = 7 and it hangs", "UPDATE a SET b = 1 WHERE id = 7"),
        ("SELECT * FROM users WHERE id = 5 - takes 3 seconds", "SELECT * FROM users WHERE id = 5"),
        ("SELECT a FROM t WHERE x = 1 - 30 seconds on 5M rows", "SELECT a FROM t WHERE x = 1"),
        ("SELECT * FROM users - slow", "SELECT * FROM users"),
    ],
)
def test_a_minus_is_part_of_a_statement_and_a_dash_ends_it(text: str, statement: str) -> None:
    assert [artifact.text.strip() for artifact in intake.read(text).artifacts] == [statement]
