"""Which pages and decision guides cover which subject: `docs/coverage.md`, made from `coverage.yaml`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from backend_advisor.knowledge.document import Reporter
from backend_advisor.knowledge.playbook import Playbook

FILE = "knowledge/coverage.yaml"
Subjects = dict[str, tuple[str, ...]]


class Coverage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The subjects that were asked for, by section, and those that we added; each with the names of its pages."""

    asked: dict[str, Subjects]
    added: Subjects

    def subjects(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every subject with its pages."""
        for section in self.asked.values():
            yield from section.items()
        yield from self.added.items()


def read_coverage(root: Path) -> Coverage:
    """The table below a package folder."""
    return msgspec.yaml.decode(root.joinpath(FILE).read_bytes(), type=Coverage)


def check_coverage(coverage: Coverage, names: Mapping[str, str], reporter: Reporter) -> None:
    """Note subjects without a page, and pages that do not exist; `names` gives the code of each page's name."""
    for subject, pages in coverage.subjects():
        if not pages:
            reporter.error(1, f"`{subject}` has no page")
        for page in pages:
            if page.casefold() not in names:
                reporter.error(1, f"`{subject}`: page `{page}` does not exist")


def coverage_markdown(coverage: Coverage, playbooks: Mapping[str, Playbook]) -> str:
    """The table as a page."""
    by_name = {playbook.name: playbook for playbook in playbooks.values()}
    lines = [
        "# What the knowledge covers",
        "",
        "Made by `python -m backend_advisor.knowledge coverage` from `knowledge/coverage.yaml`; a test fails when it",
        f"is out of date, or a subject has no page. {len(playbooks)} pages, each in English and Korean.",
        "",
        "## Subjects asked for",
    ]
    for section, subjects in coverage.asked.items():
        lines += ["", f"### {section}", "", *_table(subjects, by_name)]
    lines += ["", "## Subjects added", "", *_table(coverage.added, by_name)]
    named = {page for _, pages in coverage.subjects() for page in pages}
    rest = {name: (name,) for name in sorted(by_name.keys() - named)}
    lines += ["", "## Pages beside these", "", *_table(rest, by_name)]
    return "\n".join(lines) + "\n"


def _table(subjects: Mapping[str, tuple[str, ...]], by_name: Mapping[str, Playbook]) -> Iterator[str]:
    yield "| subject | pages |"
    yield "|---|---|"
    for subject, pages in subjects.items():
        told = ", ".join(f"`{by_name[page].code}` {page}" for page in pages if page in by_name)
        yield f"| {subject} | {told} |"
