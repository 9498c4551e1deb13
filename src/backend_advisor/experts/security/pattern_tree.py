"""Regular expressions of Python, JavaScript and Java as a small tree; what it has no word for is refused."""

from dataclasses import dataclass

_ALPHABET = [chr(code) for code in range(32, 127)] + ["\n", "\t", "é", "가"]
"""Characters that stand for all others like them."""
_BIT = {character: 1 << number for number, character in enumerate(_ALPHABET)}
_EVERYTHING = (1 << len(_ALPHABET)) - 1
_OTHER = _BIT["é"]


def _bits(characters: str) -> int:
    bits = 0
    for character in characters:
        bits |= _BIT.get(character, _OTHER)
    return bits


_DIGITS = _bits("0123456789")
_WORDS = _bits("".join(c for c in _ALPHABET if c.isalnum() or c == "_"))
_SPACES = _bits(" \t\n")
_SHORT = {
    "d": _DIGITS, "D": _EVERYTHING & ~_DIGITS, "w": _WORDS, "W": _EVERYTHING & ~_WORDS,
    "s": _SPACES, "S": _EVERYTHING & ~_SPACES, "n": _BIT["\n"], "r": _BIT["\n"], "t": _BIT["\t"],
    "f": _BIT["\t"], "v": _BIT["\t"], "h": _SPACES, "R": _BIT["\n"],
}  # fmt: skip


class Unreadable(Exception):
    """The pattern has something that the tree has no word for."""


@dataclass(frozen=True, slots=True)
class Classes:
    """One character out of a set, which is kept as bits."""

    characters: int


@dataclass(frozen=True, slots=True)
class Row:
    """One part after the other."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Loop:
    """A part repeated; `most` is None without a bound."""

    part: "Part"
    least: int
    most: int | None


Part = Classes | Row | Choice | Loop


def parsed(pattern: str) -> tuple[Part, bool]:
    """The tree of a pattern, and whether it asks for the end of the text; raises Unreadable."""
    reader = _Reader(pattern)
    tree = reader.choice()
    if reader.at < len(pattern):
        raise Unreadable
    return tree, reader.anchored


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.anchored = False

    def _next(self) -> str:
        if self.at >= len(self.pattern):
            raise Unreadable
        self.at += 1
        return self.pattern[self.at - 1]

    def _peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def choice(self) -> Part:
        """Alternatives up to the closing parenthesis or the end."""
        rows = [self._row()]
        while self._peek("|"):
            self.at += 1
            rows.append(self._row())
        return rows[0] if len(rows) == 1 else Choice(tuple(rows))

    def _row(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.pattern) and not self._peek("|") and not self._peek(")"):
            part = self._atom()
            if part is not None:
                parts.append(self._quantified(part))
        return Row(tuple(parts))

    def _atom(self) -> Part | None:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return Classes(self._class())
        if character == "\\":
            return self._escape()
        if character == ".":
            return Classes(_EVERYTHING & ~_BIT["\n"])
        if character in "^$":
            self.anchored = self.anchored or character == "$"
            return None
        if character in "*+?":
            raise Unreadable
        return Classes(_bits(character))

    def _group(self) -> Part | None:
        looks = False
        if self._peek("?"):
            rest = self.pattern[self.at + 1 : self.at + 3]
            if rest[:1] in ("=", "!") or rest in ("<=", "<!"):
                looks = True
                self.at += 2 if rest[:1] in ("=", "!") else 3
            elif rest[:1] == ":":
                self.at += 2
            elif rest == "P<" or rest[:1] == "<":
                self.at = self._past(">")
            else:
                raise Unreadable
        anchored = self.anchored
        inner = self.choice()
        if self._next() != ")":
            raise Unreadable
        if looks:
            self.anchored = anchored
            return None
        return inner

    def _past(self, character: str) -> int:
        end = self.pattern.find(character, self.at)
        if end < 0:
            raise Unreadable
        return end + 1

    def _escape(self) -> Part | None:
        character = self._next()
        if character in "bBAGZz":
            self.anchored = self.anchored or character in "Zz"
            return None
        if character in "QE":
            raise Unreadable
        if character in "123456789k":  # what a group has found before, of which nothing is known
            if character == "k":
                self.at = self._past(">")
            while self.at < len(self.pattern) and character != "k" and self.pattern[self.at].isdigit():
                self.at += 1
            return Classes(_EVERYTHING & ~_BIT["\n"])
        return Classes(self._escaped(character))

    def _escaped(self, character: str) -> int:
        if character in _SHORT:
            return _SHORT[character]
        if character in "pP":
            self.at = self._past("}")
            return _WORDS if character == "p" else _EVERYTHING & ~_WORDS
        if character in "xu":
            self.at = self._past("}") if self._peek("{") else self.at + (2 if character == "x" else 4)
            return _OTHER
        return _bits(character)

    def _class(self) -> int:
        negated = self._peek("^")
        self.at += negated
        bits = 0
        first = True
        while first or not self._peek("]"):
            first = False
            character = self._next()
            if character == "[" and self._peek(":"):
                raise Unreadable
            if character == "\\":
                bits |= self._escaped(self._next())
            elif self._peek("-") and not self._peek("-]"):
                self.at += 1
                bits |= self._range(character, self._next())
            else:
                bits |= _bits(character)
        self.at += 1
        return _EVERYTHING & ~bits if negated else bits

    def _range(self, low: str, high: str) -> int:
        if high == "\\":
            return _bits(low + "-") | self._escaped(self._next())
        bits = 0
        for character in _ALPHABET:
            if low <= character <= high:
                bits |= _BIT[character]
        return bits or _OTHER

    def _quantified(self, part: Part) -> Part:
        while self.at < len(self.pattern) and self.pattern[self.at] in "*+?{":
            bounds = self._bounds()
            if bounds is None:
                break
            if self._peek("+"):
                raise Unreadable
            self.at += self._peek("?")
            part = Loop(part, *bounds)
        return part

    def _bounds(self) -> tuple[int, int | None] | None:
        character = self._next()
        if character != "{":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at : max(end, self.at)].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            raise Unreadable
        self.at = end + 1
        least = int(low)
        return least, (int(high) if high else None) if comma else least
