"""`advisor decide`: the options of a decision guide weighed for a case, also as an architecture decision record."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from backend_advisor.cli.options import day_option, language_option, make, type_of_file
from backend_advisor.cli.wording import Wording

if TYPE_CHECKING:
    from backend_advisor.knowledge import Knowledge
    from backend_advisor.knowledge.decisions import Guide

_ANSWERS = {"yes": "yes", "y": "yes", "true": "yes", "예": "yes", "no": "no", "n": "no", "false": "no", "아니요": "no"}


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["name"], required=False, metavar="[GUIDE]"),
        click.Argument(["words"], nargs=-1, metavar="[CRITERION=yes|no | TEXT]..."),
        click.Option(["--adr"], type=type_of_file, help=say("option_adr"), metavar="FILE"),
        day_option(say),
        language_option(say),
        click.Option(["--format", "format"], type=click.Choice(["text", "markdown", "json"]), default="text",
                     help=say("option_format")),
        click.Option(["-v", "--verbose"], is_flag=True, help=say("option_verbose")),
    ]  # fmt: skip

    def run(name: str | None, words: tuple[str, ...], **chosen: Any) -> None:
        from backend_advisor import knowledge

        known = knowledge.load()
        if name is None:
            _list(known, say, chosen["language"])
        elif name not in known.guides:
            raise click.ClickException(say("decide_unknown", name=name, names=", ".join(known.guides)))
        else:
            _decide(known, name, words, say=say, **chosen)

    return make("decide", say, parameters, run)


def _list(known: "Knowledge", say: Wording, language: str | None) -> None:
    from backend_advisor.cli.asking import spoken
    from backend_advisor.cli.output import write

    chosen = spoken(language, say)
    width = max(map(len, known.guides), default=0)
    lines = [f"{name:<{width}}  {known.guide(name).question.in_language(chosen)}" for name in known.guides]
    write("\n".join(lines) + "\n")


def _decide(  # noqa: PLR0913 - one argument for each option of the command
    known: "Knowledge",
    name: str,
    words: Sequence[str],
    *,
    say: Wording,
    adr: Path | None,
    day: date,
    language: str | None,
    format: str,
    verbose: bool,
) -> None:
    from backend_advisor import intake
    from backend_advisor.advice.deciding import decide
    from backend_advisor.cli.asking import as_asked
    from backend_advisor.cli.output import terminal_style, write, write_json
    from backend_advisor.report.decisions import decision_record, decision_text

    guide = known.guide(name)
    given, text = _read(words, guide, say)
    case = intake.read(text, (), as_asked(language, say, is_asked=bool(text.strip())))
    decision = decide(name, guide, case, known.sources, given)
    style = terminal_style(case.language, verbose=verbose)
    if adr is not None:
        adr.write_text(decision_record(decision, case, style, day), "utf-8")
        click.echo(say("decide_written", path=adr), err=True)
    if format == "json":
        write_json(decision)
    else:
        write(decision_text(decision, style, markdown=format == "markdown"))


def _read(words: Sequence[str], guide: "Guide", say: Wording) -> tuple[dict[str, Literal["yes", "no"]], str]:
    """The answers given outright, and the rest as the text of the case."""
    given: dict[str, Literal["yes", "no"]] = {}
    text = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.replace("_", "").isalnum():
            text.append(word)
        elif key not in guide.criteria:
            raise click.UsageError(say("decide_criterion", name=key, names=", ".join(guide.criteria)))
        elif value.strip().lower() not in _ANSWERS:
            raise click.UsageError(say("decide_answer", name=key, value=value))
        else:
            given[key] = cast("Literal['yes', 'no']", _ANSWERS[value.strip().lower()])
    return given, " ".join(text)
