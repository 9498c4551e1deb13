"""Which file of a tree an import of Python means."""

import sys
from collections.abc import Collection, Iterator

from backend_advisor.code.ir import Import

_ROOTS = ("", "src/", "lib/", "python/", "backend/", "server/", "app/", "source/")
"""Folders below one that holds the sources which are often a root of imports."""


def locate(statement: Import, path: str, tree: Collection[str]) -> str | None:
    """The file of the tree that an import means; for a name that is a submodule, that submodule's file."""
    module = statement.module
    if module.startswith("."):
        return _relative(module, statement.name, path, tree)
    if module.partition(".")[0] in sys.stdlib_module_names:
        return None
    for root in _roots(path, tree):
        found = _below(root + module.replace(".", "/"), statement.name, tree)
        if found is not None and found != path:
            return found
    return None


def _relative(module: str, name: str | None, path: str, tree: Collection[str]) -> str | None:
    rest = module.lstrip(".")
    folders = path.split("/")[:-1]
    up = len(module) - len(rest) - 1
    if up > len(folders):
        return None
    folders = folders[: len(folders) - up]
    return _below("/".join([*folders, *rest.split(".")] if rest else folders), name, tree)


def _below(stem: str, name: str | None, tree: Collection[str]) -> str | None:
    stems = [stem] if name in {None, "*"} else [f"{stem}/{name}", stem]
    for one in stems:
        for candidate in (f"{one}.py", f"{one}/__init__.py") if one else ("__init__.py",):
            if candidate.lstrip("/") in tree:
                return candidate.lstrip("/")
    return None


def _roots(path: str, tree: Collection[str]) -> Iterator[str]:
    """Where absolute imports can start: each folder above the file that is not a package itself, nearest first."""
    folders = path.split("/")[:-1]
    for depth in range(len(folders), -1, -1):
        folder = "".join(f"{one}/" for one in folders[:depth])
        if f"{folder}__init__.py" not in tree:
            for below in _ROOTS:
                yield folder + below
