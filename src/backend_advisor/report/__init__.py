"""Reports as text: one module for each output format, all reading the same Report and nothing else."""

from collections.abc import Callable
from importlib import import_module

from backend_advisor.model import Language, Report

Address = Callable[[str], str]
MODULES = {
    "text": "terminal",
    "review": "review",
    "concise": "concise",
    "markdown": "markdown",
    "html": "html",
    "json": "json_format",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
}
"""Format → module. `text` answers a question, `review` lists findings in their code; both are for a terminal."""

_FOR_SERVICES = frozenset({"sarif", "github", "gitlab"})
"""Formats for those who know the repository and not the folder that the review ran in."""


def render(
    report: Report,
    format: str,
    *,
    verbose: bool = False,
    colour: bool = False,
    width: int = 100,
    language: Language | None = None,
    address: Address = str,
) -> str:
    """The report in a format, ending with a line break (unless empty); raises KeyError for an unknown format.

    `address` tells the name of a file from its repository's root, for formats that services read.
    """
    from backend_advisor.report.addresses import addresses, renamed
    from backend_advisor.report.clean import clean
    from backend_advisor.report.secrets import without_secrets
    from backend_advisor.report.style import Style

    module = import_module(f"{__name__}.{MODULES[format]}")
    style = Style(verbose=verbose, colour=colour, width=max(width, 40), language=language or report.case.language)
    shown = clean(without_secrets(report))
    if format in _FOR_SERVICES:
        shown = renamed(shown, addresses(shown.case, address))
    text: str = module.render(shown, style)
    return text if not text or text.endswith("\n") else text + "\n"
