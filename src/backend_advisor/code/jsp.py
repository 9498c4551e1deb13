"""What tags of JSP do with text: pages that are put into others with parameters, and text that is kept, not printed."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

_INCLUDES = re.compile(r"<(c:import|jsp:include)\b([^<>]{1,500})(?<!/)>")
_PAGE = re.compile(r"\b(?:url|page)\s*=\s*\"([^\"?]+)")
_GIVES = re.compile(r"<(?:c|jsp):param\b[^<>]{0,300}?\bname\s*=\s*\"([\w.]+)\"")
_KEEPS = re.compile(r"<(fmt:message|c:set|c:url|spring:message)\b([^<>]{1,500})(?<!/)>")
_TAKES = re.compile(
    r"<(?P<tag>(?!(?:c|fmt|fn|x|jsp|spring|form|layout|tiles|decorator|sitemesh|template|t|tag|tags):)\w{1,20}:\w{1,40})\b"
    r"[^<>]{0,300}(?<!/)>(?P<body>[^<>]{0,100}<%=[^%<]{0,300}%>[^<>]{0,100}|[^<>${]{0,100}\$\{[^{}<]{0,300}\}[^<>${]{0,100})</(?P=tag)>"
)
"""A tag of a library of the program's own around one value, which it makes something of; layouts print theirs."""
_ESCAPES = re.compile(
    r"\b(\w{1,40})\s*=\s*[\w.]{0,80}?\w*(?:[eE]scape|[eE]ncode|[eE]ntit|[sS]aniti[sz]e)\w*\(\s*\1\s*[,)]"
)
_VARIABLE = re.compile(r"\bvar\s*=")
_LONGEST = 4000
"""Characters within which a tag ends."""


def handed_on(text: str) -> Iterator[tuple[str, str]]:
    """The parameters that a page gives to those it includes: their file names and the parameters' names."""
    for found in _INCLUDES.finditer(text):
        page = _PAGE.search(found[2])
        end = _end(text, found)
        if page is not None and end is not None:
            for name in _GIVES.findall(text, found.end(), end):
                yield PurePosixPath(page[1]).name, name


def kept(text: str) -> list[tuple[int, int]]:
    """Where text stands that tags put into a variable: `<fmt:message … var="title">…</fmt:message>`."""
    tags = [found for found in _KEEPS.finditer(text) if _VARIABLE.search(found[2])]
    return [(found.end(), end) for found in tags if (end := _end(text, found)) is not None]


def given_to_tags(text: str) -> list[tuple[int, int]]:
    """Where a value is all that stands in a tag of the program's own: `<wiki:Text><%= markup %></wiki:Text>`."""
    return [found.span("body") for found in _TAKES.finditer(text)]


def escaped(text: str) -> frozenset[str]:
    """Variables that a function of that name makes safe: `name = Texts.escapeHtml(name);`."""
    return frozenset(_ESCAPES.findall(text))


def _end(text: str, tag: re.Match[str]) -> int | None:
    """Where a tag is closed."""
    end = text.find(f"</{tag[1]}>", tag.end(), tag.end() + _LONGEST)
    return end if end >= 0 else None
