"""All data files of the package read, checked and put together: the slow way, behind the cache."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec

from backend_advisor.cores import spread
from backend_advisor.knowledge.checks import check_facts, check_playbooks
from backend_advisor.knowledge.coverage import FILE, check_coverage, read_coverage
from backend_advisor.knowledge.decisions import Guide, check_guide
from backend_advisor.knowledge.document import Reporter, parse_yaml
from backend_advisor.knowledge.facts import Fact
from backend_advisor.knowledge.files import (
    DECISIONS,
    FACTS,
    GLOSSARY,
    PLAYBOOKS,
    SOURCES,
    TECHNOLOGIES,
    WORDINGS,
    matching,
)
from backend_advisor.knowledge.glossary import TermGroup, forms
from backend_advisor.knowledge.pages import PageFile, PlaybookFiles, assemble, read_page
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.knowledge.problem import Problem
from backend_advisor.knowledge.registry import read_categories, read_facts, read_glossary, read_sources, read_wordings
from backend_advisor.knowledge.search import build_index
from backend_advisor.knowledge.store import Compiled, pack
from backend_advisor.knowledge.terms_kept import terms_of_pages
from backend_advisor.model import ExpertName, Language, Source

_TOGETHER = 32
"""So many pages are worth handing to another process."""


@dataclass(slots=True)
class Library:
    """Everything that was read, and every problem found on the way."""

    playbooks: list[Playbook] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    guides: dict[str, Guide] = field(default_factory=dict)
    wordings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    glossary: tuple[TermGroup, ...] = ()
    categories: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def compiled(self, digest: str, kept: Path) -> Compiled:
        """The library in the form that is stored and used; the file `kept` remembers what each page's terms are."""
        known = forms(self.glossary)
        names = {
            key.casefold(): playbook.code
            for playbook in self.playbooks
            for key in (*playbook.aliases, playbook.name, playbook.code)
        }
        return Compiled(
            digest=digest,
            playbooks={playbook.code: pack(playbook) for playbook in self.playbooks},
            codes=_codes_of(self.playbooks),
            declaring=frozenset(playbook.code for playbook in self.playbooks if playbook.detects),
            names=names,
            guides={name: pack(guide) for name, guide in self.guides.items()},
            guides_of=_guides_of(self.guides),
            sources=pack(self.sources),
            facts=pack(self.facts),
            glossary=pack(self.glossary),
            forms=pack(known),
            index=pack(
                build_index(self.playbooks, terms_of_pages(self.playbooks, known, self.wordings, kept), self.categories)
            ),
        )


def read_library(root: Path) -> Library:
    """Read and check the data below the package's folder."""
    library = Library()
    reporters: list[Reporter] = []
    _read_registries(root, library, reporters)
    files = _read_playbooks(root, reporters)
    library.categories = read_categories(matching(root, TECHNOLOGIES))
    _read_facts(root, library, reporters)
    check_playbooks(files, library.sources, library.facts, library.categories.keys())
    _read_guides(root, library, reporters, {file.playbook.code for file in files})
    library.playbooks = sorted((file.playbook for file in files), key=lambda playbook: playbook.code)
    _read_wordings(root, library, reporters, {file.playbook.name for file in files})
    _check_coverage(root, library, reporters)
    library.problems = sorted(problem for reporter in reporters for problem in reporter.problems)
    return library


def _read_registries(root: Path, library: Library, reporters: list[Reporter]) -> None:
    groups: list[TermGroup] = []
    concepts: set[str] = set()
    for path in matching(root, SOURCES):
        reporter = _reporter(root, path, reporters)
        read_sources(_text(path, reporter), reporter, library.sources)
    for path in matching(root, GLOSSARY):
        reporter = _reporter(root, path, reporters)
        groups += read_glossary(_text(path, reporter), reporter, concepts)
    library.glossary = tuple(groups)


def _read_facts(root: Path, library: Library, reporters: list[Reporter]) -> None:
    for path in matching(root, FACTS):
        reporter = _reporter(root, path, reporters)
        lines = read_facts(_text(path, reporter), reporter, library.facts)
        stated = {name: library.facts[name] for name in lines if name in library.facts}
        check_facts(stated, lines, reporter, library.sources, library.categories.keys())


