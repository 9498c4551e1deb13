"""The performance expert: reads source code for what makes it slow or lets it fall over, and traces for what did."""

from dataclasses import replace

from backend_advisor.experts import CodeExpert, Examination, Terms
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import ArtifactKind, Case

_EXPERT = CodeExpert("performance", f"{__package__}.detectors")
gather, prove, unknowns = _EXPERT.gather, _EXPERT.prove, _EXPERT.unknowns


def examine(case: Case, knowledge: Knowledge, terms: Terms) -> Examination:
    """Run every rule over the case's source code, and look at its traces."""
    examined = _EXPERT.examine(case, knowledge, terms)
    if not case.of_kind(ArtifactKind.TRACE):
        return examined
    from backend_advisor.experts.performance.traces import found_in_traces, without_spans  # few cases hold a trace

    return replace(
        examined,
        findings=(*examined.findings, *found_in_traces(case, knowledge)),
        unread=(*examined.unread, *without_spans(case)),
    )
