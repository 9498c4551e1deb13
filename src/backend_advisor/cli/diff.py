"""Which lines of which files were added since a branch left a revision, asked of git."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from backend_advisor.cli.wording import Wording
from backend_advisor.model import Finding, Location
from backend_advisor.report.fingerprint import OF_MANY_LINES

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_TIME_LIMIT = 60
Added = Mapping[Path, Iterable[range]]


def added_lines(revision: str, paths: Iterable[Path], say: Wording) -> Added:
    """The added stretches of each changed file, untracked files whole; what is reviewed has to be in the repository.

    Compared is with the commit at which this branch left the revision, as `git diff REV...HEAD` does and as services
    show a change: what was added to the revision since is none of the branch's doing.
    """
    root = Path(_git(say, "rev-parse", "--show-toplevel").strip())
    for path in paths:
        if not _real(path).is_relative_to(_real(root)):
            raise click.ClickException(say("git_outside", path=path, root=root))
    _git(say, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", revision=revision)
    text = _git(
        say, "-c", "core.quotePath=false", "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv",
        "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--end-of-options", _left_at(revision, say), "--",
    )  # fmt: skip
    added: dict[Path, list[range]] = parse_diff(text, root)
    untracked = _git(say, "ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/")
    for name in filter(None, untracked.split("\0")):
        added[_real(root / name)] = [range(1, 2**31)]
    return added


def _left_at(revision: str, say: Wording) -> str:
    """The last commit that the revision and this branch share; the revision itself, told so, where git knows none."""
    try:
        return _git(say, "merge-base", "--end-of-options", revision, "HEAD").strip()
    except click.ClickException:
        click.echo(say("git_no_common", revision=revision), err=True)
        return revision


def parse_diff(text: str, root: Path) -> dict[Path, list[range]]:
    """The added lines of a diff without context lines."""
    added: dict[Path, list[range]] = {}
    current: list[range] = []
    to_skip = 0
    for line in text.split("\n"):
        if to_skip and line[:1] in "+-\\":
            to_skip -= line[:1] != "\\"
            continue
        if line.startswith("+++ "):
            current = added.setdefault(_real(root / _file(line[4:])), [])
        elif hunk := _HUNK.match(line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            current.append(range(first, first + count))
            to_skip = count + _removed(line)
    return added


def on_added_lines(findings: Iterable[Finding], added: Added) -> list[Finding]:
    """The findings whose place touches an added line."""
    return [finding for finding in findings if any(_touches(place, added) for place in _places(finding))]


def _places(finding: Finding) -> Iterator[Location]:
    yield finding.location
    if finding.expert in OF_MANY_LINES:
        yield from (step.location for step in finding.steps)


def _touches(place: Location, added: Added) -> bool:
    ranges = added.get(_real(Path(place.artifact)), ())
    span = place.span
    if span is None:
        return bool(ranges)
    return any(one.start <= max(span.end_line, span.line) and span.line < one.stop for one in ranges)


def _real(path: Path) -> Path:
    """The path behind links; a loop of links, at which `Path.resolve` gives up, stays as it is."""
    return Path(os.path.realpath(path))


def _removed(hunk: str) -> int:
    _, _, count = hunk.split(" ")[1].partition(",")
    return int(count or 1)


def _file(name: str) -> str:
    """The name in a `+++` line; git quotes names with control characters, which are not worth unquoting."""
    return name.rstrip("\t").strip('"').removeprefix("b/")


def _git(say: Wording, *arguments: str, revision: str | None = None) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, check=True, timeout=_TIME_LIMIT, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise click.ClickException(say("git_missing")) from None
    except subprocess.TimeoutExpired:
        raise click.ClickException(say("git_slow", seconds=_TIME_LIMIT)) from None
    except subprocess.CalledProcessError as error:
        if revision is not None:
            raise click.ClickException(say("git_revision", revision=revision)) from None
        cause = error.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise click.ClickException(say("git_failed", cause=cause)) from None
    return done.stdout.decode("utf-8", "replace")
