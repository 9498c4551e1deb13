"""Which file of the tree an import means."""

import posixpath
from collections.abc import Collection, Iterator

from backend_advisor.code.ir import Import

_SUFFIXES = (".ts", ".js", ".tsx", ".mjs", ".cjs", ".jsx", ".mts", ".cts", ".d.ts")
_WRITTEN = {".js": (".ts", ".tsx", ".jsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_WORKSPACES = ("packages", "libs", "apps", "modules")


def locate(statement: Import, path: str, tree: Collection[str]) -> str | None:
    """The file that an import means, None for a foreign package.

    Besides relative paths these are found by where they usually point: `@/x` and `~/x` (the source folder), `src/x`
    (TypeScript's `baseUrl`), `@scope/name` of a workspace, and `@server/x` (the folder `server`).
    """
    module = statement.module
    if module.startswith("."):
        return _file(posixpath.normpath(posixpath.join(posixpath.dirname(path), module)), tree)
    if module.startswith("/") or "/" not in module or ":" in module:
        return None
    for candidate in _candidates(module, path):
        found = _file(candidate, tree)
        if found is not None and found != path:
            return found
    return None


def _candidates(module: str, path: str) -> Iterator[str]:
    first, _, rest = module.partition("/")
    folder = posixpath.dirname(path)
    while True:
        if first in ("@", "~", "#"):
            yield posixpath.join(folder, "src", rest)
            yield posixpath.join(folder, rest)
        elif first.startswith("@"):
            name, _, inside = rest.partition("/")
            for workspace in _WORKSPACES:
                yield posixpath.join(folder, workspace, name, "src", inside)
                yield posixpath.join(folder, workspace, name, inside)
            yield posixpath.join(folder, "src", first[1:], rest)
            yield posixpath.join(folder, first[1:], rest)
        else:
            yield posixpath.join(folder, module)
            yield posixpath.join(folder, "src", module)
        if not folder:
            return
        folder = posixpath.dirname(folder)


def _file(base: str, tree: Collection[str]) -> str | None:
    base = base.rstrip("/")
    if base in tree:
        return base
    for suffix in _SUFFIXES:
        if base + suffix in tree:
            return base + suffix
    stem, suffix = posixpath.splitext(base)
    for other in _WRITTEN.get(suffix, ()):
        if stem + other in tree:
            return stem + other
    prefix = "" if base in ("", ".") else f"{base}/"
    for suffix in _SUFFIXES:
        if f"{prefix}index{suffix}" in tree:
            return f"{prefix}index{suffix}"
    return None
