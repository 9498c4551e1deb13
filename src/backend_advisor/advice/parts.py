"""The parts of a question that ask for several things at once: its listed issues, requirements and wishes."""

import re
from collections.abc import Iterator

from backend_advisor.model import Case

_KINDS = frozenset({"issues", "requirements", "target", "question", "errors", "tried"})
_ITEM = re.compile(r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+(.{2,300}?)[ \t]*$")
_BLANK = re.compile(r"\n[ \t]*\n")
FEWEST = 2
MOST = 8


def parts(case: Case) -> tuple[str, ...]:
    """Each listed thing that is asked for, then what is asked in a sentence beside the lists; none for a question of
    one subject."""
    listed = [item for section in case.sections if section.kind in _KINDS for item in _items(section.text)]
    if len(listed) < FEWEST:
        return ()
    return tuple(dict.fromkeys([*listed, *_beside(case)]))[:MOST]


def _items(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        match = _ITEM.match(line)
        if match is not None:
            yield match[1].strip("*_ ")


def _beside(case: Case) -> Iterator[str]:
    """Paragraphs of the question that stand in no section."""
    inside = "\n".join(section.text for section in case.sections)
    titles = {section.title for section in case.sections}
    for paragraph in _BLANK.split(case.question):
        bare = paragraph.strip().strip('"“”')
        if bare and "\n" not in bare and "```" not in bare and bare not in inside and bare.rstrip(":") not in titles:
            yield bare
