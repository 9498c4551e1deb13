"""MyBatis mapper files (and those of its forerunner iBATIS): the SQL statements with their placeholders.

A mapper is read by its events alone: entities that a file declares are never expanded, nothing outside of the file is
fetched, and nesting and fragments that include one another are bounded.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from backend_advisor.code.frontends.mapper_xml import Element, in_utf8, parse

_KINDS = {"select": "select", "insert": "insert", "update": "update", "delete": "delete"}
_OLD_KINDS = {**_KINDS, "statement": "select", "procedure": "update"}
_INCLUDES = 12
_LONGEST = 200_000
_OF_INCLUDE = 20
"""What an include adds to the length of a statement at least, in characters."""
_LONGEST_OF_ALL = 4_000_000
_PLACEHOLDER = re.compile(r"([#$])\{\s*([^{}]{0,400}?)\s*\}")
_OLD_PLACEHOLDER = re.compile(r"([#$])([A-Za-z_][\w.\[\]]{0,200})(?::\w+)?\1")
_PROPERTY = re.compile(r"\$\{\s*([\w.-]+)\s*\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`#{name}`, which is bound, or `${name}`, which becomes part of the SQL text. Places are byte offsets into the
    file; `at` is where it stands in the flattened text, -1 for one in a branch that was not taken."""

    name: str
    start: int
    end: int
    at: int

    @property
    def root(self) -> str:
        """The parameter that it reads: `user` of `user.name,jdbcType=VARCHAR`."""
        return re.split(r"[.,\[:\s]", self.name, maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class MapperStatement:
    """One statement. In `text` every `<if>` holds, `<foreach>` runs once, and of `<choose>` the first way is taken."""

    namespace: str
    id: str
    kind: str
    text: str
    start: int
    end: int
    raw: tuple[Placeholder, ...] = ()
    """The `${}` placeholders, those of every branch."""
    bound: tuple[Placeholder, ...] = ()
    """The `#{}` placeholders, those of every branch."""
    binds: tuple[tuple[str, str], ...] = ()
    """`<bind>` elements: a name and the expression that it stands for."""
    loops: tuple[tuple[str, str], ...] = ()
    """`<foreach>` elements: the name of the item and the collection that it comes from."""
    path: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_dynamic: bool = False
    missing: tuple[str, ...] = ()
    """Fragments that are not in this file."""
    places: tuple[tuple[int, int], ...] = ()

    def source_offset(self, at: int) -> int:
        """Where in the file a place of the text stands."""
        number = bisect_right(self.places, (at, 1 << 60)) - 1
        if number < 0:
            return self.start
        text_at, source_at = self.places[number]
        return source_at + len(self.text[text_at:at].encode())


def read(source: bytes, path: str) -> list[MapperStatement]:
    """The statements of a mapper file, in order; none of another kind of file, and of a broken one the first ones."""
    if b"<mapper" not in source and b"<sqlMap" not in source:
        return []
    text, places = in_utf8(source)
    root = parse(text)
    if root is None:
        return []
    return _Mapper(root, places, path).statements()


def read_script(text: str) -> MapperStatement:
    """The statement of an annotation such as `@Select`, which holds tags when it begins with `<script>`.

    Its places are of no use: only `at` of a placeholder says where it stands in the text.
    """
    script = text.strip()
    plain = text.replace("]]>", "]]]]><![CDATA[>")
    source = script if script.startswith("<script>") else f"<![CDATA[{plain}]]>"
    wrapped = f'<mapper namespace=""><select id="">{source}</select></mapper>'
    found = read(wrapped.encode("utf-8", "replace"), "")
    if found:
        return found[0]
    return MapperStatement("", "", "select", text, 0, 0, *_placeholders(text))


def _placeholders(text: str) -> tuple[tuple[Placeholder, ...], tuple[Placeholder, ...]]:
    found = [(one[1], Placeholder(one[2], one.start(), one.end(), one.start())) for one in _PLACEHOLDER.finditer(text)]
    return tuple(p for mark, p in found if mark == "$"), tuple(p for mark, p in found if mark == "#")


Piece = tuple[str, int]


@dataclass(slots=True)
class _Found:
    """What is met while a statement is flattened."""

    old: bool
    raw: list[tuple[str, int]] = field(default_factory=list)
    bound: list[tuple[str, int]] = field(default_factory=list)
    binds: list[tuple[str, str]] = field(default_factory=list)
    loops: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    length: int = 0
    is_dynamic: bool = False


class _Mapper:
    """The statements and fragments of one file."""

    def __init__(self, root: Element, places: "array[int] | None", path: str) -> None:
        self.root = root
        self.path = path
        self.places = places
        self.namespace = root.attributes.get("namespace", "")
        self.old = root.tag == "sqlMap"
        self.left = _LONGEST_OF_ALL
        self.fragments: dict[str, Element] = {}
        for one in self._elements():
            if one.tag == "sql" and "id" in one.attributes:
                self.fragments.setdefault(one.attributes["id"], one)

    def _elements(self) -> list[Element]:
        return [one for one in self.root.parts if isinstance(one, Element)]

    def statements(self) -> list[MapperStatement]:
        kinds = _OLD_KINDS if self.old else _KINDS
        found: list[MapperStatement] = []
        for one in self._elements():
            if one.tag in kinds and one.end and self.left > 0:
                name = one.attributes.get("id", "")
                keys = [k for k in one.parts if isinstance(k, Element) and k.tag == "selectKey"]
                found += [self._statement(key, f"{name}!selectKey", "select") for key in keys]
                found.append(self._statement(one, name, kinds[one.tag]))
        return found

    def _statement(self, element: Element, name: str, kind: str) -> MapperStatement:
        found = _Found(self.old)
        parts = [one for one in element.parts if isinstance(one, Element)]
        if len(parts) == 1 and parts[0].tag == "script":
            element = parts[0]
        pieces = _trimmed(self._inside(element, found, 0, {}))
        self.left -= found.length
        text = "".join(text for text, _ in pieces)
        starts = accumulate((len(text) for text, _ in pieces), initial=0)
        places = tuple((at, self._place(place)) for at, (_, place) in zip(starts, pieces, strict=False))
        return MapperStatement(
            self.namespace,
            name,
            kind,
            text,
            self._place(element.start),
            self._place(element.end),
            self._placeholders("$", pieces, found.raw),
            self._placeholders("#", pieces, found.bound),
            tuple(found.binds),
            tuple(found.loops),
            self.path,
            dict(element.attributes),
            found.is_dynamic,
            tuple(dict.fromkeys(found.missing)),
            places,
        )

    def _place(self, offset: int) -> int:
        if self.places is None:
            return offset
        return self.places[min(max(offset, 0), len(self.places) - 1)]

    def _placeholders(self, mark: str, pieces: list[Piece], met: list[tuple[str, int]]) -> tuple[Placeholder, ...]:
        """Those that were met, each with its place in the text when it got there."""
        shown: dict[int, int] = {}
        at = 0
        for piece, start in pieces:
            for one in _PLACEHOLDER.finditer(piece):
                if one[1] == mark:
                    shown.setdefault(start + len(piece[: one.start()].encode()), at + one.start())
            at += len(piece)
        made: dict[int, Placeholder] = {}
        for name, start in met:
            length = len(name.encode()) + (2 if self.old else 3)
            made[start] = Placeholder(name, self._place(start), self._place(start + length), shown.get(start, -1))
        return tuple(made.values())

    def _inside(self, element: Element, found: _Found, includes: int, given: Mapping[str, str]) -> list[Piece]:
        """The text of an element's parts."""
        pieces: list[Piece] = []
        for one in _joined(element.parts):
            if found.length > min(_LONGEST, self.left):
                break
            if isinstance(one, Element):
                pieces += self._tag(one, found, includes, given)
            else:
                pieces.append(_said(one, found, given))
                found.length += len(one[0])
        return pieces

    def _tag(self, one: Element, found: _Found, includes: int, given: Mapping[str, str]) -> list[Piece]:
        attributes = one.attributes
        if one.tag in ("selectKey", "property"):
            return []
        if one.tag == "include":
            return self._include(one, found, includes, given)
        found.is_dynamic = True
        if one.tag == "bind":
            found.binds.append((attributes.get("name", ""), attributes.get("value", "")))
            return []
        if one.tag == "choose":
            return self._choose(one, found, includes, given)
        inner = self._inside(one, found, includes, given)
        if one.tag == "where":
            return _wrapped(inner, " WHERE ", " ", ("AND ", "OR ", "AND(", "OR("), ())
        if one.tag == "set":
            return _wrapped(inner, " SET ", " ", (), (",",))
        if one.tag == "trim":
            prefix, suffix = attributes.get("prefix", ""), attributes.get("suffix", "")
            before, after = attributes.get("prefixOverrides", ""), attributes.get("suffixOverrides", "")
            return _wrapped(inner, f" {prefix} ", f" {suffix} ", tuple(before.split("|")), tuple(after.split("|")))
        if one.tag in ("foreach", "iterate"):
            found.loops.append(
                (attributes.get("item", ""), attributes.get("collection", attributes.get("property", "")))
            )
            return _wrapped(inner, f" {attributes.get('open', '')}", f"{attributes.get('close', '')} ", (), ())
        if one.tag == "dynamic":
            first = next((p.attributes.get("prepend", "") for p in one.parts if isinstance(p, Element)), "")
            return _wrapped(inner, f" {attributes.get('prepend', '')} ", " ", (first,), ())
        return _wrapped(inner, f" {attributes.get('prepend', '')} " if "prepend" in attributes else " ", " ", (), ())

    def _choose(self, one: Element, found: _Found, includes: int, given: Mapping[str, str]) -> list[Piece]:
        ways = [
            self._inside(way, found, includes, given)
            for way in one.parts
            if isinstance(way, Element) and way.tag in ("when", "otherwise")
        ]
        return next((_wrapped(way, " ", " ", (), ()) for way in ways if _is_filled(way)), [])

    def _include(self, one: Element, found: _Found, includes: int, given: Mapping[str, str]) -> list[Piece]:
        name = _filled_in(one.attributes.get("refid", ""), given)
        fragment = self.fragments.get(name) or self.fragments.get(name.removeprefix(f"{self.namespace}."))
        if fragment is None:
            found.missing.append(name)
            return []
        found.length += _OF_INCLUDE  # fragments of fragments of nothing take time too
        if includes >= _INCLUDES:
            return []
        own = {
            part.attributes.get("name", ""): _filled_in(part.attributes.get("value", ""), given)
            for part in one.parts
            if isinstance(part, Element) and part.tag == "property"
        }
        return self._inside(fragment, found, includes + 1, {**given, **own})


def _joined(parts: "list[Element | Piece]") -> "list[Element | Piece]":
    """Texts that follow one another in the file without anything between them as one."""
    made: list[Element | Piece] = []
    for one in parts:
        last = made[-1] if made else None
        if isinstance(one, tuple) and isinstance(last, tuple) and last[1] + len(last[0].encode()) == one[1]:
            made[-1] = (last[0] + one[0], last[1])
        else:
            made.append(one)
    return made


def _said(piece: Piece, found: _Found, given: Mapping[str, str]) -> Piece:
    """A text with its placeholders noted; those that an include gives a value are replaced by it."""
    text, start = piece
    if found.old and ("#" in text or "$" in text):
        for one in _OLD_PLACEHOLDER.finditer(text):
            (found.raw if one[1] == "$" else found.bound).append((one[2], start + len(text[: one.start()].encode())))
        return _OLD_PLACEHOLDER.sub(r"\1{\2}", text), start
    if "{" not in text:
        return piece
    if given:
        text = _filled_in(text, given)
    for one in _PLACEHOLDER.finditer(text):
        (found.raw if one[1] == "$" else found.bound).append((one[2], start + len(text[: one.start()].encode())))
    return text, start


def _filled_in(text: str, given: Mapping[str, str]) -> str:
    return _PROPERTY.sub(lambda one: given.get(one[1], one[0]), text) if given and "$" in text else text


def _is_filled(pieces: list[Piece]) -> bool:
    return any(text.strip() for text, _ in pieces)


def _wrapped(
    inner: list[Piece], prefix: str, suffix: str, before: tuple[str, ...], after: tuple[str, ...]
) -> list[Piece]:
    """A text between a prefix and a suffix, without words that must not stand at its ends; nothing around nothing."""
    inner = _trimmed(inner)
    if not inner:
        return []
    for word in (word for word in before if word.strip()):
        text, start = inner[0]
        if text.upper().startswith(word.upper().lstrip()):
            cut = len(word.strip(" (\t\n"))
            inner[0] = (text[cut:], start + len(text[:cut].encode()))
            break
    for word in (word.strip() for word in after if word.strip()):
        text, start = inner[-1]
        if text.rstrip().upper().endswith(word.upper()):
            inner[-1] = (text.rstrip()[: -len(word)], start)
            break
    return [(prefix, inner[0][1]), *inner, (suffix, inner[-1][1] + len(inner[-1][0].encode()))]


def _trimmed(pieces: list[Piece]) -> list[Piece]:
    """Pieces without blanks at both ends."""
    first, last = 0, len(pieces)
    while first < last and not pieces[first][0].strip():
        first += 1
    while last > first and not pieces[last - 1][0].strip():
        last -= 1
    made = pieces[first:last]
    if made:
        text, start = made[0]
        cut = len(text) - len(text.lstrip())
        made[0] = (text[cut:], start + len(text[:cut].encode()))
        text, start = made[-1]
        made[-1] = (text.rstrip(), start)
    return made
