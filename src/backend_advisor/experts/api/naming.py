"""Names of paths, operations and properties as words."""

import re
from collections.abc import Sequence

from backend_advisor.experts.api.documents import Operation

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[가-힣]+")
_APART = re.compile(r"[^a-z0-9가-힣]+")


def words(name: str) -> list[str]:
    """The words of a name in any spelling, in lower case."""
    return [word.lower() for word in _WORD.findall(name[:300])]


def joined(name: str) -> str:
    """A name without what only separates its words."""
    return _APART.sub("", name[:300].lower())


def segments(path: str) -> Sequence[str]:
    """The parts of a path between slashes."""
    return [part for part in path.split("/") if part]


def is_variable(segment: str) -> bool:
    """Whether a part of a path holds a parameter."""
    return "{" in segment


def fixed(path: str) -> list[str]:
    """The parts of a path that are no parameters."""
    return [part for part in segments(path) if not is_variable(part)]


def says(operation: Operation) -> str:
    """What an operation is called and said to do."""
    node = operation.node
    told = (node.text_at("operationId"), node.text_at("summary"), node.text_at("description"))
    return " ".join([operation.path, *(one[:1_000] for one in told if one)])
