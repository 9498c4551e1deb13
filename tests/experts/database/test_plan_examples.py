"""Every plan example of every plan rule: bad ones are found where they are marked, good ones stay clean."""

from collections.abc import Iterator

import pytest

from backend_advisor import knowledge
from backend_advisor.experts.database.detectors.registry import PlanContext, plan_detectors
from backend_advisor.knowledge.detection import Match, finding
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.plan import read_plan
from backend_advisor.sql.statement import statements

_DETECTORS = plan_detectors()


def _rules() -> Iterator[Playbook]:
    return (p for p in knowledge.load().playbooks.values() if p.code in _DETECTORS)


def _examples() -> Iterator[pytest.param]:
    for playbook in _rules():
        for number, example in enumerate(playbook.examples, start=1):
            if example.kind == "plan":
                word = "bad" if example.bad else "good"
                yield pytest.param(playbook, example, id=f"{playbook.code}-{word}-{number}")


def matches(code: str, text: str, sql: str | None = None) -> list[Match]:
    """What the rule of this code sees in a plan, with the statement beside it when one is given."""
    artifact = Artifact(name="example.plan", kind=ArtifactKind.PLAN, text=text)
    plan = read_plan(text)
    assert plan.root is not None, plan.problems
    query = Artifact(name="query.sql", kind=ArtifactKind.SQL, text=sql or "")
    statement = statements(query)[0] if sql else None
    return list(_DETECTORS[code](PlanContext(plan, artifact, statement)))


@pytest.mark.parametrize(("playbook", "example"), list(_examples()))
def test_example(playbook: Playbook, example: Example) -> None:
    found = matches(playbook.code, example.text)
    lines = {match.location.span.line for match in found if match.location.span is not None}
    assert lines == set(example.lines)
    assert bool(found) == example.bad


@pytest.mark.parametrize("language", ["en", "ko"])
def test_findings_speak_both_languages(language: str) -> None:
    for playbook in _rules():
        for example in playbook.examples:
            for match in matches(playbook.code, example.text):
                said = finding(playbook, match, language)
                assert "{" not in said.message and said.location.path


def test_every_plan_detector_has_a_playbook_with_examples() -> None:
    playbooks = knowledge.load().playbooks
    assert [code for code in _DETECTORS if code not in playbooks or not playbooks[code].examples] == []


def test_the_sql_that_causes_it_is_a_step() -> None:
    plan = (
        "Seq Scan on users  (cost=0.00..31250.00 rows=120 width=64) (actual time=0.4..182.7 rows=118 loops=1)\n"
        "  Filter: ((country = 'KR'::text) AND (score > 900))\n"
        "  Rows Removed by Filter: 1199882\n"
        "Execution Time: 183.0 ms\n"
    )
    sql = "SELECT id\nFROM users\nWHERE country = 'KR' AND score > 900"
    (match,) = matches("DB205", plan, sql)
    steps = {key: place for place, key in match.steps}
    assert steps["asked"].artifact == "query.sql"
    assert steps["asked"].span is not None and steps["asked"].span.line == 3
    assert match.values["columns"] == "country, score"


def test_an_index_that_is_read_for_its_order_alone_keeps_the_order() -> None:
    plan = (
        "Limit  (cost=0.43..1289.11 rows=20 width=244) (actual time=2201.2..2201.3 rows=20 loops=1)\n"
        "  ->  Index Scan Backward using orders_created_at_idx on orders  (cost=0.43..812345.55 rows=12607 width=244)"
        " (actual time=2201.2..2201.3 rows=20 loops=1)\n"
        "        Filter: ((status = 'PAID'::text) AND (merchant_id = 4411))\n"
        "        Rows Removed by Filter: 1804553\n"
        "Execution Time: 2201.3 ms\n"
    )
    (match,) = matches("DB205", plan)
    assert "ordered" in {key for _, key in match.steps}
    assert match.values["index"] == "orders_created_at_idx"


def test_a_trivially_fast_plan_raises_no_alarm() -> None:
    for playbook in _rules():
        for example in playbook.examples:
            if example.bad and "Execution Time:" in example.text and playbook.code != "DB213":
                head = example.text.rsplit("Execution Time:", 1)[0]
                assert matches(playbook.code, head + "Execution Time: 0.9 ms") == []
