"""Run the detectors over a case's Compose files, Dockerfiles and Kubernetes manifests."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from backend_advisor.experts import Examination
from backend_advisor.experts.operations.compose_files import read_compose
from backend_advisor.experts.operations.detectors.registry import detectors_of
from backend_advisor.experts.operations.dockerfiles import read_dockerfile
from backend_advisor.experts.operations.purposes import Purpose, asks_about_production, purpose_of
from backend_advisor.experts.operations.workloads import read_workloads
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Failures, Match, finding
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence, Finding, Severity, Unread
from backend_advisor.phrases import phrase
from backend_advisor.placed_yaml import TooMuchError

_PACKAGE = __package__ or ""
_K = ArtifactKind
_AS_ROOT = "OPS211"
_REFUSES_ROOT = re.compile(r"^[ \t]*runAsNonRoot:[ \t]*true\b", re.MULTILINE)
_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")


def examine_manifests(case: Case, knowledge: Knowledge) -> Examination:
    """What is found in each manifest, weighed by what it is for."""
    failures = Failures()
    unread: list[Unread] = []
    found: list[Finding] = []
    files = _locks_by_folder(case)
    asked = asks_about_production(case.question)
    guarded = any(_REFUSES_ROOT.search(one.text) for one in case.of_kind(_K.KUBERNETES, _K.YAML))
    for artifact in case.of_kind(_K.COMPOSE, _K.DOCKERFILE, _K.KUBERNETES):
        for read in _readings(artifact, files, unread, case):
            purpose = purpose_of(artifact, read, asked=asked)
            for code, detector in detectors_of(type(read)).items():
                if code in knowledge.playbooks:
                    matches: Iterable[Match] = failures.noting(code, detector(read))
                    if guarded and code == _AS_ROOT:
                        # The image does not say so, but what starts it refuses root.
                        matches = (replace(one, confidence=Confidence.LOW) for one in matches)
                    playbook = knowledge.playbooks[code]
                    found += (finding(playbook, _weighed(match, purpose, playbook), case.language) for match in matches)
    return Examination(findings=tuple(found), unread=(*unread, *failures.unread(case.language)))


def _readings(artifact: Artifact, locks: dict[str, set[str]], unread: list[Unread], case: Case) -> Iterator[Any]:
    if artifact.kind is _K.DOCKERFILE:
        yield read_dockerfile(artifact, frozenset(locks.get(artifact.name.rpartition("/")[0], ())))
        return
    read = (
        read_compose(artifact)
        if artifact.kind is _K.COMPOSE
        else read_workloads(artifact, shown=bool(case.question.strip()))
    )
    yield read
    # A template is no YAML before it is filled in; nobody expects it to be read.
    if read.failed is not None and ("{{" not in artifact.text or isinstance(read.failed, TooMuchError)):
        reason = phrase(_PACKAGE, case.language, "unread_manifest", detail=str(read.failed))
        unread.append(Unread(name=artifact.name, reason=reason))


def _locks_by_folder(case: Case) -> dict[str, set[str]]:
    """Which lock files of JavaScript stand in each folder."""
    found: dict[str, set[str]] = {}
    for artifact in case.artifacts:
        folder, _, base = artifact.name.rpartition("/")
        if base in _LOCKS:
            found.setdefault(folder, set()).add(base)
    return found


def _weighed(match: Match, purpose: Purpose, playbook: Playbook) -> Match:
    """What serves development alone is only noted; what is surely for production is surer, unless it was doubted."""
    if purpose is Purpose.DEVELOPMENT:
        return replace(match, confidence=Confidence.LOW)
    confidence = match.confidence or playbook.confidence
    doubted = match.confidence is Confidence.LOW
    if purpose is Purpose.PRODUCTION and not doubted:
        noted = (match.severity or playbook.severity) is Severity.NOTE
        confidence = Confidence.MEDIUM if noted and confidence is not Confidence.HIGH else Confidence.HIGH
    return replace(match, confidence=confidence)
