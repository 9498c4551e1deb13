"""What is wrong with the knowledge's data: each problem by file, line and cause."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a data file. `path` is relative to the package; a `minor` one only warns."""

    path: str
    line: int
    text: str
    minor: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class KnowledgeError(Exception):
    """The knowledge cannot be used as it is; says every problem that was found, not the first only."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"the knowledge has {len(self.problems)} problem(s):\n{lines}")
