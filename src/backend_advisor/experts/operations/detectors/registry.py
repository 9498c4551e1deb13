"""How a detector of the operations expert is written and found: decorate a function with its playbook's code.

It reads a `ComposeFile`, a `Dockerfile` or `Workloads`; one code can have a detector for each.
"""

import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from backend_advisor.knowledge.detection import Match

Detector = Callable[[Any], Iterable[Match]]
Given = TypeVar("Given", bound=Callable[..., Iterable[Match]])

_detectors: dict[type, dict[str, Detector]] = {}


def detects_in(code: str, kind: type) -> Callable[[Given], Given]:
    """Register a detector that reads one file of a kind."""

    def register(detector: Given) -> Given:
        _detectors.setdefault(kind, {})[code] = detector
        return detector

    return register


@cache
def _load() -> None:
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")


def detectors_of(kind: type) -> dict[str, Detector]:
    """Every detector that reads files of a kind, by its playbook's code, in order of code."""
    _load()
    return dict(sorted(_detectors.get(kind, {}).items()))


def codes() -> set[str]:
    """The codes of all detectors."""
    _load()
    return {code for detectors in _detectors.values() for code in detectors}
