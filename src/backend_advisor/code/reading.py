"""The source code of a case, read once for all experts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from backend_advisor.code.beside import Beside
from backend_advisor.code.documents import documents_of, is_document, read_documents
from backend_advisor.code.files import places_in_tree
from backend_advisor.code.frontends import language_of
from backend_advisor.code.licences import copied, is_licence, licences_of_others
from backend_advisor.code.manifests import VERSIONED, asked_versions, is_manifest
from backend_advisor.code.mappers import is_mapper
from backend_advisor.code.settings import is_properties, is_settings, loads_properties, named_settings, read_settings
from backend_advisor.code.template_languages import escapes_nothing, may_print_unescaped
from backend_advisor.code.uniqueness import declares_unique
from backend_advisor.model import SOURCE_CODE, Artifact, ArtifactKind

if TYPE_CHECKING:
    from backend_advisor.code.analysis import Analysis

_BINDS = "connexion"
"""The framework whose routes stand in OpenAPI documents."""
_RENDERS = re.compile(
    r"\brender|TemplateResponse|Jinja2Templates|aiohttp_jinja2|\bview\(|RequestMapping|GetMapping|getRequestDispatcher"
)
"""What shows that a program may fill templates."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is seen in a case's source code: an analysis for each language family, and the files by their place in the
    tree."""

    analyses: tuple["Analysis", ...]
    artifacts: dict[str, Artifact]
    unparsed: Mapping[tuple[str, str], int]

    @property
    def left_out(self) -> Mapping[tuple[str, str], int]:
        """Files that were not read whole, with the kind of problem, and the offset of the first."""
        problems = {key: offset for analysis in self.analyses for key, offset in analysis.seen.unread.items()}
        return {**self.unparsed, **problems}


@lru_cache(maxsize=2)
def source_code(artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """The artifacts that are source code of a language that has a front end.

    A file says by its name that it is: a build script or a component file that looks like a language is not. The
    OpenAPI documents come with them when a framework binds functions by them, the files of settings that JavaScript
    names, the templates that print something as it is when a program fills templates, the mappers of MyBatis, and the
    manifests that tell a version on which rules depend.
    """
    code = tuple(
        artifact
        for artifact in artifacts
        if artifact.kind in SOURCE_CODE and (artifact.origin != "file" or language_of(artifact.name) is not None)
    )
    if any(_BINDS in artifact.text for artifact in code if artifact.kind is ArtifactKind.PYTHON):
        code += tuple(artifact for artifact in artifacts if artifact.kind is ArtifactKind.OPENAPI)
    if any(f'"{name}"' in one.text or f"'{name}'" in one.text for one in code for name in VERSIONED):
        code += tuple(artifact for artifact in artifacts if is_manifest(artifact))
    if any(loads_properties(artifact.text) for artifact in code if artifact.kind is ArtifactKind.JAVA):
        code += tuple(artifact for artifact in artifacts if is_properties(artifact))
    code += tuple(documents_of(code, artifacts))
    names = _names_of_settings(code)
    if names:
        code += tuple(artifact for artifact in artifacts if is_settings(artifact, names) and artifact not in code)
    if any(_RENDERS.search(artifact.text) for artifact in code):
        escapes = not any(escapes_nothing(artifact.text) for artifact in code)
        code += tuple(artifact for artifact in artifacts if is_template(artifact, escapes=escapes))
    if any(artifact.kind is ArtifactKind.JAVA for artifact in code):
        code += tuple(artifact for artifact in artifacts if is_mapper(artifact.name, artifact.text))
    if code:
        code += tuple(one for one in artifacts if _tells_unique(one) and one not in code)
    return code + tuple(licences_of_others(artifacts)) if code else code


def _tells_unique(artifact: Artifact) -> bool:
    return artifact.origin == "file" and declares_unique(artifact.name, artifact.text)


def _names_of_settings(artifacts: tuple[Artifact, ...]) -> frozenset[str]:
    return named_settings(one.text for one in artifacts if one.kind is ArtifactKind.PYTHON)


def is_template(artifact: Artifact, *, escapes: bool = True) -> bool:
    """Whether an artifact is a template of pages that matters to the reading of code."""
    return artifact.origin == "file" and may_print_unescaped(artifact.name, artifact.text, escapes=escapes)


@lru_cache(maxsize=2)
def read_code(artifacts: tuple[Artifact, ...]) -> Reading:
    """Read these artifacts together as one tree."""
    from backend_advisor.code.analysis import analyse  # most of the start-up time, for what is often known already

    licences = [one for one in artifacts if is_licence(one)]
    names = _names_of_settings(artifacts)
    beside = (is_manifest, is_properties, is_licence, is_document, partial(is_settings, names=names), _tells_unique)
    everything = places_in_tree([one for one in artifacts if not any(is_one(one) for is_one in beside)])
    contracts = {path: one.text for path, one in everything.items() if one.kind is ArtifactKind.OPENAPI}
    placed = {path: artifact for path, artifact in everything.items() if path not in contracts}
    escapes = not any(escapes_nothing(artifact.text) for artifact in artifacts)
    templates = {path: one.text for path, one in placed.items() if is_template(one, escapes=escapes)}
    mappers = {path: artifact.text for path, artifact in placed.items() if is_mapper(artifact.name, artifact.text)}
    code = {path: artifact for path, artifact in placed.items() if path not in templates and path not in mappers}
    files = {path: artifact.text.encode("utf-8", "surrogatepass") for path, artifact in code.items()}
    languages = {path: language_of(artifact.name) or artifact.kind.value for path, artifact in code.items()}
    settings = read_settings(one for one in artifacts if is_properties(one) or is_settings(one, names))
    documents = read_documents(artifact for artifact in artifacts if is_document(artifact))
    theirs = set(copied((artifact.name for artifact in code.values()), licences))
    of_others = frozenset(path for path, artifact in code.items() if artifact.name in theirs)
    schemas = tuple(one.text for one in artifacts if _tells_unique(one))
    patched = frozenset(path for path, artifact in code.items() if artifact.added)
    beside_code = Beside(contracts, templates, mappers, settings, documents, escapes, schemas, patched, of_others)
    analyses, left_out = analyse(files, languages, beside_code)
    versions = asked_versions(artifact.text for artifact in artifacts if is_manifest(artifact))
    for analysis in analyses:
        analysis.program.configuration = versions
    return Reading(tuple(analyses), placed, left_out)
