"""The parts of a question that ask for several things at once: its listed issues, requirements and wishes, and what
one sentence counts up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.model import Case

_KINDS = frozenset({"issues", "requirements", "target", "question", "errors", "tried"})
_ITEM = re.compile(r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+(.{2,300}?)[ \t]*$")
_BLANK = re.compile(r"\n[ \t]*\n")
_NUMBERED = re.compile(r"\s*(?:\(\d\)|(?<![\w.(])\d\)|[①-⑨])\s*")
_COUNTED = re.compile(r"([^:\n]{3,600}):\s+([^:\n]{10,600})$")
_APART = re.compile(
    r"(?:(?<=[.?!])|^)\s*(?:separately|unrelated(?: to (?:this|that))?|second(?:ly)?|"
    r"another (?:question|problem|issue|thing))\s*[,:]\s*|"
    r"(?:그거|그것|이거|이것|이와)(?:랑은?|과는?|와는?)? ?별개로,? ?|"
    r"(?<=[.?!])\s*(?:별개로|또 ?하나|두 ?번째로),? ",
    re.IGNORECASE,
)
"""What begins a further question in the words of one who has two."""
_FEWEST_WORDS = 4
_FEW_WORDS = 4
_CODE = re.compile(r"[{}=`<>]")
_ASKS = re.compile(
    r"(?i)(?:must|may|can|could|do|does|is|are|what|how|when|which|who|where|should|why)\b|.*(?:나요|까요|은지|는지)\??$"
)
_WHAT = re.compile(r"(?i)\b(?:what|which)\b.*\b(?:requires?|needs?|demands?|says?|must|cover)\b|무엇|어떤")
FEWEST = 2
FEWEST_NAMED = 4
MOST = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked for; `words` are those to search by, with what the sentence says of all of its parts."""

    text: str
    words: str


def parts(case: Case) -> tuple[Part, ...]:
    """Each listed thing that is asked for, then what is asked in a sentence beside the lists; none for a question of
    one subject."""
    listed = [item for section in case.sections if section.kind in _KINDS for item in _items(section.text)]
    if len(listed) < FEWEST:
        return tuple(_counted(case.question))[:MOST]
    return tuple(Part(item, item) for item in dict.fromkeys([*listed, *_beside(case)]))[:MOST]


def _counted(question: str) -> list[Part]:
    """What a sentence counts up: "(1) …, (2) …", "Korea: …; …; …", "what does the law ask of: a, b, c, d?"."""
    text = " ".join(question.split())
    lead, *numbered = _NUMBERED.split(text)
    if len(numbered) >= FEWEST and all(_ASKS.match(one) for one in numbered):
        return _with_lead(lead, numbered)
    apart = [one.strip() for one in _APART.split(text) if one.strip()]
    if len(apart) >= FEWEST and all(len(one.split()) >= _FEWEST_WORDS for one in apart):
        return [Part(one, one) for one in apart]
    match = _COUNTED.fullmatch(text)
    if match is None or _CODE.search(text):
        return []
    lead, after = match[1].rpartition(". ")[2], match[2]
    asked = after.split(";")
    if len(asked) >= FEWEST and all(_ASKS.match(one.strip()) for one in asked):
        return _with_lead(lead, asked)
    named = re.split(r",(?:\s+and)?\s+", after)
    short = all(len(one.split()) <= _FEW_WORDS for one in named)
    if len(named) >= FEWEST_NAMED and short and after.endswith("?") and _WHAT.search(lead):
        return _with_lead(lead, named)
    return []


def _with_lead(lead: str, items: list[str]) -> list[Part]:
    bare = [one.strip(" ,;.?:") for one in items]
    return [Part(one, f"{one} ({lead.strip(' ,:')})") for one in dict.fromkeys(bare) if one]


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
