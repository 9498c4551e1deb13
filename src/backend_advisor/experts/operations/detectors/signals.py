"""Commands that a shell or npm stands in front of, so that no SIGTERM arrives (OPS216)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile, Instruction
from backend_advisor.experts.operations.places import on
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity

_RUNNERS = re.compile(r"^(?:npm|yarn|pnpm)(?:\s+run)?\s+(?:start|serve|prod)\S*")
_SIMPLE = re.compile(r"^[^;&|<>`\n]*$")
_EXEC = re.compile(r"(?:^|[;&|\n]\s*|\s)exec\s")
_INIT = re.compile(r"^\[?\s*\"?(?:/\S*/)?(?:tini|dumb-init|catatonit|s6-svscan|/init)\b")
_ENDS = re.compile(r"^(?:bash|sh|/bin/\w*sh|echo|true|ls|\[\"(?:/bin/)?(?:ba)?sh\"\])\s*$")
_HAND_OVER = re.compile(r"(?:^|[/\s\"'\[])(?:docker-)?entrypoint|exec \"\$@\"")


@detects_in("OPS216", Dockerfile)
def behind_shell(dockerfile: Dockerfile) -> Iterator[Match]:
    """What the last stage starts through a shell that stays, or through npm."""
    stage = dockerfile.final
    if stage is None:
        return
    entry, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    if stage.last("SHELL") is not None or stage.last("STOPSIGNAL") is not None:
        return
    if entry is not None and _INIT.search(entry.rest):
        return
    if entry is not None and entry.is_exec:
        # A command is then its arguments, unless a script hands over to it.
        command = command if command is not None and _HAND_OVER.search(entry.rest) else None
        entry = entry if _runner(entry) else None
    started = entry or command
    if started is None or _EXEC.search(started.rest) or _ENDS.match(started.rest):
        return
    if runner := _runner(started):
        yield _match(dockerfile, started, runner, Severity.WARNING, None)
    elif not started.is_exec and not started.rest.startswith("["):
        name = started.rest.split()[0] if started.rest.split() else started.rest
        simple = _SIMPLE.match(started.rest) is not None
        yield _match(dockerfile, started, name, None, Confidence.MEDIUM if simple else Confidence.HIGH)
    elif shell := _inner_shell(started):
        yield _match(dockerfile, started, shell, None, None)


def _runner(one: Instruction) -> str:
    found = _RUNNERS.match(" ".join(one.words or [one.rest]))
    return found[0] if found else ""


def _inner_shell(one: Instruction) -> str:
    """`["sh", "-c", "…"]` is the shell form, spelled out."""
    words = one.words or []
    if len(words) >= 3 and re.fullmatch(r"(?:/bin/)?(?:ba|da)?sh", words[0]) and re.fullmatch(r"-\w*c", words[1]):
        return words[0] if not _EXEC.search(words[2]) and "bash" not in words[0] else ""
    return ""


def _match(
    dockerfile: Dockerfile, one: Instruction, name: str, severity: Severity | None, confidence: Confidence | None
) -> Match:
    values = {"instruction": one.word, "command": name}
    return Match(location=on(dockerfile.artifact, one), values=values, severity=severity, confidence=confidence)
