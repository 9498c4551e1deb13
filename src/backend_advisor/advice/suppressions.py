"""Comments that silence a finding: `-- advisor: ignore[DB120] reason`, on its line or the line before.

The reason is required. A suppression without one has no effect, and one that silences nothing is reported.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend_advisor.model import Artifact, Case, Finding, Suppressed
from backend_advisor.phrases import phrase

_COMMENT = re.compile(
    r"(?:--|#|//|/\*|\*)\s*advisor:\s*ignore\s*\[\s*([A-Za-z0-9_, -]+?)\s*\][ \t:]*(.*)$", re.MULTILINE
)
_WITHOUT_CODE = re.compile(r"(?:--|#|//|/\*|\*)[ \t]*advisor:[ \t]*ignore\b(?![ \t]*\[[ \t]*[A-Za-z0-9])", re.MULTILINE)
_PACKAGE = __package__ or ""


@dataclass(frozen=True, slots=True)
class _Suppression:
    artifact: str
    line: int
    codes: tuple[str, ...]
    reason: str


def suppress(
    case: Case, findings: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], tuple[str, ...]]:
    """Part findings into those that stand and those silenced, with notices on suppressions that do not work."""
    given = [one for artifact in case.artifacts for one in _read(artifact)]
    used: set[tuple[_Suppression, str]] = set()
    standing, silenced = [], []
    for finding in findings:
        match = next((one for one in given if one.reason and _covers(one, finding)), None)
        if match is None:
            standing.append(finding)
        else:
            used.add((match, _named(match, finding)))
            silenced.append(Suppressed(finding=finding, reason=match.reason))
    return tuple(standing), tuple(silenced), tuple(_notices(case, given, used))


def _read(artifact: Artifact) -> Iterable[_Suppression]:
    if "advisor:" not in artifact.text:
        return
    for match in _COMMENT.finditer(artifact.text):
        codes = tuple(code.strip() for code in match.group(1).split(",") if code.strip())
        line = artifact.first_line + artifact.text.count("\n", 0, match.start())
        yield _Suppression(artifact.name, line, codes, match.group(2).removesuffix("*/").strip())


def _covers(one: _Suppression, finding: Finding) -> bool:
    span = finding.location.span
    if span is None or finding.location.artifact != one.artifact:
        return False
    return bool(_named(one, finding)) and one.line - 1 <= span.line - 1 <= one.line


def _named(one: _Suppression, finding: Finding) -> str:
    names = {finding.code.lower(), finding.name.lower()}
    return next((code for code in one.codes if code.lower() in names), "")


def _notices(case: Case, given: Iterable[_Suppression], used: set[tuple[_Suppression, str]]) -> Iterable[str]:
    for artifact in case.artifacts:
        if artifact.origin == "code" or "advisor:" not in artifact.text:
            continue
        for match in _WITHOUT_CODE.finditer(artifact.text):
            line = artifact.first_line + artifact.text.count("\n", 0, match.start())
            yield phrase(_PACKAGE, case.language, "suppression_without_code", place=f"{artifact.name}:{line}")
    for one in given:
        for code in one.codes:
            place = f"{one.artifact}:{one.line}"
            if not one.reason:
                yield phrase(_PACKAGE, case.language, "suppression_without_reason", place=place, code=code)
            elif (one, code) not in used:
                yield phrase(_PACKAGE, case.language, "suppression_unused", place=place, code=code)
