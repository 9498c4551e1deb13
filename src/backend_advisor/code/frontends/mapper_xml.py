"""The XML of mapper files as a small tree with places; nothing that it declares is expanded or fetched."""

import re
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from xml.parsers import expat

_ROOTS = frozenset({"mapper", "sqlMap"})
_DEEPEST = 60
_ENCODING = re.compile(rb"""^<\?xml[^>]{0,80}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


@dataclass(slots=True)
class Element:
    """An element inside a mapper. Its parts are elements, and texts with the place where each begins."""

    tag: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    parts: "list[Element | tuple[str, int]]" = field(default_factory=list)


class _Refused(Exception):
    """The file is not read any further."""


def in_utf8(source: bytes) -> "tuple[bytes, array[int] | None]":
    """A file in UTF-8, and where each of its bytes stands in the original when that was in another encoding."""
    declared = _ENCODING.match(source.lstrip()[:200])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in ("utf-8", "utf8", "us-ascii") or source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return source, None
    try:
        text = source.decode(name, "replace")
        original = array("q", accumulate((len(letter.encode(name, "replace")) for letter in text), initial=0))
    except LookupError:
        return source, None
    made = bytearray()
    places = array("q")
    for number, letter in enumerate(text):
        raw = letter.encode("utf-8", "replace")
        made += raw
        places.extend([original[number]] * len(raw))
    places.append(len(source))
    return bytes(made), places


def parse(source: bytes) -> Element | None:
    """The tree of a mapper file; None when it is none."""
    parser = expat.ParserCreate("utf-8" if source[:2] not in (b"\xff\xfe", b"\xfe\xff") else None)
    parser.buffer_text = False
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    top = Element("", {}, 0)
    open_elements = [top]
    too_deep = 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal too_deep
        if len(open_elements) > _DEEPEST:
            too_deep += 1
            return
        if len(open_elements) == 1 and tag not in _ROOTS:
            raise _Refused
        made = Element(tag, attributes, parser.CurrentByteIndex)
        open_elements[-1].parts.append(made)
        open_elements.append(made)

    def closed(_tag: str) -> None:
        nonlocal too_deep
        if too_deep:
            too_deep -= 1
            return
        at = source.find(b">", parser.CurrentByteIndex)
        open_elements.pop().end = at + 1 if at >= 0 else len(source)

    def said(text: str) -> None:
        if len(open_elements) > 2:
            open_elements[-1].parts.append((text, parser.CurrentByteIndex))

    def entity(*_declared: object) -> None:
        raise _Refused

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = said
    parser.EntityDeclHandler = entity
    with suppress(expat.ExpatError, _Refused, ValueError):
        parser.Parse(source, True)
    return next((one for one in top.parts if isinstance(one, Element)), None)
