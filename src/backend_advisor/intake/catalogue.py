"""The catalogue of technologies, and finding its names in text.

Names are found with a trie over small tokens rather than one large pattern: it is quick to build, its time is linear
in the text, and it lets a Korean particle follow a name ("레디스를", "PostgreSQL에서").
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from backend_advisor.plain_yaml import load_plain_yaml

_TOKEN = re.compile(r"[A-Za-z]+|[0-9]+|[가-힣]+|[+#./@]")
_MAX_GAP = 1
_MAX_HANGUL_RUNS = 4
_SHORT_HANGUL = 2
_PARTICLE = re.compile(
    r"(?:을|를|이|가|은|는|에|에서|로|으로|와|과|의|도|만|까지|부터|에서는|에는|로는|으로는|에서도|에도|랑|이랑|하고|라|이라|라는|이라는|"
    r"이라고|라고|인데|인|입니다|이고|이며|처럼|보다|용|나|이나|라서|이라서|예요|이에요|임|쪽|기반|서버|서비스|디비|쿼리|테이블|앱|버전|로써|으로써)?$"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One technology of the catalogue, with what identifies it in images and code."""

    id: str
    name: str
    category: str
    dialect: str | None = None
    version_letters: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A catalogue name found in a text. `certain` is false for words that also mean something else."""

    entry: Entry
    start: int
    end: int
    certain: bool


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    longest_hangul: int = 0
    entry: Entry | None = None
    plain: bool = False
    ambiguous_forms: set[str] = field(default_factory=set)

    def certainty(self, name: str) -> bool | None:
        """Whether the name as written is certainly the entry; None when it is not the entry at all."""
        if name in self.ambiguous_forms:
            return False
        return True if self.plain else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All technologies, by identifier, by import root, by container image and by name."""

    entries: Mapping[str, Entry]
    by_import: Mapping[str, tuple[Entry, ...]]
    by_image: Mapping[str, Entry]
    _root: _Node

    def mentions(self, text: str) -> Iterator[Mention]:
        """The technologies named in a text, in order, the longest name at each place."""
        tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        index = 0
        while index < len(tokens):
            found = self._longest(text, tokens, index)
            if found is None:
                index += 1
                continue
            mention, index = found
            yield mention

    def _longest(self, text: str, tokens: Sequence[tuple[str, int, int]], first: int) -> tuple[Mention, int] | None:
        start = tokens[first][1]
        if _joined_to_previous(text, start):
            return None
        best: tuple[Mention, int] | None = None
        node: _Node | None = self._root
        index, end = first, start
        while node is not None and index < len(tokens):
            word, word_start, word_end = tokens[index]
            if index > first and not _adjoining(text, end, word_start):
                break
            if _is_hangul(word):
                node, index, end, rest = _take_hangul(node, tokens, index)
                ended = node is not None and _may_follow(rest, text[start:end])
            else:
                node, index, end = node.children.get(word.lower()), index + 1, word_end
                rest, ended = "", not _joined_to_next(text, word_end)
            if node is not None and node.entry is not None and ended:
                certain = node.certainty(text[start:end])
                if certain is not None:
                    best = Mention(node.entry, start, end, certain), index
            if rest:
                break
        return best


def _is_hangul(word: str) -> bool:
    return "가" <= word[0] <= "힣"


def _joined_to_previous(text: str, start: int) -> bool:
    previous = text[start - 1] if start else " "
    here = text[start]
    if here in ".@#+/":
        return here != "." or previous.isalnum()
    return (previous.isascii() and (previous.isalnum() or previous == "_")) or (
        _is_hangul(here) and _is_hangul(previous)
    )


def _joined_to_next(text: str, end: int) -> bool:
    following = text[end : end + 1]
    if text[end - 1].isdigit() and following == "." and text[end + 1 : end + 2].isdigit():
        return True
    return following == "_" or (following.isascii() and following.isalpha() and text[end - 1].isalpha())


def _adjoining(text: str, end: int, start: int) -> bool:
    return start - end <= _MAX_GAP and text[end:start] in ("", " ", "-", "_")


def _take_hangul(node: _Node, tokens: Sequence[tuple[str, int, int]], first: int) -> tuple[_Node | None, int, int, str]:
    """Follow the longest child that the next Hangul runs begin with; spaces between them do not count."""
    runs = [tokens[first]]
    while len(runs) < _MAX_HANGUL_RUNS and first + len(runs) < len(tokens):
        following = tokens[first + len(runs)]
        if not _is_hangul(following[0]) or following[1] - runs[-1][2] != 1:
            break
        runs.append(following)
    compact = "".join(run[0] for run in runs)
    for length in range(min(node.longest_hangul, len(compact)), 0, -1):
        child = node.children.get(compact[:length])
        if child is None:
            continue
        taken = 0
        for count, (word, start, _) in enumerate(runs, 1):
            if taken + len(word) >= length:
                used = length - taken
                return child, first + count, start + used, word[used:]
            taken += len(word)
    return None, first + 1, tokens[first][2], ""


def _may_follow(rest: str, name: str) -> bool:
    if _PARTICLE.match(rest):
        return True
    return len(name) > _SHORT_HANGUL and not name.isascii()


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once."""
    entries: dict[str, Entry] = {}
    by_import: dict[str, tuple[Entry, ...]] = {}
    by_image: dict[str, Entry] = {}
    root = _Node()
    folder = resources.files("backend_advisor.intake") / "technologies"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".yaml"):
            continue
        document = load_plain_yaml(file.read_text("utf-8"))
        for key, item in document["technologies"].items():
            entry = Entry(key, item["name"], document["category"], item.get("dialect"), item.get("version_letters", ""))
            if key in entries:
                raise ValueError(f"{file.name}: the technology {key} is listed twice")
            entries[key] = entry
            ambiguous = item.get("ambiguous", [])
            for alias in {entry.name, *item.get("aliases", [])} - set(ambiguous):
                _add_name(root, alias, entry, ambiguous=False)
            for alias in ambiguous:
                _add_name(root, alias, entry, ambiguous=True)
            for name in item.get("code", []):
                by_import[name] = (*by_import.get(name, ()), entry)
            for image in item.get("images", []):
                by_image[image] = entry
    return Catalogue(entries, by_import, by_image, root)


def _add_name(root: _Node, name: str, entry: Entry, *, ambiguous: bool) -> None:
    node = root
    for token in _name_tokens(name):
        if _is_hangul(token):
            node.longest_hangul = max(node.longest_hangul, len(token))
        node = node.children.setdefault(token.lower(), _Node())
    if node.entry is not None and node.entry is not entry:
        raise ValueError(f"the name {name} belongs to {node.entry.id} and {entry.id}")
    node.entry = entry
    if ambiguous:
        node.ambiguous_forms.add(name)
    else:
        node.plain = True


def _name_tokens(name: str) -> list[str]:
    tokens: list[str] = []
    for token in _TOKEN.findall(name):
        if tokens and _is_hangul(token) and _is_hangul(tokens[-1]):
            tokens[-1] += token
        else:
            tokens.append(token)
    return tokens
