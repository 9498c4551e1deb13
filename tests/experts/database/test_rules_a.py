"""What the examples of the rules on conditions, joins and subqueries cannot show: fixes, degrees, places, speed."""

import pytest

from backend_advisor.experts.database.detectors.registry import QueryContext, query_detectors
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Artifact, ArtifactKind, Confidence, Severity
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.inference import infer
from backend_advisor.sql.schema import qualified
from backend_advisor.sql.statement import statements
from tests.experts.database.test_examples import matches

CODES = [f"DB{number}" for number in range(102, 120)]


def only(code: str, text: str, dialect: str | None = None) -> Match:
    found = matches(code, text, dialect)
    assert len(found) == 1
    return found[0]


def fixed(code: str, text: str) -> str:
    """The text after the one match's edits."""
    for edit in only(code, text).edits:
        span = edit.location.span
        assert span is not None and span.line == span.end_line == 1
        text = text[: span.column - 1] + edit.replacement + text[span.end_column - 1 :]
    return text


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("DB117", "SELECT 1 FROM a WHERE a.x = NULL AND y", "SELECT 1 FROM a WHERE a.x IS NULL AND y"),
        ("DB117", "SELECT 1 FROM a WHERE x <> null", "SELECT 1 FROM a WHERE x IS NOT NULL"),
        (
            "DB118",
            "SELECT 1 FROM a b WHERE b.made_at BETWEEN '2024-02-01' AND '2024-02-29' OR b.y",
            "SELECT 1 FROM a b WHERE (b.made_at >= '2024-02-01' AND b.made_at < '2024-03-01') OR b.y",
        ),
        (
            "DB103",
            "SELECT 1 FROM a b WHERE made_at::date = '2024-12-31'",
            "SELECT 1 FROM a b WHERE (made_at >= '2024-12-31' AND made_at < '2025-01-01')",
        ),
        (
            "DB115",
            "SELECT 1 FROM a WHERE (SELECT count(*) FROM b WHERE b.a_id = a.id) = 0",
            "SELECT 1 FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id)",
        ),
    ],
)
def test_the_fix_rewrites_just_the_condition(code: str, before: str, after: str) -> None:
    assert fixed(code, before) == after
    assert matches(code, after) == []


def test_a_fix_that_changes_results_is_not_called_safe() -> None:
    assert only("DB117", "SELECT 1 FROM a WHERE x = NULL").applicability == "unsafe"
    assert only("DB118", "SELECT 1 FROM a WHERE x_at BETWEEN '2024-01-01' AND '2024-01-31'").applicability == "unsafe"


def test_a_condition_beside_an_equality_is_only_a_note() -> None:
    match = only("DB102", "SELECT 1 FROM a WHERE tenant_id = $1 AND lower(name) = 'x'")
    assert (match.severity, match.confidence) == (Severity.NOTE, Confidence.LOW)


def test_not_in_is_certain_only_when_the_column_is_known_to_be_nullable() -> None:
    ddl = "CREATE TABLE b (id int PRIMARY KEY, a_id int);"
    query = "SELECT id FROM a WHERE id NOT IN (SELECT a_id FROM b)"
    assert only("DB107", ddl + query).confidence is Confidence.HIGH
    assert only("DB107", query).confidence is Confidence.MEDIUM


def test_a_column_without_a_table_name_belongs_to_its_own_query() -> None:
    assert matches("DB114", "SELECT u.id, (SELECT max(price) FROM items) FROM users u") == []
    match = only(
        "DB102", "SELECT o.id FROM orders o WHERE o.user_id IN (SELECT id FROM users WHERE lower(email) = 'x')"
    )
    assert match.values["table"] == "users"
    assert match.location.excerpt == "lower(email) = 'x'"


def test_a_left_join_by_a_key_is_only_a_note() -> None:
    ddl = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int PRIMARY KEY);"
    match = only("DB112", ddl + "SELECT a.id FROM a LEFT JOIN b ON b.a_id = a.id")
    assert match.severity is Severity.NOTE
    assert [key for _, key in match.steps] == ["unique"]


def test_a_whole_row_is_a_use_of_the_joined_table() -> None:
    assert matches("DB112", "SELECT json_agg(o) FROM users u LEFT JOIN orders o ON o.user_id = u.id") == []


@pytest.mark.parametrize("joiner", [" AND ", " OR "])
def test_a_thousand_conditions_take_no_time(joiner: str) -> None:
    text = "SELECT a.id FROM a, b WHERE a.id = b.id AND (" + joiner.join(["a.x = 1 "] * 1000) + ")"
    statement = statements(Artifact(name="long.sql", kind=ArtifactKind.SQL, text=text))[0]
    schema = infer([statement], read_ddl([]))
    assert statement.tree is not None
    context = QueryContext(statement, statement.tree, qualified(statement, schema), schema)
    detectors = query_detectors()
    for code in CODES:
        list(detectors[code](context))
