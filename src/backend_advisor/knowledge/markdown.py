"""The body of a playbook page: its sections, and the lists, code blocks and citations in them."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from backend_advisor.knowledge.document import Reporter

CITATION = re.compile(r"\[@([^\]\s]*)\]")
_STACK_PREFIX = re.compile(r"^`?\{([\w.+#-]+(?:\s*,\s*[\w.+#-]+)*)\}`?\s*")
_FENCE_MARK = re.compile(r"^(`{3,}|~{3,})\s*$")


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block: the first word of its info string, the `key=value` attributes after it, and the code."""

    language: str
    attributes: dict[str, str]
    code: str
    line: int


@dataclass(slots=True)
class Item:
    """One item of a list: its text without the code blocks, these, and the stacks it is for."""

    text: str
    line: int
    fences: list[Fence] = field(default_factory=list)
    technologies: tuple[str, ...] = ()


@dataclass(slots=True)
class Section:
    """What stands under one second-level heading, as text and as top-level tokens."""

    title: str
    line: int
    text: str
    tokens: list[Token]


class Body:
    """The Markdown of a page, whose first line is `first_line` of the file."""

    def __init__(self, text: str, reporter: Reporter, first_line: int) -> None:
        self._lines = text.split("\n")
        self._reporter = reporter
        self._first_line = first_line
        tokens = _markdown().parse(text)
        self._check_fences(tokens)
        self.sections = list(self._split(tokens))

    def line(self, token: Token) -> int:
        """The file's line on which a token begins."""
        return self._first_line + (token.map[0] if token.map else 0)

    def fence(self, token: Token) -> Fence:
        """A fence token with its info string taken apart."""
        words = token.info.split()
        attributes: dict[str, str] = {}
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if not equals or not value:
                self._reporter.error(self.line(token), f"`{word}` after the fence is not `name=value`")
            attributes[name] = value
        return Fence(words[0] if words else "", attributes, token.content, self.line(token))

    def items(self, section: Section, *, ordered: bool) -> list[Item]:
        """The items of a section that is one numbered or bullet list and nothing else."""
        opening, closing = (
            ("ordered_list_open", "ordered_list_close")
            if ordered
            else (
                "bullet_list_open",
                "bullet_list_close",
            )
        )
        items: list[Item] = []
        for group in _groups(section.tokens):
            if group[0].type != opening or group[-1].type != closing:
                what = "a numbered list" if ordered else "a bullet list"
                self._reporter.error(self.line(group[0]), f"`{section.title}` holds more than {what}")
                continue
            items += [self._item(list(inner)) for inner in _groups(group[1:-1])]
        return items

    def _item(self, tokens: list[Token]) -> Item:
        item = Item("", self.line(tokens[0]))
        texts = []
        for group in _groups(tokens[1:-1]):
            if group[0].type == "fence":
                item.fences.append(self.fence(group[0]))
            elif group[0].type == "paragraph_open":
                texts.append(group[1].content)
            else:
                texts.append(self._source(group[0]))
        text = "\n\n".join(texts)
        prefix = _STACK_PREFIX.match(text)
        if prefix:
            item.technologies = tuple(name.strip() for name in prefix[1].split(","))
            text = text[prefix.end() :]
        if not text.strip():
            self._reporter.error(item.line, "a list item has no text")
        item.text = text.strip()
        return item

    def _source(self, token: Token) -> str:
        first, last = token.map or (0, 0)
        return textwrap.dedent("\n".join(self._lines[first:last])).strip("\n")

    def _split(self, tokens: list[Token]) -> Iterator[Section]:
        """Cut the page at its second-level headings."""
        starts = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.tag in ("h1", "h2")]
        if tokens and (not starts or starts[0] != 0):
            self._reporter.error(self.line(tokens[0]), "text before the first `##` heading")
        for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
            heading, inside = tokens[start], tokens[start + 3 : end]
            title = tokens[start + 1].content.strip()
            if heading.tag == "h1":
                self._reporter.error(self.line(heading), "a page has no `#` heading; its title is a field")
            first = heading.map[1] if heading.map else 0
            following = tokens[end].map if end < len(tokens) else None
            last = following[0] if following else len(self._lines)
            text = "\n".join(self._lines[first:last]).strip()
            yield Section(title, self.line(heading), text, inside)

    def _check_fences(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.type == "fence" and token.map:
                closing = _FENCE_MARK.match(self._lines[token.map[1] - 1].strip())
                if token.map[1] - token.map[0] < 2 or not closing or not closing[1].startswith(token.markup):
                    self._reporter.error(self.line(token), "code fence is never closed")


def citations(text: str) -> list[str]:
    """The source ids cited in a text, in order, repeats kept."""
    return CITATION.findall(text)


@cache
def _markdown() -> MarkdownIt:
    """Blocks only: emphasis and links stay as written, and most of the time is saved."""
    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each block at the outermost level, opening and closing included."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []
