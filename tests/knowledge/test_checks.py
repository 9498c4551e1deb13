"""Every mistake in the data is named with its file, its line and its cause."""

import pytest

from backend_advisor.knowledge import KnowledgeError, check, load, problems

from .conftest import EN, ENGLISH, KO, KOREAN, SOURCE, SOURCES, TERMS, Package

SECOND = ENGLISH.replace("DB901", "DB902").replace("lock-order", "lock-order-two")

MISTAKES: list[tuple[str, dict[str, str | None], str, str]] = [
    # name, changed files, file that must be named, part of the message
    ("no front matter", {EN: "## Root cause\nx"}, EN, ":1: the file does not begin with front matter"),
    ("broken yaml", {EN: ENGLISH.replace("cwe: [833]", "cwe: [833")}, EN, "not valid YAML"),
    ("yaml alias", {EN: ENGLISH.replace("cwe: [833]", "cwe: *nobody")}, EN, ":12: not valid YAML"),
    ("missing field", {EN: ENGLISH.replace("severity: warning\n", "")}, EN, "field `severity` is missing"),
    ("unknown field", {EN: ENGLISH.replace("cwe:", "cve:")}, EN, ":12: unknown field `cve`"),
    ("unknown field in Korean", {KO: KOREAN.replace("---\ntitle", "---\ncode: DB901\ntitle", 1)}, KO, ":2:"),
    ("repeated field", {EN: ENGLISH.replace("cwe: [833]", "code: DB901")}, EN, "field `code` stands twice"),
    ("bad severity", {EN: ENGLISH.replace("severity: warning", "severity: bad")}, EN, ":4: field `severity`"),
    ("bad list", {EN: ENGLISH.replace("related: []", "related: DB1")}, EN, "must be a list of texts"),
    ("bad cwe", {EN: ENGLISH.replace("[833]", "[CWE-833]")}, EN, "must be a list of whole numbers"),
    ("bad date", {EN: ENGLISH.replace("2026-11-23", "someday")}, EN, "must be a date"),
    ("bad code", {EN: ENGLISH.replace("code: DB901", "code: X1")}, EN, ":2: code `X1`"),
    ("wrong room", {EN: ENGLISH.replace("code: DB901", "code: SEC901")}, EN, "belongs to security"),
    ("no symptoms", {KO: KOREAN.replace("  - 데드락이 자꾸 발생합니다\n", "  []\n")}, KO, "must not be empty"),
    ("missing section", {EN: ENGLISH.replace("## Monitor\n", "### Monitor\n")}, EN, "`Monitor` is missing"),
    ("unknown section", {KO: KOREAN.replace("## 진단", "## 확인")}, KO, ":14: unknown section `확인`"),
    ("section twice", {KO: KOREAN + "\n## 진단\n또\n"}, KO, "stands twice"),
    ("empty section", {KO: KOREAN.replace("잠금을 조회합니다.\n", "")}, KO, "section `진단` is empty"),
    ("text before", {KO: KOREAN.replace("## 근본", "서문\n\n## 근본")}, KO, "text before the first"),
    ("first heading", {KO: KOREAN.replace("## 진단", "# 진단")}, KO, "has no `#` heading"),
    ("prose in list", {EN: ENGLISH.replace("1. Lock in", "First, lock in")}, EN, "holds more than a numbered"),
    ("bullets", {KO: KOREAN.replace("- 트랜잭션을 짧게", "1. 트랜잭션을 짧게")}, KO, "more than a bullet list"),
    ("empty item", {KO: KOREAN.replace("- 데드락 수를 봅니다.", "-")}, KO, "a list item has no text"),
    ("open fence", {EN: ENGLISH.removesuffix("```\n")}, EN, "code fence is never closed"),
    ("fence word", {EN: ENGLISH.replace("for=express,nestjs", "express")}, EN, "is not `name=value`"),
    ("fence attribute", {EN: ENGLISH.replace("dialect=", "version=")}, EN, "unknown attribute `version`"),
    ("example kind", {EN: ENGLISH.replace("```sql dialect", "```sqll dialect")}, EN, "not a kind of artifact"),
    ("example place", {EN: ENGLISH.replace("### Bad\n", "")}, EN, "under neither"),
    ("example heading", {EN: ENGLISH.replace("### Bad", "### Ugly")}, EN, "neither Bad nor Good"),
    ("no mark", {EN: ENGLISH.replace(" -- DB901", "")}, EN, "marks no line"),
    ("good mark", {EN: ENGLISH.replace("a SET x = 1;", "a SET x = 1; -- DB901")}, EN, "carries the mark"),
    ("no good", {EN: ENGLISH[: ENGLISH.index("### Good")]}, EN, "needs a good example"),
    ("no examples", {EN: ENGLISH[: ENGLISH.index("## Examples")]}, EN, "needs a bad example"),
    ("unknown source", {SOURCE: SOURCES.replace("pg-locks", "pg-keys")}, EN, "is not in the registry"),
    ("uncited", {EN: ENGLISH.replace("other [@pg-locks]", "other")}, EN, "is listed but never cited"),
    ("unlisted", {EN: ENGLISH.replace("other [@pg-locks]", "[@pg-x]")}, EN, "cited but not listed"),
    ("bad citation", {KO: KOREAN.replace("[@pg-locks].", "[@PG-Locks].")}, KO, ":12: `[@PG-Locks]` is not a citation"),
    ("bare source", {KO: KOREAN.replace("- [@pg-locks] 데드락", "- 데드락")}, KO, "does not begin with"),
    ("no Korean page", {KO: None}, EN, "the Korean page is missing"),
    ("no English page", {EN: None}, KO, "the English page is missing"),
    ("related", {EN: ENGLISH.replace("related: []", "related: [DB999]")}, EN, "`DB999` does not exist"),
    ("related self", {EN: ENGLISH.replace("related: []", "related: [DB901]")}, EN, "related to itself"),
    ("cause", {EN: ENGLISH.replace("cause: DB901", "cause: DB999")}, EN, "cause `DB999` does not exist"),
    ("technology", {EN: ENGLISH.replace("[postgresql]", "[oracel]")}, EN, "`oracel` is not in the catalogue"),
    ("step technology", {EN: ENGLISH.replace("{nestjs,", "{nest,")}, EN, "`nest` is not in the catalogue"),
    ("template", {EN: ENGLISH.replace('"{first} is', '"{first is')}, EN, "is not a valid template"),
    ("template fields", {KO: KOREAN.replace("{second}보다", "둘째보다")}, KO, "has other fields than in English"),
    ("no message", {KO: KOREAN.replace("message:", "# message:")}, KO, "stands in the other language only"),
    ("steps", {KO: KOREAN.replace("  enters:", "  leaves:")}, EN, "`steps.leaves` stands in the other"),
    ("not Korean", {KO: KOREAN.replace("잠금을 조회합니다.", "Look.")}, KO, "section `진단` holds no Korean"),
    ("title", {KO: KOREAN.replace("쿼리가 두 행을 반대 순서로 잠급니다", "Locks")}, KO, "title holds no Korean"),
    ("source url", {SOURCE: SOURCES.replace("https://", "http://")}, SOURCE, ":5: url"),
    ("source field", {SOURCE: SOURCES.replace("edition", "issue")}, SOURCE, "unknown field `issue`"),
    ("source date", {SOURCE: SOURCES.replace("2026-11-23", "2026-13-01")}, SOURCE, "YAML"),
    ("source id", {SOURCE: SOURCES.replace("pg-locks:", "PG Locks:")}, SOURCE, "source id"),
    ("source list", {SOURCE: "- pg-locks"}, SOURCE, "is a mapping of ids"),
    ("source text", {SOURCE: "pg-locks: here"}, SOURCE, "`pg-locks` is not a mapping"),
    ("source twice", {"knowledge/sources/z.yaml": SOURCES}, "knowledge/sources/z.yaml", "registered twice"),
    ("glossary", {TERMS: "deadlock: 데드락"}, TERMS, "is a list of term groups"),
    ("lonely term", {TERMS: "- {en: [deadlock]}"}, TERMS, "needs two terms"),
    ("term twice", {TERMS: "- {en: [a], ko: [나]}\n- {en: [A, b]}"}, TERMS, ":2: another group begins with"),
    ("glossary item", {TERMS: "- deadlock"}, TERMS, "a term group is a mapping"),
    ("glossary field", {TERMS: "- {en: [a], ko: [나], fr: [b]}"}, TERMS, "unknown field `fr`"),
]


