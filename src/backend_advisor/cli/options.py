"""Options that several commands share."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from backend_advisor.cli.worded import Worded
from backend_advisor.cli.wording import Wording, help_option
from backend_advisor.report import MODULES

FORMATS = tuple(name for name in MODULES if name != "review")

type_of_file = click.Path(path_type=Path, dir_okay=False)


class RowCount(click.ParamType):  # type: ignore[type-arg]
    """`TABLE=N`; N may carry underscores, commas or one of k, M, B."""

    name = "TABLE=N"
    _UNITS: Mapping[str, int] = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}

    def __init__(self, say: Wording) -> None:
        self._say = say

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return str(value[0]), int(value[1])
        table, _, number = str(value).partition("=")
        unit = number[-1:].lower() if number[-1:].isalpha() else ""
        digits = number[: len(number) - len(unit)].replace(",", "").replace("_", "")
        try:
            count = float(digits) * self._UNITS[unit]
        except (ValueError, KeyError):
            count = -1
        if not table.strip() or not 0 <= count < 1e15:
            self.fail(self._say("rows_wrong", value=value), param, ctx)
        return table.strip(), int(count)


class Day(click.ParamType):  # type: ignore[type-arg]
    """A day as `YYYY-MM-DD`."""

    name = "DATE"

    def __init__(self, say: Wording) -> None:
        self._say = say

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(self._say("day_wrong", value=value), param, ctx)


def day_option(say: Wording) -> click.Option:
    """`--as-of`: the day for which facts that change are told."""
    return click.Option(
        ["--as-of", "day"], type=Day(say), default=date.today, help=say("option_as_of"), metavar="YYYY-MM-DD"
    )


def language_option(say: Wording) -> click.Option:
    """`--lang`."""
    return click.Option(
        ["--lang", "language"], type=click.Choice(["auto", "en", "ko"]), help=say("option_lang"), metavar="auto|en|ko"
    )


def report_options(say: Wording) -> list[click.Parameter]:
    """How a report is shown and where it goes."""
    return [
        language_option(say),
        click.Option(
            ["--format", "format"],
            type=click.Choice(FORMATS),
            envvar="ADVISOR_FORMAT",
            show_envvar=True,
            help=say("option_format"),
        ),
        click.Option(["-o", "--output"], type=type_of_file, help=say("option_output"), metavar="FILE"),
        click.Option(["-v", "--verbose"], is_flag=True, help=say("option_verbose")),
    ]


def proof_options(say: Wording) -> list[click.Parameter]:
    """Whether and on what terms claims are tested."""
    return [
        click.Option(["--prove/--no-prove"], default=None, help=say("option_prove")),
        click.Option(["--rows"], type=RowCount(say), multiple=True, help=say("option_rows"), metavar="TABLE=N"),
    ]


def make(name: str, say: Wording, parameters: Sequence[click.Parameter], run: Callable[..., object]) -> click.Command:
    """A command whose help, with its examples, is in the phrases."""
    command = Worded(
        name,
        params=[*parameters, help_option(say)],
        add_help_option=False,
        callback=run,
        help=f"{say(f'{name}_help')}\n\n\b\n{say(f'{name}_examples').rstrip()}",
        short_help=say(f"{name}_short"),
    )
    command.say = say
    return command


def existing(path: Path | None, say: Wording) -> Path | None:
    """A file that must be there, when one is named."""
    if path is not None and not path.is_file():
        key = "file_wrong" if os.path.lexists(path) else "file_missing"
        raise click.ClickException(say(key, path=path))
    return path
