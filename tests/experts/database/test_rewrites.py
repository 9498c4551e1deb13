"""Each family offers its form where it holds, stays silent where it does not, and never changes a result."""

# ruff: noqa: E501 (a query is read best on one line)

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backend_advisor.experts.database.remedies.rewrites import Rewrite, rewrites
from backend_advisor.experts.database.rewriting import same_answer, small_page
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
    ("union_all_for_or", "SELECT id, name FROM users WHERE age = 1 OR status = 'a' ORDER BY created_at DESC LIMIT 20 OFFSET 5", "LIMIT 25"),
    ("union_all_for_or", "SELECT id, name AS \"fullName\" FROM users WHERE age = 1 OR status = 'a' ORDER BY created_at DESC", '"fullName"'),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.id LIMIT 1) AS \"lastAmount\" FROM users u", '"lastAmount"'),
    ("early_limit", "SELECT * FROM users u LEFT JOIN orders o ON o.user_id = u.id ORDER BY u.created_at DESC LIMIT 10", "LIMIT 10"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at DESC, id DESC LIMIT 20 OFFSET 100", "($1, $2)"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at DESC, id LIMIT 20 OFFSET 100", "created_at = $1"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at DESC, id LIMIT 20 OFFSET 100", "created_at <= $1"),
    ("keyset", "SELECT o.id, u.name FROM orders o JOIN users u ON u.id = o.user_id ORDER BY o.id LIMIT 20 OFFSET 100", "o.id > $1"),
    ("keyset_with_key", "SELECT id, status FROM orders ORDER BY created_at DESC LIMIT 20 OFFSET 100", "(orders.created_at, orders.id) < ($1, $2)"),
    ("keyset_with_key", "SELECT o.*, p.bio FROM orders o LEFT JOIN profiles p ON p.user_id = o.user_id ORDER BY o.created_at LIMIT 20 OFFSET 100", "o.id"),
    ("deferred_join", "SELECT * FROM users ORDER BY created_at DESC LIMIT 20 OFFSET 100", "users.*"),
    ("deferred_join", "SELECT u.name, p.bio FROM users u LEFT JOIN profiles p ON p.user_id = u.id WHERE u.id > 0 ORDER BY u.created_at LIMIT 20 OFFSET 100", "AS page"),
    ("deferred_join", "SELECT u.id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) FROM users u ORDER BY u.id LIMIT 20 OFFSET 100", "JOIN users AS u"),
    ("join_for_lookup", "SELECT o.id, (SELECT u.name FROM users u WHERE u.id = o.user_id) FROM orders o", "LEFT JOIN users AS u"),
    ("join_for_lookup", "SELECT *, (SELECT name FROM users WHERE id = o.user_id AND age > 1) AS buyer FROM orders o", "o.*"),
    ("grouped_join_for_subquery", "SELECT *, (SELECT max(amount) FROM orders o WHERE o.user_id = u.id) AS top FROM users u", "u.*"),
    ("grouped_join_for_lateral", "SELECT u.id, s.n FROM users u LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.user_id = u.id) s ON true", "COALESCE(s.n, 0) AS n"),
    ("grouped_join_for_lateral", "SELECT u.id, s.n FROM users u CROSS JOIN LATERAL (SELECT max(o.amount) AS n FROM orders o WHERE o.user_id = u.id) s", "LEFT JOIN ("),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.id DESC LIMIT 1) FROM users u", "LEFT JOIN LATERAL"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount AS paid FROM orders o WHERE o.user_id = u.id ORDER BY o.id LIMIT 1) FROM users u", "AS paid"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.created_at DESC LIMIT 1) AS last FROM users u", "o.id DESC"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT count(*) FROM orders o WHERE o.user_id > u.id) AS n, (SELECT max(amount) FROM orders o WHERE o.user_id > u.id) AS top FROM users u", "orders_figures"),
    ("distinct_on_for_maximum", "SELECT * FROM orders o WHERE o.id = (SELECT max(id) FROM orders WHERE user_id = o.user_id)", "DISTINCT ON (o.user_id)"),
    ("distinct_on_for_maximum", "SELECT * FROM visits v WHERE v.at = (SELECT max(w.at) FROM visits w WHERE w.user_id = v.user_id)", "NOT v.at IS NULL"),
    ("distinct_on_for_maximum", "SELECT o.* FROM orders o WHERE o.id = (SELECT b.id FROM orders b WHERE b.status = o.status ORDER BY b.created_at DESC LIMIT 1)", "o.id DESC"),
    ("lateral_for_maximum", "SELECT u.id, o.amount FROM users u JOIN orders o ON o.user_id = u.id WHERE o.created_at = (SELECT max(b.created_at) FROM orders b WHERE b.user_id = u.id)", "WITH TIES"),
    ("lateral_for_maximum", "SELECT u.id, o.amount FROM users u LEFT JOIN orders o ON o.user_id = u.id AND o.id = (SELECT max(b.id) FROM orders b WHERE b.user_id = o.user_id)", "LIMIT 1"),
    ("lateral_for_maximum", "SELECT u.id, v.page FROM users u JOIN visits v ON v.user_id = u.id AND v.seconds = (SELECT min(w.seconds) FROM visits w WHERE w.user_id = u.id)", "NOT v.seconds IS NULL"),
    ("without_left_join", "SELECT u.id FROM users u LEFT JOIN profiles p ON p.user_id = u.id", "FROM users AS u"),
    ("without_inner_join", "SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id", "FROM orders AS o"),
    ("without_inner_join", "SELECT u.id FROM users u JOIN regions r ON r.id = u.region_id", "IS NULL"),
    ("union_all", "SELECT id FROM users WHERE status = 'a' UNION SELECT id FROM users WHERE status = 'b'", "UNION ALL"),
    ("where_for_having", "SELECT status, count(*) FROM users GROUP BY status HAVING status = 'a' AND count(*) > 1", "WHERE"),
    ("without_inner_order", "SELECT id FROM users WHERE id IN (SELECT user_id FROM visits ORDER BY seconds)", "IN ("),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sql", "part"), OFFERED)
