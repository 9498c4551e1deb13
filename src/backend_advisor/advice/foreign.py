"""Lines, sentences and asides of a page that speak of another product than the asker's."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from backend_advisor.intake.dialects import dialect_in
from backend_advisor.model import Technology
from backend_advisor.particles import particle
from backend_advisor.plain_yaml import load_plain_yaml

_HEAD = 60
"""A runtime that is named later in a line is its example, not its subject."""
_START = 25
"""A sentence is about a product that it names in its first words; an aside likewise."""
_SENTENCE = re.compile(r"(?<=[a-z\d`\])%다]\.\s)(?=\S)|(?<=\n)")
_ASIDE = re.compile(
    r"`[^`\n]*`(?! ?\()|"
    r"(?P<word>`[^`\n]*`|\w*) ?\((?P<inside>[^()`\[\],;·]*(?:`[^`\n]*`[^()`\[\],;·]*)*)\)"
    r"(?P<particle>(?:은|는|이|가|을|를|과|와|으로|로)(?=[\s,.]))?"
)
"""A remark in parentheses that is neither a list nor cites a source; a span of code alone is passed over."""
_LEANS = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|one|there|then|so|both|same|without|with|otherwise|also|but|here|too|"
    r"and|trap)\b|^(?:\W|이 |그|이때|이것|또|하지만|다만|단 |단,|여기|둘|반대|그러|없으면|아니면|있으면|"
    r"함정|따라서|즉|기본)",
    re.IGNORECASE,
)
"""What begins so speaks of the sentence before, which then has to stay."""
_PAIRS = ("은/는", "이/가", "을/를", "과/와", "으로/로")


class _Product(NamedTuple):
    name: str
    names: frozenset[str]
    signs: re.Pattern[str]
    called: re.Pattern[str] | None
    """By which more a line shows that it is also about this one."""
    languages: frozenset[str]
    dialect: str

    def is_in(self, text: str) -> bool:
        """Whether a text shows or names it."""
        return bool(self.signs.search(text) or (self.called and self.called.search(text)))


def own_lines(lines: Iterable[str], stack: Iterable[Technology]) -> tuple[str, ...]:
    """The lines without those on a database or runtime of which the stack names another; all, if none would stay."""
    names = frozenset(technology.id for technology in stack)
    listed = tuple(lines)
    kept = tuple(line for line in listed if not _is_foreign(line, names))
    return kept or listed


def own_sentences(text: str, stack: Iterable[Technology], about: Iterable[str] = ()) -> str:
    """A paragraph without the sentences and asides that begin with a database or runtime of which the stack names
    another, unless the page is about that one. The first sentence stays, and so does what the next one leans on."""
    names, subject = frozenset(technology.id for technology in stack), frozenset(about)
    if not names or "```" in text or (subject and any(one.names & subject - names for one in _products())):
        return text
    shorter = _ASIDE.sub(lambda match: _without_aside(match, names), text)
    sentences = _SENTENCE.split(shorter)
    kept = [
        sentence
        for sentence, after in zip(sentences, [*sentences[1:], ""], strict=True)
        if sentence is sentences[0] or _LEANS.search(after[:_START]) or not _is_foreign(sentence, names, _START)
    ]
    return "".join(kept).rstrip() if len(kept) < len(sentences) else shorter


def _without_aside(match: re.Match[str], names: frozenset[str]) -> str:
    if match["inside"] is None or not _is_foreign(match["inside"], names, _START):
        return match.group()
    spoken = match["particle"]
    pair = next((one for one in _PAIRS if spoken in one.split("/")), None) if spoken else None
    return match["word"] + (particle(match["word"], pair) if pair else spoken or "")


def kin(names: Iterable[str]) -> frozenset[str]:
    """Technologies of the same runtimes as those named: an example for Spring serves whoever only says Java."""
    known = frozenset(names)
    return frozenset().union(*(one.names for one in _families()["runtimes"] if one.names & known))


def family_of(names: Iterable[str]) -> frozenset[str]:
    """The names, and for each that is a runtime all that runs on it: a step for Java is for Spring too."""
    listed = frozenset(names)
    return listed.union(*(one.names for one in _families()["runtimes"] if one.name in listed))


def is_foreign_code(language: str, text: str, stack: Iterable[Technology]) -> bool:
    """Whether a piece of code is written for another runtime than the stack's, or in the SQL of another database."""
    names, families = frozenset(technology.id for technology in stack), _families()
    if language == "sql":
        own = {one.dialect for one in families["databases"] if one.names & names}
        shown = dialect_in(text) if own else None
        return shown is not None and bool(own) and shown not in own
    writing = [one for one in families["runtimes"] if language in one.languages]
    own_runtimes = [one for one in families["runtimes"] if one.names & names]
    return bool(writing and own_runtimes) and not any(one in own_runtimes for one in writing)


def _is_foreign(line: str, names: frozenset[str], start: int | None = None) -> bool:
    """Whether a line is about another product; where a start is given, one that it names there."""
    families = _families()
    return _is_of_others(line, names, families["databases"], start) or _is_of_others(
        line[:_HEAD] if start is None else line, names, families["runtimes"], start
    )


def _is_of_others(text: str, names: frozenset[str], family: tuple[_Product, ...], start: int | None) -> bool:
    own = [one for one in family if one.names & names]
    if not own or any(one.is_in(text) for one in own):
        return False
    if start is None:
        return sum(one.signs.search(text) is not None for one in family) == 1
    # The name of a database says whose it is; that of a language may be the client's.
    begins = any(one.is_in(text[:start]) if one.dialect else one.signs.search(text[:start]) for one in family)
    return begins and sum(one.is_in(text) for one in family) == 1


def _products() -> tuple[_Product, ...]:
    return tuple(one for family in _families().values() for one in family)


@cache
def _families() -> dict[str, tuple[_Product, ...]]:
    table = load_plain_yaml(files(__package__ or "").joinpath("foreign.yaml").read_text("utf-8"))
    return {
        family: tuple(
            _Product(
                name,
                frozenset(one["names"]),
                # A Korean particle may follow a name at once: to ASCII it is no letter.
                re.compile(one["signs"], re.ASCII),
                re.compile(one["called"], re.ASCII) if "called" in one else None,
                frozenset(one.get("languages", ())),
                one.get("dialect", ""),
            )
            for name, one in products.items()
        )
        for family, products in table.items()
    }
