"""What the files beside a question say in words: notes, tables and the errors that logs report."""

import re
from collections import Counter
from collections.abc import Iterator

from backend_advisor.model import Artifact, ArtifactKind, Case

_NOTES = (ArtifactKind.PROSE, ArtifactKind.OTHER, ArtifactKind.SHELL, ArtifactKind.JSON)
_LOGS = (ArtifactKind.LOG, ArtifactKind.TRACE)
_FEW = 12
"""More files than these are a project, whose documents are not about the question."""
_MOST_NOTES = 1_500
_MOST_SCANNED = 2_000_000
_MOST_ERRORS = 3
_LONGEST_ERROR = 240
_THROWN = re.compile(
    r"^(?P<cause>Caused by: )?(?:Exception in thread \"[^\"\n]*\" |Uncaught )?"
    r"(?P<name>[A-Za-z_][\w.$]{2,200}(?:Exception|Error|Failure|Fault|Timeout|Interrupt|Warning))"
    r"(?::[ \t]+(?P<text>\S.*))?$"
)
_REPORTED = re.compile(
    r"\b(?:error|fatal|panic|critical|severe|warn(?:ing)?)\b\]?:?[ \t]+(?P<text>\S.{7,})$", re.IGNORECASE
)
_STATE = re.compile(
    r"^[ \t]*(?:(?:Last )?State|Reason|Exit Code|Message)[ \t]*:[ \t]*\S|\b(?:OOMKilled|CrashLoopBackOff|"
    r"ImagePullBackOff|ErrImagePull|Evicted|Killed process|oom-kill|out of memory|No space left|deadlock)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"^[ \t]*(?:at |File \"|\.{3} \d+ more)")
_PACKAGE = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
_PARTICULAR = re.compile(r"\b0x[0-9a-f]+\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+")


def attached(case: Case) -> str:
    """What notes and logs that were given as files say; empty when there are none.

    What is pasted into the question is part of the question.
    """
    files = [one for one in case.artifacts if one.origin == "file"]
    return "\n".join(text for one in files for text in _said(one)) if len(files) <= _FEW else ""


def _said(artifact: Artifact) -> list[str]:
    short = len(artifact.text) <= _MOST_NOTES
    if artifact.kind in _LOGS or (artifact.kind in _NOTES and not short):
        errors = _errors(artifact.text[:_MOST_SCANNED])
        if errors or not short:
            return errors
    return [_PACKAGE.sub("", artifact.text)] if short and artifact.kind in (*_NOTES, *_LOGS) else []


def _errors(text: str) -> list[str]:
    """The errors that a log tells: causes before what they caused, then those told most often."""
    told: Counter[str] = Counter()
    first: dict[str, str] = {}
    for line in text.split("\n"):
        for rank, error in _in_line(line):
            key = _PARTICULAR.sub("#", error)
            told[key] += rank
            first.setdefault(key, error)
    return [first[key] for key, _ in told.most_common(_MOST_ERRORS)]


def _in_line(line: str) -> Iterator[tuple[int, str]]:
    """The error that a line reports, and how much it tells."""
    line = line.rstrip()
    if not line or len(line) > 4_000 or _PLACE.match(line):
        return
    thrown = _THROWN.match(line.strip())
    if thrown is not None:
        said = f"{thrown['name']}: {thrown['text']}" if thrown["text"] else thrown["name"]
        yield 1_000 if thrown["cause"] else 100, _PACKAGE.sub("", said)[:_LONGEST_ERROR]
        return
    reported = _REPORTED.search(line)
    if reported is not None:
        yield 10, _PACKAGE.sub("", reported["text"])[:_LONGEST_ERROR]
    elif _STATE.search(line):
        yield 1, line.strip()[:_LONGEST_ERROR]
