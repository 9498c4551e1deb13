"""Run the detectors over a case's OpenAPI documents."""

from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code.files import is_sample, is_test
from backend_advisor.experts import Examination
from backend_advisor.experts.api.detectors.registry import detectors
from backend_advisor.experts.api.documents import read_document
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Failures, Match, finding
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence, Finding, Unread
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""
_NEAR = 3
"""Of a file that is given by its whole path, only the nearest folders tell what it is."""


def examine_documents(case: Case, knowledge: Knowledge) -> Examination:
    """What is found in each document; in one that tests and samples use, it is only noted."""
    failures = Failures()
    unread: list[Unread] = []
    found: list[Finding] = []
    for artifact in case.of_kind(ArtifactKind.OPENAPI):
        document = read_document(artifact)
        if document.failed is not None:
            reason = phrase(_PACKAGE, case.language, "unread_document", detail=str(document.failed))
            unread.append(Unread(name=artifact.name, reason=reason))
            continue
        noted = _is_for_show(artifact)
        for code, detector in detectors().items():
            if code in knowledge.playbooks:
                matches: Iterator[Match] = failures.noting(code, detector(document))
                for match in matches:
                    weighed = replace(match, confidence=Confidence.LOW) if noted else match
                    found.append(finding(knowledge.playbooks[code], weighed, case.language))
    return Examination(findings=tuple(found), unread=(*unread, *failures.unread(case.language)))


def _is_for_show(artifact: Artifact) -> bool:
    place = "/".join(artifact.place.split("/")[-_NEAR:])
    return is_test(place) or is_sample(place)
