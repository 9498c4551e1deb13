"""A question that says too little is answered by questions, not by a page that happens to share a word."""

import pytest

from backend_advisor import intake
from backend_advisor.advice.vague import is_vague
from backend_advisor.advise import answer
from backend_advisor.report import render

VAGUE = [
    "why slow", "help", "slow query", "query slow help!!", "mysql slow", "it doesn't work", "My API is slow", "???",
    "hello", "how to improve performance?", "why is my backend so slow today", "느려요", "도와주세요",
    "쿼리가 느려요", "DB 느림",    "PostgreSQL 느려요", "서버가 자꾸 죽어요", "API가 느립니다",
    "데이터베이스 성능 개선 방법 알려주세요", "에러가 나요",
    "Spring Boot 앱이 느려요 도와주세요",
]  # fmt: skip
TELLING = [
    "deadlock", "N+1", "JWT", "index", "connection pool exhausted", "timeout", "slow 5 seconds", "pagination slow",
    "API returns 500", "race condition", "Kafka consumer lag", "데드락", "커넥션 풀 고갈", "인덱스", "OFFSET 느려요",
    "로그인이 느려요", "트랜잭션 격리 수준", "주민등록번호 암호화", "why slow: SELECT id FROM orders WHERE user_id = 3",
]  # fmt: skip


@pytest.mark.parametrize("question", VAGUE)
def test_words_that_fit_any_question_are_vague(question: str) -> None:
    assert is_vague(intake.read(question))


@pytest.mark.parametrize("question", TELLING)
def test_one_word_that_tells_is_enough(question: str) -> None:
    assert not is_vague(intake.read(question))


@pytest.mark.parametrize(("question", "opening"), [("why slow", "Notices"), ("느려요", "알림")])
def test_what_is_missing_comes_first_and_at_most_two_pages_follow(question: str, opening: str) -> None:
    report = answer(question)
    assert [one.key for one in report.case.unknowns] == ["problem", "stack", "artifact", "figures"]
    assert len(report.advice) <= 2
    assert len(report.notices) == 2
    text = render(report, "text")
    assert text.startswith(opening)
    assert text.count("\n") < 40
    told = " ".join(text.split())  # a long title is wrapped
    assert told.index(report.case.unknowns[3].question[:20]) < told.index(report.advice[0].title)
    assert "EXPLAIN" in text
    markdown, html = render(report, "markdown"), render(report, "html")
    for page in (markdown, html[html.index("<main") :]):
        assert page.index(report.notices[0]) < page.index(report.advice[0].codes[0])


@pytest.mark.parametrize("question", ["help", "도와주세요"])
def test_a_cry_for_help_is_answered_by_questions_alone(question: str) -> None:
    report = answer(question)
    assert report.advice == ()
    assert len(report.notices) == 1
    assert report.in_scope


@pytest.mark.parametrize(
    ("question", "subject"),
    [("React useState not updating", "front end"), ("iOS 앱 크래시", "모바일 앱"),
     ("terraform for_each over modules", "infrastructure as code"),
     ("모델 학습 하이퍼파라미터 조정", "머신러닝"), ("Solidity reentrancy", "blockchain")],
)  # fmt: skip
def test_what_is_not_ours_is_named_in_words(question: str, subject: str) -> None:
    report = answer(question)
    assert not report.in_scope
    for format in ("text", "markdown", "html"):
        assert subject in render(report, format)


@pytest.mark.parametrize(
    "question",
    ["terraform state lock", "tfstate에 시크릿이 보여요 테라폼", "고객 정보로 파인튜닝해도 되나요",
     "fine-tuning on customer data, do we need consent"],
)  # fmt: skip
def test_what_a_page_answers_is_ours_though_its_subject_is_not(question: str) -> None:
    assert answer(question).in_scope


@pytest.mark.parametrize(
    ("question", "said"),
    [("write me a poem about autumn", "not covered"), ("가을에 대한 시를 써 주세요", "다루지 않습니다")],
)
def test_what_nothing_is_known_of_is_said_to_be_that(question: str, said: str) -> None:
    report = answer(question)
    assert report.advice == ()
    assert said in report.notices[0]
