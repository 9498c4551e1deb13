"""Rules that read trees alone run in another process, while this one follows values through the program."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from weakref import WeakKeyDictionary

from backend_advisor.code.program import Program
from backend_advisor.code.reading import Reading, read_code
from backend_advisor.cores import collector_paused, meanwhile
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Artifact
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, detectors_of_trees, load_detectors

_found: WeakKeyDictionary[Program, dict[str, list[Match]]] = WeakKeyDictionary()


@contextmanager
def ahead(artifacts: tuple[Artifact, ...], detectors: Sequence[str]) -> Iterator[None]:
    """While the body runs, look for what rules of these packages find in the trees of these artifacts."""
    reading = read_code(artifacts)
    result = meanwhile(partial(_look, reading, detectors))
    yield
    for analysis, found in zip(reading.analyses, result() or (), strict=False):
        _found[analysis.program] = found


def found_ahead(context: CodeContext, code: str) -> Iterable[Match] | None:
    """What a rule has found already; None when it has not run."""
    return _found.get(context.program, {}).get(code)


@collector_paused()
def _look(reading: Reading, detectors: Sequence[str]) -> list[dict[str, list[Match]]]:
    """What is found in each program, by rule. A rule that fails is left out: it fails again in its turn and is told."""
    for package in detectors:
        load_detectors(import_module(package))
    places = Places(reading.artifacts)
    made: list[dict[str, list[Match]]] = []
    for analysis in reading.analyses:
        found: dict[str, list[Match]] = {}
        for code, detector in detectors_of_trees().items():
            with suppress(Exception):
                found[code] = list(detector(CodeContext(analysis, places)))
        made.append(found)
    return made
