"""YAML whose every value knows its line and column, with limits: what others wrote may be hostile."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_DOCUMENT = re.compile(r"^---(?=[ \t\r\n]|$)", re.MULTILINE)
_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands, from line and column 1; the end is exclusive.

    `text` is set for scalars, `items` for sequences, `entries` (key, value) for mappings. A mapping in which a key is
    no scalar stands for what a template fills in: it holds nothing.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str | None = None
    items: Sequence["Node"] = ()
    entries: Mapping[str, tuple["Node", "Node"]] = field(default_factory=dict)

    def at(self, *path: str) -> "Node | None":
        """The value under these keys; None where one is missing."""
        node = self
        for key in path:
            entry = node.entries.get(key)
            if entry is None:
                return None
            node = entry[1]
        return node

    def text_at(self, *path: str) -> str | None:
        """The scalar under these keys."""
        node = self.at(*path)
        return None if node is None else node.text

    def key(self, name: str) -> "Node | None":
        """The key itself, which tells where an entry begins."""
        entry = self.entries.get(name)
        return None if entry is None else entry[0]


class TooMuchError(ValueError):
    """A text is beyond the limits of what is read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read: characters, values, and how deep they are nested."""

    length: int = 400_000
    nodes: int = 50_000
    depth: int = 60


MANIFEST = Limits()


def read_documents(text: str, limits: Limits = MANIFEST, repeated: list[Node] | None = None) -> Iterator[Node]:
    """The documents of a text, each that can be read; raises ValueError after them when one could not.

    Keys that stand in a mapping once more are put into `repeated`: of two the last counts.
    """
    if len(text) > limits.length:
        raise TooMuchError("too long")
    starts = [0, *(found.start() for found in _DOCUMENT.finditer(text) if found.start())]
    failed: ValueError | None = None
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if part.strip("- \t\r\n"):
            try:
                yield from _documents(part, text.count("\n", 0, start), limits, repeated)
            except ValueError as error:
                failed = failed or error
    if failed is not None:
        raise failed


def _documents(text: str, above: int, limits: Limits, repeated: list[Node] | None) -> Iterator[Node]:
    import yaml
    from yaml import cyaml

    parser: Any = vars(cyaml)["CParser"](text)
    try:
        while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.NodeEvent):
                yield _Reader(parser, above, limits, repeated).value(event, 0)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" ({mark.line + above + 1}:{mark.column + 1})" if mark is not None else ""
        raise ValueError(f"{getattr(error, 'problem', None) or 'not YAML'}{place}") from error
    finally:
        parser.dispose()


class _Reader:
    """Reads one document; an alias is its anchor's value, not a copy."""

    def __init__(self, parser: Any, above: int, limits: Limits, repeated: list[Node] | None) -> None:
        self._parser = parser
        self._above = above
        self._anchors: dict[str, Node] = {}
        self._left = limits.nodes
        self._deepest = limits.depth
        self._repeated = repeated

    def value(self, event: Any, depth: int) -> Node:
        import yaml

        self._count()
        if depth > self._deepest:
            raise TooMuchError("nested too deep")
        if isinstance(event, yaml.AliasEvent):
            return self._anchors.get(event.anchor or "") or self._node(event, event)
        if isinstance(event, yaml.ScalarEvent):
            made = self._node(event, event, text=event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(inner := self._parser.get_event(), yaml.SequenceEndEvent):
                items.append(self.value(inner, depth + 1))
            made = self._node(event, inner, items=tuple(items))
        else:
            made = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = made
        return made

    def _mapping(self, event: Any, depth: int) -> Node:
        import yaml

        entries: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        template = False
        while not isinstance(inner := self._parser.get_event(), yaml.MappingEndEvent):
            key = self.value(inner, depth + 1)
            value = self.value(self._parser.get_event(), depth + 1)
            if key.text is None:
                template = True
            elif key.text == _MERGE:
                merged += value.items or (value,)
            else:
                if self._repeated is not None and key.text in entries:
                    self._repeated.append(key)
                entries[key.text] = (key, value)
        for one in merged:
            self._count(len(one.entries))
            entries = {**one.entries, **entries}
        return self._node(event, inner, entries={} if template else entries)

    def _count(self, nodes: int = 1) -> None:
        self._left -= nodes
        if self._left < 0:
            raise TooMuchError("too many values")

    def _node(self, first: Any, last: Any, **held: Any) -> Node:
        start, end = first.start_mark, last.end_mark
        return Node(start.line + self._above + 1, start.column + 1, end.line + self._above + 1, end.column + 1, **held)
