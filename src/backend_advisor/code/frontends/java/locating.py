"""Which file of the tree an import means."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from backend_advisor.code.ir import Import

_BELOW_ROOT = re.compile(r"(?:^|/)src/[A-Za-z]\w*/java/.")


def locate(statement: Import, path: str, tree: Collection[str]) -> str | None:
    """The file of the imported class.

    Source roots differ (`src/main/java`, `src`, several modules), so a file is known by the end of its path. Of several
    the one that shares most of its path with the importing file is meant. For `import a.b.C.Inner` and `import static
    a.b.C.d` that is the file of C; a wildcard means a file only where it names a class.
    """
    if not tree:
        return None
    named = statement.module if statement.name in (None, "*") else f"{statement.module}.{statement.name}"
    parts = named.split(".")
    files = _by_name(_Tree(tree))
    for length in range(len(parts), 0, -1):
        last = parts[length - 1]
        if not last[:1].isupper() and length < len(parts):
            return None
        wanted = "/" + "/".join(parts[:length]) + ".java"
        found = [one for one in files.get(last, ()) if _is(one, wanted) and one in tree]
        if found:
            return max(found, key=lambda one: (_shared(one, path), -len(one), one))
    return None


def _is(path: str, wanted: str) -> bool:
    if not f"/{path}".endswith(wanted):
        return False
    return _BELOW_ROOT.search(path[: max(0, len(path) - len(wanted) + 1)]) is None


class _Tree:
    """A tree as the key of what is kept of it. Comparing every path with each import would cost the square of the
    tree's size, so trees of one size with the same first file count as one; what is found is looked up once more."""

    __slots__ = ("key", "paths")

    def __init__(self, paths: Collection[str]) -> None:
        self.paths = paths
        self.key = (len(paths), next(iter(paths)))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tree) and other.key == self.key


@lru_cache(maxsize=2)
def _by_name(tree: _Tree) -> Mapping[str, list[str]]:
    """The files of a tree by the class that their name says."""
    found: dict[str, list[str]] = {}
    for path in tree.paths:
        if path.endswith(".java"):
            found.setdefault(path.rsplit("/", 1)[-1][:-5], []).append(path)
    return found


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
