"""`advisor calc` as people and pipelines call it: lists, explanations, answers in both languages, and wrong inputs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend_advisor.calculators import NAMES, describe
from backend_advisor.cli import run

POOL = ("calc", "pool", "rate=400/s", "held=6ms")
QUICK = {"password-hash": "algorithm=pbkdf2 target=10ms"}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and an English locale of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("ADVISOR_LANG", "ADVISOR_DEBUG", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_name_all_calculators_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calc"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n{name} " in "\n" + text for name in NAMES)
    assert run(["calc", "--format", "json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == list(NAMES)
    assert run(["calc", "--lang", "ko", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.count("니다.") == len(NAMES)


@pytest.mark.parametrize("arguments", [["calc", "pool"], ["calc", "pool", "--help"], ["calc", "--help", "pool"]])
def test_a_name_alone_or_with_help_explains_the_inputs_with_an_example(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert "held=6ms" in text and "[needed]" in text and "[else 10 ms]" in text
    assert f"advisor calc pool {describe('pool', 'en').example}" in text
    assert run([*arguments, "--lang", "ko"]) == 0
    assert "[필수]" in capsys.readouterr().out or "--help" in arguments


def test_an_explanation_as_json_names_every_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calc", "pool", "--format", "json"]) == 0
    asked = {one["name"]: one for one in json.loads(capsys.readouterr().out)["inputs"]}
    assert asked["rate"]["required"]
    assert asked["wait"]["assumed"] == "10 ms"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_answered_in_three_formats(
    name: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = QUICK.get(name, describe(name, "en").example).split()
    heading = {"en": "Result", "ko": "결과"}[language]
    assert run(["calc", name, *pairs, "--lang", language]) == 0
    text = capsys.readouterr().out
    assert f"\n{heading}\n" in text
    assert "https://" in text
    prose = [line for line in text.split("\n") if "https://" not in line and "ratio_rate" not in line]
    assert max(map(len, prose)) <= 100
    assert run(["calc", "--format", "markdown", name, *pairs, "--lang", language]) == 0
    assert f"\n## {heading}\n" in capsys.readouterr().out
    assert run(["calc", name, *pairs, "--lang", language, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["language"] == language
    assert answer["working"] and answer["results"]
    assert all(source["url"].startswith("https://") for source in answer["sources"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["calc", "pol"], "pool"),
        (["calc", "x" * 5000], "pool"),
        (["calc", "\x1b[31mpool"], "pool"),
        ([*POOL, "cores"], "cores"),
        ([*POOL, "=8"], "=8"),
        ([*POOL, "cores="], "cores="),
        ([*POOL, "cores=-1"], "cores=-1"),
        ([*POOL, "cores=NaN"], "cores=NaN"),
        ([*POOL, "cores=1e999"], "cores=1e999"),
        ([*POOL, "cores=" + "9" * 100_000], "cores=999"),
        ([*POOL, "cores=\x1b[31m8"], "cores="),
        ([*POOL, "rate=1/s"], "rate"),
        ([*POOL, "\x00=1"], "rate"),
        ([*POOL, "wait={x}"], "wait={x}"),
        ([*POOL, "nonsense=1"], "nonsense"),
        (["calc", "pool", "held=6ms"], "rate"),
        (["calc", "availability", "parts=" + "a:99%," * 1000], "parts="),
        (["calc", "retries", "attempts=" + "9," * 5000 + "9", "timeout=1s"], "attempts="),
        (["calc", "burn-rate", "slo=99.9%", "alerts=" + "2%:1h," * 50 + "2%:1h"], "alerts="),
    ],
)
def test_wrong_calls_name_what_is_wrong_and_leave_no_trace(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language in ("en", "ko"):
        assert run([*arguments, "--lang", language]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert named in captured.err
        assert "Traceback" not in captured.err and "This is a bug" not in captured.err and "결함" not in captured.err
        assert "\x1b" not in captured.err and "\x00" not in captured.err
        assert len(captured.err) < 1000


def test_what_the_asker_wrote_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calc", "availability", "parts=99.9%\x1b, \x07a:99%"]) == 2
    assert run(["calc", "availability", "parts=가용:99%,[bold]:99%"]) == 2
    capsys.readouterr()
    assert run(["calc", "availability", "parts=api v2/eu-1:99.9%x2"]) == 0
    assert "api v2/eu-1" in capsys.readouterr().out


def test_the_list_and_the_help_load_no_room_but_the_calculators() -> None:
    program = (
        "import sys; from backend_advisor.cli import run; run(['calc']); run(['calc', 'pool', '--help']);"
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlglot','jinja2','markdown_it')"
        " or m.startswith(('backend_advisor.knowledge','backend_advisor.experts','backend_advisor.intake'))],"
        " file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.stderr.strip() == "[]"
