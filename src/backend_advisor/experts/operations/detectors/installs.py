"""Dependencies that are installed past their lock file (OPS214), or again at each change of a source (OPS215)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile, Instruction, Stage
from backend_advisor.experts.operations.places import Seen, on, together
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence

_LOCK_OF = {"npm": "package-lock.json", "yarn": "yarn.lock", "pnpm": "pnpm-lock.yaml"}
_PAST_LOCK = re.compile(
    r"(?:^|[;&|\n]\s*|\s)(?P<tool>npm|yarn|pnpm)(?:\s+(?:install|i)\b(?P<rest>[^;&|\n]*)|(?P<bare>(?:\s+--?[\w=-]+)*\s*(?:$|[;&|\n])))"
)
_FROZEN = re.compile(r"--frozen-lockfile|--immutable|--ci\b|--offline|--prefer-frozen")
_GLOBAL = re.compile(r"\s-g\b|--global\b|--location[= ]global")
_PACKAGE = re.compile(r"(?:^|\s)(?!-)(?:@[\w-]+/)?[\w.-]+(?:@[\w.^~-]+)?(?=\s|$)")
_INSTALL = re.compile(
    r"(?:^|[;&|\n]\s*|\s)(?P<command>npm (?:ci|install|i)(?![\w-])(?![^;&|\n]*(?:\s-g\b|--global))|yarn install\b|"
    r"pnpm (?:install|i)\b(?![^;&|\n]*(?:\s-g\b|--global))|pip3? install\s[^;&|\n]*-r\s*\S+|"
    r"poetry install\b|uv sync\b|pipenv install\b|"
    r"bundle install\b|composer install\b|go mod download\b|dotnet restore\b)"
)
_EVERYTHING = re.compile(r"^(?:--(?!from)\S+\s+)*(?:\.|\./|\"\.\")\s*(?:,\s*)?\S+\s*$|^\[\s*\"\./?\"\s*,")


@detects_in("OPS214", Dockerfile)
def past_lock(dockerfile: Dockerfile) -> Iterator[Match]:
    """Installs that may change what the lock file says, where one is at hand."""
    seen = []
    for stage in dockerfile.stages:
        copied = ""
        for one in stage.instructions:
            if one.word in ("COPY", "ADD"):
                copied += f" {one.rest}"
            elif one.word == "RUN" and (command := _past_lock(dockerfile, one, copied)):
                seen.append(Seen(on(dockerfile.artifact, one), command))
    if (match := together(seen)) is not None:
        yield match


def _past_lock(dockerfile: Dockerfile, one: Instruction, copied: str) -> str:
    for found in _PAST_LOCK.finditer(one.rest):
        tool, rest = found["tool"], found["rest"] if found["rest"] is not None else found["bare"]
        if tool != "yarn" and found["rest"] is None:
            continue
        if _FROZEN.search(rest or "") or _GLOBAL.search(rest or "") or _PACKAGE.search(rest or ""):
            continue
        # pnpm keeps to its lock file by itself where CI is set; whoever says so wants something else.
        if tool == "pnpm" and "--no-frozen-lockfile" not in (rest or ""):
            continue
        if _is_copied(_LOCK_OF[tool], copied, dockerfile.locks):
            return f"{tool} install"
    return ""


def _is_copied(lock: str, copied: str, beside: frozenset[str]) -> bool:
    if lock in copied:
        return True
    globbed = {
        "package-lock.json": ("package*.json", "package-lock*"),
        "yarn.lock": ("yarn*", "*.lock"),
        "pnpm-lock.yaml": ("pnpm*",),
    }
    everything = re.search(r"(?:^|\s)\./?\s", copied) is not None
    return lock in beside and (everything or any(pattern in copied for pattern in globbed[lock]))


@detects_in("OPS215", Dockerfile)
def installed_again(dockerfile: Dockerfile) -> Iterator[Match]:
    """Installs that come after all sources were copied."""
    seen = []
    for stage in dockerfile.stages:
        copied = _copies_everything(stage)
        if copied is None:
            continue
        before = stage.instructions[: stage.instructions.index(copied)]
        if any(one.word == "RUN" and _INSTALL.search(one.rest) for one in before):
            continue
        for one in stage.instructions[stage.instructions.index(copied) :]:
            if one.word == "RUN" and "type=cache" not in one.rest and (found := _INSTALL.search(one.rest)):
                seen.append(
                    Seen(on(dockerfile.artifact, copied), found["command"].split(" -")[0], None, Confidence.HIGH)
                )
                break
    if (match := together(seen)) is not None:
        yield match


def _copies_everything(stage: Stage) -> Instruction | None:
    return next(
        (one for one in stage.instructions if one.word in ("COPY", "ADD") and _EVERYTHING.match(one.rest)), None
    )
