"""The Markdown that most of our texts are: paragraphs and flat lists with code, bold and italics.

Rich's own Markdown reads everything, but brings a parser and a highlighter whose import costs more than the answer.
What is not read here (tables, links, nested lists, escapes) is left to it.
"""

import re
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_MARK = re.compile(r"^(-|\d{1,3}\.) +", re.MULTILINE)
_OTHER_BLOCK = re.compile(r"^(?:[-*+>#|=]|\d+[.)]|~~~|___|[ \t])", re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`|\*\*(?=[^\s*])([^*`]*[^\s*])\*\*|\*(?=[^\s*])([^*`]*[^\s*])\*")
_OTHER_INLINE = re.compile(r"[`*\\~<]|\]\(|\]\[|&#?\w+;|(?<!\w)_|_(?!\w)|://|  \n")
_STYLES = ("markdown.code", "markdown.strong", "markdown.em")


def paragraphs(text: str) -> RenderableType | None:
    """The text as blocks with a blank line between; None when it holds anything else."""
    blocks: list[RenderableType] = []
    for number, part in enumerate(_BLANK_LINES.split(text.strip("\n").rstrip())):
        read = list(_blocks(part))
        if not read or None in read:
            return None
        for block in read:
            if number or blocks or isinstance(block, Table):
                blocks.append(Text())
            if block is not None:
                blocks.append(block)
    return Group(*blocks)


def _blocks(part: str) -> Iterator[Text | Table | None]:
    """A paragraph, a list, or a paragraph that a list follows without a blank line."""
    lead, *items = _MARK.split(part)
    marks, texts = items[::2], items[1::2]
    if lead.strip():
        yield _inline(lead)
    if marks:
        numbered = marks[0] != "-"
        # Only a list from 1 may follow a line of text, and two kinds of mark are two lists.
        plain = all((mark != "-") == numbered for mark in marks) and (not numbered or marks[0] == "1.")
        yield _listed(texts, numbered=numbered) if plain else None


def _listed(items: list[str], *, numbered: bool) -> Table | None:
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    width = len(str(len(items))) + 1
    for number, item in enumerate(items, 1):
        read = _inline(re.sub(r"^ {1,3}(?=\S)", "", item, flags=re.MULTILINE))
        if read is None:
            return None
        mark = f"{number}".rjust(width) if numbered else " •"
        grid.add_row(Text(mark, style="markdown.item.number" if numbered else "markdown.item.bullet"), read)
    return grid


def _inline(text: str) -> Text | None:
    """Text with its code, bold and italics; None when other markup is in it."""
    if _OTHER_BLOCK.search(text.strip("\n")):
        return None
    found = Text(justify="left")
    position = 0
    for match in _INLINE.finditer(text.strip()):
        found.append(_flat(text.strip()[position : match.start()]))
        found.append(_flat(match[match.lastindex or 0]), style=_STYLES[(match.lastindex or 1) - 1])
        position = match.end()
    found.append(_flat(text.strip()[position:]))
    outside = _INLINE.sub("", text)
    return None if _OTHER_INLINE.search(outside) else found


def _flat(text: str) -> str:
    return text.replace("\n", " ")
