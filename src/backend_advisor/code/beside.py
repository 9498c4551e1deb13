"""Files that are no source code and yet say what code means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Beside:
    """Texts by their path in the tree: OpenAPI documents, templates of pages, and mappers of MyBatis; and the entries
    of its properties files and of its files of settings."""

    contracts: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    mappers: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    escapes: bool = True
    """Whether the engine of the pages escapes what it prints."""
    schemas: tuple[str, ...] = ()
    """Texts that tell which columns of tables are unique."""
    patched: frozenset[str] = frozenset()
    """The source files of which a patch shows what it changes."""
    copied: frozenset[str] = frozenset()
    """The source files that other people wrote."""
