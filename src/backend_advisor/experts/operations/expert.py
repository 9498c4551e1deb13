"""The operations expert: reads Compose files, Dockerfiles and Kubernetes manifests before production does."""

from collections.abc import Sequence, Set

from backend_advisor.experts import Examination, Terms
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import ArtifactKind, Case, ExpertName, Proof, Unknown

_OURS = (ArtifactKind.COMPOSE, ArtifactKind.DOCKERFILE, ArtifactKind.KUBERNETES)


def gather(case: Case, _: Terms) -> Case:
    """Nothing is read from elsewhere."""
    return case


def examine(case: Case, knowledge: Knowledge, _: Terms) -> Examination:
    """Run every detector over the case's manifests."""
    if not case.of_kind(*_OURS):
        return Examination()
    from backend_advisor.experts.operations.examination import examine_manifests  # most cases hold no manifest

    return examine_manifests(case, knowledge)


def prove(_case: Case, _: Terms) -> Sequence[Proof]:
    """What is found stands in the file itself."""
    return ()


def unknowns(_: Case, _advising: Set[ExpertName], _terms: Terms) -> Sequence[Unknown]:
    """Nothing is asked."""
    return ()
