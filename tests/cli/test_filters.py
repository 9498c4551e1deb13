"""Baselines and diffs: what a project lives with, and what a change adds."""

import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from backend_advisor.cli import run
from backend_advisor.cli.diff import parse_diff

OLD = "SELECT id FROM posts ORDER BY id LIMIT 20 OFFSET 100000;\n"
NEW = "SELECT id FROM posts ORDER BY id LIMIT 20 OFFSET 200000;\n"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and an English locale of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The places that a review names."""
    run(["review", "q.sql", "--select", "DB121", "--format", "concise", *arguments])
    return [line.split(": ")[0].rsplit(":", 1)[0] for line in capsys.readouterr().out.splitlines()]


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], check=True, capture_output=True
    )


def test_a_baseline_survives_moved_lines_and_shows_new_findings(capsys: pytest.CaptureFixture[str]) -> None:
    query = Path("q.sql")
    query.write_text(OLD)
    assert run(["review", "q.sql", "--select", "DB121", "--baseline", "base.json", "--write-baseline"]) == 0
    assert len(json.loads(Path("base.json").read_text())["findings"]) == 1
    capsys.readouterr()
    query.write_text("\n\n" + OLD)
    assert found(capsys, "--baseline", "base.json") == []
    query.write_text(OLD + OLD)
    assert found(capsys, "--baseline", "base.json") == ["q.sql:2"]


def test_a_baseline_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_text(OLD)
    assert run(["review", "q.sql", "--baseline", "base.json"]) == 2
    assert "base.json" in capsys.readouterr().err
    Path("base.json").write_text('{"version": "x"}')
    assert run(["review", "q.sql", "--baseline", "base.json"]) == 2
    assert "base.json" in capsys.readouterr().err


def test_a_diff_keeps_only_added_lines(capsys: pytest.CaptureFixture[str]) -> None:
    query = Path("q.sql")
    query.write_text(OLD)
    git("init", "-q")
    git("add", "q.sql")
    git("commit", "-q", "-m", "first")
    assert found(capsys, "--diff", "HEAD") == []
    query.write_text(OLD + NEW)
    assert found(capsys, "--diff", "HEAD") == ["q.sql:2"]
    assert run(["review", "q.sql", "--diff", "no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err
    assert run(["review", "q.sql", "--diff", "--output=owned"]) == 2
    assert not Path("owned").exists()


def test_an_untracked_file_is_new_as_a_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Path("other").write_text("x")
    git("init", "-q")
    git("add", "other")
    git("commit", "-q", "-m", "first")
    Path("q.sql").write_text(OLD)
    assert found(capsys, "--diff", "HEAD") == ["q.sql:1"]


def test_outside_git_a_diff_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_text(OLD)
    assert run(["review", "q.sql", "--diff", "HEAD"]) == 2
    assert "git" in capsys.readouterr().err


def test_what_is_outside_the_repository_has_no_diff(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    git("init", "-q", "inner")
    Path("q.sql").write_text(OLD)
    os.chdir("inner")
    git("commit", "-q", "--allow-empty", "-m", "first")
    assert run(["review", str(tmp_path / "q.sql"), "--diff", "HEAD", "--format", "sarif"]) == 2
    assert "outside" in capsys.readouterr().err


def test_lines_that_look_like_headers_are_content(tmp_path: Path) -> None:
    text = (
        "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,3 @@\n--- a/x\n-b\n+++ b/evil.sql\n+@@ -9 +9 @@\n+c\n"
        "@@ -9,0 +10,2 @@\n+d\n+e\n"
    )
    assert parse_diff(text, tmp_path) == {(tmp_path / "q.sql").resolve(): [range(1, 4), range(10, 12)]}


def test_links_that_loop_do_not_end_a_diff(capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to("loop")
    Path("q.sql").write_text(OLD)
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    assert found(capsys, "--diff", "HEAD") == ["q.sql:1"]


@pytest.mark.parametrize("format", ["concise", "github"])
def test_a_file_that_cannot_be_parsed_is_told_beside_the_findings(
    format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.py").write_text("x = (")
    assert run(["review", "broken.py", "--format", format]) == 0
    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err.startswith("broken.py: line 1")


def branched() -> None:
    """A branch that adds a line while main adds another elsewhere."""
    Path("mine.sql").write_text(OLD)
    Path("theirs.sql").write_text("SELECT 1;\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    git("checkout", "-q", "-b", "feature")
    Path("mine.sql").write_text(OLD + NEW)
    git("commit", "-q", "-am", "feature")
    git("checkout", "-q", "main")
    Path("theirs.sql").write_text("SELECT 2;\n")
    Path("mine.sql").write_text("SELECT id FROM posts;\n")
    git("commit", "-q", "-am", "main goes on")
    git("checkout", "-q", "feature")


def concise(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    run(["review", "--select", "DB121", "--format", "concise", *arguments])
    return [line.split(": ")[0].rsplit(":", 1)[0] for line in capsys.readouterr().out.splitlines()]


def test_a_diff_starts_where_the_branch_left(capsys: pytest.CaptureFixture[str]) -> None:
    branched()
    assert concise(capsys, ".", "--diff", "main") == ["mine.sql:2"]
    Path("theirs.sql").write_text("SELECT 1;\n" + NEW)
    assert concise(capsys, ".", "--diff", "main") == ["mine.sql:2", "theirs.sql:2"]


def test_a_diff_without_a_shared_commit_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    branched()
    git("checkout", "-q", "--orphan", "alone")
    git("commit", "-q", "-m", "alone")
    capsys.readouterr()
    run(["review", ".", "--select", "DB121", "--format", "concise", "--diff", "main"])
    told = capsys.readouterr()
    assert "no commit that `main` and this branch share" in told.err
    assert told.out.count("mine.sql") == 2


def test_what_a_diff_leaves_out_is_nowhere_in_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old.sql").write_text("SELECT id FROM posts ORDER BY id LIMIT 20 OFFSET 123456;\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    Path("new.sql").write_text("SELECT id FROM orders ORDER BY id LIMIT 20 OFFSET 300000;\n")
    capsys.readouterr()
    assert run(["review", ".", "--select", "DB121", "--diff", "HEAD", "--format", "json"]) == 1
    advice = json.loads(capsys.readouterr().out)["advice"]
    assert [one["location"]["artifact"] for one in advice[0]["findings"]] == ["new.sql"]
    assert "123456" not in json.dumps(advice)
    assert "old.sql" not in json.dumps(advice)


def test_services_are_told_paths_from_the_root_of_the_repository(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git("init", "-q")
    Path("app/db").mkdir(parents=True)
    Path("app/db/q.sql").write_text(OLD)
    ways = [(".", "."), (".", "./app"), (".", "app/../app"), (".", str(tmp_path / "app")), ("app", "."), ("app", "db")]
    for folder, path in [*ways, ("app/db", "q.sql"), ("app/db", "../db")]:
        monkeypatch.chdir(tmp_path / folder)
        capsys.readouterr()
        run(["review", path, "--select", "DB121", "--format", "github"])
        assert " file=app/db/q.sql," in capsys.readouterr().out, (folder, path)
        run(["review", path, "--select", "DB121", "--format", "sarif"])
        result = json.loads(capsys.readouterr().out)["runs"][0]["results"][0]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "app/db/q.sql"
        run(["review", path, "--select", "DB121", "--format", "gitlab"])
        violation = json.loads(capsys.readouterr().out)[0]
        assert violation["location"] == {"path": "app/db/q.sql", "lines": {"begin": 1, "end": 1}}
        assert violation["fingerprint"] == result["partialFingerprints"]["backendAdvisor/v1"]


def test_a_baseline_holds_however_its_files_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git("init", "-q")
    Path("app").mkdir()
    Path("app/q.sql").write_text(OLD)
    assert run(["review", ".", "--select", "DB121", "--baseline", "base.json", "--write-baseline"]) == 0
    for path in ("app", "./app/q.sql", str(tmp_path / "app")):
        assert concise(capsys, path, "--baseline", "base.json") == []
    monkeypatch.chdir(tmp_path / "app")
    assert concise(capsys, ".", "--baseline", "../base.json") == []


@pytest.mark.parametrize("file", ["./q.sql", "q.sql"])
def test_a_baseline_of_the_first_version_is_still_read(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    from hashlib import sha256

    Path("q.sql").write_text(OLD)
    text = OLD.strip().removesuffix(";")
    for part in (text, text.partition("OFFSET ")[1] + "100000", "100000", "OFFSET 100000"):
        digest = sha256("\0".join(["DB121", file, part, "1"]).encode()).hexdigest()[:32]
        entry = {"file": file, "code": "DB121", "fingerprint": digest}
        Path("base.json").write_text(json.dumps({"version": 1, "findings": [entry]}))
        if concise(capsys, ".", "--baseline", "base.json") == []:
            return
    pytest.fail("no reading of the old fingerprint")


def test_a_change_and_a_baseline_together_count_as_each_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_text(OLD)
    git("init", "-q")
    git("add", "q.sql")
    git("commit", "-q", "-m", "first")
    assert run(["review", "q.sql", "--select", "DB121", "--baseline", "base.json", "--write-baseline"]) == 0
    Path("q.sql").write_text(OLD + OLD)
    assert concise(capsys, "q.sql", "--baseline", "base.json", "--diff", "HEAD") == ["q.sql:2"]


def test_a_patch_is_reviewed_from_standard_input_and_is_never_fixed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = Path("q.sql")
    git("init", "-q")
    query.write_text("SELECT 1;\n")
    git("add", ".")
    query.write_text("SELECT 1;\n" + OLD)
    patch = subprocess.run(["git", "diff"], check=True, capture_output=True).stdout
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(patch)))
    run(["review", "-", "--select", "DB121", "--format", "concise"])
    assert capsys.readouterr().out.startswith("q.sql:2:")
    Path("change.diff").write_bytes(patch)
    before = query.read_text()
    assert run(["review", "change.diff", "--fix", "--unsafe-fixes"]) == 2
    assert "patch" in capsys.readouterr().err
    assert query.read_text() == before