def test_offered_and_equal(checker: Checker, name: str, sql: str, part: str) -> None:
    assert part in _offered(sql)[name].sql
    small = small_page(sql)
    result = same_answer(checker, small, _offered(small)[name], trials=16)
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
    ("union_all_for_or", "SELECT id, age + 1 FROM users WHERE age = 1 OR status = 'a' ORDER BY created_at LIMIT 5"),
    ("early_limit", "SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id LIMIT 10"),
    ("early_limit",
     "SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id IS NULL ORDER BY u.id LIMIT 10"),
    ("early_limit", "SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id ORDER BY o.id LIMIT 10"),
    ("keyset", "SELECT id FROM orders ORDER BY created_at LIMIT 20 OFFSET 100"),
    ("keyset_with_key", "SELECT id FROM orders ORDER BY created_at, id LIMIT 20 OFFSET 100"),
    ("keyset_with_key", "SELECT id FROM orders ORDER BY status LIMIT 20 OFFSET 100"),
    ("keyset_with_key", "SELECT user_id FROM visits ORDER BY page LIMIT 20 OFFSET 100"),
    ("keyset_with_key", "SELECT o.id FROM orders o JOIN visits v ON v.user_id = o.user_id ORDER BY o.created_at LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT * FROM users ORDER BY created_at LIMIT 20"),
    ("deferred_join", "SELECT * FROM users ORDER BY created_at LIMIT 20 OFFSET 0"),
    ("deferred_join", "SELECT id, created_at FROM users ORDER BY created_at LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT * FROM visits ORDER BY at LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT u.name FROM users u LEFT JOIN orders o ON o.user_id = u.id ORDER BY u.id LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT DISTINCT name, id FROM users ORDER BY id LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT *, row_number() OVER (ORDER BY id) FROM users ORDER BY id LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT name, age + 1 AS next FROM users ORDER BY next LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT * FROM users TABLESAMPLE SYSTEM (50) ORDER BY id LIMIT 20 OFFSET 100"),
    ("deferred_join", "SELECT * FROM users u JOIN regions r ON r.id = u.region_id ORDER BY u.id LIMIT 20 OFFSET 100"),
    ("join_for_lookup", "SELECT u.id, (SELECT o.status FROM orders o WHERE o.user_id = u.id) FROM users u"),
    ("join_for_lookup", "SELECT o.id, (SELECT coalesce(u.name, 'x') FROM users u WHERE u.id = o.user_id) FROM orders o"),
    ("join_for_lookup", "SELECT o.id, (SELECT u.name FROM users u WHERE u.id = o.user_id OR u.id = 1) FROM orders o"),
    ("join_for_lookup", "SELECT o.id, (SELECT u.name FROM users u WHERE u.id = 1) FROM orders o"),
    ("join_for_lookup", "SELECT count((SELECT u.name FROM users u WHERE u.id = o.user_id)) FROM orders o"),
    ("grouped_join_for_lateral",
     "SELECT u.id, s.n FROM users u LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.user_id < u.id) s ON true"),
    ("grouped_join_for_lateral",
     "SELECT u.id, s.n FROM users u LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.user_id = u.id) s ON s.n > 1"),
    ("grouped_join_for_lateral",
     "SELECT u.id, s.n FROM users u JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.user_id = u.id GROUP BY o.status) s ON true"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) FROM users u"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id LIMIT 1) FROM users u"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT v.page FROM visits v WHERE v.user_id = u.id ORDER BY v.seconds LIMIT 1) FROM users u"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount FROM orders o ORDER BY o.id LIMIT 1) FROM users u"),
    ("lateral_for_subqueries", "SELECT u.id, (SELECT o.amount * 2 FROM orders o WHERE o.user_id = u.id ORDER BY o.id LIMIT 1) FROM users u"),
    ("distinct_on_for_maximum", "SELECT * FROM orders o WHERE o.created_at = (SELECT max(created_at) FROM orders WHERE user_id = o.user_id)"),
    ("distinct_on_for_maximum", "SELECT * FROM orders o WHERE o.id = (SELECT max(b.user_id) FROM orders b WHERE b.status = o.status)"),
    ("distinct_on_for_maximum", "SELECT * FROM orders o WHERE o.id = (SELECT max(b.id) FROM orders b WHERE b.quantity = o.user_id)"),
    ("distinct_on_for_maximum", "SELECT * FROM orders o WHERE o.id = (SELECT max(b.id) FROM orders b WHERE b.user_id = o.user_id) OR o.amount > 1"),
    ("distinct_on_for_maximum",
     "SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id = (SELECT max(b.id) FROM orders b WHERE b.user_id = o.user_id)"),
    ("lateral_for_maximum",
     "SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id WHERE o.created_at = (SELECT max(b.created_at) FROM orders b WHERE b.user_id = u.id AND b.quantity > 1)"),
    ("lateral_for_maximum",
     "SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id = (SELECT max(b.id) FROM orders b WHERE b.user_id = u.id)"),
    ("lateral_for_maximum",
     "SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id AND o.quantity > 1 WHERE o.id = (SELECT max(b.id) FROM orders b WHERE b.user_id = u.id)"),
    ("lateral_for_maximum",
     "SELECT u.id, o.id FROM users u JOIN orders o ON o.quantity = u.id WHERE o.id = (SELECT max(b.id) FROM orders b WHERE b.user_id = u.id)"),
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


