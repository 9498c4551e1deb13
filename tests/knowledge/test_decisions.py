"""Decision guides: reading a case's answers, ranking, what would change the ranking, and mistakes in the data."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.advice.deciding import decide
from backend_advisor.intake import read
from backend_advisor.knowledge import check, load
from backend_advisor.knowledge.decisions import Guide

from .conftest import Package

FILE = "experts/database/decisions/store.yaml"
STORE = """\
playbook: DB901
reviewed: 2026-11-30
question: {en: "Which store?", ko: "어떤 저장소?"}
options:
  table:
    name: {en: a table, ko: 테이블}
    wrong_when: {en: it grows., ko: 커질 때.}
    base: 0.5
    why: {en: known, ko: 익숙함}
  log: {name: {en: a log, ko: 로그}, wrong_when: {en: it is small., ko: 작을 때.}}
criteria:
  replay:
    question: {en: "Read again?", ko: "다시 읽습니까?"}
    signs: {words: ["replay", "다시 읽"], words_against: ["read once"]}
    if_yes:
      log: {by: 2, why: {en: it keeps, ko: 보관함}}
    sources: [pg-locks]
  rate:
    question: {en: "Many?", ko: "많습니까?"}
    signs:
      figures: [{unit: per_second, at_least: 10000}, {unit: per_second, at_most: 100, says: "no"}]
    if_yes:
      log: {by: 3, why: {en: it is quick, ko: 빠름}}
    if_no:
      log: {by: -1, why: {en: not needed, ko: 필요 없음}}
    sources: [pg-locks]
"""


def guide() -> Guide:
    import yaml

    return msgspec.convert(yaml.safe_load(STORE), Guide)


SOURCES = {"pg-locks": next(iter(load().sources.values()))}


@pytest.mark.parametrize(
    ("question", "first", "known"),
    [
        ("which store for our events", "table", 0),
        ("we must replay events, 20,000 events/s", "log", 2),
        ("we do not need to replay events", "table", 1),
        ("read once, 50 events/s", "table", 2),
        ("이벤트를 다시 읽어야 합니다", "log", 1),
        ("이벤트를 다시 읽을 필요는 없습니다", "table", 1),
        ("이벤트를 다시 읽지 못하면 안 됩니다", "log", 1),
    ],
)
def test_the_case_answers_criteria(question: str, first: str, known: int) -> None:
    decision = decide("store", guide(), read(question, (), "auto"), SOURCES)
    assert (decision.options[0].name, decision.known, decision.of) == (first, known, 2)


def test_what_would_change_the_ranking_is_asked() -> None:
    decision = decide("store", guide(), read("which store", (), "en"), SOURCES)
    assert [(swing.key, swing.yes, swing.no) for swing in decision.swings] == [
        ("replay", "a log", "a table"),
        ("rate", "a log", "a table"),
    ]
    settled = decide("store", guide(), read("which store", (), "en"), SOURCES, {"rate": "no"})
    assert [swing.key for swing in settled.swings] == ["replay"]
    assert not decide("store", guide(), read("", (), "en"), SOURCES, {"rate": "yes"}).swings


def test_a_reason_quotes_whole_words_of_its_own_sentence() -> None:
    asked = "Shop with a warehouse, many events arrive. Do we replay them? Budget is small"
    decision = decide("store", guide(), read(asked, (), "en"), SOURCES)
    assert [reason.because for reason in decision.options[0].reasons] == ["Do we replay them"]


@given(st.dictionaries(st.sampled_from(["replay", "rate"]), st.sampled_from(["yes", "no"])))
def test_scores_are_the_sums_of_their_reasons(answers: dict[str, str]) -> None:
    decision = decide("store", guide(), read("", (), "en"), SOURCES, answers)  # type: ignore[arg-type]
    for option in decision.options:
        assert option.score == pytest.approx(sum(reason.by for reason in option.reasons))
    assert [one.score for one in decision.options] == sorted((one.score for one in decision.options), reverse=True)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (STORE.replace("DB901", "DB999"), "playbook `DB999` does not exist"),
        (STORE.replace("log: {by: 2", "lgo: {by: 2"), "option `lgo` does not exist"),
        (STORE.replace("by: 2", "by: 9"), "lies beyond"),
        (STORE.replace("sources: [pg-locks]", "sources: []", 1), "cites no source"),
        (STORE.replace("sources: [pg-locks]", "sources: [nowhere]", 1), "source `nowhere`"),
        (STORE.replace("reviewed:", "read:"), "cannot be read"),
        ("- a list", "cannot be read"),
    ],
)
def test_mistakes_in_guides_are_named(package: Package, text: str, part: str) -> None:
    assert any(part in problem for problem in check(package({FILE: text})))


def test_a_good_guide_loads(package: Package) -> None:
    assert load(package({FILE: STORE})).guides == ("store",)


def test_every_guide_of_the_package_asks_for_what_decides() -> None:
    known = load()
    for name in known.guides:
        decision = decide(name, known.guide(name), read("", (), "en"), known.sources)
        assert decision.swings, name
