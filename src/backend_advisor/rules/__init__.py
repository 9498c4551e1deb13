"""Recognising playbooks in source code: declared detectors, detectors in code, and the findings they make."""
