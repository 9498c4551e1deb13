"""Imports of Python: lowered to the tree, and found in a tree of files."""

import sys
from collections.abc import Collection, Iterator

from tree_sitter import Node

from backend_advisor.code.frontends.python.definitions import Definitions
from backend_advisor.code.frontends.python.grammar import kind, word
from backend_advisor.code.frontends.python.reader import sound
from backend_advisor.code.ir import Import, Stmt

_DOTTED = kind("dotted_name")
_ALIASED = kind("aliased_import")
_WILDCARD = kind("wildcard_import")
_RELATIVE = kind("relative_import")
_IMPORT = word("import")

_ROOTS = ("", "src/", "lib/", "python/", "backend/", "server/", "app/", "source/")
"""Folders below one that holds the sources which are often a root of imports."""


class Imports(Definitions):
    """Lowers import statements."""

    def _import(self, node: Node, out: list[Stmt]) -> None:
        """`import a.b` binds `a`; a second import, whose local name is no name, tells that `a.b` is loaded."""
        start, end = node.start_byte, node.end_byte
        for child in node.children:
            if child.kind_id == _ALIASED:
                module, local = self._alias(child)
                out.append(Import(start, end, local, module))
            elif child.kind_id == _DOTTED:
                module = self._dotted_text(child)
                first = self.word(module.partition(".")[0].encode())
                out.append(Import(start, end, first, first))
                if first != module:
                    out.append(Import(start, end, module, module))

    def _import_from(self, node: Node, out: list[Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        module = "__future__"
        after = False
        for child in node.children:
            number = child.kind_id
            if number == _IMPORT:
                after = True
            elif not after and number in {_DOTTED, _RELATIVE}:
                module = self._dotted_text(child)
            elif number == _DOTTED:
                name = self._dotted_text(child)
                out.append(Import(start, end, name, module, name))
            elif number == _ALIASED:
                name, local = self._alias(child)
                out.append(Import(start, end, local, module, name))
            elif number == _WILDCARD:
                out.append(Import(start, end, "*", module, "*"))

    def _alias(self, node: Node) -> tuple[str, str]:
        parts = sound(node.children)
        return self._dotted_text(parts[0]), self.word(self.raw(parts[-1]))

    def _dotted_text(self, node: Node) -> str:
        raw = self.raw(node)
        return self.word(raw if raw.isalnum() else b"".join(raw.replace(b"\\", b" ").split()))


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
        # Python takes a package before a module of the same name beside it.
        for candidate in (f"{one}/__init__.py", f"{one}.py") if one else ("__init__.py",):
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