def test_silent_about_a_volatile_value() -> None:
    volatile = "SELECT id, name, random() FROM users ORDER BY created_at LIMIT 20 OFFSET 100"
    assert "deferred_join" not in _offered(volatile)


def test_subqueries_over_the_same_rows_share_one_join() -> None:
    figures = ("count(*)", "sum(o.amount)", "count(*)")
    values = ", ".join(f"(SELECT {one} FROM orders o WHERE o.user_id = u.id) AS f{n}" for n, one in enumerate(figures))
    offered = _offered(f"SELECT u.id, {values} FROM users u")
    assert offered["grouped_join_for_subquery"].sql.count("LEFT JOIN") == 1
    assert offered["lateral_for_subqueries"].sql.count("LATERAL") == 1
    assert offered["lateral_for_subqueries"].sql.count("COUNT(*)") == 1


def test_a_page_of_keys_keeps_only_the_joins_that_decide_it() -> None:
    sql = (
        "SELECT u.name, p.bio, r.name FROM users u JOIN regions r ON r.id = u.region_id"
        " LEFT JOIN profiles p ON p.user_id = u.id ORDER BY u.created_at LIMIT 5 OFFSET 50"
    )
    page = _offered(sql)["deferred_join"].sql.split("AS page")[0].split("FROM (")[1]
    assert "regions" in page
    assert "profiles" not in page


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("SELECT id FROM orders ORDER BY created_at DESC LIMIT 3 OFFSET 2", "orders.id DESC"),
        ("SELECT id FROM orders ORDER BY created_at, id LIMIT 3 OFFSET 2", None),
        ("SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.status LIMIT 1) FROM users u", "o.id"),
        ("SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.id LIMIT 1) FROM users u", None),
    ],
)  # fmt: skip
def test_an_order_with_ties_is_compared_with_its_ties_broken(sql: str, broken: str | None) -> None:
    [rewrite] = [one for one in _offered(sql).values() if one.name.startswith(("keyset", "lateral"))]
    assert (rewrite.tie_broken is None) == (broken is None)
    assert broken is None or broken in str(rewrite.tie_broken)


