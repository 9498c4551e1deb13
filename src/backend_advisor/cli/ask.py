"""`advisor ask`: a question in, an answer out."""

import sys
from pathlib import Path
from typing import Any

import click

from backend_advisor.cli.options import day_option, existing, make, proof_options, report_options
from backend_advisor.cli.wording import Wording

_LONGEST_NAME = 255


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["text"], nargs=-1, metavar="[TEXT|-]"),
        click.Option(
            ["-f", "--file", "files"],
            multiple=True,
            type=click.Path(path_type=Path),
            help=say("option_file"),
            metavar="FILE",
        ),
        *proof_options(say),
        day_option(say),
        *report_options(say),
    ]

    def run(text: tuple[str, ...], files: tuple[Path, ...], **chosen: Any) -> None:
        named = _named_files(text)
        words = tuple(word for word in text if Path(word) not in named)
        question = read_question(words, say) if words or not text else ""
        told = _in_language_of(question, say, chosen.get("language"))
        for path in named:
            click.echo(told("word_is_file", path=path), err=True)
        files = (*files, *named)
        for file in files:
            if not file.is_dir():
                existing(file, say)
        if not question.strip() and not files:
            raise click.UsageError(say("ask_nothing"))
        from backend_advisor.cli.asking import answered

        answered(question, files, say=say, **chosen)

    return make("ask", say, parameters, run)


def _named_files(words: tuple[str, ...]) -> tuple[Path, ...]:
    """The words that name files, given without --file."""
    named = (Path(word) for word in words if ("." in word or "/" in word) and len(word.encode()) <= _LONGEST_NAME)
    return tuple(path for path in named if path.is_file())


def _in_language_of(question: str, say: Wording, chosen: str | None) -> Wording:
    """The wording of messages beside an answer: as asked for, else that of the question."""
    from backend_advisor.intake.language import language_of

    return say if chosen in ("en", "ko") or not question.strip() else Wording(language_of(question))


def read_question(words: tuple[str, ...], say: Wording) -> str:
    """The words given, or standard input for `-` and when something is piped in."""
    if words == ("-",) or (not words and not sys.stdin.isatty()):
        return read_stdin(say)
    return " ".join(words)


def read_stdin(say: Wording) -> str:
    """All of standard input, whatever Unicode encoding it has, or Korean Windows's own."""
    data: bytes = sys.stdin.buffer.read()
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise click.ClickException(say("stdin_unreadable"))
