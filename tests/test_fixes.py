"""Fixes are applied to the letter, proved by a second review, and left out when they do not stand it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.advise import review
from backend_advisor.cli import run
from backend_advisor.fixes import edited, proved_fixes
from backend_advisor.intake.decoding import decoded, encoded_like
from backend_advisor.model import Case, Edit, Location, Report, Span

_QUERY = "SELECT id\nFROM users\nWHERE name = NULL -- 이름\n;\n"


def _edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    span = Span(line=line, column=column, end_line=end_line, end_column=end_column)
    return Edit(location=Location(artifact="a", span=span), replacement=text)


def test_edits_change_nothing_else() -> None:
    assert edited("ab\ncd\n", [_edit(1, 2, 2, 2, "X"), _edit(2, 2, 2, 3, "Y")]) == "aXY\n"


@given(st.text(alphabet="ab가\n", max_size=40))
def test_no_edits_no_change(text: str) -> None:
    assert edited(text, []) == text


def _fixable(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "q.sql"
    file.write_bytes(content)
    return file


def test_a_fix_is_applied_and_the_rest_stays(tmp_path: Path) -> None:
    file = _fixable(tmp_path, _QUERY.replace("\n", "\r\n").encode("cp949"))
    assert run(["review", str(file), "--select", "DB117", "--fix", "--unsafe-fixes"]) == 0
    assert file.read_bytes() == _QUERY.replace("= NULL", "IS NULL").replace("\n", "\r\n").encode("cp949")


def test_a_diff_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _fixable(tmp_path, _QUERY.encode())
    assert run(["review", str(file), "--select", "DB117", "--fix-diff", "--unsafe-fixes"]) == 1
    assert "+WHERE name IS NULL" in capsys.readouterr().out
    assert file.read_text() == _QUERY


def test_a_fix_that_leaves_its_finding_is_rejected(tmp_path: Path) -> None:
    report = review([_fixable(tmp_path, _QUERY.encode())], select=["DB117"])

    def same(_: Case) -> Report:
        return report

    fixes = proved_fixes(report, same, unsafe=True)
    assert not fixes.fixed
    assert [finding.code for finding in fixes.rejected] == ["DB117"]


def test_encodings_are_kept_or_refused() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp949"):
        original = "값 = 1\r\n".encode(encoding)
        assert encoded_like("값 = 2\n", original) == "값 = 2\r\n".encode(encoding)
    western = "# café \nvalue = 1\nmore = 2\nand = 3\n"
    assert encoded_like(western + "x\n", western.encode("latin-1")) == (western + "x\n").encode("latin-1")
    assert encoded_like("b\n", b"a\r\nb\n") is None
    assert decoded(b"a\r\n") == "a\n"
