"""The words of all calculators: complete in both languages, with the same fields, and with sources that exist."""

import json
import re
import shlex
from pathlib import Path
from string import Formatter

import pytest

import backend_advisor.calculators as room
from backend_advisor import knowledge
from backend_advisor.calculators import NAMES, calculate, describe
from backend_advisor.calculators.markdown import to_markdown
from backend_advisor.model import Language
from backend_advisor.phrases import phrases

FOLDER = Path(room.__file__).parent
PACKAGES = ("backend_advisor.calculators", *(f"backend_advisor.calculators.{name.replace('-', '_')}" for name in NAMES))
CITED = re.compile(r"\[@([a-z0-9-]+)\]")
QUICK = {"password-hash": "target=10ms algorithm=pbkdf2 rate=20/s"}


def example(name: str) -> dict[str, str]:
    """The example's inputs, as a shell hands them over."""
    return dict(pair.split("=", 1) for pair in shlex.split(QUICK.get(name, describe(name, "en").example)))  # type: ignore[misc]


def test_every_folder_is_a_calculator() -> None:
    assert {path.parent.name for path in FOLDER.glob("*/calculator.py")} == {n.replace("-", "_") for n in NAMES}


@pytest.mark.parametrize("package", PACKAGES)
def test_both_languages_say_the_same_with_the_same_fields(package: str) -> None:
    english, korean = phrases(package, "en"), phrases(package, "ko")
    assert english.keys() == korean.keys()
    for key, text in english.items():
        assert _fields(text) == _fields(korean[key]), key
        assert set(CITED.findall(text)) == set(CITED.findall(korean[key])), key
        if not key.startswith(("unit_", "name_", "cost_", "example", "column", "refused")) and key != "refused":
            assert any("가" <= letter <= "힣" for letter in korean[key]), key
        assert not any("가" <= letter <= "힣" for letter in text), key
        if key.startswith("step_"):
            assert len(text.strip().split("\n")) == len(korean[key].strip().split("\n")) == 4, key


@pytest.mark.parametrize("package", PACKAGES[1:])
def test_every_phrase_is_used_and_every_input_explained(package: str) -> None:
    name = package.rpartition(".")[2].replace("_", "-")
    asked = describe(name, "en").inputs
    keys = phrases(package, "en").keys()
    assert {f"input_{one.name}" for one in asked} == {key for key in keys if key.startswith("input_")}
    assert {f"assumed_{one.name}" for one in asked if one.assumed} == {
        key for key in keys if key.startswith("assumed_")
    }


def test_every_citation_is_in_the_registry_and_every_source_of_ours_is_cited() -> None:
    cited = {
        source for package in PACKAGES for text in phrases(package, "en").values() for source in CITED.findall(text)
    }
    sources = knowledge.load().sources
    assert cited <= sources.keys()
    assert {name for name in sources if name.startswith("calc-")} <= cited


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", NAMES)
def test_each_example_works_and_shows_its_working(name: str, language: Language) -> None:
    made = calculate(name, example(name), language)
    assert made.working and made.conclusion and made.sources
    texts = [one.what + one.formula + one.numbers + one.result for one in made.working]
    texts += [*made.assumptions, *made.conclusion, *made.warnings, *(one.reason + one.value for one in made.inputs)]
    for text in texts:
        assert not re.search(r"[{}]|\bNone\b|\bnan\b|\[@", text), text
    numbers = {int(n) for text in texts for n in re.findall(r"\[(\d+)\]", text)}
    assert numbers == set(range(1, len(made.sources) + 1))
    json.dumps(made.results)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "password-hash"])
def test_the_same_inputs_give_the_same_answer(name: str) -> None:
    assert calculate(name, example(name), "en") == calculate(name, example(name), "en")


def test_markdown_holds_all_parts_and_quotes_what_the_asker_wrote() -> None:
    sources = knowledge.load().sources
    text = to_markdown(calculate("burn-rate", {"slo": "99.9%"}, "ko"), sources, level=3)
    for heading in ("### 오류 예산", "#### 입력", "#### 가정", "#### 계산 과정", "#### 결과", "#### 출처", "```yaml"):
        assert heading in text
    written = to_markdown(calculate("availability", {"parts": "99.9%"}, "en"), sources)
    assert "| `parts` | `99.9% (#1:99.9 %)` |" in written


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}
