"""Which file of the tree an import means."""

from collections.abc import Collection
from functools import lru_cache

from backend_advisor.code.ir import Import


def locate(statement: Import, path: str, tree: Collection[str]) -> str | None:
    """The file of the imported class.

    Source roots differ (`src/main/java`, `src`, several modules), so a file is known by the end of its path. Of several
    the one that shares most of its path with the importing file is meant. For `import a.b.C.Inner` and `import static
    a.b.C.d` that is the file of C; a wildcard means a file only where it names a class.
    """
    ends = _ends(frozenset(tree) if not isinstance(tree, frozenset) else tree)
    name = statement.module if statement.name in (None, "*") else f"{statement.module}.{statement.name}"
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if not parts[length - 1][:1].isupper() and length < len(parts):
            return None
        wanted = "/".join(parts[:length]) + ".java"
        found = [
            one for one in ends.get(parts[length - 1] + ".java", ()) if one == wanted or one.endswith("/" + wanted)
        ]
        if found:
            return max(found, key=lambda one: (_shared(one, path), -len(one), one))
    return None


@lru_cache(maxsize=4)
def _ends(tree: frozenset[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in tree:
        found.setdefault(path.rsplit("/", 1)[-1], []).append(path)
    return found


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
