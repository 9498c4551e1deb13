"""Which files of a case are migrations in code, and which of them are still to run."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend_advisor.experts.database.migration_code.frameworks import Framework, frameworks
from backend_advisor.model import SOURCE_CODE, Artifact
from backend_advisor.sql.migrations import NEWEST, folder_and_order

_HEAD = 20_000
"""Characters in which a migration shows the framework it is written for."""
_REVISION = re.compile(r"^(down_)?revision\b[^=\n]*=\s*(\([^)]*\)|\[[^\]]*\]|[^\n]*)", re.MULTILINE)
_QUOTED = re.compile(r"['\"]([\w.-]+)['\"]")


@dataclass(frozen=True, slots=True)
class Folder:
    """The migrations of one folder: those still to run, oldest first, and all."""

    framework: Framework
    newest: tuple[Artifact, ...]
    files: tuple[Artifact, ...]


def migration_folders(artifacts: Sequence[Artifact]) -> Iterator[Folder]:
    """The folders of a case that hold migrations in code; a piece of a question is one of its own."""
    found: dict[tuple[str, str], list[Artifact]] = defaultdict(list)
    by_name = {framework.name: framework for framework in frameworks()}
    for artifact in artifacts:
        framework = _framework_of(artifact)
        if framework is not None:
            asked = artifact.origin == "question"
            found[framework.name, artifact.name if asked else folder_and_order(artifact)[0]].append(artifact)
    for (name, _), files in found.items():
        yield Folder(by_name[name], tuple(_newest(files, by_name[name])), tuple(files))


def _framework_of(artifact: Artifact) -> Framework | None:
    if artifact.kind not in SOURCE_CODE or artifact.origin == "code":
        return None
    for framework in frameworks():
        if artifact.kind not in framework.kinds:
            continue
        if artifact.origin == "question":
            if framework.pasted.search(artifact.text, 0, _HEAD):
                return framework
        elif framework.place.search(artifact.place) and _holds(artifact.text[:_HEAD], framework.words):
            return framework
    return None


def _holds(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def _newest(files: Sequence[Artifact], framework: Framework) -> list[Artifact]:
    in_order = sorted(files, key=lambda one: (folder_and_order(one)[1], one.name))
    if framework.order != "revisions":
        return in_order[-NEWEST:]
    return _last_revisions(in_order)


def _last_revisions(files: Sequence[Artifact]) -> list[Artifact]:
    """The head of the chain of revisions and those before it; of several heads, level by level."""
    named: dict[str, Artifact] = {}
    before: dict[str, tuple[str, ...]] = {}
    for artifact in files:
        told = _revisions(artifact)
        own = told.get("", (artifact.name,))[0]
        named[own] = artifact
        before[own] = told.get("down_", ())
    passed = {one for parents in before.values() for one in parents}
    level = [one for one in named if one not in passed]
    newest: dict[str, None] = {}
    while level and len(newest) < NEWEST:
        newest.update(dict.fromkeys(level))
        level = [one for own in level for one in before[own] if one in named and one not in newest]
    return [named[one] for one in reversed(list(newest)[:NEWEST])]


def _revisions(artifact: Artifact) -> Mapping[str, tuple[str, ...]]:
    found = (
        (match[1] or "", tuple(_QUOTED.findall(match[2]))) for match in _REVISION.finditer(artifact.text, 0, _HEAD)
    )
    return {which: names for which, names in found if names}
