"""A file that is the question, notes given besides one, files left out, and text too long to read quickly."""

from pathlib import Path

import pytest

from backend_advisor import intake
from backend_advisor.model import ArtifactKind

QUESTION = "이 쿼리가 4.2초 걸립니다. 왜 느린가요?\n\n```sql\nSELECT id FROM orders WHERE lower(code) = 'a';\n```\n"
PLAN = "Seq Scan on orders  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (id = 1)\n"


@pytest.mark.parametrize("name", ["question.md", "question.txt", "question"])
def test_a_file_is_the_question_when_none_is_put(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(QUESTION)
    case = intake.read("", [file])
    assert (case.question, case.language) == (QUESTION, "ko")
    assert [(a.kind, a.first_line) for a in case.artifacts] == [(ArtifactKind.SQL, 4)]
    assert [figure.value for figure in case.figures] == [4.2]


def test_a_note_beside_a_question_gives_its_blocks(tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text(QUESTION + "\n" + PLAN)
    case = intake.read("Why is it slow?", [file])
    assert case.question == "Why is it slow?"
    assert [a.kind for a in case.artifacts] == [ArtifactKind.SQL, ArtifactKind.PLAN, ArtifactKind.PROSE]
    assert [a.name for a in case.artifacts] == [f"{file.as_posix()}#{number}" for number in (1, 2, 0)]


def test_a_plan_in_a_text_file_is_no_question(tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    file.write_text(PLAN)
    case = intake.read("", [file])
    assert case.question == ""
    assert [(a.kind, a.name) for a in case.artifacts] == [(ArtifactKind.PLAN, file.as_posix())]


def test_excluded_files_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.sql").write_bytes(b"\x00\x01")
    (tmp_path / "b.sql").write_text("SELECT 1")
    artifacts, unread = intake.read_paths([tmp_path], exclude=["old/"])
    assert [Path(a.name).name for a in artifacts] == ["b.sql"]
    assert not unread


@pytest.mark.parametrize("piece", ["\n", "# a\n", "-- x\n", "> a\n", "a: b\n", ".", "3억 건 ", "PostgreSQL Redis "])
def test_a_megabyte_of_prose_is_read_and_said_to_be_cut(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    case = intake.read(text)
    assert len(case.unread) == 1
