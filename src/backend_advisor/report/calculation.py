"""A calculation for a terminal: what was given and assumed, the working, the conclusion and its sources."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backend_advisor.calculators.calculation import Calculation
from backend_advisor.model import Source
from backend_advisor.phrases import phrase
from backend_advisor.report.console import beside, code_text, indented, to_text
from backend_advisor.report.sources import source_line
from backend_advisor.report.style import Style


def calculation_text(calculation: Calculation, sources: Mapping[str, Source], style: Style) -> str:
    """The whole calculation as it is printed; `sources` is the registry."""
    return to_text(_blocks(calculation, sources, style), style)


def _blocks(calculation: Calculation, sources: Mapping[str, Source], style: Style) -> Iterator[RenderableType]:
    """The calculation for a terminal."""
    yield Text(calculation.title, style="bold")
    yield from _inputs_blocks(calculation)
    yield from _heading(calculation, "working")
    for number, one in enumerate(calculation.working, 1):
        lines = [one.what, one.formula, f"{one.numbers} = {one.result}"]
        yield beside(f"{number:>4}.", Text("\n".join(lines)))
    yield from _section(calculation, "conclusion", calculation.conclusion, "•", "bold")
    for code in calculation.code:
        yield Text()
        yield indented(code_text(code.text))
    yield from _section(calculation, "warnings", calculation.warnings, "!", "yellow")
    if calculation.sources:
        yield from _heading(calculation, "sources")
    for number, name in enumerate(calculation.sources, 1):
        yield beside(f"{f'[{number}]':>5}", Text(source_line(sources[name], style), style="dim"))
        yield indented(code_text(sources[name].url, "dim"), 6)


def _inputs_blocks(calculation: Calculation) -> Iterator[RenderableType]:
    given = [(one.name, one.value, one.meaning) for one in calculation.inputs if not one.assumed]
    if given:
        yield from _heading(calculation, "given")
        yield _grid(given)
    assumed = [(one.name, one.value, f"{one.meaning} ({one.reason})") for one in calculation.inputs if one.assumed]
    if assumed or calculation.assumptions:
        yield from _heading(calculation, "assumed")
    if assumed:
        yield _grid(assumed)
    yield from _items(calculation.assumptions, "•", "")


def _grid(rows: Iterable[tuple[str, str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold", max_width=36)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _section(
    calculation: Calculation, key: str, texts: Sequence[str], mark: str, colour: str
) -> Iterator[RenderableType]:
    if texts:
        yield from _heading(calculation, key)
        yield from _items(texts, mark, colour)


def _heading(calculation: Calculation, key: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text(phrase("backend_advisor.calculators", calculation.language, f"heading_{key}"), style="bold")


def _items(texts: Iterable[str], mark: str, colour: str) -> Iterator[RenderableType]:
    for text in texts:
        yield beside(f"  {mark}", Text(text, style=colour))
