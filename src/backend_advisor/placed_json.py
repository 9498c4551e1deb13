"""JSON whose every value knows its line and column: YAML's readers refuse some of it, and are slower."""

import json
import re
from bisect import bisect_right
from itertools import accumulate

from backend_advisor.placed_yaml import MANIFEST, Limits, Node, TooMuchError

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<text>\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\")|(?P<mark>[{}\[\]:,])|"
    r"(?P<word>-?\d[\d.eE+-]*|true|false|null))",
    re.DOTALL,
)


def read_json(text: str, limits: Limits = MANIFEST, repeated: list[Node] | None = None) -> Node:
    """The value of a JSON text; raises ValueError with the place where it is none.

    Keys that stand in an object once more are put into `repeated`: of two the last counts.
    """
    if len(text) > limits.length:
        raise TooMuchError("too long")
    reader = _Reader(text, limits, repeated)
    value = reader.value(0)
    reader.end()
    return value


class _Reader:
    def __init__(self, text: str, limits: Limits, repeated: list[Node] | None) -> None:
        self._text = text
        self._at = 1 if text.startswith("\ufeff") else 0
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._left = limits.nodes
        self._deepest = limits.depth
        self._repeated = repeated

    def value(self, depth: int) -> Node:
        self._left -= 1
        if self._left < 0:
            raise TooMuchError("too many values")
        if depth > self._deepest:
            raise TooMuchError("nested too deep")
        sign, start = self._next()
        if sign == "{":
            return self._object(start, depth)
        if sign == "[":
            return self._array(start, depth)
        if sign in ("}", "]", ":", ","):
            raise self._wrong("a value is missing", start)
        return self._node(start, text=self._scalar(sign, start))

    def end(self) -> None:
        """Nothing may follow."""
        if self._text[self._at :].strip(" \t\r\n"):
            raise self._wrong("more follows the end of the document", self._at)

    def _object(self, start: int, depth: int) -> Node:
        entries: dict[str, tuple[Node, Node]] = {}
        sign, at = self._next()
        while sign != "}":
            if not sign.startswith('"'):
                raise self._wrong("a key in double quotes is missing", at)
            name = self._scalar(sign, at)
            key = self._node(at, text=name)
            if (mark := self._next())[0] != ":":
                raise self._wrong("`:` is missing", mark[1])
            if self._repeated is not None and name in entries:
                self._repeated.append(key)
            entries[name] = (key, self.value(depth + 1))
            sign, at = self._next()
            if sign == ",":
                sign, at = self._next()
                if sign == "}":
                    raise self._wrong("a comma stands before `}`", at)
            elif sign != "}":
                raise self._wrong("`,` or `}` is missing", at)
        return self._node(start, entries=entries)

    def _array(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        before = self._at
        sign, at = self._next()
        if sign != "]":
            self._at = before
            while True:
                items.append(self.value(depth + 1))
                sign, at = self._next()
                if sign == "]":
                    break
                if sign != ",":
                    raise self._wrong("`,` or `]` is missing", at)
        return self._node(start, items=tuple(items))

    def _next(self) -> tuple[str, int]:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            rest = self._text[self._at :]
            at = self._at + len(rest) - len(rest.lstrip(" \t\r\n"))
            raise self._wrong("the document ends too early" if not rest.strip() else "not JSON", at)
        self._at = found.end()
        kind = found.lastgroup or "mark"
        return found[kind], found.start(kind)

    def _scalar(self, sign: str, start: int) -> str:
        if not sign.startswith('"'):
            return sign
        if "\\" not in sign:
            return sign[1:-1]
        try:
            return str(json.loads(sign, strict=False))
        except ValueError as error:
            raise self._wrong("not a text of JSON", start) from error

    def _node(
        self,
        start: int,
        *,
        text: str | None = None,
        items: tuple[Node, ...] = (),
        entries: dict[str, tuple[Node, Node]] | None = None,
    ) -> Node:
        line, column = self._place(start)
        end_line, end_column = self._place(self._at)
        return Node(line, column, end_line, end_column, text, items, entries or {})

    def _place(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def _wrong(self, problem: str, at: int) -> ValueError:
        line, column = self._place(at)
        return ValueError(f"{problem} ({line}:{column})")
