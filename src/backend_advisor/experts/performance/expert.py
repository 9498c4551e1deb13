"""The performance expert: reads source code for what its playbooks describe."""

from collections.abc import Sequence

from backend_advisor.experts import Examination, Terms
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import SOURCE_CODE, Case, Proof, Unknown


def gather(case: Case, terms: Terms) -> Case:
    """Nothing is read from elsewhere."""
    return case


def examine(case: Case, knowledge: Knowledge, terms: Terms) -> Examination:
    """Run every rule over the case's source code."""
    if not any(artifact.kind in SOURCE_CODE for artifact in case.artifacts):
        return Examination()
    # The parsers are loaded only for cases that hold code.
    from backend_advisor.experts.performance import detectors
    from backend_advisor.rules import examine_code, load_detectors

    load_detectors(detectors)
    return Examination(findings=examine_code(case, knowledge, "performance"))


def prove(case: Case, terms: Terms) -> Sequence[Proof]:
    """Fixes are proved where they are made."""
    return ()


def unknowns(case: Case) -> Sequence[Unknown]:
    """Nothing is asked."""
    return ()
