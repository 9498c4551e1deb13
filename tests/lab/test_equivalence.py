"""The comparison must see real differences and allow those that SQL leaves open."""

from collections.abc import Iterator

import pytest

from backend_advisor.lab.equivalence import Checker, checking
from backend_advisor.lab.order_keys import order_of
from backend_advisor.lab.postgres.server import running
from backend_advisor.model import Artifact
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.statement import statements

DDL = """
CREATE TABLE a (id integer PRIMARY KEY, x integer, t text, at timestamp, doc json, f double precision);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer NOT NULL REFERENCES a(id), x integer, UNIQUE (a_id, x));
CREATE TABLE c (n integer CHECK (n > 1 AND n < 4), state text CHECK (state IN ('on', 'off')));
"""


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    schema = read_ddl(statements(Artifact(name="ddl", kind="ddl", text=DDL)))
    with running() as server, checking(server, schema) as made:
        yield made


EQUAL = [
    ("SELECT x FROM a", "SELECT x FROM a ORDER BY id"),
    ("SELECT id, x FROM a ORDER BY x", "SELECT id, x FROM a ORDER BY x, id"),
    ("SELECT id, x FROM a ORDER BY x LIMIT 3", "SELECT id, x FROM a ORDER BY x, id DESC LIMIT 3"),
    ("SELECT id FROM a LIMIT 2", "SELECT id FROM a ORDER BY id DESC LIMIT 2"),
    ("SELECT id, doc FROM a", "SELECT id, doc FROM a WHERE true"),
    ("SELECT sum(f) FROM a", "SELECT sum(f) FROM (SELECT f FROM a ORDER BY f) AS s"),
    ("SELECT DISTINCT x FROM a ORDER BY x", "SELECT x FROM a GROUP BY x ORDER BY x"),
    ("SELECT b.id FROM b JOIN a ON a.id = b.a_id", "SELECT b.id FROM b"),
]

DIFFERENT = [
    ("SELECT x FROM a", "SELECT DISTINCT x FROM a", "rows"),
    ("SELECT id FROM a WHERE x NOT IN (SELECT x FROM b)",
     "SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.x = a.x)", "rows"),
    ("SELECT id, x FROM a ORDER BY x", "SELECT id, x FROM a ORDER BY x DESC", "order"),
    ("SELECT id, x FROM a ORDER BY x", "SELECT id, x FROM a ORDER BY x NULLS FIRST", "order"),
    ("SELECT id FROM a ORDER BY id LIMIT 3", "SELECT id FROM a ORDER BY id DESC LIMIT 3", "order"),
    ("SELECT id FROM a ORDER BY id", "SELECT id FROM a", "order_lost"),
    ("SELECT id FROM a", "SELECT id AS number FROM a", "columns"),
    ("SELECT id FROM a", "SELECT id::bigint AS id FROM a", "types"),
    ("SELECT x FROM a", "SELECT x / x * x AS x FROM a", "error"),
    ("SELECT id FROM a WHERE at <= '2024-03-31'", "SELECT id FROM a WHERE date(at) <= '2024-03-31'", "rows"),
    ("SELECT t FROM a WHERE t LIKE 'ab%'", "SELECT t FROM a WHERE t LIKE 'ab_%'", "rows"),
    ("SELECT count(x) FROM a", "SELECT count(*) FROM a", "rows"),
    ("SELECT b.id FROM b JOIN a ON a.x = b.x", "SELECT b.id FROM b", "rows"),
]  # fmt: skip


@pytest.mark.parametrize(("original", "rewritten"), EQUAL)
def test_equal(checker: Checker, original: str, rewritten: str) -> None:
    result = checker.equivalent(original, rewritten)
    assert result.holds, result.counterexample
    assert result.eventful > 5


@pytest.mark.parametrize(("original", "rewritten", "note"), DIFFERENT)
def test_different(checker: Checker, original: str, rewritten: str, note: str) -> None:
    result = checker.equivalent(original, rewritten, trials=60)
    assert not result.holds
    assert result.notes[0] == note


def test_ties_are_named(checker: Checker) -> None:
    result = checker.equivalent(
        "SELECT id, x FROM a ORDER BY x LIMIT 3", "SELECT id, x FROM a ORDER BY x, id DESC LIMIT 3"
    )
    assert "ties" in result.notes


def test_nothing_learnt_is_not_equal(checker: Checker) -> None:
    result = checker.equivalent("SELECT nothing FROM a", "SELECT nothing FROM a")
    assert not result.holds
    assert result.notes == ("skipped",)


def test_checks_of_the_schema_leave_rows(checker: Checker) -> None:
    result = checker.equivalent("SELECT n FROM c WHERE state = 'on'", "SELECT n FROM c WHERE state = 'on'", trials=60)
    assert result.holds
    assert result.eventful > 5


def test_a_page_after_the_last_row(checker: Checker) -> None:
    page = "SELECT id FROM a ORDER BY id LIMIT 2 OFFSET 2"
    assert checker.same_page(page, "SELECT id FROM a WHERE id > $1 ORDER BY id LIMIT 2", trials=40).holds
    assert not checker.same_page(page, "SELECT id FROM a WHERE id >= $1 ORDER BY id LIMIT 2", trials=40).holds


def test_order_keys_are_shown() -> None:
    spec = order_of("SELECT id AS n FROM a ORDER BY 1, x DESC LIMIT 2")
    assert spec is not None
    assert spec.keys == 2
    assert spec.sql.startswith("SELECT id AS n, id AS order_key_1, x AS order_key_2 FROM a ORDER BY 1")
    assert spec.unlimited is not None
    assert "LIMIT" not in spec.unlimited
