"""Reports as text: one module for each output format, all reading the same Report and nothing else."""

from importlib import import_module

from backend_advisor.model import Language, Report

MODULES = {
    "text": "terminal",
    "review": "review",
    "concise": "concise",
    "markdown": "markdown",
    "html": "html",
    "json": "json_format",
    "sarif": "sarif",
    "github": "github",
}
"""Format → module. `text` answers a question, `review` lists findings in their code; both are for a terminal."""


def render(
    report: Report,
    format: str,
    *,
    verbose: bool = False,
    colour: bool = False,
    width: int = 100,
    language: Language | None = None,
) -> str:
    """The report in a format, ending with a line break (unless empty); raises KeyError for an unknown format."""
    from backend_advisor.report.clean import clean
    from backend_advisor.report.secrets import without_secrets
    from backend_advisor.report.style import Style

    module = import_module(f"{__name__}.{MODULES[format]}")
    style = Style(verbose=verbose, colour=colour, width=max(width, 40), language=language or report.case.language)
    text: str = module.render(clean(without_secrets(report)), style)
    return text if not text or text.endswith("\n") else text + "\n"
