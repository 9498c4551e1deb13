"""The security expert: reads source code for what an attacker could use, and configuration for what it gives away."""

from dataclasses import replace

from backend_advisor.code.files import is_sample
from backend_advisor.experts import CodeExpert, Examination, Terms
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import Case, Confidence, Finding

_EXPERT = CodeExpert("security", f"{__package__}.detectors")
gather, prove, unknowns = _EXPERT.gather, _EXPERT.prove, _EXPERT.unknowns


def examine(case: Case, knowledge: Knowledge, terms: Terms) -> Examination:
    """Run every rule over the case's source code, and look for secrets and open doors in its configuration."""
    from backend_advisor.rules.remembered import kept

    def in_configuration() -> tuple[Finding, ...]:
        from backend_advisor.experts.security.configuration import secrets_in_configuration
        from backend_advisor.experts.security.management import open_management

        return (*secrets_in_configuration(case, knowledge), *open_management(case, knowledge))

    examined = _EXPERT.examine(case, knowledge, terms)
    secrets = kept(f"configuration {case.language}", case.artifacts, tuple[Finding, ...], in_configuration)
    samples = {one.name for one in case.artifacts if is_sample(one.place)}
    found = (
        replace(one, confidence=Confidence.LOW) if one.location.artifact in samples else one
        for one in (*examined.findings, *secrets)
    )
    return replace(examined, findings=tuple(found))
