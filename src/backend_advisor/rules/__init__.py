"""Recognising playbooks in source code: declared detectors, detectors in code, and the findings they make."""

from backend_advisor.rules.examination import examine_code
from backend_advisor.rules.registry import CodeContext, detects_in_code, load_detectors

__all__ = ["CodeContext", "detects_in_code", "examine_code", "load_detectors"]
