"""What the advisor knows: playbooks, sources and the glossary, checked on load, cached, and searched.

`load()` is the way in; `check()` names every problem of the data.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backend_advisor.knowledge import store
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.knowledge.problem import KnowledgeError, Problem
from backend_advisor.knowledge.store import unpack
from backend_advisor.model import ExpertName, Language, Source

if TYPE_CHECKING:
    from backend_advisor.knowledge.decisions import Guide
    from backend_advisor.knowledge.facts import Fact
    from backend_advisor.knowledge.glossary import Matcher, TermGroup
    from backend_advisor.knowledge.search import Index
    from backend_advisor.knowledge.semantic import Vectors
    from backend_advisor.knowledge.store import Compiled

ROOT = Path(__file__).parents[1]

__all__ = ["Hit", "Knowledge", "KnowledgeError", "Problem", "check", "load", "problems", "ship"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A playbook that fits a question. `score` is its share (0 to 1) of what a perfect page would score.

    `part` is the part of the question that it answers, when that asks for several things; `seen` is what stands in
    a file that it is about.
    """

    playbook: Playbook
    score: float
    confident: bool
    part: str = ""
    seen: str = ""


class Knowledge:
    """All playbooks, sources and glossary terms."""

    def __init__(self, compiled: "Compiled") -> None:
        self._compiled = compiled
        self.playbooks: Mapping[str, Playbook] = _Playbooks(compiled)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source by its id."""
        return unpack(self._compiled.sources, dict[str, Source])

    @cached_property
    def facts(self) -> "Mapping[str, Fact]":
        """Every dated fact by its name."""
        from backend_advisor.knowledge.facts import Fact

        return unpack(self._compiled.facts, dict[str, Fact])

    @cached_property
    def glossary(self) -> "tuple[TermGroup, ...]":
        """The field's terms, each with its other names."""
        from backend_advisor.knowledge.glossary import TermGroup

        return unpack(self._compiled.glossary, tuple[TermGroup, ...])

    def rules(self, expert: ExpertName, detected: Collection[str]) -> Iterator[Playbook]:
        """An expert's playbooks that describe what they detect, and those whose code is `detected` by a program."""
        for code in self._compiled.codes.get(expert, ()):
            if code in detected or code in self._compiled.declaring:
                yield self.playbooks[code]

    def count_declaring(self, expert: ExpertName) -> int:
        """How many of an expert's playbooks describe in their own data what they detect."""
        return sum(code in self._compiled.declaring for code in self._compiled.codes.get(expert, ()))

    def playbook(self, key: str) -> Playbook:
        """The playbook of a code, name or alias, in any case; KeyError when there is none."""
        return self.playbooks[self._compiled.names[key.strip().casefold()]]

    @property
    def guides(self) -> tuple[str, ...]:
        """The names of the decision guides."""
        return tuple(self._compiled.guides)

    def guide(self, name: str) -> "Guide":
        """A decision guide by its name; KeyError when there is none."""
        from backend_advisor.knowledge.decisions import Guide

        return unpack(self._compiled.guides[name], Guide)

    def guides_of(self, code: str) -> tuple[str, ...]:
        """The names of the decision guides that belong to a playbook."""
        return self._compiled.guides_of.get(code, ())

    def search(self, question: str, language: Language, limit: int = 10, technologies: Iterable[str] = ()) -> list[Hit]:
        """The playbooks that fit a question best; `technologies` are those of the asker's own stack.

        With the `[semantic]` extra, the likeness to the page in the question's language counts as well.
        """
        from backend_advisor.knowledge.search import confident_share, rank
        from backend_advisor.knowledge.semantic import available, fuse

        index = self._index
        ranked = rank(index, self._matcher, question, technologies)
        if ranked and available():
            ranked = fuse(ranked, self._vectors.order(question, language))
        enough = confident_share(question, self._matcher)
        return [
            Hit(playbook=self.playbooks[index.codes[page]], score=share, confident=share >= enough)
            for page, share in ranked[:limit]
        ]

    @cached_property
    def _index(self) -> "Index":
        from backend_advisor.knowledge.search import Index

        return unpack(self._compiled.index, Index)

    @cached_property
    def _matcher(self) -> "Matcher":
        from backend_advisor.knowledge.glossary import Matcher

        return Matcher(unpack(self._compiled.forms, dict[str, tuple[str, ...]]))

    @cached_property
    def _vectors(self) -> "Vectors":
        from backend_advisor.knowledge.semantic import Vectors

        return Vectors([self.playbooks[code] for code in self._index.codes])


class _Playbooks(Mapping[str, Playbook]):
    """Playbooks by code, each unpacked when it is first asked for."""

    def __init__(self, compiled: "Compiled") -> None:
        self._packed = compiled.playbooks
        self._unpacked: dict[str, Playbook] = {}

    def __getitem__(self, code: str) -> Playbook:
        if code not in self._unpacked:
            self._unpacked[code] = unpack(self._packed[code], Playbook)
        return self._unpacked[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


@cache
def load(root: Path = ROOT) -> Knowledge:
    """The knowledge below a package folder; raises KnowledgeError with every problem when it has any."""
    from backend_advisor.knowledge.files import all_files

    files = all_files(root)
    shipped = store.shipped_file(root)
    if shipped.is_file():
        installed = store.read(shipped, store.digest_of_sizes(root, files))
        if installed is not None:
            return Knowledge(installed)
    digest = store.digest(files)
    path = store.cache_file(root)
    compiled = next(filter(None, (store.read(one, digest) for one in store.readable_files(root))), None)
    if compiled is None:
        compiled = _compiled(root, digest, path)
        store.write(path, compiled)
    return Knowledge(compiled)


def _compiled(root: Path, digest: str, cache: Path) -> "Compiled":
    """The library compiled anew, with what is kept beside the cached one of each page's terms."""
    from backend_advisor.cores import collector_paused
    from backend_advisor.knowledge.library import read_library

    with collector_paused():
        library = read_library(root)
        errors = [problem for problem in library.problems if not problem.minor]
        if errors:
            raise KnowledgeError(errors)
        return library.compiled(digest, cache.with_name(f"terms-{cache.name}"))


def ship(root: Path = ROOT) -> Path:
    """Compile the library into the package, so that its users need not; the file that was written.

    Raises KnowledgeError when the data has problems, OSError when the file cannot be written.
    """
    from backend_advisor.knowledge.files import all_files

    path = store.shipped_file(root)
    compiled = _compiled(root, store.digest_of_sizes(root, all_files(root)), store.cache_file(root))
    path.write_bytes(store.packed(compiled))
    return path


def problems(root: Path = ROOT) -> list[Problem]:
    """Everything that is wrong with the data, minor problems included."""
    from backend_advisor.knowledge.library import read_library

    return read_library(root).problems


def check(root: Path = ROOT) -> list[str]:
    """What must be mended in the data, as `file:line: cause`; empty when nothing."""
    return [str(problem) for problem in problems(root) if not problem.minor]
