"""Where data came from: its sources, what it has been made safe for, and the way it took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ALL = "all"
"""A cleaning that makes data safe for every use."""


NUMBER = "number"
"""A cleaning that leaves no text: a number, date or identifier, which can still name somebody else's record."""


_NUMBERS_HARM = frozenset({"record.id"})


_LASTING = frozenset({NUMBER})


RESTORED = "(restored)"
"""A mark among the cleanings of a parameter: an encoding was undone, which the caller may have made."""


MOST_FIELDS_READ = 3
"""How deep the fields read from a parameter are told apart."""


_TRAIL = 14


_PATHS = 4


_TAINTS = 10


_LOST = 2
"""Doubts from which on it is likelier that the data did not come through than that it did."""


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """The way that data took: the last station and the ones before it. `what` names the kind of station."""

    what: str
    path: str
    start: int
    end: int
    before: "Trail | None"
    length: int
    inside: "Trail | None" = None
    """For a call: the way through the called function."""

    def stations(self) -> "list[Trail]":
        """From the first to the last."""
        found: list[Trail] = []
        waiting: list[Trail] = [self]
        while waiting and len(found) < 4 * _TRAIL:
            at = waiting.pop()
            if at.inside is not None:
                waiting.append(Trail(at.what, at.path, at.start, at.end, at.before, at.length))
                waiting.append(at.inside)
                continue
            found.append(at)
            if at.before is not None:
                waiting.append(at.before)
        return found[::-1]


def station(what: str, path: str, start: int, end: int, before: Trail | None) -> Trail:
    """One station more; a long way keeps its beginning and its end."""
    if before is not None and before.path == path and before.start == start:
        return before
    length = 1 if before is None else before.length + 1
    if before is not None and length > _TRAIL:
        return Trail(what, path, start, end, before.before, before.length)
    return Trail(what, path, start, end, before, length)


def through(path: str, start: int, end: int, before: Trail | None, inside: Trail | None) -> Trail:
    """One call more, and the way inside what it calls."""
    length = 1 if before is None else before.length + 1
    kept = before if before is None or length <= 2 * _TRAIL else before.before
    return Trail("call", path, start, end, kept, length, inside)


class Taint:
    """Data of one source. A parameter of the function under study is a source until the caller is known.

    `role` is the source's role, or "parameter" with `index` and `path` (the fields read from it).
    `cleared` are the sink roles that the data has been made safe for. `unsure` counts the calls on its way that
    nothing is known of, up to two. Equal taints are one object.
    """

    __slots__ = ("cleared", "index", "path", "role", "unsure")
    _known: "dict[tuple[Any, ...], Taint]" = {}  # noqa: RUF012

    role: str
    index: int
    path: tuple[str | int, ...]
    cleared: frozenset[str]
    unsure: int

    def __new__(
        cls,
        role: str,
        index: int = -1,
        path: tuple[str | int, ...] = (),
        cleared: frozenset[str] = frozenset(),
        unsure: int = 0,
    ) -> "Taint":
        key = (role, index, path, cleared, unsure)
        found = cls._known.get(key)
        if found is None:
            found = object.__new__(cls)
            found.role, found.index, found.path, found.cleared, found.unsure = key
            cls._known[key] = found
        return found

    def clean(self, roles: Iterable[str]) -> "Taint":
        """The same data, made safe for more roles."""
        return Taint(self.role, self.index, self.path, self.cleared.union(roles), self.unsure)

    def restored(self) -> "Taint":
        """The same data after an encoding that had made it safe was undone."""
        kept = self.cleared & _LASTING
        return Taint(self.role, self.index, self.path, kept | {RESTORED} if self.index >= 0 else kept, self.unsure)

    def doubted(self, doubts: int = 1) -> "Taint":
        """The same data after a call that nothing is known of; one that looks something up counts for two."""
        unsure = min(self.unsure + doubts, _LOST)
        return self if self.unsure == unsure else Taint(self.role, self.index, self.path, self.cleared, unsure)

    def at(self, key: str | int) -> "Taint":
        """What a field of a parameter is before the caller is known."""
        if self.index < 0 or len(self.path) >= MOST_FIELDS_READ:
            return self
        return Taint(self.role, self.index, (*self.path, key), self.cleared, self.unsure)

    def harms(self, role: str) -> bool:
        """Whether the data is still unsafe for a sink of this role."""
        if NUMBER in self.cleared and role not in _NUMBERS_HARM:
            return False
        if role == "html.text" and "html.content" in self.cleared:
            return False  # taken back where it is put into an attribute
        return role not in self.cleared and ALL not in self.cleared

    def __repr__(self) -> str:
        return f"Taint({self.role}{self.index if self.index >= 0 else ''}{list(self.path) or ''}-{set(self.cleared)})"


Taints = Mapping[Taint, Trail]


NO_TAINTS: Taints = {}


def merge_taints(*several: Taints) -> Taints:
    """The union; the first way seen stands."""
    found: dict[Taint, Trail] | None = None
    first: Taints = NO_TAINTS
    for taints in several:
        if not taints or taints is first:
            continue
        if not first:
            first = taints
            continue
        if found is None:
            if taints.keys() <= first.keys():
                continue
            found = dict(first)
        for taint, trail in taints.items():
            found.setdefault(taint, trail)
    if found is None:
        return first
    return found if len(found) <= _TAINTS else bounded_taints(found)


def bounded_taints(taints: Taints) -> Taints:
    """Fewer taints that say as much or a little more: a field of a parameter stands for what is in it when that is
    much, and the parameter for its fields when they are many."""
    if len(taints) <= 3:
        return taints
    whole = {(taint.index, taint.cleared) for taint in taints if taint.index >= 0 and not taint.path}
    paths: dict[tuple[int, frozenset[str]], set[tuple[str | int, ...]]] = {}
    for taint in taints:
        if taint.index >= 0 and taint.path:
            paths.setdefault((taint.index, taint.cleared), set()).add(taint.path)
    lengths = {key: 0 if key in whole else _length_kept(several) for key, several in paths.items()}
    found: dict[Taint, Trail] = {}
    # What came from outside is kept before what only a caller could bring in.
    for taint, trail in sorted(taints.items(), key=_from_caller) if len(taints) > _TAINTS else taints.items():
        kept = lengths.get((taint.index, taint.cleared), 0) if taint.path else 0
        if taint.index >= 0 and len(taint.path) > kept:
            taint = Taint(taint.role, taint.index, taint.path[:kept], taint.cleared, taint.unsure)  # noqa: PLW2901
        found.setdefault(taint, trail)
        if len(found) >= _TAINTS:
            break
    return found


def _length_kept(paths: set[tuple[str | int, ...]]) -> int:
    """How much of each path to fields of a parameter is kept, so that few remain."""
    if len(paths) <= _PATHS:
        return MOST_FIELDS_READ
    return 1 if len({path[:1] for path in paths}) <= _PATHS else 0


def _from_caller(item: tuple[Taint, Trail]) -> bool:
    return item[0].index >= 0
