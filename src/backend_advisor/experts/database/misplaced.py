"""Fixes of SQL that the program puts together: their places are those of the statement, not of the file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from backend_advisor.model import Case, Edit, Finding

_CUT = "…"


def without_misplaced_fixes(case: Case, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, without each fix that would replace something else than it means in the file of its statement."""
    built = {artifact.name for artifact in case.artifacts if artifact.origin == "code"}
    lines = {
        artifact.name: artifact.text.split("\n")
        for artifact in case.artifacts
        if artifact.name in built and artifact.origin != "code"
    }
    for finding in findings:
        edits = finding.fix.edits if finding.fix is not None else ()
        is_misplaced = any(
            not _stands_there(edit, lines[edit.location.artifact]) for edit in edits if edit.location.artifact in lines
        )
        yield replace(finding, fix=None) if is_misplaced else finding


def _stands_there(edit: Edit, lines: list[str]) -> bool:
    span, meant = edit.location.span, edit.location.excerpt
    if span is None or meant is None or not 1 <= span.line <= len(lines):
        return False
    end_line, end_column = span.end_line or span.line, span.end_column or span.column
    text = lines[span.line - 1 : end_line]
    if not text:
        return False  # the places of a text put together may end before they begin
    text[-1] = text[-1][: end_column - 1]
    text[0] = text[0][span.column - 1 :]
    found = " ".join("\n".join(text).split())
    return found.startswith(meant.removesuffix(_CUT)) if meant.endswith(_CUT) else found == meant
