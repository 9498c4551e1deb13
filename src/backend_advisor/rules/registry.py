"""How a detector of source code is written: decorate a function with its playbook's code."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from backend_advisor.code.ir import Node
from backend_advisor.code.program import Program, Unit
from backend_advisor.code.seen import Seen
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Location
from backend_advisor.rules.places import Places

if TYPE_CHECKING:
    from backend_advisor.code.analysis import Analysis


@dataclass(frozen=True, slots=True)
class CodeContext:
    """One language family of the case's code: its program, what was seen in it, and where things stand."""

    analysis: "Analysis"
    places: Places

    @property
    def program(self) -> Program:
        """The files linked into a program."""
        return self.analysis.program

    @property
    def seen(self) -> Seen:
        """What the interpreter noticed."""
        return self.analysis.seen

    def location(self, unit: Unit, node: Node) -> Location:
        """Where a node stands."""
        return self.places.location(unit.path, node.start, node.end)

    def text(self, unit: Unit, node: Node) -> str:
        """A node's source, on one line and shortened."""
        return self.places.text(unit.path, node.start, node.end)


CodeDetector = Callable[[CodeContext], Iterable[Match]]
_detectors: dict[str, CodeDetector] = {}
_of_trees: set[str] = set()


def detects_in_code(code: str, *, trees_alone: bool = False) -> Callable[[CodeDetector], CodeDetector]:
    """Register a detector that reads source code; `trees_alone` when it asks nothing that the interpreter finds out.

    A playbook may have several, each for another way to write its problem.
    """

    def register(detector: CodeDetector) -> CodeDetector:
        known = _detectors.get(code)
        _detectors[code] = detector if known is None else _one_after_the_other(known, detector)
        if trees_alone:
            _of_trees.add(code)
        return detector

    return register


def _one_after_the_other(first: CodeDetector, second: CodeDetector) -> CodeDetector:
    def both(context: CodeContext) -> Iterator[Match]:
        yield from first(context)
        yield from second(context)

    return both


def load_detectors(package: ModuleType) -> None:
    """Import every module of an expert's detectors, which registers them."""
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def detectors_of_trees() -> dict[str, CodeDetector]:
    """The registered detectors that can run before the program was interpreted, by code."""
    return {code: _detectors[code] for code in sorted(_of_trees)}


def code_detectors() -> dict[str, CodeDetector]:
    """Every registered detector by its playbook's code, in order of code."""
    return dict(sorted(_detectors.items()))
