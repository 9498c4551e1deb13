"""The titled parts of a question, such as Context, Requirements and 현재 성능."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from backend_advisor.model import Section
from backend_advisor.plain_yaml import load_plain_yaml

_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(.{1,120})$")
_BOLD = re.compile(r"[ \t]*\*\*([^*\n]{1,80})\*\*[ \t]*([:\uff1a]?)[ \t]*(.*)$")
_TITLED = re.compile(r"[ \t]*[\"']?([A-Za-z가-힣][^:\uff1a\n]{0,60}?)[ \t]*[:\uff1a](?:[ \t]+(.*))?$")
_BRACKETED = re.compile(r"[ \t]*[\[【<]([^\]】>\n]{1,40})[\]】>][ \t]*[:\uff1a]?[ \t]*(.*)$")
_LABEL = re.compile(
    r"[ \t]*(?:[-*•]|"
    r"\d{1,3}[.)])[ \t]+(?:\*\*)?([A-Za-z가-힣][^:\uff1a\n*]{0,60}?)(?:\*\*)?[ \t]*[:\uff1a]"
)
_ITEM = re.compile(r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]|[ \t]{2,}\S")
_WORDS_IN_TITLE = 6


@cache
def _kinds() -> Mapping[str, str]:
    text = resources.files("backend_advisor.intake").joinpath("section_titles.yaml").read_text("utf-8")
    return {_normal(title): kind for kind, titles in load_plain_yaml(text).items() for title in titles}


def _normal(title: str) -> str:
    plain = re.sub(r"[*_`\"'’#\[\]()]", "", title).strip(" :\uff1a.-").lower()
    return re.sub(r"\s+", " ", plain)


def section_kind(title: str) -> str | None:
    """The kind of section a title names, or None when it names none we know."""
    return _kinds().get(_normal(title))


def label_kind(line: str) -> str | None:
    """The kind that a list item's own label names, as "- Target: 200 ms" does."""
    match = _LABEL.match(line)
    return section_kind(match.group(1)) if match else None


class _Open:
    """A section while its lines are being read."""

    def __init__(self, kind: str, title: str, line: int, *, heading: bool) -> None:
        self.kind, self.title, self.line, self.heading = kind, title, line, heading
        self.lines: list[str] = []

    def closed(self) -> Section:
        text = "\n".join(self.lines).strip("\n")
        if text.endswith(('"', "”")) and text.count('"') % 2 + text.count("”") - text.count("“") == 1:
            text = text[:-1]
        return Section(kind=self.kind, title=self.title, text=text, line=self.line)

    def ends_before(self, line: str) -> bool:
        """A "Title:" section ends where, after an empty line, a sentence stands that is no list item."""
        if self.heading or not line.strip() or _ITEM.match(line):
            return False
        has_text = any(text.strip() for text in self.lines)
        return has_text and not self.lines[-1].strip()


def sections(prose: str) -> tuple[tuple[Section, ...], tuple[str | None, ...]]:
    """The sections of a question, and for each of its lines the kind of the section it stands in."""
    found: list[Section] = []
    kinds: list[str | None] = []
    current: _Open | None = None
    for number, line in enumerate(prose.split("\n"), 1):
        title = _title(line)
        if title is not None:
            if current is not None:
                found.append(current.closed())
            kind, text, rest, heading = title
            current = _Open(kind, text, number, heading=heading)
            if rest:
                current.lines.append(rest)
        elif current is not None and current.ends_before(line):
            found.append(current.closed())
            current = None
        elif current is not None:
            current.lines.append(line)
        kinds.append(current.kind if current is not None else None)
    if current is not None:
        found.append(current.closed())
    return tuple(s for s in found if s.text or s.kind != "other"), tuple(kinds)


def _title(line: str) -> tuple[str, str, str, bool] | None:
    """Kind, title, the rest of the line and whether it is a heading; None when the line is no title."""
    if not line.strip() or len(line) > 2_000:
        return None
    if match := _HEADING.match(line):
        title = match.group(1).strip(" #*")
        head, _, rest = title.partition(":")
        if rest.strip() and section_kind(head):
            return section_kind(head) or "other", head, rest.strip(), True
        return section_kind(title) or "other", title.rstrip(" :\uff1a"), "", True
    if match := _BOLD.match(line):
        title, rest = match.group(1).strip(" :\uff1a"), match.group(3)
        colon = match.group(2) or match.group(1).rstrip().endswith((":", "\uff1a"))
        if section_kind(title) or (colon and not rest):
            return section_kind(title) or "other", title, rest, False
        return None
    if (match := _BRACKETED.match(line)) and section_kind(match.group(1)):
        return section_kind(match.group(1)) or "other", match.group(1), match.group(2), False
    if match := _TITLED.match(line):
        title, rest = match.group(1).strip("* "), (match.group(2) or "").strip()
        kind = section_kind(title)
        if kind:
            return kind, title, rest, False
        return ("other", title, "", False) if not rest and len(title.split()) <= _WORDS_IN_TITLE else None
    bare = line.strip()
    if bare == line.rstrip() and section_kind(bare) and len(bare) > 3 and " " in bare:
        return section_kind(bare) or "other", bare, "", False
    return None
