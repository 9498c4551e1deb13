"""`advisor review --fix` and `--fix-diff`: proved fixes written to files or shown as a diff."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from backend_advisor import advise
from backend_advisor.cli.output import replace_file
from backend_advisor.cli.patch import unified_diff
from backend_advisor.cli.repository import FromRoot
from backend_advisor.cli.wording import Wording
from backend_advisor.experts import Terms
from backend_advisor.fixes import Fixed, Fixes, proved_fixes
from backend_advisor.intake.decoding import decoded, encoded_like
from backend_advisor.model import Case, Finding, Report
from backend_advisor.report.secrets import hiding

_NAMED = 3


def deliver_fixes(
    report: Report,
    wanted: Sequence[Finding],
    select: Sequence[str],
    ignore: Sequence[str],
    *,
    write: bool,
    unsafe: bool,
    say: Wording,
) -> int:
    """Apply or show the wanted fixes that stand a second review; the exit code tells whether findings remain."""

    def review(case: Case) -> Report:
        return advise.advise(case, replace(Terms(), prove=False), select=tuple(select), ignore=tuple(ignore))

    fixes = proved_fixes(report, review, unsafe=unsafe, only=wanted)
    if write:
        done = _all_written(fixes.fixed, say)
    else:
        done = list(fixes.fixed)
        _show(done, report, say)
    count = sum(len(one.findings) for one in done)
    if not count and not fixes.rejected:
        click.echo(say("fixes_none"), err=True)
    elif count:
        click.echo(say("fixes_done" if write else "fixes_shown", count=count, files=len(done)), err=True)
    _tell_rejected(fixes, say)
    return 1 if len(wanted) > (count if write else 0) else 0


def _show(done: Sequence[Fixed], report: Report, say: Wording) -> None:
    hide, address = hiding(report), FromRoot(Path.cwd())
    for one in done:
        name = address(one.before.name).lstrip("/")
        click.echo(unified_diff(name, one.before.text, one.after, lambda line: hide(line) != line), nl=False)
    if {one.before.name for one in done} & {location.artifact for location in report.secrets}:
        click.echo(say("fixes_hide_secrets"), err=True)


def _all_written(fixes: Sequence[Fixed], say: Wording) -> list[Fixed]:
    """Write each file, whole or not at all; the fixes that were written. An interrupt tells which files are not."""
    done: list[Fixed] = []
    open_ = sorted(fixes, key=lambda one: one.before.name)
    try:
        for one in open_:
            if _written(one, say):
                done.append(one)
    except KeyboardInterrupt:
        names = {one.before.name for one in done}
        left = [one.before.name for one in open_ if one.before.name not in names]
        if left:
            shown = ", ".join(left[:_NAMED]) + (" …" if len(left) > _NAMED else "")
            click.echo(say("fixes_interrupted", done=len(done), files=len(open_), left=shown), err=True)
        raise
    return done


def _written(one: Fixed, say: Wording) -> bool:
    path = Path(one.before.name)
    try:
        original = path.read_bytes()
        if decoded(original) != one.before.text:
            click.echo(say("fix_moved", path=path), err=True)
            return False
        content = encoded_like(one.after, original)
        if content is None:
            click.echo(say("fix_encoding", path=path), err=True)
            return False
        replace_file(path.resolve(), content)
    except OSError as error:
        raise click.ClickException(say("file_unwritable", path=path, cause=error.strerror or error)) from None
    return True


def _tell_rejected(fixes: Fixes, say: Wording) -> None:
    if not fixes.rejected:
        return
    places = [
        f"{one.location.artifact}:{one.location.span.line} ({one.code})" for one in fixes.rejected if one.location.span
    ]
    shown = ", ".join(places[:_NAMED]) + (" …" if len(places) > _NAMED else "")
    click.echo(say("fixes_rejected", count=len(places), places=shown), err=True)
