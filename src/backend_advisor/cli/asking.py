"""From the options of `ask` and `query` to an answer that is delivered."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from backend_advisor import advise
from backend_advisor.cli.output import deliver
from backend_advisor.cli.progress import progress
from backend_advisor.cli.settings import load_settings
from backend_advisor.cli.wording import Wording
from backend_advisor.experts import Terms
from backend_advisor.intake import has_question
from backend_advisor.model import Language, Report

_NOT_ANSWERED = 2
_WORD = re.compile(r"\w+")


def answered(  # noqa: PLR0913 - one argument for each option of the command
    question: str,
    files: Sequence[Path],
    *,
    say: Wording,
    language: str | None,
    format: str | None,
    output: Path | None,
    verbose: bool,
    prove: bool | None,
    rows: Sequence[tuple[str, int]],
    dsn: str | None = None,
    day: date | None = None,
) -> None:
    """Answer and deliver."""
    settings = load_settings(Path.cwd(), say)
    asked = as_asked(language or settings.lang, say, is_asked=bool(question.strip()) or has_question(files))
    proved = prove if prove is not None else settings.prove is not False
    with progress() as show:
        terms = Terms(
            prove=proved, rows={**settings.rows, **dict(rows)}, dsn=dsn, day=day or date.today(), progress=show
        )
        report = advise.answer(question, files, language=asked, terms=terms)
    for table in _absent(rows, report):
        click.echo(say("rows_absent", table=table), err=True)
    if not report.case.question.strip() and not report.case.artifacts and report.case.unread:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in report.case.unread)
        raise click.ClickException(say("nothing_readable", reasons=reasons))
    deliver(report, format or settings.format or "text", to=output, verbose=verbose, language=None, say=say)
    if report.case.unread and not report.advice and not report.notices:
        click.get_current_context().exit(_NOT_ANSWERED)


def _absent(rows: Sequence[tuple[str, int]], report: Report) -> Iterator[str]:
    """Tables of `--rows` that occur nowhere, such as a mistyped one, so that the count was of no use."""
    if not rows:
        return
    words = {word.lower() for one in report.case.artifacts for word in _WORD.findall(one.text)}
    words.update(word.lower() for word in _WORD.findall(report.case.question))
    for table, _ in rows:
        if table.rpartition(".")[2].strip('"`[]').lower() not in words:
            yield table


def as_asked(language: str | None, say: Wording, *, is_asked: bool) -> advise.Asked:
    """The language to answer in; the reader's own when there is no prose to tell it from."""
    if language in ("en", "ko"):
        return spoken(language, say)
    return "auto" if is_asked else say.language


def spoken(language: str | None, say: Wording) -> Language:
    """A language as given, else the reader's own."""
    if language == "ko":
        return "ko"
    return "en" if language == "en" else say.language