def _read_playbooks(root: Path, reporters: list[Reporter]) -> list[PlaybookFiles]:
    files = []
    pages: dict[tuple[Path, str], dict[Language, PageFile | None]] = {}
    for path, reporter, page in _read_pages(root):
        name, language = _named(path)
        reporters.append(reporter)
        pages.setdefault((path.parent, name), {})[language] = page
        if not (path.parent / f"{name}{'.md' if language == 'ko' else '.ko.md'}").is_file():
            reporter.error(1, f"the {'English' if language == 'ko' else 'Korean'} page is missing")
    for (folder, name), pair in pages.items():
        english, korean = pair.get("en"), pair.get("ko")
        if english is not None and korean is not None:
            assembled = assemble(name, folder.parent.name, english, korean)
            if assembled is not None:
                files.append(assembled)
    return files


def _read_pages(root: Path) -> Iterator[tuple[Path, Reporter, PageFile | None]]:
    """Every page with what is wrong in it, read by all cores when they are many."""
    paths = list(matching(root, PLAYBOOKS))

    def part(number: int) -> list[tuple[Path, Reporter, PageFile | None]]:
        return [_read_page(root, path) for path in paths[number * _TOGETHER : (number + 1) * _TOGETHER]]

    parts = -(-len(paths) // _TOGETHER)
    return chain.from_iterable(spread(part, parts, worthwhile=parts > 1))


def _read_page(root: Path, path: Path) -> tuple[Path, Reporter, PageFile | None]:
    reporter = Reporter(path.relative_to(root).as_posix())
    return path, reporter, read_page(_text(path, reporter), _named(path)[1], reporter)


def _named(path: Path) -> tuple[str, Language]:
    return (path.name[:-6], "ko") if path.name.endswith(".ko.md") else (path.name[:-3], "en")


def _read_guides(root: Path, library: Library, reporters: list[Reporter], codes: set[str]) -> None:
    for path in matching(root, DECISIONS):
        reporter = _reporter(root, path, reporters)
        values, _ = parse_yaml(_text(path, reporter), reporter)
        try:
            guide = msgspec.convert(values, Guide)
        except msgspec.ValidationError as error:
            reporter.error(1, f"cannot be read: {error}")
            continue
        if path.stem in library.guides:
            reporter.error(1, f"another guide is named `{path.stem}` too")
        library.guides[path.stem] = guide
        check_guide(guide, reporter, codes, library.sources)


def _read_wordings(root: Path, library: Library, reporters: list[Reporter], names: set[str]) -> None:
    for path in matching(root, WORDINGS):
        reporter = _reporter(root, path, reporters)
        lines = read_wordings(_text(path, reporter), reporter, library.wordings)
        for name in lines.keys() - names:
            reporter.error(lines[name], f"page `{name}` does not exist")


def _check_coverage(root: Path, library: Library, reporters: list[Reporter]) -> None:
    path = root / FILE
    if not path.is_file():
        return
    reporter = _reporter(root, path, reporters)
    try:
        coverage = read_coverage(root)
    except msgspec.DecodeError as error:
        reporter.error(1, f"cannot be read: {error}")
        return
    check_coverage(coverage, {playbook.name: playbook.code for playbook in library.playbooks}, reporter)


def _codes_of(playbooks: list[Playbook]) -> dict[ExpertName, tuple[str, ...]]:
    found: dict[ExpertName, tuple[str, ...]] = {}
    for playbook in playbooks:
        found[playbook.expert] = (*found.get(playbook.expert, ()), playbook.code)
    return found


def _guides_of(guides: dict[str, Guide]) -> dict[str, tuple[str, ...]]:
    """The guides' names by the playbook that they belong to."""
    found: dict[str, tuple[str, ...]] = {}
    for name, guide in guides.items():
        found[guide.playbook] = (*found.get(guide.playbook, ()), name)
    return found


def _reporter(root: Path, path: Path, reporters: list[Reporter]) -> Reporter:
    reporters.append(Reporter(path.relative_to(root).as_posix()))
    return reporters[-1]


def _text(path: Path, reporter: Reporter) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reporter.error(1, f"cannot be read: {error}")
        return ""
