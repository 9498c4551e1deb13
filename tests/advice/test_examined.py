"""A review tells what it passed over, so that its silence is not taken for praise."""

from pathlib import Path

from backend_advisor.advise import review
from backend_advisor.report import render

GO = "package main\n\nfunc main() {}\n"
PYTHON = "def double(x: int) -> int:\n    return 2 * x\n"


def test_languages_without_rules_are_counted(tmp_path: Path) -> None:
    for name in ("a.go", "b.go"):
        (tmp_path / name).write_text(GO)
    report = review([tmp_path])
    assert [notice for notice in report.notices if "Go (2)" in notice]
    assert "Nothing was examined." in render(report, "review")


def test_logs_are_for_questions(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_text("2026-11-20 03:12:11 INFO started\n2026-11-20 03:12:12 ERROR boom\n")
    assert any("advisor ask" in notice for notice in review([file]).notices)


def test_only_what_was_examined_counts(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_text(GO)
    (tmp_path / "b.py").write_text(PYTHON)
    assert "Nothing found in 1 file." in render(review([tmp_path]), "review")
