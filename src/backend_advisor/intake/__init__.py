"""Question and files → Case: what is asked, about what, and with which figures."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal

from backend_advisor.model import Artifact, Case, Language, Unread

__all__ = ["has_question", "patched", "read", "read_paths"]


def read(question: str, files: Sequence[Path] = (), language: Literal["auto", "en", "ko"] = "auto") -> Case:
    """Read a question and the files that come with it."""
    from backend_advisor.intake.reading import read_case

    return read_case(question, files, language)


def has_question(files: Sequence[Path]) -> bool:
    """Whether one of the files is prose that stands for a question."""
    from backend_advisor.intake.reading import question_file

    return question_file(files) is not None


def read_paths(
    paths: Sequence[Path],
    language: Language = "en",
    exclude: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[Artifact, ...], tuple[Unread, ...]]:
    """The artifacts in files and folders, and what could not be read, with reasons in the language.

    Files that match a pattern of `exclude`, written as in `.gitignore`, are not opened. `progress` is told how many
    were read. A patch that is itself named stands for the files that it leaves; one that lies in a folder is a file.
    """
    from backend_advisor.intake.files import Reader

    reading = Reader(language, exclude=exclude, progress=progress).read(paths)
    named = {path.as_posix() for path in paths}
    opened = (patched(one) if one.name in named else (one,) for one in reading.artifacts)
    return tuple(chain.from_iterable(opened)), reading.unread


def patched(artifact: Artifact) -> tuple[Artifact, ...]:
    """The files that a patch leaves, each with the lines that it adds; what is no patch, as it is."""
    from backend_advisor.intake.reading import unpatched

    return unpatched(artifact) or (artifact,)
