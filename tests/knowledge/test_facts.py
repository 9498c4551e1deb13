"""Facts that change: the value of a day and a version, the next change, what is overdue, and mistakes in the data."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.knowledge import check, load
from backend_advisor.knowledge.facts import Fact, Statements, in_order, state
from backend_advisor.model import Technology

from .conftest import EN, ENGLISH, KO, KOREAN, Package

FACTS = "knowledge/facts/products.yaml"
LIMIT = """\
limit:
  what: {en: the limit, ko: 제한값}
  technology: postgresql
  source: pg-locks
  checked: 2026-11-30
  check_every: 90
  values:
    - {from: 2027-02-20, value: {en: "200 rows", ko: "200행"}}
    - {until: 2027-02-19, version: "18", value: "100"}
    - {until: 2027-02-19, version: "17", value: "50"}
"""


def fact(text: str = LIMIT) -> Fact:
    import yaml

    return msgspec.convert(next(iter(yaml.safe_load(text).values())), Fact)


@pytest.mark.parametrize(
    ("day", "version", "expected"),
    [
        ("2026-11-30", None, "100"),
        ("2027-02-19", "18.1", "100"),
        ("2027-02-19", "17", "50"),
        ("2026-11-30", "16.2", "100"),
        ("2027-02-20", "17", "200 rows"),
    ],
)
def test_the_value_of_a_day_and_a_version(day: str, version: str | None, expected: str) -> None:
    assert state("limit", fact(), "en", date.fromisoformat(day), version).value == expected


def test_a_coming_change_and_an_overdue_check_are_told() -> None:
    before = state("limit", fact(), "ko", date(2026, 12, 1))
    assert before.change is not None
    assert (before.change.date, before.change.value, before.overdue) == ("2027-02-20", "200행", False)
    after = state("limit", fact(), "ko", date(2027, 3, 1))
    assert (after.value, after.change, after.overdue) == ("200행", None, True)


def test_a_fact_that_ends_without_a_successor_changes_to_nothing() -> None:
    ended = fact(LIMIT.replace('    - {from: 2027-02-20, value: {en: "200 rows", ko: "200행"}}\n', ""))
    change = ended.next_change(date(2026, 12, 1))
    assert change == (date(2027, 2, 20), None)
    assert state("limit", ended, "en", date(2027, 2, 20)).value is None


@given(st.lists(st.dates(date(2020, 1, 1), date(2035, 1, 1)), min_size=1, max_size=6, unique=True), st.data())
def test_the_next_change_is_the_first_day_on_which_the_value_differs(starts: list[date], data: st.DataObject) -> None:
    ordered = sorted(starts)
    values = [
        {"value": str(number), "from": start, "until": end - timedelta(days=1) if end else None}
        for number, (start, end) in enumerate(zip(ordered, [*ordered[1:], None], strict=True))
    ]
    series = msgspec.convert(
        {"what": {"en": "x", "ko": "가"}, "source": "s", "checked": "2026-01-01", "values": values}, Fact
    )
    day = data.draw(st.dates(date(2019, 1, 1), date(2036, 1, 1)))
    expected = next((one for one in ordered if one > day), None)
    change = series.next_change(day)
    assert (change[0] if change else None) == expected


def test_texts_are_filled_with_values_and_their_sources() -> None:
    stack = [Technology(id="postgresql", name="PostgreSQL", category="database", version="17")]
    statements = Statements({"limit": fact()}, "en", date(2026, 12, 1), stack)
    assert statements.fill("at most [=limit] here, [=limit]") == "at most 50 [@pg-locks] here, 50 [@pg-locks]"
    assert statements.fill("최대 [=limit]입니다.") == "최대 50입니다 [@pg-locks]."
    assert list(statements.told) == ["limit"]


def test_facts_that_change_soonest_come_first() -> None:
    steady = fact(LIMIT.split("    - {until", maxsplit=1)[0].replace("from: 2027-02-20, ", ""))
    assert in_order({"a": steady, "b": fact()}, date(2026, 12, 1)) == ["b", "a"]


TOLD = ENGLISH.replace("each other [@pg-locks].", "each other [@pg-locks], at most [=limit].")
TOLD_KO = KOREAN.replace("[@pg-locks].", "[@pg-locks]. 최대 [=limit]입니다.", 1)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({FACTS: LIMIT, EN: TOLD}, "fact `limit` is not told by the Korean page"),
        ({FACTS: None, EN: TOLD, KO: TOLD_KO}, "fact `limit` is not stated"),
        ({FACTS: LIMIT.replace("source: pg-locks", "source: nowhere")}, "source `nowhere` is not in the registry"),
        ({FACTS: LIMIT.replace("postgresql", "oracel")}, "technology `oracel`"),
        ({FACTS: LIMIT.replace("제한값", "limit")}, "holds no Korean"),
        ({FACTS: LIMIT.replace("from: 2027-02-20", "from: 2027-02-30")}, "not valid YAML"),
        ({FACTS: LIMIT.replace("{from: 2027-02-20", "{until: 2026-01-01, from: 2027-02-20")}, "before it begins"),
        ({FACTS: LIMIT.replace("checked:", "seen:")}, "cannot be read"),
        ({FACTS: LIMIT.split("values:", maxsplit=1)[0] + "values: []"}, "has no value"),
        ({FACTS: "- limit"}, "is a mapping of ids to facts"),
        ({EN: ENGLISH.replace("reviewed:", "consulted: [other]\nreviewed:")}, "consulted source `other` is not listed"),
    ],
)
def test_mistakes_in_facts_are_named(package: Package, changes: dict[str, str | None], part: str) -> None:
    root = package(changes)
    assert any(part in problem for problem in check(root)), check(root)


def test_a_page_that_tells_a_fact_loads(package: Package) -> None:
    root = package({FACTS: LIMIT, EN: TOLD, KO: TOLD_KO})
    assert load(root).facts["limit"].check_every == 90


def test_every_fact_of_the_package_has_a_value_today_or_names_its_change() -> None:
    for name, one in load().facts.items():
        today = one.checked
        assert one.on(today) is not None or one.next_change(today) is not None, name
