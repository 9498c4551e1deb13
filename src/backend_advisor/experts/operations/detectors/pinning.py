"""Images that are another tomorrow: no tag, or `latest` (OPS205)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile
from backend_advisor.experts.operations.images import Image, data_folders, parse_image
from backend_advisor.experts.operations.places import Seen, at, on, together
from backend_advisor.experts.operations.workloads import Workloads
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity

_VERSION_IN_NAME = re.compile(r"distroless|cgr\.dev/|chainguard|wolfi|-(?:debian|ubi)?\d+$|ubi\d")
"""Images that carry their version in their name, or are offered as `latest` only."""
_TOOLS = re.compile(
    r"(?:^|/)(?:mailhog|mailpit|maildev|adminer|dozzle|phpmyadmin|pgadmin4|mc|hello-world|busybox|curl)$"
)


@detects_in("OPS205", ComposeFile)
def in_compose(compose: ComposeFile) -> Iterator[Match]:
    """Services whose image moves; what is built here has no tag to keep."""
    seen = []
    for service in compose.services:
        image = parse_image(service.image) if service.image is not None else None
        node = service.node.at("image")
        if image is not None and node is not None and image.moves and not service.build:
            seen.append(Seen(at(compose.artifact, node), image.name, *_weight(image)))
    if (match := together(seen)) is not None:
        yield match


@detects_in("OPS205", Workloads)
def in_workloads(read: Workloads) -> Iterator[Match]:
    """Containers whose image moves."""
    seen = []
    for workload in read.workloads:
        for container in workload.containers:
            node = container.node.at("image")
            image = parse_image(node.text) if node is not None and node.text is not None else None
            if image is not None and node is not None and image.moves:
                # A name without any registry and tag is often filled in by Kustomize or Skaffold.
                bare = image.tag is None and "/" not in image.name
                weight = (None, Confidence.LOW) if bare else _weight(image)
                seen.append(Seen(at(read.artifact, node), image.name, *weight))
    if (match := together(seen)) is not None:
        yield match


@detects_in("OPS205", Dockerfile)
def in_dockerfile(dockerfile: Dockerfile) -> Iterator[Match]:
    """Stages that begin from an image that moves."""
    names = {stage.name for stage in dockerfile.stages if stage.name}
    seen = []
    for stage in dockerfile.stages:
        image = stage.image
        if stage.base.lower() in names or stage.base == "scratch" or image is None or not image.moves:
            continue
        seen.append(Seen(on(dockerfile.artifact, stage.origin), image.name, *_weight(image)))
    if (match := together(seen)) is not None:
        yield match


def _weight(image: Image) -> tuple[Severity | None, Confidence | None]:
    if _VERSION_IN_NAME.search(image.name) or _TOOLS.search(image.name):
        return None, Confidence.LOW
    return (Severity.WARNING if data_folders(image.kind) else None), None
