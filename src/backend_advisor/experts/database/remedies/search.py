"""Find the set of indexes that pays: all candidates at once first, then take away what adds nothing.

Indexes help each other, so adding them one at a time can find nothing: an index that feeds a sort may make a
query slower until the joins behind it have theirs. Hence the joint start and the removal by marginal effect.
"""

from dataclasses import dataclass
from itertools import combinations

from backend_advisor.experts.database.remedies.shelf import Built, Shelf
from backend_advisor.model import Measurement, PlanNode

TOLERANCE = 1.15
"""A set within 15 % of another is as good; timing differences below that are noise on a shared machine."""

NOISE_MS = 0.05
MIN_GAIN = 1.2
RESCUE_SIZE = 6
SPARE_SINGLES = 2
TRIAL_MS = 6_000.0
"""What may be spent on measuring what is not recommended, only so that the report can say why."""

CLEARLY_WORSE = 2.0


@dataclass(frozen=True, slots=True)
class Tried:
    """A set of candidates that was measured and not recommended."""

    names: tuple[str, ...]
    measurement: Measurement | None


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome: the query without candidates, with the recommended ones, and what else was measured."""

    before: Measurement
    after: Measurement
    chosen: tuple[Built, ...]
    tried: tuple[Tried, ...]

    @property
    def gain(self) -> float:
        """How many times faster the query became."""
        return (self.before.median_ms or 0.0) / max(self.after.median_ms or 0.0, 0.001)


def search(shelf: Shelf, sql: str, *, limit_ms: float) -> Found | None:
    """The best set of the shelf's candidates for the query, or None when the query itself does not finish.

    `limit_ms` is what one run may take before it counts as not finished.
    """
    before = shelf.measure(sql, ())
    if before is None:
        return None
    chosen = _prune(shelf, sql, _joint(shelf, sql))
    chosen = _simplify(shelf, sql, chosen)
    after = shelf.measure(sql, chosen)
    if not pays(before, after):
        chosen = _simplify(shelf, sql, _rescue(shelf, sql, before, limit_ms))
        after = shelf.measure(sql, chosen)
    if after is None or not pays(before, after):
        chosen, after = frozenset(), before
    tried = _explain_choice(shelf, sql, chosen, before)
    return Found(before, after, tuple(shelf.built[name] for name in sorted(chosen)), tried)


def _joint(shelf: Shelf, sql: str) -> frozenset[str]:
    together = shelf.measure(sql, shelf.built, runs=3)
    return shelf.used(together.plan) if together is not None else frozenset()


def _prune(shelf: Shelf, sql: str, chosen: frozenset[str]) -> frozenset[str]:
    """Take away the index whose absence is felt least, as long as none is felt at all."""
    while chosen:
        current = shelf.measure(sql, chosen)
        hopeless = _time(current) * CLEARLY_WORSE + 1.0
        without = {name: shelf.measure(sql, chosen - {name}, hopeless_ms=hopeless) for name in sorted(chosen)}
        spare = [name for name, seen in without.items() if _as_good(seen, current)]
        if not spare:
            return chosen
        chosen -= {min(spare, key=lambda name: _time(without[name]))}
    return chosen


def _simplify(shelf: Shelf, sql: str, chosen: frozenset[str]) -> frozenset[str]:
    """Replace an index by a simpler one on the same table that serves as well."""
    for name in sorted(chosen):
        index = shelf.built[name].index
        simpler = [
            built.index
            for built in shelf.built.values()
            if built.index.table == index.table and _weight(built) < _weight(shelf.built[name])
        ]
        for other in sorted(simpler, key=lambda candidate: _weight(shelf.built[candidate.name])):
            swapped = chosen - {name} | {other.name}
            reference = shelf.measure(sql, chosen)
            hopeless = _time(reference) * CLEARLY_WORSE + 1.0
            if _as_good(shelf.measure(sql, swapped, hopeless_ms=hopeless), reference):
                chosen = swapped
                break
    return chosen


def _rescue(shelf: Shelf, sql: str, before: Measurement, limit_ms: float) -> frozenset[str]:
    """The planner may misjudge when it sees everything, so try small sets for themselves."""
    names = list(shelf.built)[:RESCUE_SIZE]
    if (before.median_ms or 0.0) * len(names) ** 2 > limit_ms:
        names = names[:2]
    sets = [frozenset(chosen) for size in (1, 2) for chosen in combinations(names, size)]
    return min(sets, key=lambda chosen: _time(shelf.measure(sql, chosen, runs=2)), default=frozenset())


def _explain_choice(shelf: Shelf, sql: str, chosen: frozenset[str], before: Measurement) -> tuple[Tried, ...]:
    """What a reader would ask about: each index alone, and the set without each of its members."""
    rest = [name for name in shelf.built if name not in chosen][:SPARE_SINGLES]
    sets = [chosen - {name} for name in sorted(chosen)] if len(chosen) > 1 else []
    sets += [frozenset({name}) for name in [*sorted(chosen), *rest]]
    seen: dict[frozenset[str], Tried] = {}
    spent = 0.0
    for names in sets:
        if names and names != chosen and names not in seen and spent < TRIAL_MS:
            measured = shelf.measure(sql, names, runs=3, hopeless_ms=_time(before) / CLEARLY_WORSE)
            seen[names] = Tried(tuple(sorted(names)), measured)
            spent += _time(measured) if measured is not None else TRIAL_MS
    return tuple(seen.values())


def _weight(built: Built) -> tuple[int, int, int]:
    """What an index costs to have: exotic kinds and wide keys last, then by size."""
    index = built.index
    extras = (index.method != "btree") + (index.where is not None)
    return (len(index.keys) + len(index.include) + extras, extras, built.size_bytes)


def _time(measurement: Measurement | None) -> float:
    return measurement.median_ms or 0.0 if measurement is not None else float("inf")


def _as_good(candidate: Measurement | None, reference: Measurement | None) -> bool:
    """Whether the candidate is as good as the reference: as fast within noise, reading no more pages.

    One that has to sort where the reference reads in order is not: it only looks as good while few rows match.
    """
    if candidate is None or reference is None:
        return reference is None
    return _time(candidate) <= _time(reference) * TOLERANCE + NOISE_MS and not drawback(candidate, reference)


def drawback(candidate: Measurement, reference: Measurement) -> str:
    """What is worse about a candidate that is as fast: "sorts" or "pages"; empty for nothing."""
    if _sorts(candidate.plan) > _sorts(reference.plan):
        return "sorts"
    frugal = (candidate.blocks or 0) <= (reference.blocks or 0) * TOLERANCE + 8
    return "" if frugal else "pages"


def _sorts(plan: PlanNode | None) -> int:
    if plan is None:
        return 0
    return ("Sort" in plan.operation) + sum(_sorts(child) for child in plan.children)


def pays(before: Measurement, after: Measurement | None) -> bool:
    """Whether the second is faster than the first by more than noise."""
    return after is not None and _time(before) > _time(after) * MIN_GAIN + NOISE_MS
