"""What a fix changes, line by line: edits of the same lines make one change."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend_advisor.fixes import edited
from backend_advisor.model import Artifact, Edit, Fix, Location, Span
from backend_advisor.report.places import source_lines


@dataclass(frozen=True, slots=True)
class Change:
    """Lines that stand now, and those that take their place; nothing stands where the text is not at hand."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def changes(fix: Fix, named: dict[str, list[Artifact]]) -> Iterator[Change]:
    """The changes of a fix in the order of their lines."""
    for group in _together(fix):
        first, last = group[0].location, max(_last(edit) for edit in group)
        start = first.span.line if first.span else 1
        lines = source_lines(
            Location(artifact=first.artifact, span=Span(line=start, column=1, end_line=last, end_column=1)), named
        )
        if not lines:
            yield from (Change((), tuple(edit.replacement.split("\n"))) for edit in group)
            continue
        old = [line.text for line in lines]
        new = edited("\n".join(old), [_moved(edit, start) for edit in group])
        yield Change(tuple(old), tuple(new.split("\n")) if new else ())


def _together(fix: Fix) -> Iterator[list[Edit]]:
    """Runs of edits that touch the same lines of a file."""
    placed = [edit for edit in fix.edits if edit.location.span is not None]
    placed.sort(key=lambda edit: (edit.location.artifact, edit.location.span.line if edit.location.span else 0))
    group: list[Edit] = []
    for edit in placed:
        same = group and group[0].location.artifact == edit.location.artifact
        if group and not (same and edit.location.span and edit.location.span.line <= max(map(_last, group))):
            yield group
            group = []
        group.append(edit)
    if group:
        yield group
    yield from ([edit] for edit in fix.edits if edit.location.span is None)


def _last(edit: Edit) -> int:
    span = edit.location.span
    return max(span.line, span.end_line) if span else 1


def _moved(edit: Edit, start: int) -> Edit:
    """The edit with lines counted from the first of its change."""
    span = edit.location.span
    if span is None:
        return edit
    moved = replace(span, line=span.line - start + 1, end_line=max(span.line, span.end_line) - start + 1)
    return replace(edit, location=replace(edit.location, span=moved))
