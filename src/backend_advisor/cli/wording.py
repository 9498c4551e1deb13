"""The language of the command line itself, and its texts."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from backend_advisor.phrases import phrase

if TYPE_CHECKING:
    from backend_advisor.model import Language

_PACKAGE = __package__ or ""
_LOCALE_VARIABLES = ("ADVISOR_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


class Wording:
    """The phrases of this room in one language, filled in on a call."""

    __slots__ = ("language",)

    def __init__(self, language: "Language") -> None:
        self.language = language

    def __call__(self, key: str, /, **values: object) -> str:
        """One phrase."""
        return phrase(_PACKAGE, self.language, key, **values)


def chosen_language(arguments: Sequence[str] | None = None) -> "Language":
    """The language of help and messages: `--lang`, else the locale."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for position, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and position + 1 < len(words):
            value = words[position + 1]
        if value in ("en", "ko"):
            return "ko" if value == "ko" else "en"
    locale = next((os.environ[name] for name in _LOCALE_VARIABLES if os.environ.get(name)), "")
    return "ko" if locale.lower().startswith("ko") else "en"


def help_option(say: Wording) -> click.Option:
    """`--help`, worded in the reader's language."""

    def show(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()

    return click.Option(
        ["-h", "--help"], is_flag=True, expose_value=False, is_eager=True, callback=show, help=say("help_help")
    )
