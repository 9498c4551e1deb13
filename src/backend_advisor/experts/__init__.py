"""The experts: one folder each, found by their `expert.py`, all with the same three functions."""

import pkgutil
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from backend_advisor.cores import spread
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import SOURCE_CODE, Case, ExpertName, Finding, Proof, Unknown, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How far an answer may go: whether to prove, stated row counts, and a server to read from.

    `dsn` is used for catalogue reads and EXPLAIN without ANALYZE only. `progress` is told what is being done. Facts
    that change are told as they are on `day`.
    """

    prove: bool = True
    rows: Mapping[str, int] = field(default_factory=dict)
    dsn: str | None = None
    day: date = field(default_factory=date.today)
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What an expert found in a case, and what it could not read."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()


class Expert(Protocol):
    """One of the eight capabilities, as its `expert.py` module offers it."""

    def gather(self, case: Case, terms: Terms) -> Case:
        """The case with what can be read from places the asker named."""

    def examine(self, case: Case, knowledge: Knowledge, terms: Terms) -> Examination:
        """Recognise problems in the case's artifacts."""

    def prove(self, case: Case, terms: Terms) -> Sequence[Proof]:
        """Put to the test what can be tested."""

    def unknowns(self, case: Case, advising: Set[ExpertName], terms: Terms) -> Sequence[Unknown]:
        """What this expert would need to know, and what each answer would change; `advising` are the experts whose
        advice the answer holds."""


_WORTH_SPREADING = 400_000
"""Characters of source code from which on experts examine at the same time: it costs less than it gains."""
_DETECTORS_AHEAD = (f"{__name__}.quality.detectors",)
"""Packages with rules that read trees alone."""


def gather(case: Case, terms: Terms) -> Case:
    """The case with what each expert can read from places that it names.

    What is in a large tree of source code is found out here, with rules that need less of it running at the same time.
    """
    read = partial(_gathered, case, terms)
    if _size(case) < _WORTH_SPREADING:
        return read()
    from backend_advisor.rules.remembered import recalled

    known = recalled(read)
    if known is not None:
        return known
    from backend_advisor.code.reading import source_code
    from backend_advisor.rules.ahead import ahead

    with ahead(source_code(case.artifacts), _DETECTORS_AHEAD):
        return read()


def _gathered(case: Case, terms: Terms) -> Case:
    for expert in experts():
        case = expert.gather(case, terms)
    return case


def _size(case: Case) -> int:
    """Characters of source code."""
    return sum(len(artifact.text) for artifact in case.artifacts if artifact.kind in SOURCE_CODE)


def examine(case: Case, knowledge: Knowledge, terms: Terms) -> list[Examination]:
    """What each expert finds in the case; those who have seen it before say so at once."""
    from backend_advisor.rules.remembered import recalled

    consulted = experts()

    def run(number: int) -> Examination:
        return consulted[number].examine(case, knowledge, terms)

    examined = [recalled(partial(run, number)) for number in range(len(consulted))]
    new = [number for number, known in enumerate(examined) if known is None]
    worthwhile = len(new) > 1 and _size(case) >= _WORTH_SPREADING
    if worthwhile:
        # Those with the most rules on flows of data begin, so that no core waits for the last one.
        new.sort(key=lambda number: -knowledge.count_declaring(_names()[number]))
    made = dict(zip(new, spread(lambda position: run(new[position]), len(new), worthwhile=worthwhile), strict=True))
    return [made[number] if known is None else known for number, known in enumerate(examined)]


class CodeExpert:
    """An expert whose playbooks are recognised in source code alone."""

    def __init__(self, name: ExpertName, detectors: str) -> None:
        self._name = name
        self._detectors = detectors

    def gather(self, case: Case, _: Terms) -> Case:
        """Nothing is read from elsewhere."""
        return case

    def examine(self, case: Case, knowledge: Knowledge, _: Terms) -> Examination:
        """Run every rule over the case's source code."""
        if not any(artifact.kind in SOURCE_CODE for artifact in case.artifacts):
            return Examination()
        # The parsers are loaded only for cases that hold code.
        from backend_advisor.rules.examination import examine_code

        examined = examine_code(case, knowledge, self._name, self._detectors)
        return Examination(findings=examined.findings, unread=examined.unread)

    def prove(self, _case: Case, _: Terms) -> Sequence[Proof]:
        """Fixes are proved where they are made."""
        return ()

    def unknowns(self, _: Case, _advising: Set[ExpertName], _terms: Terms) -> Sequence[Unknown]:
        """Nothing is asked."""
        return ()


@cache
def experts() -> tuple[Expert, ...]:
    """Every expert folder that has an `expert.py`, in alphabetical order."""
    return tuple(cast(Expert, import_module(f"{__name__}.{name}.expert")) for name in _names())


@cache
def _names() -> tuple[ExpertName, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    return tuple(cast(ExpertName, name) for name in names if find_spec(f"{__name__}.{name}.expert") is not None)
