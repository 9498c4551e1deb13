"""The quick reading of plain Markdown shows exactly what Rich's own shows, wherever it accepts a text."""

import re

import pytest
from rich.markdown import Markdown

from backend_advisor import knowledge
from backend_advisor.model import Language
from backend_advisor.report.console import to_text
from backend_advisor.report.markdown import without_html
from backend_advisor.report.paragraphs import paragraphs
from backend_advisor.report.style import Style

FENCE = re.compile(r"^[ \t]*```[^\n]*\n.*?^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"^\x1b\[[\d;]*m( *(?:\d+|•)? *)\x1b\[0m", re.MULTILINE)


def marks_plain(text: str) -> str:
    """Without the colour of marks, which Rich gives to the blanks beside them too."""
    return MARK.sub(r"\1", text)


def texts(language: Language) -> list[str]:
    found: list[str] = []
    for playbook in knowledge.load().playbooks.values():
        page = playbook.pages[language]
        whole = [page.root_cause, page.diagnosis, *(step.text for step in page.solution)]
        whole += [*page.best_practices, *page.monitoring]
        found += [piece for text in whole for piece in FENCE.split(text) if piece.strip()]
    return found


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("colour", [False, True])
def test_it_looks_as_rich_renders_it(language: Language, colour: bool) -> None:
    style = Style(language=language, width=100, colour=colour)
    accepted, different = 0, []
    every = texts(language)
    for text in every[::7]:
        quick = paragraphs(text)
        if quick is None:
            continue
        accepted += 1
        shown, wanted = (
            marks_plain(to_text([block], style)) for block in (quick, Markdown(without_html(text), hyperlinks=False))
        )
        if shown != wanted:
            different.append((text, shown, wanted))
    assert accepted > 0.8 * len(every[::7])
    assert different == []


@pytest.mark.parametrize(
    "text",
    ["2. one", "- a\n1. b", "| a | b |\n|---|---|", "[a](b)", "a \\* b", "a * b", "_a_", "<b>", "&amp;", "# a", "> a",
     "    code", "- a\n  - b", "`a", "a  \nb", "***", "- ", "~~a~~", "https://a.b", "a\n===", "![a](b)"],
)  # fmt: skip
def test_what_it_does_not_know_it_leaves(text: str) -> None:
    assert paragraphs(text) is None
