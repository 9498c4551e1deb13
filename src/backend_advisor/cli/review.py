"""`advisor review`: findings in files and folders, for people and for pipelines."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from backend_advisor.cli.options import make, report_options, type_of_file
from backend_advisor.cli.wording import Wording
from backend_advisor.cores import collector_paused
from backend_advisor.model import Finding, Report
from backend_advisor.report.clean import clean_text

_OF_FINDINGS_ALONE = ("concise", "github")
"""Formats of a line for each finding; a file that could not be read is told beside them, or it would pass for clean."""
_RANK = {"low": 0, "medium": 1, "high": 2}


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["paths"], nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."),
        click.Option(["--select"], multiple=True, help=say("option_select"), metavar="CODE[,CODE]"),
        click.Option(["--ignore"], multiple=True, help=say("option_ignore"), metavar="CODE[,CODE]"),
        click.Option(["--exclude"], multiple=True, help=say("option_exclude"), metavar="PATTERN"),
        click.Option(["--baseline"], type=type_of_file, help=say("option_baseline"), metavar="FILE"),
        click.Option(["--write-baseline"], is_flag=True, help=say("option_write_baseline")),
        click.Option(["--diff"], help=say("option_diff"), metavar="REV"),
        click.Option(["--fix"], is_flag=True, help=say("option_fix")),
        click.Option(["--fix-diff"], is_flag=True, help=say("option_fix_diff")),
        click.Option(["--unsafe-fixes"], is_flag=True, help=say("option_unsafe_fixes")),
        click.Option(["--min-confidence"], type=click.Choice(["low", "medium", "high"]), help=say("option_confidence")),
        click.Option(["--exit-zero"], is_flag=True, help=say("option_exit_zero")),
        *report_options(say),
    ]

    def run(**chosen: Any) -> None:
        with collector_paused(for_good=True):
            code = _review(say, **chosen)
        click.get_current_context().exit(code)

    return make("review", say, parameters, run)


def _review(  # noqa: PLR0913 - one argument for each option of the command
    say: Wording,
    *,
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    baseline: Path | None,
    write_baseline: bool,
    diff: str | None,
    fix: bool,
    fix_diff: bool,
    unsafe_fixes: bool,
    min_confidence: str | None,
    exit_zero: bool,
    language: str | None,
    format: str | None,
    output: Path | None,
    verbose: bool,
) -> int:
    """Review, keep what is asked for, deliver; the exit code."""
    from backend_advisor import advise, knowledge
    from backend_advisor.cli.asking import spoken
    from backend_advisor.cli.baseline import read_baseline, without_known
    from backend_advisor.cli.baseline import write_baseline as record
    from backend_advisor.cli.codes import check_codes
    from backend_advisor.cli.diff import added_lines, on_added_lines
    from backend_advisor.cli.output import deliver
    from backend_advisor.cli.progress import progress
    from backend_advisor.cli.settings import load_settings
    from backend_advisor.experts import Terms

    for path in paths:
        if not path.exists():
            raise click.ClickException(say("file_missing", path=path))
    settings = load_settings(Path.cwd(), say)
    baseline = baseline or settings.baseline
    if write_baseline and baseline is None:
        raise click.UsageError(say("baseline_unnamed"))
    selected = _codes(select) or settings.select
    ignored = _codes(ignore) or settings.ignore
    check_codes(selected, ignored, knowledge.load(), say)
    added = added_lines(diff, paths, say) if diff else None
    known = read_baseline(baseline, say) if baseline and not write_baseline else None
    with progress() as show:
        report = advise.review(
            paths,
            language=spoken(language or settings.lang, say),
            select=selected,
            ignore=ignored,
            exclude=[*exclude, *settings.exclude],
            terms=Terms(progress=show),
        )
    if not report.case.artifacts and report.case.unread:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in report.case.unread)
        raise click.ClickException(say("nothing_readable", reasons=reasons))
    if added is not None:
        report = keep(report, on_added_lines(report.findings, added))
    if write_baseline and baseline is not None:
        record(baseline, report, say)
        click.echo(say("baseline_written", path=baseline, count=len(report.findings)), err=True)
        return 0
    if known is not None:
        report = keep(report, without_known(report, known))
    if min_confidence is not None:
        report = keep(report, (one for one in report.findings if _RANK[one.confidence] >= _RANK[min_confidence]))
    if fix or fix_diff:
        from backend_advisor.cli.fixing import deliver_fixes

        return deliver_fixes(report, selected, ignored, write=fix and not fix_diff, unsafe=unsafe_fixes, say=say)
    chosen = format or settings.format or "text"
    deliver(
        report,
        "review" if chosen == "text" else chosen,
        to=output,
        verbose=verbose,
        language=None,
        say=say,
    )
    if chosen in _OF_FINDINGS_ALONE:
        for one in report.case.unread:
            click.echo(f"{clean_text(one.name)}: {clean_text(one.reason)}", err=True)
    return 1 if report.findings and not (exit_zero or settings.exit_zero) else 0


def keep(report: Report, findings: Iterable[Finding]) -> Report:
    """The report with only these findings, and only the advice that still has one."""
    kept = {id(finding) for finding in findings}
    advice = []
    for one in report.advice:
        standing = tuple(finding for finding in one.findings if id(finding) in kept)
        if standing:
            advice.append(replace(one, findings=standing))
    return replace(report, advice=tuple(advice))


def _codes(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(code.strip() for one in given for code in one.split(",") if code.strip())
