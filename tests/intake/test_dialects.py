"""The dialect that SQL gives away, and none where it gives none away."""

from pathlib import Path

import pytest

from backend_advisor import intake
from backend_advisor.intake.dialects import dialect_in


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mysql", "SELECT `id` FROM `users` WHERE a = ?"),
        ("mysql", "SELECT id FROM users ORDER BY id LIMIT 10, 20"),
        ("mysql", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB;"),
        ("oracle", "SELECT * FROM e WHERE ROWNUM <= 100"),
        ("oracle", "SELECT e.id FROM e, d WHERE e.d_id = d.id(+)"),
        ("tsql", "SELECT TOP 10 [id] FROM [dbo].[Users] WITH (NOLOCK)"),
        ("tsql", "DECLARE @id INT = 5\nGO"),
        ("sqlite", "INSERT OR REPLACE INTO t VALUES (?1, ?2)"),
        ("postgres", "SELECT a::date FROM t WHERE b ILIKE $1"),
        (None, "SELECT id FROM users WHERE email = 'x' ORDER BY created_at LIMIT 10"),
        (None, "SELECT 'ROWNUM', '`a`', '[b]' FROM t -- LIMIT 1, 2"),
        (None, "SELECT tags[idx] FROM t WHERE a = ANY(ids[2:3])"),
        (None, "SELECT `a` FROM t WHERE ROWNUM < 3"),
    ],
)
def test_signs_of_a_dialect(dialect: str | None, text: str) -> None:
    assert dialect_in(text) == dialect


def test_a_query_takes_the_dialect_of_the_schema_that_comes_with_it(tmp_path: Path) -> None:
    schema, query = tmp_path / "schema.sql", tmp_path / "q.sql"
    schema.write_text("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT);")
    query.write_text("SELECT id FROM t WHERE a = ?;")
    assert [one.dialect for one in intake.read("", [query, schema]).artifacts] == ["mysql", "mysql"]


def test_what_is_stated_comes_before_what_is_seen() -> None:
    case = intake.read("PostgreSQL 16: why is this slow?\n```sql\nSELECT `id` FROM `users`;\n```")
    assert [one.dialect for one in case.artifacts] == ["postgres"]


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("slow: SELECT id FROM t WHERE DATE(a) = ? AND b = ? ORDER BY c;", None),
        ("is SELECT * FROM users WHERE id = ? slow? I think so", "SELECT * FROM users WHERE id = ?"),
        ("why does SELECT id FROM users take so long?", "SELECT id FROM users"),
        ("SELECT * FROM users WHERE id IN (?, ?) 왜 느린가요?", "SELECT * FROM users WHERE id IN (?, ?)"),
    ],
)
def test_a_placeholder_does_not_end_a_sentence(question: str, statement: str | None) -> None:
    (artifact,) = intake.read(question).artifacts
    assert artifact.text == (statement or question.removeprefix("slow: "))
