"""Every subject has pages, and the published table is that of the data."""

from pathlib import Path

import pytest

from backend_advisor.knowledge import ROOT, check, load
from backend_advisor.knowledge.coverage import FILE, coverage_markdown, read_coverage

from .conftest import Package

PUBLISHED = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_the_published_table_is_up_to_date() -> None:
    """Made by `python -m backend_advisor.knowledge coverage > docs/coverage.md`."""
    assert PUBLISHED.read_text("utf-8") == coverage_markdown(read_coverage(ROOT), load().playbooks)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("asked: {Locks: {deadlocks: []}}\nadded: {}\n", "`deadlocks` has no page"),
        ("asked: {}\nadded: {deadlocks: [nowhere]}\n", "page `nowhere` does not exist"),
        ("asked: {}\nadded: [deadlocks]\n", "cannot be read"),
    ],
)
def test_gaps_are_named(package: Package, text: str, part: str) -> None:
    assert any(part in problem for problem in check(package({FILE: text})))
