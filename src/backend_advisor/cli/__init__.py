"""The command line: a thin door. Each command is loaded when it is called, so that help stays instant."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from backend_advisor.cli.errors import OutputLostError
from backend_advisor.cli.worded import Worded, show_error
from backend_advisor.cli.wording import Wording, chosen_language, help_option

COMMANDS = ("ask", "review", "query", "explain", "search", "decide", "facts", "calc", "doctor", "schema", "completion")

_INTERRUPTED = 130
_FAILED = 2


class _Commands(Worded, click.Group):
    """Finds a command in the module of its name, worded in the reader's language."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:
                return None
            raise click.UsageError(self.say("command_unknown", name=cmd_name), ctx)
        module = import_module(f"{__name__}.{cmd_name}")
        command: click.Command = module.command(Wording(chosen_language()))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Name the commands without loading one."""
        say = Wording(chosen_language())
        with formatter.section(say("commands")):
            formatter.write_dl([(name, say(f"{name}_short")) for name in COMMANDS])


def program(say: Wording) -> click.Group:
    """The command `advisor`."""
    group = _Commands(
        name="advisor",
        help=f"{say('program_help')}\n\n\b\n{say('program_examples').rstrip()}",
        add_help_option=False,
        context_settings={"max_content_width": 100},
    )
    group.say = say
    group.params.append(
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help=say("version_help"),
        )
    )
    group.params.append(help_option(say))
    return group


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; whatever goes wrong is one clear message, never a traceback."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    say = Wording(chosen_language(arguments))
    try:
        result = program(say).main(list(arguments), prog_name="advisor", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        show_error(error, say)
        return _FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo(say("interrupted"), err=True)
        return _INTERRUPTED
    except BrokenPipeError:
        _ignore_closed_pipe()
        return 0
    except OutputLostError as error:
        _ignore_closed_pipe()
        click.echo(say("error", message=say("output_lost", cause=error)), err=True)
        return _FAILED
    except Exception as error:
        return _unexpected(error, say)
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception, say: Wording) -> int:
    if os.environ.get("ADVISOR_DEBUG"):
        import traceback

        traceback.print_exception(error)
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(say("unexpected", cause=_printable(cause)[:500]), err=True)
    return _FAILED


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _ignore_closed_pipe() -> None:
    """The reader has gone; writing on at exit would complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"advisor {version('backend-expert-advisor')}")
        ctx.exit()
