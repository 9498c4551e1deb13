"""`advisor explain`: the page of one rule or playbook."""

from datetime import date
from typing import Any

import click

from backend_advisor.cli.options import day_option, language_option, make
from backend_advisor.cli.wording import Wording


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["code"], metavar="CODE"),
        language_option(say),
        click.Option(
            ["--format", "format"], type=click.Choice(["text", "json"]), default="text", help=say("option_format")
        ),
        click.Option(["-v", "--verbose"], is_flag=True, help=say("option_verbose")),
        day_option(say),
    ]

    def run(code: str, **chosen: Any) -> None:
        _explain(say, code, **chosen)

    return make("explain", say, parameters, run)


def _explain(say: Wording, code: str, *, language: str | None, format: str, verbose: bool, day: date) -> None:
    from backend_advisor import knowledge
    from backend_advisor.cli.asking import spoken
    from backend_advisor.cli.codes import unknown_code
    from backend_advisor.cli.output import terminal_style, write, write_json
    from backend_advisor.report.playbook_page import playbook_page

    known = knowledge.load()
    try:
        playbook = known.playbook(code)
    except KeyError:
        raise click.ClickException(unknown_code(code, known, say)) from None
    if format == "json":
        write_json(playbook)
        return
    write(playbook_page(playbook, known, terminal_style(spoken(language, say), verbose=verbose), day))
