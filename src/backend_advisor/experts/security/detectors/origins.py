"""Where values come from, and the records that a handler opens by them."""

from dataclasses import dataclass, field
from typing import Final

from backend_advisor.code import ir
from backend_advisor.code.program import Unit

Origin = int
"""Where a value comes from: a set of these as bits (an `IntFlag` makes an object for each `|`)."""
NOTHING: Final = 0
CLIENT: Final = 1
WHO: Final = 2
RECORD: Final = 4
MIXED: Final = 8
"""A condition on what the client and the caller are both part of: a form that also names its sender."""


Branch = tuple[tuple[int, int], ...]
"""The ways taken at the conditions around a place: each condition, and whether it holds there."""


@dataclass(slots=True)
class Fetch:
    """A record that is fetched or changed by what the client gave."""

    unit: Unit
    node: ir.Node
    model: str
    key: str
    changes: bool
    certain: bool
    branch: "Branch" = ()


@dataclass(slots=True)
class Findings:
    """What a handler does with records, and whether it asks for a right to them."""

    fetches: list[Fetch] = field(default_factory=list)
    checks: list[Branch] = field(default_factory=list)
    knows_user: bool = False
    owned: set[str] = field(default_factory=set)
    """Models that are read or written together with the identity."""
    unheard: list[tuple[Unit, ir.Node]] = field(default_factory=list)
    """Where a right is asked for and the answer decides nothing."""

    def unchecked(self) -> list[Fetch]:
        """The records that are fetched where no right to them is asked for."""
        return [fetch for fetch in self.fetches if all(_apart(fetch.branch, check) for check in self.checks)]


def _apart(one: Branch, other: Branch) -> bool:
    """Whether two places can never both be reached."""
    ways = dict(one)
    return any(ways.get(condition, way) != way for condition, way in other)
