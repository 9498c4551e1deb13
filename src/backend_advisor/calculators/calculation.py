"""What a calculation is: its inputs, its working, its conclusion, and the page on which a calculator writes them."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs, defaults, kinds
from backend_advisor.phrases import fill, phrase, phrases

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from backend_advisor.model import Code, Language

_DIGITS = re.compile(r"[\d.]+")
_CITED = re.compile(r" ?\[@([a-z0-9-]+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An input as it was taken; an assumed one says why it is so much."""

    name: str
    value: str
    meaning: str
    assumed: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """One step: what is computed, the formula, the same with numbers, and the result with its unit."""

    what: str
    formula: str
    numbers: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """A calculation in one language. `[n]` in its texts counts into `sources`, ids of the source registry, from 1.

    `results` are the figures by name in base units: seconds, bytes, per second, shares (0 to 1), counts.
    """

    name: str
    title: str
    language: "Language"
    inputs: tuple[Given, ...]
    assumptions: tuple[str, ...] = ()
    working: tuple[Working, ...] = ()
    conclusion: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    code: tuple["Code", ...] = ()
    sources: tuple[str, ...] = ()
    results: Mapping[str, Any] = field(default_factory=dict)


class Page:
    """Collects what a calculator says, in the phrases beside it."""

    def __init__(self, package: str, language: "Language") -> None:
        self.language = language
        self.figures = Figures(language)
        self.working: list[Working] = []
        self.code: list[Code] = []
        self._package = package
        self._said: dict[str, list[str]] = {"holds": [], "says": [], "warns": []}

    def step(self, key: str, /, **values: object) -> None:
        """Add a step; its phrase has four lines: what, formula, numbers, result."""
        lines = phrases(self._package, self.language)[f"step_{key}"].strip().split("\n")
        what, formula, numbers, result = (fill(line, values) for line in lines)
        self.working.append(Working(what=what, formula=formula, numbers=numbers, result=result))

    def holds(self, key: str, /, **values: object) -> None:
        """Name an assumption of the model."""
        self._said["holds"].append(self.text(f"holds_{key}", **values))

    def says(self, key: str, /, **values: object) -> None:
        """Add to the conclusion."""
        self._said["says"].append(self.text(f"says_{key}", **values))

    def warns(self, key: str, /, **values: object) -> None:
        """Add a warning."""
        self._said["warns"].append(self.text(f"warns_{key}", **values))

    def text(self, key: str, /, **values: object) -> str:
        """One phrase of the calculator."""
        return phrase(self._package, self.language, key, **values)

    def calculation(
        self, name: str, inputs: Inputs, given: Mapping[str, str], result: "DataclassInstance"
    ) -> Calculation:
        """All that was said, with its citations numbered. `given` holds the texts of what was given, or empty ones."""
        made = Calculation(
            name=name,
            title=self.text("title"),
            language=self.language,
            inputs=tuple(self._inputs(inputs, given)),
            assumptions=tuple(self._said["holds"]),
            working=tuple(self.working),
            conclusion=tuple(self._said["says"]),
            warnings=tuple(self._said["warns"]),
            code=tuple(self.code),
            results=_tidy(asdict(result)),
        )
        return _numbered(made)

    def _inputs(self, inputs: Inputs, given: Mapping[str, str]) -> Iterator[Given]:
        assumed = defaults(type(inputs))
        for name, kind in kinds(type(inputs)).items():
            value = getattr(inputs, name)
            if value is None:
                continue
            by_us = name in assumed and name not in given
            yield Given(
                name=name,
                value=_as_written(given.get(name, ""), kind.show(value, self.figures)),
                meaning=self.text(f"input_{name}"),
                assumed=by_us,
                reason=self.text(f"assumed_{name}") if by_us else "",
            )


Taken = TypeVar("Taken", bound=Inputs)
Result = TypeVar("Result", bound="DataclassInstance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculator(Generic[Taken, Result]):
    """A calculator: its inputs, the pure function over them, and how a page shows the result."""

    inputs: type[Taken]
    compute: Callable[[Taken], Result]
    explain: Callable[[Taken, Result, Page], None]


def _as_written(text: str, read: str) -> str:
    """A given text, and how it was read where that has other digits; a text that was cut is not worth its place."""
    same = _DIGITS.findall(text.replace(",", "")) == _DIGITS.findall(read.replace(",", ""))
    return read if same or not text or text.endswith("…") else f"{text} ({read})"


def _tidy(value: Any) -> Any:
    """Results without the last digits' noise of arithmetic."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(item) for item in value]
    return value


def without_citations(text: str) -> str:
    """A text without its `[@id]`, where no sources are listed."""
    return _CITED.sub("", text)


def _numbered(made: Calculation) -> Calculation:
    """The calculation with `[@id]` as numbers, in the order of their first appearance."""
    sources: dict[str, int] = {}

    def number(text: str) -> str:
        return _CITED.sub(lambda cited: f" [{sources.setdefault(cited[1], len(sources) + 1)}]", text)

    def numbers(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(number(text) for text in texts)

    numbered = replace(
        made,
        inputs=tuple(replace(one, meaning=number(one.meaning), reason=number(one.reason)) for one in made.inputs),
        assumptions=numbers(made.assumptions),
        working=tuple(replace(one, what=number(one.what)) for one in made.working),
        conclusion=numbers(made.conclusion),
        warnings=numbers(made.warnings),
    )
    return replace(numbered, sources=tuple(sources))
