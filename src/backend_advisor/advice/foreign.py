"""Lines of a page that speak of another product than the asker's."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from backend_advisor.intake.dialects import dialect_in
from backend_advisor.model import Technology
from backend_advisor.plain_yaml import load_plain_yaml

_HEAD = 60
"""A runtime that is named later in a line is its example, not its subject."""


class _Product(NamedTuple):
    names: frozenset[str]
    signs: re.Pattern[str]
    languages: frozenset[str]
    dialect: str


def own_lines(lines: Iterable[str], stack: Iterable[Technology]) -> tuple[str, ...]:
    """The lines without those on a database or runtime of which the stack names another; all, if none would stay."""
    names = frozenset(technology.id for technology in stack)
    listed = tuple(lines)
    kept = tuple(line for line in listed if not _is_foreign(line, names))
    return kept or listed


def kin(names: Iterable[str]) -> frozenset[str]:
    """Technologies of the same runtimes as those named: an example for Spring serves whoever only says Java."""
    known = frozenset(names)
    return frozenset().union(*(one.names for one in _families()["runtimes"] if one.names & known))


def is_foreign_code(language: str, text: str, stack: Iterable[Technology]) -> bool:
    """Whether a piece of code is written for another runtime than the stack's, or in the SQL of another database."""
    names, families = frozenset(technology.id for technology in stack), _families()
    if language == "sql":
        own = {one.dialect for one in families["databases"] if one.names & names}
        shown = dialect_in(text) if own else None
        return shown is not None and bool(own) and shown not in own
    writing = [one for one in families["runtimes"] if language in one.languages]
    own_runtimes = [one for one in families["runtimes"] if one.names & names]
    return bool(writing and own_runtimes) and not any(one in own_runtimes for one in writing)


def _is_foreign(line: str, names: frozenset[str]) -> bool:
    families = _families()
    return _is_of_others(line, names, families["databases"]) or _is_of_others(line[:_HEAD], names, families["runtimes"])


def _is_of_others(text: str, names: frozenset[str], family: tuple[_Product, ...]) -> bool:
    own = [one for one in family if one.names & names]
    if not own or any(one.signs.search(text) for one in own):
        return False
    return sum(one.signs.search(text) is not None for one in family) == 1


@cache
def _families() -> dict[str, tuple[_Product, ...]]:
    table = load_plain_yaml(files(__package__ or "").joinpath("foreign.yaml").read_text("utf-8"))
    return {
        family: tuple(
            _Product(
                frozenset(one["names"]),
                re.compile(one["signs"]),
                frozenset(one.get("languages", ())),
                one.get("dialect", ""),
            )
            for one in products.values()
        )
        for family, products in table.items()
    }
