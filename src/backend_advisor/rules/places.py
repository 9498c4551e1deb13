"""Byte offsets of the code model as places in the asker's artifacts."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

from backend_advisor.model import Artifact, Location, Span

_EXCERPT = 160


class Places:
    """Finds lines and columns in the files of a case, which are given by their path in the tree."""

    def __init__(self, artifacts: Mapping[str, Artifact]) -> None:
        self._artifacts = artifacts
        self._paths = {artifact.name: path for path, artifact in artifacts.items()}
        self._lines: dict[str, tuple[bytes, list[int]]] = {}

    def path_of(self, artifact: str) -> str:
        """The path in the tree of an artifact by its name."""
        return self._paths[artifact]

    def first_line(self, path: str) -> int:
        """The number of a file's first line."""
        return self._artifacts[path].first_line

    def location(self, path: str, start: int, end: int) -> Location:
        """The place of a stretch of bytes of a file."""
        source, starts = self._file(path)
        first_line = self._artifacts[path].first_line
        line, column = self._position(source, starts, start)
        end_line, end_column = self._position(source, starts, max(start, end))
        span = Span(line=line + first_line, column=column, end_line=end_line + first_line, end_column=end_column)
        return Location(artifact=self._artifacts[path].name, span=span, excerpt=self.text(path, start, end))

    def text(self, path: str, start: int, end: int) -> str:
        """What stands there, on one line and shortened."""
        source, _ = self._file(path)
        words = " ".join(source[start : min(end, start + 4 * _EXCERPT)].decode("utf-8", "replace").split())
        return words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"

    def line_of(self, path: str, offset: int) -> int:
        """The line of a place, from 1."""
        source, starts = self._file(path)
        return self._position(source, starts, offset)[0] + self._artifacts[path].first_line

    def _file(self, path: str) -> tuple[bytes, list[int]]:
        known = self._lines.get(path)
        if known is None:
            source = self._artifacts[path].text.encode("utf-8", "surrogatepass")
            starts = list(accumulate((len(line) + 1 for line in source.split(b"\n")), initial=0))
            known = self._lines[path] = (source, starts)
        return known

    def _position(self, source: bytes, starts: list[int], offset: int) -> tuple[int, int]:
        """Lines from 0, columns in characters from 1."""
        line = bisect_right(starts, offset) - 1
        column = len(source[starts[line] : offset].decode("utf-8", "replace")) + 1
        return line, column
