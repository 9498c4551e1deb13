"""What the calls of a migration framework make, as `migration_calls/` tells it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backend_advisor.model import ArtifactKind
from backend_advisor.plain_yaml import load_plain_yaml

_FOLDER = Path(__file__).parent.parent / "migration_calls"
_PRODUCTS = "products"


@dataclass(frozen=True, slots=True)
class Make:
    """One statement that a call makes: its text with places for arguments, and when it is made.

    `each` names an argument that may be a list, of which each item makes one; `differs` two that must not be alike.
    """

    sql: str
    when: Mapping[str, str]
    unless: Mapping[str, str]
    each: str
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallForm:
    """The names of a call's arguments in their order, and what it makes. `of_table` tells that one is its table, which
    calls inside a scope leave out."""

    arguments: tuple[str, ...]
    makes: tuple[Make, ...]

    @property
    def of_table(self) -> bool:
        return "table" in self.arguments

    @property
    def inside(self) -> tuple[str, ...]:
        """The arguments where a scope tells the table."""
        return tuple(name for name in self.arguments if name != "table")


@dataclass(frozen=True, slots=True)
class Framework:
    """How a framework's migrations are recognised, ordered and read."""

    name: str
    kinds: frozenset[ArtifactKind]
    place: re.Pattern[str]
    words: tuple[str, ...]
    pasted: re.Pattern[str]
    order: str
    up: str
    models: bool
    receivers: frozenset[str]
    names: Mapping[str, str]
    scopes: Mapping[str, tuple[str, ...]]
    raw: frozenset[str]
    default_texts: str
    objects: Mapping[str, tuple[str, ...]]
    functions: Mapping[str, str]
    calls: Mapping[str, CallForm]
    columns: Mapping[str, str]
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Products:
    """Signs of a database by its dialect: in a migration, and in a program's settings."""

    migration: Mapping[str, re.Pattern[str]]
    settings: Mapping[str, re.Pattern[str]]


@cache
def frameworks() -> tuple[Framework, ...]:
    """Every framework that is known, in the order of their names."""
    files = sorted(file for file in _FOLDER.glob("*.yaml") if file.stem != _PRODUCTS)
    return tuple(_framework(file.stem, load_plain_yaml(file.read_text("utf-8"))) for file in files)


@cache
def products() -> Products:
    """The signs of databases."""
    told = load_plain_yaml((_FOLDER / f"{_PRODUCTS}.yaml").read_text("utf-8"))
    return Products(
        **{where: {name: re.compile(sign) for name, sign in signs.items()} for where, signs in told.items()}
    )


def _framework(name: str, told: Mapping[str, Any]) -> Framework:
    return Framework(
        name=name,
        kinds=frozenset(ArtifactKind(kind) for kind in told["kinds"]),
        place=re.compile(told["place"]),
        words=tuple(told["words"]),
        pasted=re.compile(told["pasted"]),
        order=told["order"],
        up=told["up"],
        models=told.get("models") == "true",
        receivers=frozenset(told.get("receivers", ())),
        names=told.get("names", {}),
        scopes={scope: tuple(arguments) for scope, arguments in told.get("scopes", {}).items()},
        raw=frozenset(told.get("raw", ())),
        default_texts=told.get("default_texts", "quoted"),
        objects={one: tuple(arguments) for one, arguments in told.get("objects", {}).items()},
        functions=told.get("functions", {}),
        calls=dict(_calls(told["calls"])),
        columns=told.get("columns", {}),
        types=told.get("types", {}),
    )


def _calls(told: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, CallForm]]:
    for names, call in told.items():
        makes = tuple(_make(make) for make in call["makes"])
        for name in names.split(", "):
            yield name, CallForm(tuple(call["arguments"]), makes)


def _make(told: str | Mapping[str, Any]) -> Make:
    if isinstance(told, str):
        return Make(told, {}, {}, "", ())
    return Make(
        sql=told["sql"],
        when=told.get("when", {}),
        unless=told.get("unless", {}),
        each=told.get("each", ""),
        differs=tuple(told.get("differs", ())),
    )
