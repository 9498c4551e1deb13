"""The whole way from a question and files to a Case."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from backend_advisor.intake.blocks import Block, artifact_names, split
from backend_advisor.intake.classify import DIALECT_HINTS, kind_of
from backend_advisor.intake.figures import figures
from backend_advisor.intake.files import Reader
from backend_advisor.intake.language import language_of
from backend_advisor.intake.sections import sections
from backend_advisor.intake.services import services
from backend_advisor.intake.stack import dialect_of, merged, named_technologies, technologies_of
from backend_advisor.model import Artifact, ArtifactKind, Case, Language

_SQL = (ArtifactKind.SQL, ArtifactKind.DDL)
_TABLE = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE|"
    r"TABLE(?:\s+IF\s+NOT\s+EXISTS)?)\s+(?:ONLY\s+)?[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?([A-Za-z_]\w*)",
    re.IGNORECASE,
)
_MAX_SCANNED = 200_000


def read_case(question: str, files: Sequence[Path], language: Literal["auto", "en", "ko"]) -> Case:
    """Read a question and the files that come with it."""
    question = _sound(question)
    parts = split(question)
    spoken: Language = language_of(parts.prose) if language == "auto" else language
    reading = Reader(spoken).read(files)
    artifacts = (*_artifacts(parts.blocks), *reading.artifacts)
    named = named_technologies(parts.prose)
    stack = merged((*(n.technology for n in named), *(t for a in artifacts for t in technologies_of(a))))
    artifacts = _with_dialects(artifacts, dialect_of(stack))
    found, kinds = sections(parts.prose)
    return Case(
        question=question,
        language=spoken,
        artifacts=artifacts,
        stack=stack,
        figures=figures(parts.prose, kinds, [(n.start, n.end) for n in named], _tables(artifacts)),
        sections=found,
        services=services(parts.prose, named, kinds),
        unread=reading.unread,
    )


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
