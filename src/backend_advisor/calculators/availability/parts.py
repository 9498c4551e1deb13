"""The parts of a chain: each with its availability, its copies, and how many of them are needed."""

import math
import re
from dataclasses import dataclass
from typing import Any

from backend_advisor.calculators.amounts import Unreadable, share
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.kinds import Refused

_PART = re.compile(
    r"(?:(?P<name>[\w ./-]{1,40}):)?\s*(?P<share>[\d.]+\s*%?)\s*"
    r"(?:[x×*]\s*(?:(?P<needed>\d{1,4})\s*(?:of|/)\s*)?(?P<copies>\d{1,4}))?",
    re.IGNORECASE,
)
_MOST_PARTS = 100
_MOST_COPIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part with the availability of one copy; `needed` of its `copies` have to be up."""

    name: str
    availability: float
    copies: int = 1
    needed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """Shares of time that a part is down: with independent failures, and with a common cause of some of them."""

    name: str
    down: float
    down_with_common: float


@dataclass(frozen=True, slots=True)
class PartsKind:
    """Parts as "gateway:99.99%, app:99.9%x3, store:99.9%x2of3"."""

    example: str
    name: str = "parts"

    def read(self, text: str) -> tuple[Part, ...]:
        """The parts; raises Unreadable."""
        pieces = [piece for piece in re.split(r"[,;]", text) if piece.strip()]
        if not pieces:
            raise Unreadable("empty")
        if len(pieces) > _MOST_PARTS:
            raise Unreadable("too_many", most=_MOST_PARTS)
        return tuple(_part(piece.strip(), number) for number, piece in enumerate(pieces, 1))

    def check(self, value: Any) -> None:
        """At least one part, each possible."""
        if not isinstance(value, tuple) or not value or not all(isinstance(part, Part) for part in value):
            raise Refused("parts", example=self.example)
        for part in value:
            if not (math.isfinite(part.availability) and 0 <= part.availability <= 1):
                raise Refused("parts", example=self.example)
            if not 1 <= part.copies <= _MOST_COPIES:
                raise Refused("too_many", most=_MOST_COPIES)
            if not 1 <= part.needed <= part.copies:
                raise Refused("part_needed", copies=part.copies)

    def show(self, value: Any, figures: Figures) -> str:
        """The parts as they are written."""
        return ", ".join(f"{part.name}:{figures.share(part.availability)}{_copies(part)}" for part in value)


def down(part: Part, common: float = 0.0) -> float:
    """The share of time in which fewer copies are up than needed.

    Of each copy's failures the share `common` takes all copies down at once; the rest are independent.
    """
    failing = 1 - part.availability
    if part.copies == 1:
        return failing
    alone = failing * (1 - common)
    too_few = math.fsum(
        math.comb(part.copies, up) * (1 - alone) ** up * alone ** (part.copies - up) for up in range(part.needed)
    )
    shared = failing * common
    return min(shared + (1 - shared) * too_few, 1.0)


def _part(text: str, number: int) -> Part:
    match = _PART.fullmatch(text)
    if match is None:
        raise Unreadable("parts")
    copies = int(match["copies"] or 1)
    name = "".join(letter for letter in (match["name"] or "").strip() if letter.isprintable())
    return Part(
        name=name or f"#{number}",
        availability=share(match["share"]),
        copies=copies,
        needed=int(match["needed"] or 1),
    )


def _copies(part: Part) -> str:
    if part.copies == 1:
        return ""
    return f" x{part.copies}" if part.needed == 1 else f" x{part.needed}of{part.copies}"
