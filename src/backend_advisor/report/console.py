"""Rich's console as a way to text: what is printed to it becomes a string, with or without colour."""

import io
import re
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backend_advisor.model import Severity, Strength
from backend_advisor.report.markdown import without_html
from backend_advisor.report.paragraphs import paragraphs
from backend_advisor.report.style import Style

_WORKFLOW_COMMAND = re.compile(
    r"^((?:\x1b\[[\d;]*m|\s)*)::(?=(?:error|warning|notice|debug|group|endgroup|echo|add-|remove-|set-|save-|stop-))",
    re.MULTILINE,
)
"""A line that a CI runner would obey when a quoted text began one; it is broken apart."""

_FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)

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
        console.print(renderable, soft_wrap=_is_code(renderable))
    lines = (line.rstrip() for line in buffer.getvalue().split("\n"))
    return _WORKFLOW_COMMAND.sub(r"\1: :", "\n".join(lines))


def code_text(code: str, colour: str = "cyan") -> Text:
    """Code is never wrapped or cut, so that it can be copied."""
    return Text(code, style=colour, no_wrap=True, overflow="ignore")


def indented(block: RenderableType, by: int = 2) -> RenderableType:
    """A block further to the right."""
    if isinstance(block, Text) and _is_code(block):
        return code_text("\n".join(" " * by + line for line in block.plain.split("\n")), str(block.style))
    return Padding(block, (0, 0, 0, by), expand=False)


def prose(text: str) -> list[RenderableType]:
    """Markdown as blocks: its code stands apart, so that it is not wrapped."""
    blocks: list[RenderableType] = []
    for number, piece in enumerate(_FENCE.split(text)):
        if not piece.strip():
            continue
        if number % 2:
            blocks.append(code_text("\n".join(f"   {line}" for line in piece.rstrip().split("\n"))))
        else:
            blocks.append(paragraphs(piece) or _anything(piece))
    return blocks or [Text()]


def _anything(text: str) -> RenderableType:
    """Any Markdown, by Rich's own reading, which is slow to import."""
    from rich.markdown import Markdown

    return Markdown(without_html(text), code_theme="ansi_dark", hyperlinks=False)


def item(lead: str, text: str) -> list[RenderableType]:
    """An item of a list: its mark beside the first block, the others below."""
    first, *others = prose(text)
    if isinstance(first, Text):
        return [Text(lead), indented(first), *map(indented, others)]
    return [beside(lead, first), *(indented(block) for block in others)]


def beside(lead: str, block: RenderableType) -> Table:
    """A block with a mark before it."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    # With its default, "ellipsis", a table eats the last letter of a line of wide characters that a blank follows.
    grid.add_column(overflow="fold")
    grid.add_row(lead, block)
    return grid


def _is_code(block: RenderableType) -> bool:
    return isinstance(block, Text) and bool(block.no_wrap) and block.overflow == "ignore"
