"""Diffs of fixes apply, and quote no secret."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.cli import run
from backend_advisor.cli.patch import unified_diff

_TEXTS = st.lists(st.sampled_from(["a", "b", "c", "secret", "", "d\x0c", "e\r"]), max_size=24).map("\n".join)


def _is_secret(line: str) -> bool:
    return "secret" in line


def _applied(before: str, diff: str) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "f"
        file.write_bytes(before.encode())
        subprocess.run(
            ["git", "apply", "--unidiff-zero", "-"], input=diff.encode(), cwd=folder, check=True, capture_output=True
        )
        return file.read_bytes().decode()


@given(_TEXTS, _TEXTS)
def test_a_diff_applies_and_its_context_holds_no_secret(before: str, after: str) -> None:
    diff = unified_diff("f", before, after, _is_secret)
    if before == after:
        assert not diff
        return
    assert not any(line.startswith(" ") and _is_secret(line) for line in diff.split("\n"))
    if before and after:
        # Without context git also drops the line end before a last line that had none.
        ending = "" if before.endswith("\n") else "\n"
        assert _applied(before, diff).rstrip(ending) == after.rstrip(ending)


def test_context_is_whole_where_nothing_is_secret() -> None:
    lines = [str(number) for number in range(20)]
    changed = [*lines[:9], "nine", *lines[10:]]
    diff = unified_diff("f", "\n".join(lines), "\n".join(changed), _is_secret)
    assert diff.splitlines()[3:7] == ["@@ -7,7 +7,7 @@", " 6", " 7", " 8"]


def test_a_fix_beside_a_secret_does_not_show_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "app.py"
    file.write_text(
        "import requests\nAPI_KEY = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'\nrequests.get('https://example.com', timeout=3, "
        "verify=False)\n"
    )
    assert run(["review", str(file), "--select", "SEC,PERF", "--fix-diff", "--unsafe-fixes"]) == 1
    shown = capsys.readouterr()
    assert "-requests.get" in shown.out
    assert "sk_live" not in shown.out
    assert "--unidiff-zero" in shown.err
