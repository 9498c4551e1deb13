"""What kinds of inputs there are: how each is read from text, which values it takes, and how it is shown.

An input is declared by annotating a field of a dataclass: `held: Annotated[float, duration("6ms")]`.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

from backend_advisor.calculators.amounts import MONTH, READERS, YEAR, Unreadable, rounded
from backend_advisor.calculators.figures import Figures


class Refused(Exception):
    """A value that an input does not take; `cause` is a key of this room's phrases, `values_of` fill it in."""

    def __init__(self, cause: str, **values: object) -> None:
        super().__init__(cause)
        self.cause = cause
        self.values_of = values


class Kind(Protocol):
    """A kind of input. `example` is a text that it reads."""

    @property
    def example(self) -> str:
        """A text that can be read."""

    @property
    def name(self) -> str:
        """The kind's key in the phrases."""

    def read(self, text: str) -> Any:
        """The value of a text; raises Unreadable."""

    def check(self, value: Any) -> None:
        """Raise Refused for a value that is out of bounds or of another type."""

    def show(self, value: Any, figures: Figures) -> str:
        """The value as a reader writes it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit, in base units. `least` itself is allowed only where `from_least` is set."""

    name: str
    example: str
    least: float = 0.0
    most: float = 1e15
    from_least: bool = False

    def read(self, text: str) -> float | int:
        """The value of a text in base units."""
        value = READERS[self.name](text)
        if self.name == "count" and math.isfinite(value) and value == int(value):
            return int(value)
        return value

    def check(self, value: Any) -> None:
        """Numbers only, finite, within the bounds, and whole where things are counted."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused("not_a_quantity", example=self.example)
        if math.isnan(value):
            raise Refused("not_finite", example=self.example)
        if value > self.most:
            raise Refused("too_large", most=_limit(self, self.most))
        if value < 0:
            raise Refused("negative", example=self.example)
        if value < self.least or (value == self.least and not self.from_least):
            raise Refused("too_small" if self.from_least else "not_above", least=_limit(self, self.least))
        if self.name == "count" and value != int(value):
            raise Refused("not_whole", example=self.example)

    def show(self, value: Any, figures: Figures) -> str:
        """The value with its unit."""
        return figures.of(self.name, value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    example: str
    allowed: tuple[str, ...]
    name: str = "choice"

    def read(self, text: str) -> str:
        """The word, whatever its case."""
        return text.strip().lower()

    def check(self, value: Any) -> None:
        """Only the allowed words."""
        if value not in self.allowed:
            raise Refused("choice", choices=", ".join(self.allowed))

    def show(self, value: Any, _figures: Figures) -> str:
        """The word."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Flow:
    """A rate that is either of things or of bytes."""

    value: float
    of: str = "things"


@dataclass(frozen=True, slots=True)
class FlowKind:
    """A rate of things ("20k/s") or of bytes ("50MB/s"); with `stored` an amount of either ("5M", "20GB")."""

    example: str
    stored: bool = False
    name: str = "flow"

    def read(self, text: str) -> Flow:
        """The flow; what is no rate of bytes is read as a rate of things, whose complaint is the clearer one."""
        things, data = ("count", "size") if self.stored else ("rate", "throughput")
        try:
            return Flow(READERS[data](text), "bytes")
        except Unreadable:
            return Flow(READERS[things](text))

    def check(self, value: Any) -> None:
        """Above zero and finite."""
        if not isinstance(value, Flow):
            raise Refused("not_a_quantity", example=self.example)
        Quantity("flow", self.example).check(value.value)

    def show(self, value: Any, figures: Figures) -> str:
        """The flow with its unit."""
        names = ("count", "size") if self.stored else ("rate", "throughput")
        return figures.of(names[value.of == "bytes"], value.value)


def count(example: str, least: int = 1, most: float = 1e12) -> Quantity:
    """A whole number of things."""
    return Quantity("count", example, least, most, from_least=True)


def duration(example: str, *, zero: bool = False, most: float = 100 * YEAR) -> Quantity:
    """Seconds."""
    return Quantity("duration", example, 0.0, most, from_least=zero)


def rate(example: str, *, daily: bool = False) -> Quantity:
    """Things per second; with `daily` they are told by the day."""
    return Quantity("daily" if daily else "rate", example, 0.0, 1e12)


def size(example: str, *, zero: bool = False) -> Quantity:
    """Bytes."""
    return Quantity("size", example, 0.0, 1e24, from_least=zero)


def growth(example: str) -> Quantity:
    """Bytes per second, told by the month; nothing may grow."""
    return Quantity("growth", example, 0.0, 1e24 / MONTH, from_least=True)


def share(example: str, *, zero: bool = False, one: bool = False, most: float = 1.0) -> Quantity:
    """A share; 0 and 1 only where they make sense."""
    below = math.nextafter(1.0, 0.0)
    return Quantity("share", example, 0.0, most if one or most < 1 else below, from_least=zero)


def factor(example: str, least: float = 0.0, most: float = 1000.0) -> Quantity:
    """A multiple."""
    return Quantity("factor", example, least, most, from_least=True)


def _limit(kind: Quantity, value: float) -> dict[str, str]:
    """A bound in the words of each language."""
    if kind.name == "share" and value == math.nextafter(1.0, 0.0):
        return {"en": "just under 100 %", "ko": "100% 미만"}
    if kind.name not in READERS:
        return {language: f"{rounded(value):g}" for language in ("en", "ko")}
    return {"en": Figures("en").of(kind.name, value), "ko": Figures("ko").of(kind.name, value)}
