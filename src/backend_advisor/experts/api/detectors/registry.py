"""How a detector of the api expert is found: decorate a function of a `Document` with its playbook's code."""

import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import TypeVar

from backend_advisor.experts.api.documents import Document
from backend_advisor.knowledge.detection import Match

Detector = Callable[[Document], Iterable[Match]]
Given = TypeVar("Given", bound=Detector)

_detectors: dict[str, Detector] = {}


def detects(code: str) -> Callable[[Given], Given]:
    """Register a detector under its playbook's code."""

    def register(detector: Given) -> Given:
        _detectors[code] = detector
        return detector

    return register


@cache
def detectors() -> dict[str, Detector]:
    """Every detector by its playbook's code, in order of code."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    return dict(sorted(_detectors.items()))
