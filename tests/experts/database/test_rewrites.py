"""Each family offers its form where it holds, stays silent where it does not, and never changes a result."""

# ruff: noqa: E501 (a query is read best on one line)

from collections.abc import Iterator

import pytest

from backend_advisor.experts.database.remedies.rewrites import Rewrite, rewrites
from backend_advisor.lab.equivalence import Checker, checking
from backend_advisor.lab.postgres.server import running
from backend_advisor.model import Artifact
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.statement import statements
from tests.experts.database.query_generator import DDL, QueryGenerator

SCHEMA = read_ddl(statements(Artifact(name="ddl", kind="ddl", text=DDL)))
CASES, ACCEPTING, LATER = 200, 3, 3


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with running() as server, checking(server, SCHEMA) as made:
        yield made


def _offered(sql: str) -> dict[str, Rewrite]:
    [statement] = statements(Artifact(name="query", kind="sql", text=sql))
    return {rewrite.name: rewrite for rewrite in rewrites(statement, SCHEMA)}


OFFERED = [
    ("sargable", "SELECT id FROM users WHERE date(created_at) = '2024-01-01'", "created_at < CAST('2024-01-02' AS DATE)"),
    ("sargable", "SELECT id FROM users WHERE date_trunc('month', seen_at) = '2024-12-01'", "'2025-01-01'"),
    ("sargable", "SELECT id FROM users WHERE date_trunc('day', created_at) = '2024-02-29'", "'2024-03-01'"),
    ("sargable", "SELECT id FROM users WHERE extract(year from created_at) = 2024", "'2025-01-01'"),
    ("sargable", "SELECT id FROM users WHERE created_at + interval '7 days' > '2024-01-08'", "- INTERVAL '7 DAYS'"),
    ("sargable", "SELECT id FROM users WHERE age + 10 > 30", "age > 20"),
    ("sargable", "SELECT id FROM users WHERE left(name, 3) = 'a_c'", r"LIKE 'a\_c%'"),
    ("sargable", "SELECT id FROM users WHERE coalesce(status, 'a') = 'a'", "IS NULL"),
    ("exists_for_in", "SELECT id FROM users WHERE id IN (SELECT user_id FROM visits)", "EXISTS"),
    ("not_exists_for_not_in", "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM orders)", "NOT EXISTS"),
    ("exists_for_count", "SELECT id FROM users u WHERE (SELECT count(*) FROM orders o WHERE o.user_id = u.id) > 0", "EXISTS"),
    ("semi_join_for_distinct", "SELECT DISTINCT u.id FROM users u JOIN orders o ON o.user_id = u.id", "EXISTS"),
    ("grouped_join_for_subquery", "SELECT u.id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) FROM users u", "COALESCE"),
    ("union_all_for_or", "SELECT id FROM users WHERE age = 1 OR status = 'a'", "IS TRUE"),
    ("early_limit", "SELECT * FROM users u LEFT JOIN orders o ON o.user_id = u.id ORDER BY u.created_at DESC LIMIT 10", "LIMIT 10"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at DESC, id DESC LIMIT 20 OFFSET 100", "($1, $2)"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at DESC, id LIMIT 20 OFFSET 100", "created_at = $1"),
    ("without_left_join", "SELECT u.id FROM users u LEFT JOIN profiles p ON p.user_id = u.id", "FROM users AS u"),
    ("without_inner_join", "SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id", "FROM orders AS o"),
    ("without_inner_join", "SELECT u.id FROM users u JOIN regions r ON r.id = u.region_id", "IS NULL"),
    ("union_all", "SELECT id FROM users WHERE status = 'a' UNION SELECT id FROM users WHERE status = 'b'", "UNION ALL"),
    ("where_for_having", "SELECT status, count(*) FROM users GROUP BY status HAVING status = 'a' AND count(*) > 1", "WHERE"),
    ("without_inner_order", "SELECT id FROM users WHERE id IN (SELECT user_id FROM visits ORDER BY seconds)", "IN ("),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sql", "part"), OFFERED)
def test_offered_and_equal(checker: Checker, name: str, sql: str, part: str) -> None:
    rewrite = _offered(sql)[name]
    assert part in rewrite.sql
    check = checker.equivalent if rewrite.same_rows else checker.same_page
    smaller = sql.replace("OFFSET 100", "OFFSET 2").replace("LIMIT 20", "LIMIT 3")
    result = check(smaller, rewrite.sql.replace("20", "3") if name == "keyset" else rewrite.sql, trials=16)
    assert result.holds, result.counterexample
    assert result.eventful


SILENT = [
    ("not_exists_for_not_in", "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM visits)"),
    ("not_exists_for_not_in", "SELECT id FROM users WHERE age NOT IN (SELECT user_id FROM orders)"),
    ("not_exists_for_not_in",
     "SELECT u.id FROM users u WHERE u.id NOT IN (SELECT o.user_id FROM visits v LEFT JOIN orders o ON true)"),
    ("exists_for_in", "SELECT id FROM users WHERE (age IN (SELECT seconds FROM visits)) IS NULL"),
    ("exists_for_in", "SELECT id FROM users WHERE id IN (SELECT user_id FROM visits ORDER BY seconds LIMIT 3)"),
    ("exists_for_in", "SELECT u.id FROM users u WHERE u.id IN (SELECT u.age FROM users u)"),
    ("exists_for_count", "SELECT id FROM users u WHERE (SELECT count(age) FROM users v WHERE v.id > u.id) > 0"),
    ("exists_for_count", "SELECT id FROM users WHERE (SELECT count(*) FROM orders GROUP BY status) > 0"),
    ("sargable", "SELECT id FROM users WHERE created_at + interval '1 month' > '2024-03-31'"),
    ("sargable", "SELECT id FROM users WHERE seen_at + interval '1 day' > '2024-03-31'"),
    ("sargable", "SELECT id FROM users WHERE date_trunc('month', created_at) = '2024-02-29'"),
    ("sargable", "SELECT id FROM users WHERE left(name, 5) = 'abc'"),
    ("sargable", "SELECT id FROM users WHERE lower(name) = 'abc'"),
    ("union_all_for_or", "SELECT id FROM users WHERE age = 1 OR age = 2"),
    ("union_all_for_or", "SELECT count(*) FROM users WHERE age = 1 OR status = 'a'"),
    ("union_all_for_or", "SELECT id FROM users WHERE random() < 0.5 OR status = 'a' OR age = 1"),
    ("early_limit", "SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id LIMIT 10"),
    ("early_limit",
     "SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id IS NULL ORDER BY u.id LIMIT 10"),
    ("early_limit", "SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id ORDER BY o.id LIMIT 10"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at LIMIT 20 OFFSET 100"),
    ("keyset", "SELECT id FROM orders ORDER BY status, id LIMIT 20 OFFSET 100"),
    ("without_left_join", "SELECT u.id FROM users u LEFT JOIN visits v ON v.user_id = u.id"),
    ("without_left_join", "SELECT u.id, p.bio FROM users u LEFT JOIN profiles p ON p.user_id = u.id"),
    ("without_left_join", "SELECT * FROM users u LEFT JOIN profiles p ON p.user_id = u.id"),
    ("without_inner_join", "SELECT v.page FROM visits v JOIN users u ON u.id = v.user_id"),
    ("union_all", "SELECT name FROM users WHERE status = 'a' UNION SELECT name FROM users WHERE status = 'b'"),
    ("union_all", "SELECT id FROM users WHERE status = 'a' UNION SELECT id FROM users WHERE age = 1"),
    ("where_for_having", "SELECT status FROM users GROUP BY status HAVING count(*) > 1"),
    ("without_inner_order", "SELECT id FROM users WHERE id IN (SELECT user_id FROM visits ORDER BY seconds LIMIT 2)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sql"), SILENT)
def test_silent(name: str, sql: str) -> None:
    assert name not in _offered(sql)


def test_random_queries_never_change(checker: Checker) -> None:
    generator, met = QueryGenerator(20_261_123), set()
    for number in range(CASES):
        sql = generator.query()
        for name, rewrite in _offered(sql).items():
            met.add(name)
            check = checker.equivalent if rewrite.same_rows else checker.same_page
            accepted = check(sql, rewrite.sql, trials=ACCEPTING, seed=number)
            assert accepted.counterexample is None, (name, sql, rewrite.sql, accepted.counterexample)
            later = check(sql, rewrite.sql, trials=LATER, seed=number + 1_000_000)
            assert later.counterexample is None, (name, sql, rewrite.sql, later.counterexample)
    assert len(met) == 14
