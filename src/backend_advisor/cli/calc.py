"""`advisor calc`: calculators that show their working."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from backend_advisor import calculators
from backend_advisor.cli.options import language_option
from backend_advisor.cli.worded import Worded
from backend_advisor.cli.wording import Wording, help_option

if TYPE_CHECKING:
    from backend_advisor.calculators.calculation import Calculation
    from backend_advisor.calculators.description import Asked, Description
    from backend_advisor.model import Language

_FORMATS = ("text", "markdown", "json")
_NARROW, _USUAL = 40, 100
_NAMED = f"{__name__}.named"


class _Calculating(Worded):
    """A command whose help tells of the calculator that is named beside `--help`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_NAMED] = next((word for word in args if _is_name(word)), None)
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The inputs of the named calculator, else how to call any."""
        named = ctx.meta.get(_NAMED)
        if named is None:
            super().format_help_text(ctx, formatter)
            return
        formatter.write("\n" + _described(calculators.describe(named, self.say.language), self.say.language))


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["name"], required=False, metavar="[NAME]", shell_complete=_complete),
        click.Argument(["pairs"], nargs=-1, metavar="[INPUT=VALUE]..."),
        language_option(say),
        click.Option(["--format", "format"], type=click.Choice(_FORMATS), default="text", help=say("option_format")),
        help_option(say),
    ]

    def run(name: str | None, pairs: tuple[str, ...], **chosen: Any) -> None:
        _calc(say, name, pairs, **chosen)

    made = _Calculating(
        "calc",
        params=parameters,
        add_help_option=False,
        callback=run,
        help=f"{say('calc_help')}\n\n\b\n{say('calc_examples').rstrip()}",
        short_help=say("calc_short"),
    )
    made.say = say
    return made


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in calculators.NAMES if name.startswith(incomplete)]


def _is_name(word: str) -> bool:
    return word.strip().lower().replace("_", "-") in calculators.NAMES


def _calc(say: Wording, name: str | None, pairs: Sequence[str], *, language: str | None, format: str) -> None:
    chosen = _spoken(language, say)
    if name is None:
        _list(say, chosen, format)
        return
    try:
        description = calculators.describe(name, chosen)
    except calculators.UnknownCalculatorError as error:
        raise click.ClickException(_unknown(error, say)) from None
    if not pairs and any(one.required for one in description.inputs):
        _explain(description, chosen, format)
        return
    try:
        calculation = calculators.calculate(name, _inputs(pairs, say), chosen)
    except calculators.InputError as error:
        raise click.ClickException(error.message(chosen)) from None
    _show(calculation, chosen, format)


def _spoken(language: str | None, say: Wording) -> "Language":
    """A language as given, else the reader's own; without loading what answers questions."""
    if language == "ko":
        return "ko"
    return "en" if language == "en" else say.language


def _unknown(error: calculators.UnknownCalculatorError, say: Wording) -> str:
    from backend_advisor.calculators.inputs import quoted

    near = ", ".join(error.near or calculators.NAMES)
    return say("calculator_unknown_near" if error.near else "calculator_unknown", name=quoted(error.name), near=near)


def _inputs(pairs: Sequence[str], say: Wording) -> Mapping[str, str]:
    from backend_advisor.calculators.inputs import quoted

    inputs: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise click.ClickException(say("pair_wrong", text=quoted(pair)))
        if key.strip() in inputs:
            raise calculators.InputError(quoted(key), "twice")
        inputs[key.strip()] = value
    return inputs


def _list(say: Wording, language: "Language", format: str) -> None:
    """All calculators, one line each."""
    from backend_advisor.cli.output import write, write_json

    about = {name: calculators.about(name, language) for name in calculators.NAMES}
    if format == "json":
        write_json([{"name": name, "about": text} for name, text in about.items()])
    elif format == "markdown":
        write("\n".join(f"- `{name}`: {text}" for name, text in about.items()) + "\n")
    else:
        formatter = click.HelpFormatter(width=_width())
        formatter.write_dl(list(about.items()))
        write(formatter.getvalue() + "\n" + say("calc_next") + "\n")


def _explain(description: "Description", language: "Language", format: str) -> None:
    """What a calculator takes."""
    from backend_advisor.cli.output import write, write_json

    if format == "json":
        write_json(description)
    else:
        write(_described(description, language))


def _described(description: "Description", language: "Language") -> str:
    from backend_advisor.phrases import phrase

    def say(key: str, **values: object) -> str:
        return phrase("backend_advisor.calculators", language, key, **values)

    def when(one: "Asked") -> str:
        if one.required:
            return say("is_required")
        return say("is_assumed", value=one.assumed) if one.assumed else say("is_optional")

    formatter = click.HelpFormatter(width=_width())
    formatter.write_text(f"{description.title}. {description.about}")
    with formatter.section(say("heading_inputs")):
        formatter.write_dl([(one.example, f"{one.meaning} [{when(one)}]") for one in description.inputs])
    with formatter.section(say("heading_example")):
        formatter.write(f"  advisor calc {description.name} {description.example}\n")
    return formatter.getvalue()


def _width() -> int:
    """Columns for lists: those of the terminal, within reason."""
    return min(max(shutil.get_terminal_size((_USUAL, 24)).columns, _NARROW), _USUAL)


def _show(calculation: "Calculation", language: "Language", format: str) -> None:
    from backend_advisor import knowledge
    from backend_advisor.cli.output import terminal_style, write, write_json

    sources = knowledge.load().sources
    if format == "json":
        cited = [sources[name] for name in calculation.sources]
        write_json({**asdict(calculation), "sources": [asdict(source) for source in cited]})
    elif format == "markdown":
        from backend_advisor.calculators.markdown import to_markdown

        write(to_markdown(calculation, sources))
    else:
        from backend_advisor.report.calculation import calculation_text

        write(calculation_text(calculation, sources, terminal_style(language, verbose=True)))
