"""`advisor search`: the playbooks that fit some words."""

from typing import Any

import click

from backend_advisor.cli.options import language_option, make
from backend_advisor.cli.wording import Wording


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        click.Argument(["words"], nargs=-1, required=True, metavar="WORDS..."),
        click.Option(
            ["-n", "--limit"], type=click.IntRange(1, 100), default=10, show_default=True, help=say("option_limit")
        ),
        language_option(say),
        click.Option(
            ["--format", "format"], type=click.Choice(["text", "json"]), default="text", help=say("option_format")
        ),
    ]

    def run(words: tuple[str, ...], **chosen: Any) -> None:
        _search(say, " ".join(words), **chosen)

    return make("search", say, parameters, run)


def _search(say: Wording, words: str, *, limit: int, language: str | None, format: str) -> None:
    from backend_advisor import knowledge
    from backend_advisor.cli.asking import spoken
    from backend_advisor.cli.output import write, write_json

    chosen = spoken(language, say)
    hits = knowledge.load().search(words, chosen, limit=limit)
    if format == "json":
        found = [(hit.playbook, hit.score) for hit in hits]
        write_json(
            [
                {"code": one.code, "name": one.name, "title": one.pages[chosen].title, "score": round(score, 4)}
                for one, score in found
            ]
        )
        return
    if not hits:
        write(say("search_nothing", words=" ".join(words.split())) + "\n")
        return
    lines = [f"{hit.playbook.code:<8} {hit.playbook.pages[chosen].title}" for hit in hits]
    write("\n".join([*lines, "", say("search_next", code=hits[0].playbook.code)]) + "\n")
