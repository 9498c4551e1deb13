"""The whole way from a question and files to a Case."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from backend_advisor.intake.blocks import Block, artifact_names, split
from backend_advisor.intake.classify import DIALECT_HINTS, kind_of, may_ask
from backend_advisor.intake.dialects import dialect_shown
from backend_advisor.intake.diffs import changed_files, is_diff
from backend_advisor.intake.figures import figures
from backend_advisor.intake.files import Reader, file_artifact
from backend_advisor.intake.language import language_of
from backend_advisor.intake.sections import sections
from backend_advisor.intake.services import services
from backend_advisor.intake.stack import dialect_of, merged, named_technologies, product_of, technologies_of
from backend_advisor.model import Artifact, ArtifactKind, Case, Language, Unread
from backend_advisor.paths import suffix_of
from backend_advisor.phrases import phrase

_PACKAGE = "backend_advisor.intake"
_SQL = (ArtifactKind.SQL, ArtifactKind.DDL)
_TABLE = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE|"
    r"TABLE(?:\s+IF\s+NOT\s+EXISTS)?)\s+(?:ONLY\s+)?[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?([A-Za-z_]\w*)",
    re.IGNORECASE,
)
_MAX_SCANNED = 200_000
_MAX_PROSE = 100_000
_MAX_NOTE = 5_000
_DIFFS = frozenset({".diff", ".patch"})
_LETTER = re.compile(r"[^\W\d_]")


def read_case(question: str, files: Sequence[Path], language: Literal["auto", "en", "ko"]) -> Case:
    """Read a question and the files that come with it."""
    question = _sound(question)
    taken = None if question.strip() else question_file(files)
    if taken is not None:
        path, question = taken
        files = [file for file in files if file != path]
    parts = split(question)
    spoken: Language = language_of(parts.prose) if language == "auto" else language
    reading = Reader(spoken).read(files)
    artifacts = (*_unpatched(_artifacts(parts.blocks)), *_opened(reading.artifacts, files))
    prose = "\n".join([parts.prose, *_notes(artifacts, files)])[:_MAX_PROSE]
    named = named_technologies(prose)
    stack = merged((*(n.technology for n in named), *(t for a in artifacts for t in technologies_of(a))))
    shown = dialect_shown(artifacts)
    artifacts = _with_dialects(artifacts, dialect_of(stack) or shown)
    if shown is not None and not any(technology.category == "database" for technology in stack):
        stack = merged((*stack, product_of(shown)))
    found, kinds = sections(prose)
    return Case(
        question=question,
        language=spoken,
        artifacts=artifacts,
        stack=stack,
        figures=figures(prose, kinds, [(n.start, n.end) for n in named], _tables(artifacts)),
        sections=found,
        services=services(prose, named, kinds),
        unread=(*reading.unread, *_not_read(parts.prose, spoken)),
    )


def question_file(files: Sequence[Path]) -> tuple[Path, str] | None:
    """The first of the files that is prose with something to say, and its text: the question, where none was put."""
    for path in files:
        if not may_ask(path) or path.is_dir():
            continue
        for artifact in Reader().read([path]).artifacts:
            if _is_prose(artifact) and _LETTER.search(split(artifact.text).prose):
                return path, _sound(artifact.text)
    return None


def _is_prose(artifact: Artifact) -> bool:
    return artifact.kind is ArtifactKind.PROSE or (
        artifact.kind is ArtifactKind.OTHER and not Path(artifact.name).suffix
    )


def _opened(artifacts: Iterable[Artifact], files: Sequence[Path]) -> Iterator[Artifact]:
    """The artifacts, with the blocks of a note that was itself named in its place: those are what it was given for."""
    named = {file.as_posix() for file in files}
    for artifact in artifacts:
        if artifact.name in named and (changed := unpatched(artifact)):
            yield from changed
            continue
        blocks = split(artifact.text).blocks if artifact.name in named and _is_prose(artifact) else ()
        if not blocks:
            yield artifact
        for number, (block, made) in enumerate(zip(blocks, _artifacts(blocks), strict=True), 1):
            name = artifact.name if len(blocks) == 1 else f"{artifact.name}#{number}"
            yield replace(made, name=name, origin="file", first_line=block.first_line)
        if blocks and _LETTER.search(rest := split(artifact.text).prose):
            yield replace(artifact, name=f"{artifact.name}#0", text=rest)


def _unpatched(artifacts: Iterable[Artifact]) -> Iterator[Artifact]:
    """The pieces of a question, with the files of a patch in its place."""
    for artifact in artifacts:
        if is_diff(artifact.text):
            yield from (replace(one, origin="question") for one in _files_of(artifact))
        else:
            yield artifact


def unpatched(artifact: Artifact) -> tuple[Artifact, ...]:
    """The files that a patch leaves, where an artifact is one."""
    return tuple(_files_of(artifact)) if _may_be_diff(artifact) and is_diff(artifact.text) else ()


def _files_of(patch: Artifact) -> Iterator[Artifact]:
    """The files that a patch leaves, as far as it shows them."""
    changed = (replace(file_artifact(one.text, one.name), added=one.added) for one in changed_files(patch.text))
    return (one for one in changed if not _is_prose(one))


def _may_be_diff(artifact: Artifact) -> bool:
    return suffix_of(artifact.name).lower() in _DIFFS or artifact.kind in (ArtifactKind.PROSE, ArtifactKind.OTHER)


def _notes(artifacts: Iterable[Artifact], files: Sequence[Path]) -> Iterator[str]:
    """Short notes that were themselves named: what they state counts as stated."""
    named = {file.as_posix() for file in files}
    for artifact in artifacts:
        if artifact.name.partition("#")[0] in named and _is_prose(artifact) and len(artifact.text) <= _MAX_NOTE:
            yield artifact.text


def _not_read(prose: str, language: Language) -> Iterator[Unread]:
    if len(prose) > _MAX_PROSE:
        reason = phrase(_PACKAGE, language, "long_prose", limit=f"{_MAX_PROSE:,}")
        yield Unread(name=phrase(_PACKAGE, language, "question"), reason=reason)


def _sound(question: str) -> str:
    """The question with line ends made `\\n` and lone surrogates, which nothing can print, replaced."""
    text = question.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return text.encode("utf-8", "replace").decode("utf-8")


def _artifacts(blocks: Sequence[Block]) -> tuple[Artifact, ...]:
    kinds = [kind_of(block.text, block.hint) for block in blocks]
    names = artifact_names([str(kind) for kind in kinds])
    return tuple(
        Artifact(
            name=name,
            kind=kind,
            text=block.text,
            dialect=DIALECT_HINTS.get((block.hint or "").lower()) if kind in _SQL else None,
            first_line=block.first_line,
        )
        for block, kind, name in zip(blocks, kinds, names, strict=False)
    )


def _with_dialects(artifacts: Iterable[Artifact], dialect: str | None) -> tuple[Artifact, ...]:
    return tuple(
        replace(artifact, dialect="postgres")
        if artifact.kind is ArtifactKind.PLAN
        else replace(artifact, dialect=artifact.dialect or dialect)
        if artifact.kind in _SQL
        else artifact
        for artifact in artifacts
    )


def _tables(artifacts: Iterable[Artifact]) -> frozenset[str]:
    return frozenset(
        name.lower()
        for artifact in artifacts
        if artifact.kind in _SQL
        for name in _TABLE.findall(artifact.text[:_MAX_SCANNED])
    )
