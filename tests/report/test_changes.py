"""A fix is shown as one change for the lines that it touches."""

from backend_advisor.model import Artifact, ArtifactKind, Edit, Fix, Location, Span
from backend_advisor.report.changes import Change, changes

TEXT = "one(a)\ntwo(b) + c\nthree(d)\n"


def edit(line: int, column: int, end_column: int, replacement: str, end_line: int | None = None) -> Edit:
    span = Span(line=line, column=column, end_line=end_line or line, end_column=end_column)
    return Edit(location=Location(artifact="a.py", span=span), replacement=replacement)


def shown(*edits: Edit, first_line: int = 1) -> list[Change]:
    artifact = Artifact(name="a.py", kind=ArtifactKind.PYTHON, text=TEXT, first_line=first_line)
    return list(changes(Fix(title="t", edits=edits), {"a.py": [artifact]}))


def test_edits_of_one_line_make_one_change() -> None:
    assert shown(edit(2, 5, 6, "x"), edit(2, 10, 11, "y")) == [Change(("two(b) + c",), ("two(x) + y",))]


def test_an_insertion_keeps_what_stands_behind_it() -> None:
    assert shown(edit(1, 6, 6, ", x")) == [Change(("one(a)",), ("one(a, x)",))]


def test_edits_of_different_lines_stand_apart() -> None:
    assert [one.new for one in shown(edit(1, 1, 4, "un"), edit(3, 1, 6, "trois"))] == [("un(a)",), ("trois(d)",)]


def test_lines_count_from_where_the_text_begins() -> None:
    assert shown(edit(11, 5, 6, "x"), first_line=10) == [Change(("two(b) + c",), ("two(x) + c",))]


def test_an_edit_over_lines_joins_them() -> None:
    assert shown(edit(1, 5, 5, "x", end_line=2)) == [Change(("one(a)", "two(b) + c"), ("one(xb) + c",))]
