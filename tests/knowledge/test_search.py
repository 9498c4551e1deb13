"""Which playbooks a question finds, and when the first of them is an answer."""

import pytest

from backend_advisor.knowledge import Hit, Knowledge, load
from backend_advisor.knowledge.search import confident_share

from .conftest import ENGLISH, GLOSSARY, KOREAN, TERMS, Package

FOLDER = "experts/database/playbooks/"


def page(name: str, code: str, title: str, korean: str, technology: str = "[]") -> dict[str, str | None]:
    english = ENGLISH.replace("DB901", code).replace("[lock-order]", "[]").replace("[postgresql]", technology)
    english = english.replace("A query locks two rows in the opposite order", title)
    english = english.replace('"ERROR: deadlock detected"', title).replace("deadlock, lock order", title)
    hangul = KOREAN.replace("쿼리가 두 행을 반대 순서로 잠급니다", korean).replace("데드락이 자꾸 발생합니다", korean)
    return {
        f"{FOLDER}{name}.md": english,
        f"{FOLDER}{name}.ko.md": hangul.replace("데드락, 교착 상태", korean),
    }


@pytest.fixture
def knowledge(package: Package) -> Knowledge:
    return load(
        package(
            page("deep-offset", "DB902", "Deep OFFSET reads skipped rows", "깊은 오프셋은 건너뛴 행까지 읽습니다")
            | page("pool-wait", "DB903", "Requests wait for a connection", "요청이 커넥션을 기다립니다")
            | page("pg-bloat", "DB904", "Bloat of a table grows", "테이블이 부풀어 오릅니다", "[postgresql]")
            | page("my-bloat", "DB905", "Bloat of a table grows", "테이블이 부풀어 오릅니다", "[mysql]")
            | {TERMS: GLOSSARY + "- {en: [connection], ko: [커넥션, 연결]}\n- {en: [cook], ko: [요리]}\n"}
        )
    )


def first(hits: list[Hit]) -> str:
    return hits[0].playbook.name


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("OFFSET makes pages slow", "deep-offset"),
        ("오프셋이 커지면 느려요", "deep-offset"),
        ("ERROR: deadlock detected", "opposite-locks"),
        ("교착상태가 납니다", "opposite-locks"),
        ("연결을 기다려요", "pool-wait"),
        ("postgres connection 대기", "pool-wait"),
        ("DB902", "deep-offset"),
    ],
)
def test_finds_across_languages(knowledge: Knowledge, question: str, name: str) -> None:
    assert first(knowledge.search(question, "ko")) == name


@pytest.mark.parametrize(
    "question", ["how do I cook rice", "React useState 렌더링", "", "   ", "???", "a" * 1000, "밥은 어떻게 짓나요"]
)
def test_nothing_confident_outside(knowledge: Knowledge, question: str) -> None:
    assert not any(hit.confident for hit in knowledge.search(question, "en"))


def test_own_stack_comes_first(knowledge: Knowledge) -> None:
    assert first(knowledge.search("bloat of a table", "en", technologies=["mysql"])) == "my-bloat"
    assert first(knowledge.search("bloat of a table", "en", technologies=["postgresql"])) == "pg-bloat"


def test_limit_and_order(knowledge: Knowledge) -> None:
    hits = knowledge.search("table rows connection deadlock", "en", limit=3)
    assert len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score < 1.2 for hit in hits)


def test_empty_knowledge(package: Package) -> None:
    root = package({f"{FOLDER}opposite-locks.md": None, f"{FOLDER}opposite-locks.ko.md": None})
    assert load(root).search("deadlock", "en") == []


def test_a_question_finds_its_page_though_it_tells_much_else(knowledge: Knowledge) -> None:
    chatter = "We run a shop with many unrelated colours and seasons. "
    asked = "Page 2000 of the list takes seconds because OFFSET reads and skips all rows before it. "
    hit = knowledge.search(f"{chatter}{asked}{chatter}", "en")[0]
    assert (hit.playbook.name, hit.confident) == ("deep-offset", True)


def test_what_is_enough_falls_with_the_length_of_a_question(knowledge: Knowledge) -> None:
    shares = [confident_share(" ".join(f"word{n}" for n in range(count)), knowledge._matcher) for count in (2, 8, 40)]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == len(shares)


def test_a_huge_question_is_answered_in_time(knowledge: Knowledge) -> None:
    knowledge.search("락을 기다립니다. deadlock detected! " * 30_000, "ko")
