"""Where the files lie in the repository that the command runs in."""

import os
from pathlib import Path


def root_of(folder: Path) -> Path:
    """The top of the repository that a folder is in, or the folder itself where it is in none."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


class FromRoot:
    """Tells a file's path from the root of the repository, with slashes. A file outside of it keeps its whole path."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._root = str(folder), str(root_of(folder))

    def __call__(self, name: str) -> str:
        path = os.path.normpath(os.path.join(self._folder, name))  # noqa: PTH118 (of each file of a large tree)
        below = self._below(path) or self._below(os.path.realpath(path))
        return (below or path).replace(os.sep, "/")

    def _below(self, path: str) -> str:
        top = self._root.rstrip(os.sep) + os.sep
        return path[len(top) :] if path.startswith(top) else ""