def test_a_form_that_breaks_ties_is_not_the_original_itself(checker: Checker) -> None:
    """The reason why such a form says so: without the key in its order the original gives other rows."""
    sql = "SELECT u.id, (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.status LIMIT 1) FROM users u"
    form = _offered(sql)["lateral_for_subqueries"]
    assert same_answer(checker, sql, form).holds
    assert not same_answer(checker, sql, replace(form, tie_broken=None)).holds


def test_a_keyset_that_breaks_ties_another_way_is_refused(checker: Checker) -> None:
    sql = "SELECT id FROM orders ORDER BY created_at LIMIT 3 OFFSET 2"
    form = _offered(sql)["keyset_with_key"]
    other = replace(form, tie_broken="SELECT id FROM orders ORDER BY status, id LIMIT 3 OFFSET 2")
    assert same_answer(checker, sql, form).holds
    assert not same_answer(checker, sql, other).holds


def test_parameters_of_a_page_follow_those_of_the_query() -> None:
    sql = "SELECT id, status FROM orders WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2 OFFSET $3"
    assert "($4, $5)" in _offered(sql)["keyset_with_key"].sql
    assert "OFFSET $3" in _offered(sql)["deferred_join"].sql


@pytest.mark.parametrize(
    ("sql", "small"),
    [
        ("SELECT id FROM a ORDER BY id LIMIT 20 OFFSET 100000", "SELECT id FROM a ORDER BY id LIMIT 3 OFFSET 2"),
        ("SELECT id FROM a LIMIT 1", "SELECT id FROM a LIMIT 1"),
        ("SELECT id FROM a LIMIT $1 OFFSET $2", "SELECT id FROM a LIMIT $1 OFFSET $2"),
        ("SELECT FROM WHERE (", "SELECT FROM WHERE ("),
    ],
)
def test_a_page_that_a_small_database_reaches(sql: str, small: str) -> None:
    assert small_page(sql) == small


def test_random_queries_never_change(checker: Checker) -> None:
    generator, met = QueryGenerator(20_261_123), set()
    for number in range(CASES):
        sql = generator.query()
        for name, rewrite in _offered(sql).items():
            met.add(name)
            accepted = same_answer(checker, sql, rewrite, trials=ACCEPTING, seed=number)
            assert accepted.counterexample is None, (name, sql, rewrite.sql, accepted.counterexample)
            later = same_answer(checker, sql, rewrite, trials=LATER, seed=number + 1_000_000)
            assert later.counterexample is None, (name, sql, rewrite.sql, later.counterexample)
    assert len(met) == 21


def test_a_form_is_filed_under_a_problem_that_the_query_has() -> None:
    """OR over one table is no OR over tables, and NOT IN without NULLs does not return nothing."""
    one_table = "SELECT id FROM users WHERE age = 1 OR status = 'a'"
    tables = "SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id WHERE u.age = 1 OR o.status = 'a'"
    assert _offered(one_table)["union_all_for_or"].codes == ("DB140",)
    assert _offered(tables)["union_all_for_or"].codes == ("DB108",)
    never_null = "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM orders)"
    assert _offered(never_null)["not_exists_for_not_in"].codes == ("DB140",)
