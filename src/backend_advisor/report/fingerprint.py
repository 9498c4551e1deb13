"""Fingerprints of findings by what they say, so that moving a line leaves them the same."""

import hashlib
from collections import Counter
from collections.abc import Iterable

from backend_advisor.model import Case, Finding
from backend_advisor.report.places import artifacts_by_name, excerpt

OF_MANY_LINES = frozenset({"operations"})
"""Experts whose findings tell of all lines that share a cause: one more line is news."""


def fingerprints(case: Case, findings: Iterable[Finding]) -> list[str]:
    """One for each finding: code, file, text without its spacing, and the how-manieth of these it is."""
    named = artifacts_by_name(case)
    seen: Counter[tuple[str, str, str]] = Counter()
    made = []
    for finding in findings:
        location = finding.location
        places = [location, *(step.location for step in finding.steps if finding.expert in OF_MANY_LINES)]
        text = " ".join(" ".join(excerpt(place, named) for place in places).split())
        key = (finding.code, location.artifact.replace("\\", "/"), location.path or text)
        seen[key] += 1
        digest = hashlib.sha256("\0".join([*key, str(seen[key])]).encode("utf-8", "replace"))
        made.append(digest.hexdigest()[:32])
    return made
