"""Containers that run as root (OPS211)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile, Instruction, Stage
from backend_advisor.experts.operations.places import on
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence

_ROOT = re.compile(r"^[\"']?(?:root|0)(?::.*)?[\"']?$")
_OF_LANGUAGES = re.compile(
    r"^(?:docker\.io/(?:library/)?|public\.ecr\.aws/(?:docker/library|amazoncorretto)/)?(?:node|python|golang|ruby|php|perl|rust|openjdk|"
    r"eclipse-temurin|amazoncorretto|ibmjava|sapmachine|gradle|maven|bellsoft/[\w-]+|azul/[\w-]+|elixir|erlang|haskell|swift|oven/bun|"
    r"denoland/deno|debian|ubuntu|alpine|busybox|fedora|centos|rockylinux|almalinux|amazonlinux|buildpack-deps|"
    r"mcr\.microsoft\.com/dotnet/[\w/-]+|ghcr\.io/astral-sh/uv|tomcat|jetty)$"
)
_UNPRIVILEGED = re.compile(r"nonroot|unprivileged|rootless|chiseled|cgr\.dev/|chainguard|bitnami|jetty")
_STEPS_DOWN = re.compile(
    r"\b(?:gosu|su-exec|setpriv|runuser|chroot --userspec|s6-setuidgid|dumb-init.*su|su -s|start-stop-daemon)\b"
)
_SCRIPT = re.compile(r"(?:^|[/\s\"'\[])[\w./-]*(?:entrypoint|\.sh)\b")


@detects_in("OPS211", Dockerfile)
def as_root(dockerfile: Dockerfile) -> Iterator[Match]:
    """The last stage where nothing gives up root, or root is the user in the end."""
    stage = dockerfile.final
    if stage is None:
        return
    chain = dockerfile.line_of(stage)
    if not any(one.last("CMD", "ENTRYPOINT") for one in chain) or _steps_down(chain):
        return
    user = next((found for one in chain if (found := one.last("USER")) is not None), None)
    origin = chain[-1].base
    if user is not None:
        if _ROOT.match(user.rest):
            yield Match(location=on(dockerfile.artifact, user), values={"base": origin})
        return
    if _UNPRIVILEGED.search(origin):
        return
    name = chain[-1].image.name if chain[-1].image is not None else origin
    sure = None if _OF_LANGUAGES.match(name) else Confidence.LOW
    if sure is None and _starts_script(chain):
        # The script may step down; it stands elsewhere.
        sure = Confidence.LOW
    yield Match(location=on(dockerfile.artifact, stage.origin), values={"base": origin}, confidence=sure)


def _steps_down(chain: list[Stage]) -> bool:
    return any(_STEPS_DOWN.search(one.rest) for stage in chain for one in stage.instructions)


def _starts_script(chain: list[Stage]) -> bool:
    entry: Instruction | None = next((found for one in chain if (found := one.last("ENTRYPOINT"))), None)
    return entry is not None and _SCRIPT.search(entry.rest) is not None
