"""The api expert: reads OpenAPI documents before their clients do."""

from collections.abc import Sequence, Set

from backend_advisor.experts import Examination, Terms
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import ArtifactKind, Case, ExpertName, Proof, Unknown


def gather(case: Case, _: Terms) -> Case:
    """Nothing is read from elsewhere."""
    return case


def examine(case: Case, knowledge: Knowledge, _: Terms) -> Examination:
    """Run every detector over the case's OpenAPI documents."""
    if not case.of_kind(ArtifactKind.OPENAPI):
        return Examination()
    from backend_advisor.experts.api.examination import examine_documents  # most cases hold no document

    return examine_documents(case, knowledge)


def prove(_case: Case, _: Terms) -> Sequence[Proof]:
    """What is found stands in the file itself."""
    return ()


def unknowns(_: Case, _advising: Set[ExpertName], _terms: Terms) -> Sequence[Unknown]:
    """Nothing is asked."""
    return ()