@pytest.mark.parametrize(("changes", "file", "text"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake_is_named(package: Package, changes: dict[str, str | None], file: str, text: str) -> None:
    found = check(package(changes))
    assert any(line.startswith(file) and text in line for line in found), found


def test_good_data_has_no_problem(package: Package) -> None:
    assert problems(package()) == []


def test_codes_and_aliases_are_unique(package: Package) -> None:
    folder = "experts/database/playbooks/"
    found = check(package({f"{folder}z.md": ENGLISH, f"{folder}z.ko.md": KOREAN}))
    assert any("`DB901` already names" in line for line in found)
    assert any("`lock-order` already names" in line for line in found)


def test_two_good_playbooks(package: Package) -> None:
    folder = "experts/database/playbooks/"
    assert check(package({f"{folder}z.md": SECOND, f"{folder}z.ko.md": KOREAN})) == []


def test_load_refuses_and_names_every_problem(package: Package) -> None:
    root = package({EN: ENGLISH.replace("[833]", "[x]").replace("related: []", "related: [DB999]")})
    with pytest.raises(KnowledgeError) as caught:
        load(root)
    assert len(caught.value.problems) == 2
    assert f"{EN}:12: field `cwe`" in str(caught.value)


def test_korean_in_an_english_page_only_warns(package: Package) -> None:
    root = package({EN: ENGLISH.replace("Two sessions wait", "두 세션 wait")})
    assert check(root) == []
    assert [problem.minor for problem in problems(root)] == [True]


def test_file_that_is_not_utf8(package: Package) -> None:
    root = package()
    (root / EN).write_bytes("---\ntitle: 한글".encode("cp949"))
    assert any("cannot be read" in line for line in check(root))


def test_the_real_knowledge_has_no_problem() -> None:
    assert check() == []
