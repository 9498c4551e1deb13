"""`advisor facts`: what changes with time or version, as it is on a day."""

import re
from datetime import date, timedelta
from typing import Any

import click

from backend_advisor.cli.options import day_option, language_option, make
from backend_advisor.cli.wording import Wording

_PERIOD = re.compile(r"(\d{1,4})\s*([dwmy])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30.44, "y": 365.25}


class Period(click.ParamType):  # type: ignore[type-arg]
    """A stretch of time such as `6m`, as days."""

    name = "PERIOD"

    def __init__(self, say: Wording) -> None:
        self._say = say

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = _PERIOD.fullmatch(str(value).strip())
        if match is None:
            self.fail(self._say("period_wrong", value=value), param, ctx)
        return round(int(match[1]) * _DAYS[match[2].lower()])


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["words"], nargs=-1, metavar="[WORDS]..."),
        click.Option(
            ["--changing-within", "within"], type=Period(say), help=say("option_changing_within"), metavar="6m"
        ),
        click.Option(["--overdue"], is_flag=True, help=say("option_overdue")),
        day_option(say),
        language_option(say),
        click.Option(
            ["--format", "format"], type=click.Choice(["text", "json"]), default="text", help=say("option_format")
        ),
    ]

    def run(words: tuple[str, ...], **chosen: Any) -> None:
        _facts(say, [word.casefold() for word in words], **chosen)

    return make("facts", say, parameters, run)


def _facts(
    say: Wording,
    words: list[str],
    *,
    within: int | None,
    overdue: bool,
    day: date,
    language: str | None,
    format: str,
) -> None:
    from backend_advisor import knowledge
    from backend_advisor.cli.asking import spoken
    from backend_advisor.cli.output import terminal_style, write, write_json
    from backend_advisor.knowledge.facts import in_order, state
    from backend_advisor.report.facts import fact_line

    known = knowledge.load()
    chosen = spoken(language, say)
    stated = [state(name, known.facts[name], chosen, day) for name in in_order(known.facts, day)]
    last = (day + timedelta(days=within)).isoformat() if within is not None else None
    shown = [
        one
        for one in stated
        if (last is None or (one.change is not None and one.change.date <= last))
        and (not overdue or one.overdue)
        and all(word in f"{one.id} {one.what} {one.value}".casefold() for word in words)
    ]
    if format == "json":
        write_json(shown)
        return
    if not shown:
        write(say("facts_none" if words else "facts_none_overdue" if overdue else "facts_none_changing") + "\n")
        return
    style = terminal_style(chosen, verbose=True)
    blocks = []
    for one in shown:
        source = known.sources[one.source]
        blocks.append(f"{one.id}\n  {fact_line(one, style)}\n  {source.title}, {source.section} {source.url}")
    write("\n".join(blocks) + "\n")
