"""Plans that belong to another query, and proofs that end by a mistake of ours."""

import pytest

from backend_advisor import advise, intake
from backend_advisor.advice.mismatch import other_plans
from backend_advisor.experts import Terms, experts
from backend_advisor.model import Case

PLAN = """ Seq Scan on {table}  (cost=0.00..18.00 rows=1 width=4) (actual time=0.02..6.1 rows=1 loops=1)
 Execution Time: 7 ms
"""


def asked(table: str, sql: str = "SELECT id FROM orders WHERE status = 'paid';") -> Case:
    return intake.read(f"Why?\n```sql\n{sql}\n```\n```plan\n{PLAN.format(table=table)}```\n")


def test_a_plan_of_other_tables_is_told() -> None:
    (told,) = other_plans(asked("pages"))
    assert "pages" in told and "question.plan#1" in told
    assert advise.advise(asked("pages"), Terms(prove=False)).notices[0] == told


@pytest.mark.parametrize("table", ["orders", "orders_2026_01", "public.orders", "orders o"])
def test_a_plan_of_the_query_or_its_partitions_is_not(table: str) -> None:
    assert not list(other_plans(asked(table)))


def test_a_plan_behind_a_view_that_was_given_is_not() -> None:
    assert not list(other_plans(asked("pages", "CREATE VIEW v AS SELECT * FROM pages; SELECT id FROM v WHERE id = 1;")))


def test_a_mistake_in_a_proof_does_not_take_the_diagnosis_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADVISOR_DEBUG", raising=False)

    def fail(*_: object) -> None:
        raise KeyError("oops")

    for expert in experts():
        monkeypatch.setattr(expert, "prove", fail)
    case = intake.read("Why is this slow?\n```sql\nSELECT id FROM t ORDER BY id LIMIT 5 OFFSET 100000;\n```\n")
    report = advise.advise(case, Terms())
    assert "DB121" in [code for one in report.advice for code in one.codes]
    assert any("KeyError" in notice for notice in report.notices)
    monkeypatch.setenv("ADVISOR_DEBUG", "1")
    with pytest.raises(KeyError):
        advise.advise(case, Terms())
