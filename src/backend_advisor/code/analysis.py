"""Reading a tree of source code: every file lowered, linked per language family, and run abstractly when asked."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from backend_advisor.code.beside import Beside
from backend_advisor.code.bound import bind
from backend_advisor.code.contracts import read_contract
from backend_advisor.code.frontends import front_end, language_of
from backend_advisor.code.ir import Module
from backend_advisor.code.machine import Machine
from backend_advisor.code.mappers import Mappers
from backend_advisor.code.program import Program
from backend_advisor.code.seen import Seen
from backend_advisor.code.template_languages import read_template
from backend_advisor.code.templates import Templates
from backend_advisor.code.tree import share_parts
from backend_advisor.code.usual import is_part
from backend_advisor.cores import collector_paused

_FAMILY = {"typescript": "javascript"}
_DEEPEST = 60_000
_LONGEST = 3_000_000
_WIDEST = 600
"""Bytes of an average line above which a file is machine-made (minified, bundled)."""
_MINIFIED = (".min.js", ".min.mjs", ".min.cjs")
_BUNDLED = re.compile(
    r"(?i)[.-](?:umd|bundle|iife|global)(?:[.-](?:prod|min))?\.[cm]?js$"
    r"|(?:^|/)(?:vendors?|third[_-]?party|bower_components)/.*\.[cm]?js$"
)
_LONG_BUNDLE = 100_000
_LARGE = 4_000_000
"""Bytes of source from which on memory counts."""


@dataclass(slots=True)
class Analysis:
    """One language family of a tree: its program and what was seen in it."""

    program: Program
    _seen: Seen | None = None

    @property
    def seen(self) -> Seen:
        """What the interpreter noticed; it runs when somebody asks first."""
        if self._seen is None:
            with collector_paused(), _deep():
                self._seen = Machine(self.program).run()
        return self._seen


LeftOut = Mapping[tuple[str, str], int]
"""Files that could not be read whole, with the kind of problem, and the offset of the first."""


def machine_made(source: bytes, path: str = "") -> str | None:
    """Why a file is not worth reading: "huge" or "minified"; None when it is."""
    if len(source) > _LONGEST:
        return "huge"
    if path.endswith(_MINIFIED) or (len(source) > _LONG_BUNDLE and _BUNDLED.search(path)):
        return "minified"
    return "minified" if len(source) > 20_000 and len(source) > _WIDEST * (source.count(b"\n") + 1) else None


@collector_paused()
def analyse(
    files: Mapping[str, bytes],
    languages: Mapping[str, str] | None = None,
    beside: Beside | None = None,
) -> tuple[list[Analysis], LeftOut]:
    """Read files by path. `languages` tells the language of paths whose names do not; `beside` are the
    files of the tree that say what its code means.

    Also tells what was left out.
    """
    families: dict[str, dict[str, Module]] = {}
    left_out: dict[tuple[str, str], int] = {}
    known = languages or {}
    large = sum(map(len, files.values())) > _LARGE
    with _deep():
        for path, source in files.items():
            language = known.get(path) or language_of(path)
            family = _FAMILY.get(language or "", language)
            if language is None or family is None:
                continue
            kind = machine_made(source, path)
            if kind is not None:
                left_out[path, kind] = 0
                continue
            module = front_end(language).lower(source, path)
            module.in_part = beside is not None and path in beside.patched and is_part(source)
            if large:
                share_parts(module)
            families.setdefault(family, {})[path] = module
            if module.errors:
                left_out[path, "syntax"] = module.errors[0][0]
        return [_linked(modules, beside or Beside()) for modules in families.values()], left_out


def lowered(source: bytes, language: str, path: str) -> Module | None:
    """One file alone, with nothing around it; None for one that is not worth reading."""
    if machine_made(source, path) is not None:
        return None
    with _deep():
        return front_end(language).lower(source, path)


@contextmanager
def _deep() -> Iterator[None]:
    """Room for code that is nested deeply."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _linked(modules: dict[str, Module], beside: Beside) -> Analysis:
    program = Program(modules)
    program.settings = beside.settings
    program.documents = beside.documents
    program.schemas = beside.schemas
    for path in beside.copied & program.units.keys():
        program.units[path].standing["copied"] = True
    pages = (read_template(path, text, escapes=beside.escapes) for path, text in beside.templates.items())
    program.templates = Templates(pages, escapes=beside.escapes)
    if program.language == "java":
        program.mappers = Mappers(
            (path, text.encode("utf-8", "surrogatepass")) for path, text in beside.mappers.items()
        )
    bind(program, (read_contract(text, path) for path, text in beside.contracts.items()))
    return Analysis(program)
