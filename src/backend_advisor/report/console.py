"""Rich's console as a way to text: what is printed to it becomes a string, with or without colour."""

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType

from backend_advisor.model import Severity, Strength
from backend_advisor.report.style import Style

LEVEL_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
STRENGTH_STYLES = {
    Strength.PROVED: "bold green",
    Strength.DETECTED: "bold yellow",
    Strength.INFERRED: "cyan",
    Strength.GENERAL: "dim",
}


def to_text(renderables: Iterable[RenderableType], style: Style) -> str:
    """What a terminal of the reader's width would show, without trailing blanks."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=style.width,
        color_system="standard" if style.colour else None,
        force_terminal=style.colour,
        no_color=not style.colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for renderable in renderables:
        console.print(renderable, soft_wrap=False)
    return "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))
