"""What the asker sends never steers a terminal, a browser, a CI runner or a table."""

import json
import re
from html.parser import HTMLParser

import pytest

from backend_advisor.model import Report
from backend_advisor.report import MODULES, render
from backend_advisor.report.clean import clean_text

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMAND = re.compile(r"^\s*(::|##\[)", re.MULTILINE)


@pytest.mark.parametrize("format", MODULES)
@pytest.mark.parametrize("verbose", [False, True])
def test_no_control_character_comes_out(hostile_report: Report, format: str, verbose: bool) -> None:
    assert CONTROL.findall(render(hostile_report, format, verbose=verbose)) == []


def test_control_characters_stay_visible_and_columns_right() -> None:
    assert clean_text("a\x1b[2Jb\r\nc\u202ed\ud800") == "a␛[2Jb\nc\ufffdd\ufffd"


@pytest.mark.parametrize("format", ["text", "review", "concise"])
@pytest.mark.parametrize("width", [40, 57, 80, 100])
def test_no_line_is_a_command_to_a_ci_runner(hostile_report: Report, format: str, width: int) -> None:
    assert COMMAND.findall(render(hostile_report, format, width=width, verbose=True)) == []


def test_github_output_is_one_command_for_each_finding(hostile_report: Report) -> None:
    lines = render(hostile_report, "github").splitlines()
    assert len(lines) == 1
    properties = lines[0].removeprefix("::warning ").split("::")[0]
    assert [pair.split("=")[0] for pair in properties.split(",")] == [
        "file",
        "line",
        "endLine",
        "col",
        "endColumn",
        "title",
    ]
    assert "%250A" in lines[0]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append(dict(attrs))
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_html_has_no_script_but_the_data(hostile_report: Report) -> None:
    page = render(hostile_report, "html")
    elements = _Elements()
    elements.feed(page)
    assert elements.scripts == [{"type": "application/json", "id": "report"}]
    assert not [link for link in elements.links if not link.startswith("https://")]
    data = page.split('id="report">')[1].split("</script>")[0]
    assert json.loads(data)["advice"][0]["title"].count("</script>") == 2


def test_markdown_tables_keep_their_columns_and_html_is_text(hostile_report: Report) -> None:
    from markdown_it import MarkdownIt

    text = render(hostile_report, "markdown")
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "<script" not in page
    rows = [line for line in text.splitlines() if line.startswith("| ") and "alert" in line]
    assert rows
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 4
