"""`advisor completion`: the script that makes a shell complete our commands."""

import click
from click.shell_completion import get_completion_class

from backend_advisor.cli.options import make
from backend_advisor.cli.wording import Wording

SHELLS = ("bash", "zsh", "fish")


def command(say: Wording) -> click.Command:
    """The command, worded."""

    def run(shell: str) -> None:
        kind = get_completion_class(shell)
        root = click.get_current_context().find_root().command
        if kind is not None:
            click.echo(kind(root, {}, "advisor", "_ADVISOR_COMPLETE").source())

    return make("completion", say, [click.Argument(["shell"], type=click.Choice(SHELLS))], run)
