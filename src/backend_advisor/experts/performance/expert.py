"""The performance expert: reads source code for what makes it slow or lets it fall over."""

from backend_advisor.experts import CodeExpert

_EXPERT = CodeExpert("performance", f"{__package__}.detectors")
gather, examine, prove, unknowns = _EXPERT.gather, _EXPERT.examine, _EXPERT.prove, _EXPERT.unknowns
