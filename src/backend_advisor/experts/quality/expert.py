"""The quality expert: reads source code for what makes it hard to change safely."""

from backend_advisor.experts import CodeExpert

_EXPERT = CodeExpert("quality", f"{__package__}.detectors")
gather, examine, prove, unknowns = _EXPERT.gather, _EXPERT.examine, _EXPERT.prove, _EXPERT.unknowns
