"""A playbook's two files become one typed value, nothing lost and nothing changed."""

from backend_advisor.knowledge import load
from backend_advisor.knowledge.playbook import Playbook, PlaybookStep, TechnologyCode
from backend_advisor.model import Confidence, Severity

from .conftest import Package


def playbook(package: Package) -> Playbook:
    return load(package()).playbook("DB901")


def test_fields(package: Package) -> None:
    read = playbook(package)
    assert (read.name, read.expert, read.code, read.cause) == ("opposite-locks", "database", "DB901", "DB901")
    assert (read.severity, read.confidence) == (Severity.WARNING, Confidence.HIGH)
    assert (read.cwe, read.aliases, read.reviewed) == ((833,), ("lock-order",), "2026-11-23")
    assert read.technologies == ("postgresql",)
    assert read.sources == ("pg-locks",)
    assert read.is_rule


def test_both_languages(package: Package) -> None:
    pages = playbook(package).pages
    assert pages["en"].symptoms == ("ERROR: deadlock detected",)
    assert pages["ko"].message == "{first:이/가} {second}보다 먼저 잠깁니다"
    assert pages["en"].root_cause == "Two sessions wait for each other [@pg-locks]."
    assert pages["ko"].diagnosis == "잠금을 조회합니다."
    assert pages["en"].best_practices == ("Keep transactions short.", "Retry on 40P01.")
    assert pages["en"].sources == ("[@pg-locks] how deadlocks are found.",)
    assert pages["ko"].steps == {"enters": "{first:이/가} 들어옵니다"}


def test_solution_steps_keep_text_code_and_stacks(package: Package) -> None:
    assert playbook(package).pages["en"].solution == (
        PlaybookStep(
            text="Lock in one order.\n\nIt holds for `{braces}` too.",
            code=(TechnologyCode(language="sql", text="SELECT 1 FOR UPDATE;"),),
        ),
        PlaybookStep(
            text="Retry the transaction.",
            code=(TechnologyCode(language="javascript", text="retry();", technologies=("express", "nestjs")),),
            technologies=("nestjs", "express"),
        ),
    )


def test_examples_keep_text_and_marked_lines(package: Package) -> None:
    bad, good = playbook(package).examples
    assert (bad.kind, bad.dialect, bad.bad, bad.lines) == ("sql", "mysql", True, (2,))
    assert bad.text == "SELECT 1;\nUPDATE b SET x = 1; -- DB901\n"
    assert (good.dialect, good.bad, good.lines) == (None, False, ())


def test_found_by_code_name_and_alias_in_any_case(package: Package) -> None:
    knowledge = load(package())
    for key in ("db901", "DB901", "Opposite-Locks", " lock-order "):
        assert knowledge.playbook(key).code == "DB901"


def test_sources_and_glossary(package: Package) -> None:
    knowledge = load(package())
    assert knowledge.sources["pg-locks"].edition == "18"
    assert knowledge.sources["pg-locks"].date == "2026-11-23"
    assert knowledge.glossary[0].ko == ("데드락", "교착 상태")
