"""`advisor review`: findings in files and folders, for people and for pipelines."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend_advisor.cli.options import make, report_options, type_of_file
from backend_advisor.cli.wording import Wording
from backend_advisor.cores import collector_paused
from backend_advisor.model import Case, Finding, Report
from backend_advisor.report.clean import clean_text

if TYPE_CHECKING:
    from backend_advisor.advise import Keep
    from backend_advisor.model import Artifact

_OF_FINDINGS_ALONE = ("concise", "github", "gitlab")
"""Formats of findings alone; what else there is to say is told beside them, or an unread file would pass for clean."""
_RANK = {"low": 0, "medium": 1, "high": 2}
_STDIN = Path("-")
_COULD_NOT = 2


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["paths"], nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."),
        click.Option(["--select"], multiple=True, help=say("option_select"), metavar="CODE[,CODE]"),
        click.Option(["--ignore"], multiple=True, help=say("option_ignore"), metavar="CODE[,CODE]"),
        click.Option(["--exclude"], multiple=True, help=say("option_exclude"), metavar="PATTERN"),
        click.Option(["--stdin-filename"], help=say("option_stdin_filename"), metavar="NAME"),
        click.Option(["--baseline"], type=type_of_file, help=say("option_baseline"), metavar="FILE"),
        click.Option(["--write-baseline"], is_flag=True, help=say("option_write_baseline")),
        click.Option(["--diff"], help=say("option_diff"), metavar="REV"),
        click.Option(["--fix"], is_flag=True, help=say("option_fix")),
        click.Option(["--fix-diff"], is_flag=True, help=say("option_fix_diff")),
        click.Option(["--unsafe-fixes"], is_flag=True, help=say("option_unsafe_fixes")),
        click.Option(["--min-confidence"], type=click.Choice(["low", "medium", "high"]), help=say("option_confidence")),
        click.Option(["--strict"], is_flag=True, help=say("option_strict")),
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
    stdin_filename: str | None,
    baseline: Path | None,
    write_baseline: bool,
    diff: str | None,
    fix: bool,
    fix_diff: bool,
    unsafe_fixes: bool,
    min_confidence: str | None,
    strict: bool,
    exit_zero: bool,
    language: str | None,
    format: str | None,
    output: Path | None,
    verbose: bool,
) -> int:
    """Review, keep what is asked for, deliver; the exit code."""
    from backend_advisor import advise, knowledge
    from backend_advisor.cli.asking import spoken
    from backend_advisor.cli.baseline import write_baseline as record
    from backend_advisor.cli.codes import check_codes
    from backend_advisor.cli.output import deliver
    from backend_advisor.cli.progress import progress
    from backend_advisor.cli.repository import FromRoot
    from backend_advisor.cli.settings import load_settings
    from backend_advisor.experts import Terms

    given = _given(paths, stdin_filename, say, writes=fix or bool(diff))
    settings = load_settings(Path.cwd(), say)
    baseline = baseline or settings.baseline
    if write_baseline and baseline is None:
        raise click.UsageError(say("baseline_unnamed"))
    selected = _codes(select) or settings.select
    ignored = _codes(ignore) or settings.ignore
    check_codes(selected, ignored, knowledge.load(), say)
    keep = _keeping(diff, paths, None if write_baseline else baseline, None if write_baseline else min_confidence, say)
    fixes = (fix or fix_diff) and not write_baseline
    with progress() as show:
        report = advise.review(
            () if given else paths,
            given=given,
            language=spoken(language or settings.lang, say),
            select=selected,
            ignore=ignored,
            exclude=[*exclude, *settings.exclude],
            terms=Terms(progress=show),
            # A fix is proved by finding again all that was found before: nothing may be left out until then.
            keep=None if fixes else keep,
        )
    if not report.case.artifacts and report.case.unread:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in report.case.unread)
        raise click.ClickException(say("nothing_readable", reasons=reasons))
    if write_baseline and baseline is not None:
        record(baseline, report, FromRoot(Path.cwd()), say)
        click.echo(say("baseline_written", path=baseline, count=len(report.findings)), err=True)
        return 0
    if fixes and any(one.added for one in report.case.artifacts):
        raise click.UsageError(say("patch_unfixed"))
    unread = _COULD_NOT if (strict or settings.strict) and report.case.unread else 0
    if fixes:
        from backend_advisor.cli.fixing import deliver_fixes

        wanted = tuple(keep(report.case, report.findings))
        writes = fix and not fix_diff
        left = deliver_fixes(report, wanted, selected, ignored, write=writes, unsafe=unsafe_fixes, say=say)
        return _told_unread(report, unread, say) or left
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
        _tell_beside(report)
    return _told_unread(report, unread, say) or (1 if report.findings and not (exit_zero or settings.exit_zero) else 0)


def _given(paths: Sequence[Path], name: str | None, say: Wording, *, writes: bool) -> tuple["Artifact", ...]:
    """What standard input holds, where it is reviewed; else that all paths are there."""
    if _STDIN not in paths:
        if name is not None:
            raise click.UsageError(say("stdin_alone"))
        for path in paths:
            if not path.exists():
                raise click.ClickException(say("file_missing", path=path))
        return ()
    if len(paths) > 1 or writes:
        raise click.UsageError(say("stdin_alone"))
    from backend_advisor.intake import patched
    from backend_advisor.intake.decoding import NotTextError, decoded
    from backend_advisor.intake.files import file_artifact

    try:
        text = decoded(sys.stdin.buffer.read())
    except NotTextError:
        raise click.ClickException(say("stdin_unreadable")) from None
    return patched(file_artifact(text, Path(name).as_posix() if name else "stdin"))


def _keeping(
    diff: str | None, paths: Sequence[Path], baseline: Path | None, min_confidence: str | None, say: Wording
) -> "Keep":
    """Which findings are asked for: those that every one of the options lets pass."""
    from backend_advisor.cli.baseline import read_baseline, without_known
    from backend_advisor.cli.diff import added_lines, on_added_lines
    from backend_advisor.cli.repository import FromRoot

    asked: list[Callable[[Case, Sequence[Finding]], Iterable[Finding]]] = []
    if baseline is not None:
        known, address = read_baseline(baseline, say), FromRoot(Path.cwd())
        asked.append(lambda case, findings: without_known(case, findings, known, address))
    if diff is not None:
        added = added_lines(diff, paths, say)
        asked.append(lambda _case, findings: on_added_lines(findings, added))
    if min_confidence is not None:
        least = _RANK[min_confidence]
        asked.append(lambda _case, findings: (one for one in findings if _RANK[one.confidence] >= least))

    def keep(case: Case, findings: Sequence[Finding]) -> Iterable[Finding]:
        passed = [{id(one) for one in ask(case, findings)} for ask in asked]
        return (one for one in findings if all(id(one) in ids for ids in passed))

    return keep


def _tell_beside(report: Report) -> None:
    for one in report.case.unread:
        click.echo(f"{clean_text(one.name)}: {clean_text(one.reason)}", err=True)
    for notice in report.notices:
        click.echo(clean_text(notice), err=True)


def _told_unread(report: Report, code: int, say: Wording) -> int:
    if code:
        click.echo(say("strict_unread", count=len(report.case.unread)), err=True)
    return code


def _codes(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(code.strip() for one in given for code in one.split(",") if code.strip())
