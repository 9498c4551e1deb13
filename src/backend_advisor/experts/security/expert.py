"""The security expert: reads source code for what an attacker could use."""

from backend_advisor.experts import CodeExpert

_EXPERT = CodeExpert("security", f"{__package__}.detectors")
gather, examine, prove, unknowns = _EXPERT.gather, _EXPERT.examine, _EXPERT.prove, _EXPERT.unknowns
