"""The source code of a case, read once for all experts."""

from collections.abc import Sequence
from functools import lru_cache

from backend_advisor.code.analysis import Analysis, analyse
from backend_advisor.model import Artifact, ArtifactKind

LANGUAGES = {
    ArtifactKind.PYTHON: "python",
    ArtifactKind.JAVASCRIPT: "javascript",
    ArtifactKind.TYPESCRIPT: "typescript",
    ArtifactKind.JAVA: "java",
}
"""The kinds of artifact that are source code we read."""


def source_code(artifacts: Sequence[Artifact]) -> tuple[Artifact, ...]:
    """The artifacts that are source code of a language that has a front end."""
    return tuple(artifact for artifact in artifacts if artifact.kind in LANGUAGES)


@lru_cache(maxsize=2)
def read_code(artifacts: tuple[Artifact, ...]) -> tuple[Analysis, ...]:
    """What is seen in these artifacts together, one analysis for each language family."""
    files = {artifact.name: artifact.text.encode("utf-8", "surrogatepass") for artifact in artifacts}
    return tuple(analyse(files, {artifact.name: LANGUAGES[artifact.kind] for artifact in artifacts}))
