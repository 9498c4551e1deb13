"""`advisor query`: one SQL file examined, with all that is known about its tables."""

from pathlib import Path
from typing import Any

import click

from backend_advisor.cli.ask import read_stdin
from backend_advisor.cli.options import existing, make, proof_options, report_options, type_of_file
from backend_advisor.cli.wording import Wording


def command(say: Wording) -> click.Command:
    """The command, worded."""
    files = {"schema": "DDL", "stats": "FILE", "plan": "FILE"}
    parameters: list[click.Parameter] = [
        click.Argument(["file"], metavar="FILE.sql|-"),
        *(
            click.Option([f"--{name}"], type=type_of_file, help=say(f"option_{name}"), metavar=metavar)
            for name, metavar in files.items()
        ),
        click.Option(["--dsn"], help=say("option_dsn"), metavar="DSN"),
        *proof_options(say),
        *report_options(say),
    ]

    def run(
        file: str, schema: Path | None, stats: Path | None, plan: Path | None, dsn: str | None, **chosen: Any
    ) -> None:
        given = [path for path in (schema, stats, plan) if path is not None and existing(path, say)]
        text = read_stdin(say) if file == "-" else ""
        if file != "-":
            existing(Path(file), say)
            given.insert(0, Path(file))
        elif not text.strip():
            raise click.UsageError(say("query_nothing"))
        from backend_advisor.cli.asking import answered, spoken

        if stats is not None and not _holds_statistics(stats):
            raise click.UsageError(say("query_no_statistics", file=stats))
        if not _holds_sql(text, given):
            raise click.UsageError(say("query_no_sql"))
        chosen["language"] = spoken(chosen["language"], say)
        answered(text, given, say=say, dsn=dsn, **chosen)

    return make("query", say, parameters, run)


def _holds_sql(text: str, given: list[Path]) -> bool:
    """Whether there is anything to examine; what cannot be read at all is told with the answer."""
    from backend_advisor.intake import read
    from backend_advisor.model import ArtifactKind

    prose = {ArtifactKind.PROSE, ArtifactKind.OTHER, ArtifactKind.LOG}
    case = read(text, given)
    return bool(case.unread) or any(artifact.kind not in prose for artifact in case.artifacts)


def _holds_statistics(path: Path) -> bool:
    from backend_advisor.intake import read_paths
    from backend_advisor.model import ArtifactKind

    artifacts, unread = read_paths([path], "en")
    # What cannot be read at all is told with the answer.
    return bool(unread) or any(artifact.kind is ArtifactKind.STATISTICS for artifact in artifacts)
