"""A calculation as Markdown, alone or inside an answer."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from backend_advisor.phrases import phrase

if TYPE_CHECKING:
    from backend_advisor.calculators.calculation import Calculation, Given, Working
    from backend_advisor.model import Source

_PACKAGE = __package__ or ""


def to_markdown(calculation: "Calculation", sources: Mapping[str, "Source"], level: int = 1) -> str:
    """The whole calculation with its title at a heading's level; raises KeyError for a source that is not known."""
    parts = [f"{'#' * level} {calculation.title}", *_inputs(calculation, level)]
    parts.append(_section(calculation, "working", level, _numbered(map(_working, calculation.working))))
    parts.append(_section(calculation, "conclusion", level, _bullets(calculation.conclusion)))
    parts += [f"```{code.language}\n{code.text}\n```" for code in calculation.code]
    parts.append(_section(calculation, "warnings", level, _bullets(calculation.warnings)))
    cited = (_source(sources[name]) for name in calculation.sources)
    parts.append(_section(calculation, "sources", level, _numbered(cited)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _inputs(calculation: "Calculation", level: int) -> Iterator[str]:
    given = [one for one in calculation.inputs if not one.assumed]
    if given:
        names = [_say(calculation, f"column_{key}") for key in ("input", "value", "meaning")]
        rows = [_row(names), "|---|---|---|", *map(_given, given)]
        yield _section(calculation, "given", level, "\n".join(rows))
    assumed = [f"`{one.name}` = {_code(one.value)}: {one.reason}" for one in calculation.inputs if one.assumed]
    yield _section(calculation, "assumed", level, _bullets([*assumed, *calculation.assumptions]))


def _given(one: "Given") -> str:
    return _row([f"`{one.name}`", _code(one.value), one.meaning])


def _working(one: "Working") -> str:
    return f"{one.what}  \n{_code(one.formula)}  \n{_code(one.numbers)} = **{one.result}**"


def _source(source: "Source") -> str:
    return f"{source.publisher}, {source.title}, {source.section}: <{source.url}>"


def _section(calculation: "Calculation", key: str, level: int, body: str) -> str:
    return f"{'#' * (level + 1)} {_say(calculation, f'heading_{key}')}\n\n{body}" if body else ""


def _say(calculation: "Calculation", key: str) -> str:
    return phrase(_PACKAGE, calculation.language, key)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _numbered(items: Iterable[str]) -> str:
    return "\n".join(f"{number}. " + item.replace("\n", "\n   ") for number, item in enumerate(items, 1))


def _code(text: str) -> str:
    """Inline code: the asker's own text may hold anything, also in a table."""
    return f"`{text.replace('`', chr(39)).replace('|', '¦')}`"
