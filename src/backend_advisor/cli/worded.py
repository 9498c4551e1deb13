"""What click says by itself, in the reader's language: headings of help, and complaints about a call."""

import click

from backend_advisor.cli.wording import Wording


class Worded(click.Command):
    """A command whose help has its headings in the language of `say`."""

    say: Wording

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The line that shows how to call it."""
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{self.say('usage')} ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options, and the commands where there are some."""
        records = [record for one in self.get_params(ctx) if (record := one.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(self.say("options")):
                formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


def show_error(error: click.ClickException, say: Wording) -> None:
    """Write a complaint to the error output, after the usage where the call itself is wrong."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"{error.ctx.get_usage()}\n", err=True)
    click.echo(say("error", message=_message(error, say)), err=True)


def _message(error: click.ClickException, say: Wording) -> str:
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(sorted(error.possibilities or ()))
        return say("option_unknown_near" if near else "option_unknown", option=error.option_name, near=near)
    if isinstance(error, click.BadOptionUsage):
        return say("option_value", option=error.option_name)
    if isinstance(error, click.MissingParameter):
        return say("parameter_missing", name=_name(error))
    if isinstance(error, click.BadParameter):
        return say("parameter_wrong", name=_name(error), reason=_reason(error, say))
    return error.format_message()


def _name(error: click.BadParameter) -> str:
    return error.param.get_error_hint(error.ctx) if error.param is not None and error.ctx is not None else ""


def _reason(error: click.BadParameter, say: Wording) -> str:
    kind = error.param.type if error.param is not None else None
    if isinstance(kind, click.Choice):
        return say("choices", choices=", ".join(map(str, kind.choices)))
    if isinstance(kind, click.IntRange):
        return say("range", first=kind.min, last=kind.max)
    return say("is_folder") if isinstance(kind, click.Path) and not kind.dir_okay else error.message
