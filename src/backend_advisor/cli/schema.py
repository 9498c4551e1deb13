"""`advisor schema`: the JSON Schema of a report."""

from pathlib import Path

import click

from backend_advisor.cli.options import make, type_of_file
from backend_advisor.cli.wording import Wording


def command(say: Wording) -> click.Command:
    """The command, worded."""
    output = click.Option(["-o", "--output"], type=type_of_file, help=say("option_output"), metavar="FILE")

    def run(output: Path | None) -> None:
        from backend_advisor.cli.output import write, write_file
        from backend_advisor.report.json_schema import report_schema_text

        if output is None:
            write(report_schema_text())
        else:
            write_file(output, report_schema_text(), say)

    return make("schema", say, [output], run)
