"""Figures of a question reach the calculators that a page names."""

import pytest

from backend_advisor import intake, knowledge
from backend_advisor.advice.computing import applied, computed
from backend_advisor.knowledge import Knowledge


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return knowledge.load()


@pytest.mark.parametrize(
    ("page", "question", "told"),
    [
        ("retry-amplification", "Each of our 4 layers retries 3 times, how many calls reach the database?", "256"),
        ("retry-amplification", "3계층이 각각 3번씩 재시도하면 DB에 몇 번 호출되나요", "64"),
        ("capacity-estimates", "One pod handles 45 req/s and 300 req/s come in. How many pods?", "10 instances"),
        ("capacity-estimates", "파드 하나가 초당 45건을 처리합니다. 초당 300건이면 몇 대인가요?", "10대"),
        ("kafka-partitions-and-consumer-lag", "40 MB/s come in, one consumer handles 2 MB/s", "At least 20 partitions"),
        ("synchronous-calls-or-events", "7 services in a chain, each 99.9% available", "99.302 %"),
        ("alert-rules-and-burn-rates", "SLO 99.9%인데 이번 달에 장애로 20분 다운됐습니다", "23분 12초"),
        ("backpressure-and-load-shedding", "The upstream hangs for 30 s while 300 req/s come in", "9,000"),
    ],
)
def test_a_page_computes_what_the_question_states(known: Knowledge, page: str, question: str, told: str) -> None:
    playbook = next(one for one in known.playbooks.values() if one.name == page)
    case = intake.read(question, (), "auto")
    assert any(told in line for one in computed(playbook, case) for line in one.conclusion)


def test_figures_of_something_else_compute_nothing(known: Knowledge) -> None:
    playbook = next(one for one in known.playbooks.values() if one.name == "retry-amplification")
    case = intake.read("Our 4 services have 300 users and answer in 20 ms", (), "auto")
    assert not list(computed(playbook, case))


@pytest.mark.parametrize("page", ["connection-pool-exhausted", "pool-sizing", "too-many-connections"])
def test_a_bound_on_queries_is_not_how_long_a_connection_is_held(known: Knowledge, page: str) -> None:
    playbook = next(one for one in known.playbooks.values() if one.name == page)
    case = intake.read("Pool of 20, 30 requests/s; all queries stay under 5 ms, still it times out", (), "auto")
    assert not list(computed(playbook, case))


@pytest.mark.parametrize(
    ("page", "question", "told"),
    [
        ("access-records-of-personal-data-systems", "회원 7만명인데 접속기록 몇 년 보관하나요", "2년"),
        ("access-records-of-personal-data-systems", "30,000 members, how long do we keep access logs", "one year"),
        ("personal-data-breach-notice", "회원 1,200명 이메일이 유출됐습니다", "신고 대상"),
        ("personal-data-breach-notice", "the e-mails of 800 users leaked", "below 1,000"),
        ("isms-mandatory-certification", "일평균 이용자 120만명입니다", "의무 대상"),
    ],
)
def test_a_bound_is_applied_to_the_stated_figure(known: Knowledge, page: str, question: str, told: str) -> None:
    playbook = next(one for one in known.playbooks.values() if one.name == page)
    assert any(told in line for line in applied(playbook, intake.read(question, (), "auto")))


def test_inputs_that_a_page_sets_are_told_as_assumed(known: Knowledge) -> None:
    playbook = next(one for one in known.playbooks.values() if one.code == "SEC105")
    case = intake.read("회원 300만명 비밀번호를 bcrypt로 바꾸려고 합니다", (), "auto")
    (one,) = computed(playbook, case)
    assert "26시간" in one.conclusion[0] and len(one.given) == 1 and len(one.assumed) == 2
