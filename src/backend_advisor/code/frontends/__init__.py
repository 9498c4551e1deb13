"""The front ends, one for each language, loaded when a file of the language is met."""

from collections.abc import Callable, Collection
from functools import cache
from importlib import import_module
from typing import NamedTuple

from backend_advisor.code.ir import Import, Module
from backend_advisor.paths import suffix_of

_MODULES = {"python": "python", "javascript": "javascript", "typescript": "javascript", "java": "java"}
_SUFFIXES = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "typescript",
    ".java": "java",
}


class FrontEnd(NamedTuple):
    """`lower` turns a file into a tree; `locate` names the file that an import means."""

    lower: Callable[[bytes, str], Module]
    locate: Callable[[Import, str, Collection[str]], str | None]


@cache
def front_end(language: str) -> FrontEnd:
    """The front end of a language; raises KeyError for one that has none."""
    module = import_module(f"{__name__}.{_MODULES[language]}")
    return FrontEnd(module.lower, module.locate)


def language_of(path: str) -> str | None:
    """The language of a file by its name, None when there is no front end for it."""
    return _SUFFIXES.get(suffix_of(path))
