"""Reading a tree of source code: every file lowered, linked per language family, and run abstractly."""

import gc
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend_advisor.code.frontends import front_end, language_of
from backend_advisor.code.ir import Module
from backend_advisor.code.machine import Machine
from backend_advisor.code.program import Program
from backend_advisor.code.seen import Seen

_FAMILY = {"typescript": "javascript"}
_DEEPEST = 60_000


@dataclass(slots=True)
class Analysis:
    """One language family of a tree: its program and what was seen in it."""

    program: Program
    seen: Seen
    modules: dict[str, Module] = field(default_factory=dict)


def analyse(files: Mapping[str, bytes], languages: Mapping[str, str] | None = None) -> list[Analysis]:
    """Read files by path. `languages` tells the language of paths whose names do not."""
    families: dict[str, dict[str, Module]] = {}
    known = languages or {}
    paused = gc.isenabled()
    gc.disable()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        for path, source in files.items():
            language = known.get(path) or language_of(path)
            if language is not None:
                module = front_end(language).lower(source, path)
                families.setdefault(_FAMILY.get(language, language), {})[path] = module
        return [_run(modules) for modules in families.values()]
    finally:
        sys.setrecursionlimit(limit)
        if paused:
            gc.enable()


def _run(modules: dict[str, Module]) -> Analysis:
    program = Program(modules)
    return Analysis(program, Machine(program).run(), modules)
