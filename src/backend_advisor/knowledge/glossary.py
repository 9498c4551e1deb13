"""Words of the trade that mean the same in both languages, and where a text uses them.

A text that uses any word of a group gets the group's concept as a search term, so that "락이 안 풀려요" and
"blocked by a lock" meet although they share no letter.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.knowledge.tokens import bare, is_hangul, parts, runs

PREFIX = "§"
"""Begins a concept's search term; no word of a text can begin with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermGroup:
    """Words that mean the same: English and Korean, colloquial, abbreviated and misspelt ones included."""

    en: tuple[str, ...] = ()
    ko: tuple[str, ...] = ()

    @property
    def concept(self) -> str:
        """The search term that stands for the group."""
        return PREFIX + (self.en or self.ko)[0].casefold()


def forms(groups: Iterable[TermGroup]) -> dict[str, tuple[str, ...]]:
    """The concepts of each term, by the term's normal form."""
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for term in (*group.en, *group.ko):
            form = _Form(term).text
            if form:
                found[form] = tuple(dict.fromkeys((*found.get(form, ()), group.concept)))
    return found


class Matcher:
    """Finds the concepts of a text; the longest term wins where several begin at one place."""

    def __init__(self, known: Mapping[str, tuple[str, ...]]) -> None:
        self._known = known
        self._by_start: dict[str, list[str]] = {}
        for form in sorted(known, key=len, reverse=True):
            self._by_start.setdefault(_start(form, 0), []).append(form)

    def concepts(self, text: str) -> Iterator[str]:
        """The concepts that a text speaks of, once for each time it does."""
        form = _Form(text)
        free = 0
        for start in form.starts:
            position = start
            while position >= free and (term := self._at(form, position)):
                yield from self._known[term]
                position = free = position + len(term.rstrip())

    def _at(self, form: "_Form", position: int) -> str | None:
        start = _start(form.text, position)
        for key in (start, start[:1]):
            for term in self._by_start.get(key, []):
                if form.text.startswith(term, position) and form.holds(term, position):
                    return term
        return None


def _start(form: str, position: int) -> str:
    """What terms are grouped by: the first English word, or the first two Korean syllables."""
    if form.startswith(" ", position):
        return form[position : form.find(" ", position + 1) + 1]
    return form[position : position + 2]


class _Form:
    """A text's normal form: stems between single spaces, Korean words run together, as spacing varies."""

    def __init__(self, text: str) -> None:
        self.words: dict[int, str] = {}
        self.starts: list[int] = []
        pieces: list[str] = []
        length, spaced = 0, False
        for run in runs(text):
            if is_hangul(run):
                self.starts.append(length)
                self.words[length] = run
                pieces.append(run)
                length, spaced = length + len(run), False
                continue
            for part in parts(run):
                piece = f"{part} " if spaced else f" {part} "
                self.starts.append(length - 1 if spaced else length)
                pieces.append(piece)
                length, spaced = length + len(piece), True
        self.text = "".join(pieces)

    def holds(self, term: str, position: int) -> bool:
        """A term of one syllable counts only as a word of its own: 락 is not in 락앤락."""
        if len(term) > 1:
            return True
        word = self.words.get(position, "")
        return word == term or bare(f"가{word}") == f"가{term}"
