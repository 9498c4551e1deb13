"""The commands as users and pipelines call them: output, exit codes, errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend_advisor.cli import COMMANDS, run

SLOW = "SELECT id FROM posts ORDER BY id LIMIT 20 OFFSET 100000;\n"
UNCHECKED = (
    'import requests\n\n\ndef load{0}():\n    return requests.get("https://x.example", timeout=5, verify=False)\n'
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a folder and an English locale of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("ADVISOR_FORMAT", "ADVISOR_LANG", "ADVISOR_DEBUG", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def advisor(*arguments: str, given: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the real command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from backend_advisor.cli import main; main()", *arguments],
        check=False,
        input=given,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_help_names_every_command_and_gives_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert "advisor query slow.sql --schema schema.sql" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_examples_in_both_languages(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run([name, "--help"]) == 0
    english = capsys.readouterr().out
    assert f"  advisor {name} " in english or f"  advisor {name}\n" in english
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.setattr(sys, "argv", ["advisor"])
    assert run([name, "--help"]) == 0
    korean = capsys.readouterr().out
    assert "니다" in korean
    assert korean != english


def test_help_loads_no_room_but_the_command_line() -> None:
    program = (
        "import sys; from backend_advisor.cli import run; run(['--help']);"
        "bad=[m for m in sys.modules if m.split('.')[0] in ('sqlglot','rich','msgspec','jinja2','markdown_it')"
        " or m.startswith(('backend_advisor.knowledge','backend_advisor.experts','backend_advisor.advise'))];"
        "print(bad, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"


def test_version() -> None:
    done = advisor("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("advisor ")


def test_review_exit_codes_say_what_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.sql").write_text(SLOW)
    Path("good.sql").write_text("SELECT id FROM users WHERE id = 1;\n")
    assert run(["review", "good.sql", "--select", "DB102"]) == 0
    assert run(["review", "bad.sql"]) == 1
    assert "bad.sql:1:" in capsys.readouterr().out
    assert run(["review", "bad.sql", "--exit-zero"]) == 0
    assert run(["review", "missing.sql"]) == 2
    assert "missing.sql" in capsys.readouterr().err


def test_review_writes_a_file_in_one_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.sql").write_text(SLOW)
    assert run(["review", "bad.sql", "--format", "sarif", "-o", "out.sarif"]) == 1
    assert capsys.readouterr().out == ""
    assert json.loads(Path("out.sarif").read_text())["version"] == "2.1.0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.sql", "out.sarif"]
    assert run(["review", "bad.sql", "-o", "no/such/folder/out"]) == 2
    assert "no/such/folder/out" in capsys.readouterr().err


def test_the_format_comes_from_the_option_then_the_environment_then_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("bad.sql").write_text(SLOW)
    Path("advisor.toml").write_text('format = "concise"\nexit-zero = true\n')
    assert run(["review", "bad.sql"]) == 0
    assert capsys.readouterr().out.startswith("bad.sql:1:")
    monkeypatch.setenv("ADVISOR_FORMAT", "github")
    run(["review", "bad.sql"])
    assert capsys.readouterr().out.startswith("::")
    run(["review", "bad.sql", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["schema_version"] == "1.1"


def test_settings_that_are_wrong_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.sql").write_text(SLOW)
    Path("pyproject.toml").write_text('[tool.advisor]\nselekt = ["DB102"]\n')
    run(["review", "bad.sql"])
    assert "selekt" in capsys.readouterr().err
    Path("pyproject.toml").write_text("[tool.advisor]\nselect = 3\n")
    assert run(["review", "bad.sql"]) == 2
    error = capsys.readouterr().err
    assert "pyproject.toml" in error and "select" in error
    Path("pyproject.toml").write_text("[tool.advisor\n")
    assert run(["review", "bad.sql"]) == 2
    assert "pyproject.toml" in capsys.readouterr().err


def test_exclude_leaves_files_out() -> None:
    Path("vendor").mkdir()
    Path("vendor/bad.sql").write_text(SLOW)
    assert run(["review", "vendor"]) == 1
    assert run(["review", "vendor", "--exclude", "vendor/"]) == 0


def test_explain_shows_the_page_and_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "db101"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("DB101")
    assert "Root cause" in page and "Bad" in page and "Good" in page and "Sources" in page
    assert page.count("\n") <= 100
    assert run(["explain", "DB1O1"]) == 2
    assert "DB101" in capsys.readouterr().err
    assert run(["explain", "DB101", "--lang", "ko"]) == 0
    assert "근본 원인" in capsys.readouterr().out


def test_search_finds_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "deep", "offset"]) == 0
    assert "DB121" in capsys.readouterr().out
    assert run(["search", "깊은 OFFSET 페이지", "--format", "json"]) == 0
    assert "DB121" in [hit["code"] for hit in json.loads(capsys.readouterr().out)]


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"].endswith("report:1.1")


@pytest.mark.parametrize(
    ("shell", "wanted"), [("zsh", "#compdef advisor"), ("fish", "complete"), ("bash", "_ADVISOR_COMPLETE")]
)
def test_completion_prints_a_script(shell: str, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert wanted in capsys.readouterr().out


def test_what_goes_wrong_is_one_line_and_never_a_traceback() -> None:
    for arguments in (
        ["ask"],
        ["query", "-"],
        ["query", "missing.sql"],
        ["nope"],
        ["ask", "x", "--rows", "users=many"],
    ):
        done = advisor(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr
        assert done.stderr


def test_an_unexpected_mistake_is_reported_as_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import backend_advisor.report.json_schema as room

    def fail() -> str:
        raise RuntimeError("boom \x1b[31m\nnext")

    monkeypatch.setattr(room, "report_schema_text", fail)
    assert run(["schema"]) == 2
    error = capsys.readouterr().err
    assert "RuntimeError: boom" in error and "ADVISOR_DEBUG" in error
    assert "Traceback" not in error and "\x1b" not in error
    monkeypatch.setenv("ADVISOR_DEBUG", "1")
    assert run(["schema"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_is_clean(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import backend_advisor.report.json_schema as room

    def interrupt() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "report_schema_text", interrupt)
    assert run(["schema"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_ask_answers_in_the_question_s_language_as_json() -> None:
    question = "이 쿼리가 왜 느린가요?\n```sql\nSELECT * FROM users ORDER BY id LIMIT 20 OFFSET 100000;\n```\n"
    done = advisor("ask", "-", "--no-prove", "--format", "json", given=question.encode())
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["case"]["language"] == "ko"
    assert "DB121" in [code for advice in report["advice"] for code in advice["codes"]]
    assert done.stderr == ""


def test_a_file_named_without_its_option_belongs_to_the_question() -> None:
    Path("plan.log").write_text("ERROR: deadlock detected\n")
    done = advisor("ask", "why does this happen?", "plan.log", "--no-prove", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "plan.log is read as a file" in done.stderr
    report = json.loads(done.stdout)
    assert report["case"]["question"] == "why does this happen?"
    assert report["advice"][0]["codes"] == ["DB407"]


def test_a_question_in_the_korean_windows_encoding_is_read() -> None:
    done = advisor("ask", "-", "--no-prove", "--format", "json", given="커넥션 풀이 고갈됩니다".encode("cp949"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["case"]["question"].startswith("커넥션")


def test_query_reads_a_file_and_standard_input() -> None:
    Path("q.sql").write_text("SELECT id FROM posts ORDER BY id LIMIT 20 OFFSET 100000;\n")
    done = advisor("query", "q.sql", "--no-prove", "--format", "concise")
    assert done.returncode == 0, done.stderr
    assert "q.sql:1:" in done.stdout and "DB121" in done.stdout
    piped = advisor("query", "-", "--no-prove", "--format", "concise", given=Path("q.sql").read_bytes())
    assert piped.returncode == 0, piped.stderr
    assert "DB121" in piped.stdout


def test_a_file_that_holds_no_statistics_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_text(SLOW)
    Path("stats.json").write_text('{"not": "statistics"}')
    assert run(["query", "q.sql", "--stats", "stats.json", "--no-prove"]) == 2
    assert "stats.json" in capsys.readouterr().err


def test_a_closed_pipe_is_quiet() -> None:
    command = f'"{sys.executable}" -c "from backend_advisor.cli import main; main()" schema | head -1'
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_plain_marks_where_the_encoding_has_no_others() -> None:
    Path("q.sql").write_text(SLOW)
    done = advisor("review", "q.sql", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1, done.stderr
    assert "* detected" in done.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_output_to_what_is_no_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    os.mkfifo("pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE)
    assert run(["schema", "-o", "pipe"]) == 0
    assert json.loads(reader.communicate(timeout=30)[0])["$id"]
    assert Path("pipe").is_fifo()
    Path("link").symlink_to("real.json")
    assert run(["schema", "-o", "link"]) == 0
    assert Path("link").is_symlink() and json.loads(Path("real.json").read_text())


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="the system has no /dev/full")
def test_a_full_disk_is_said_and_is_no_bug_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "from backend_advisor.cli import main; main()" schema > /dev/full'],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "could not be written" in done.stderr and "bug" not in done.stderr
    assert run(["schema", "-o", "/dev/full"]) == 2
    assert "/dev/full" in capsys.readouterr().err
    assert Path("/dev/full").is_char_device()


def test_an_output_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "-o", ""]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_selection_that_names_no_rule_is_not_a_clean_review(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.sql").write_text(SLOW)
    assert run(["review", "bad.sql", "--select", "DB1O1"]) == 2
    assert "DB101" in capsys.readouterr().err
    assert run(["review", "bad.sql", "--select", "DB,select-star", "--ignore", "ZZ9"]) == 1
    assert "ZZ9" in capsys.readouterr().err
    Path("advisor.toml").write_text('select = ["ZZ9"]\n')
    assert run(["review", "bad.sql"]) == 2
    assert "ZZ9" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nadvisor = 3\n", '[[tool.advisor]]\nselect = ["DB1"]\n'])
def test_settings_of_the_wrong_shape_are_no_bug_of_ours(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.sql").write_text("SELECT id FROM users WHERE id = 1;\n")
    Path("pyproject.toml").write_text(text)
    code = run(["review", "good.sql", "--select", "DB102"])
    error = capsys.readouterr().err
    assert "bug" not in error
    assert (code, "tool.advisor" in error) == ((0, False) if text.startswith("tool") else (2, True))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_given_as_a_file_is_there_but_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.sql")
    assert run(["query", "pipe.sql"]) == 2
    assert "not a file" in capsys.readouterr().err


def test_a_width_that_is_set_holds_in_a_pipe_too() -> None:
    widths = {
        columns: max(len(line) for line in advisor("explain", "DB101", COLUMNS=columns).stdout.split("\n")[:3])
        for columns in ("40", "100")
    }
    assert widths["40"] <= 40 < widths["100"] <= 100


def test_row_counts_of_a_table_that_occurs_nowhere_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_text(SLOW)
    rows = ["--rows", "psots=5", "--rows", 'public."posts"=5']
    assert run(["query", "q.sql", "--no-prove", *rows]) == 0
    error = capsys.readouterr().err
    assert "psots" in error and "public" not in error


@pytest.mark.parametrize(
    ("arguments", "english", "korean"),
    [
        (["nope"], "there is no command `nope`", "`nope` 명령이 없습니다"),
        (["ask", "--nope", "x"], "no option --nope", "--nope 옵션이 없습니다"),
        (["ask", "--format", "pdf", "x"], "it has to be one of text", "다음 가운데 하나여야 합니다: text"),
        (["review"], "PATH...' is missing", "PATH...' 항목이 빠졌습니다"),
        (["ask", "x", "-o", "."], "a folder, not a file", "파일이 아니라 폴더입니다"),
        (["search", "-n", "1000", "x"], "from 1 to 100", "1 이상 100 이하의 정수"),
        (["ask", "-o"], "-o is not given as", "-o 옵션의 값"),
    ],
)
def test_a_wrong_call_is_explained_in_the_reader_s_language(
    arguments: list[str], english: str, korean: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(("Usage: advisor", "Error: ")) and "Error: " in error and english in error
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.setattr(sys, "argv", ["advisor"])
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(("사용법: advisor", "오류: ")) and "오류: " in error and korean in error


def test_completion_of_a_word_that_is_no_command_is_quiet() -> None:
    done = advisor(_ADVISOR_COMPLETE="bash_complete", COMP_WORDS="advisor nope x", COMP_CWORD="2")
    assert "Traceback" not in done.stderr and "nope" not in done.stderr
    done = advisor(_ADVISOR_COMPLETE="bash_complete", COMP_WORDS="advisor as", COMP_CWORD="1")
    assert "ask" in done.stdout


def test_help_is_shown_once_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("Usage:") == 1


def test_that_nothing_is_overdue_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "--changing-within", "0d", "--as-of", "2020-01-01"]) == 0
    assert "No fact is known to change" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_fails_a_strict_review(capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.sql").write_text("SELECT id FROM posts WHERE id = 1;\n")
    Path("blob.sql").write_bytes(b"\x00\x01\x02")
    assert run(["review", "."]) == 0
    assert run(["review", ".", "--strict", "--format", "github"]) == 2
    assert "blob.sql" in capsys.readouterr().err
    Path("advisor.toml").write_text("strict = true\n")
    assert run(["review", "."]) == 2
    Path("blob.sql").unlink()
    assert run(["review", ".", "--strict"]) == 0


def test_a_western_file_is_reviewed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_bytes("-- café \n".encode("latin-1") + SLOW.encode())
    assert run(["review", ".", "--select", "DB121", "--format", "concise"]) == 1
    told = capsys.readouterr()
    assert "q.sql:2:" in told.out and "Windows-1252" in told.err


def test_standard_input_is_reviewed_under_its_name() -> None:
    done = advisor(
        "review", "-", "--stdin-filename", "db/q.sql", "--select", "DB121", "--format", "concise", given=SLOW.encode()
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("db/q.sql:1:")
    nameless = advisor("review", "-", "--select", "DB121", "--format", "concise", given=SLOW.encode())
    assert "DB121" in nameless.stdout, nameless.stderr
    assert advisor("review", "-", "--fix", given=b"").returncode == 2
    assert advisor("review", ".", "--stdin-filename", "x.py").returncode == 2


def test_a_concise_answer_has_cause_and_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "Why is OFFSET pagination slow?", "--no-prove", "--format", "concise"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 4 <= len(lines) <= 20
    assert any(line.startswith("  Root cause: ") for line in lines) and any(line.startswith("  1. ") for line in lines)


def test_a_cache_that_cannot_be_written_is_kept_elsewhere(tmp_path: Path) -> None:
    done = advisor("doctor", "--format", "json", XDG_CACHE_HOME="/proc/nope", TMPDIR=str(tmp_path))
    cache = json.loads(done.stdout)["cache"]
    assert cache["works"] and "/proc/nope" in cache["found"] and str(tmp_path) in cache["found"]
    kept = tmp_path / f"backend-advisor-{os.getuid()}"
    assert kept.stat().st_mode & 0o077 == 0
    assert list(kept.glob("knowledge-*.msgpack"))
    kept.chmod(0o777)
    refused = json.loads(
        advisor("doctor", "--format", "json", XDG_CACHE_HOME="/proc/nope", TMPDIR=str(tmp_path)).stdout
    )["cache"]
    assert not refused["works"] and "/proc/nope" in refused["found"]


def test_an_interrupted_fix_tells_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from backend_advisor.cli import fixing

    for name in ("a.py", "b.py", "c.py"):
        Path(name).write_text(UNCHECKED.format(1))
    real, calls = fixing.replace_file, []

    def interrupted(path: Path, content: bytes) -> None:
        if calls:
            raise KeyboardInterrupt
        calls.append(path)
        real(path, content)

    monkeypatch.setattr(fixing, "replace_file", interrupted)
    assert run(["review", ".", "--fix", "--unsafe-fixes", "--select", "SEC"]) == 130
    assert "1 of 3 files" in capsys.readouterr().err


def test_a_fix_of_a_change_leaves_old_findings_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@e.c", *arguments], check=True)

    Path("sub").mkdir()
    Path("sub/a.py").write_text(UNCHECKED.format(1))
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    Path("sub/b.py").write_text(UNCHECKED.format(2))
    capsys.readouterr()
    os.chdir("sub")
    run(["review", ".", "--fix-diff", "--unsafe-fixes", "--select", "SEC", "--diff", "HEAD"])
    patch = capsys.readouterr().out
    assert "b/sub/b.py" in patch and "a.py" not in patch
    for folder in (".", ".."):
        subprocess.run(["git", "apply", "--check"], cwd=folder, input=patch, text=True, check=True)


def test_prose_is_no_query() -> None:
    done = advisor("query", "-", "--no-prove", given=b"not sql at all\n")
    assert done.returncode == 2 and "advisor ask" in done.stderr
    assert advisor("query", "-", "--no-prove", "--format", "concise", given=SLOW.encode()).returncode == 0


def test_a_suppression_without_a_code_is_told_beside_the_findings(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.sql").write_text(f"-- advisor: ignore because we like it\n{SLOW}-- advisor: ignore[DB121] unused\n")
    run(["review", "q.sql", "--select", "DB121", "--format", "concise"])
    told = capsys.readouterr().err
    assert "q.sql:1" in told and "q.sql:3" in told
