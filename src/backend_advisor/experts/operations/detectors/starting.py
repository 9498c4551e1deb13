"""Services that do not come back, or start before what they need is there (OPS206)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile, Service
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.images import is_infrastructure
from backend_advisor.experts.operations.places import Seen, at, together
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence

_ENDS = re.compile(r"(?i)migrat|seed|init|setup|create|import|backup|job|once|cert|perm|test|build|db-?prepare|wait")
"""Names and commands of what runs to its end."""


@detects_in("OPS206", ComposeFile)
def starting(compose: ComposeFile) -> Iterator[Match]:
    """One note for a file: no restart policy, and waiting for the start alone."""
    services = {service.name: service for service in compose.services}
    seen = []
    for service in compose.services:
        if not service.is_whole or _ENDS.search(f"{service.name} {service.command}"):
            continue
        depends = service.node.at("depends_on")
        for item in depends.items if depends is not None else ():
            if _is_waited_for(services.get(item.text or "")):
                seen.append(Seen(at(compose.artifact, item), f"{service.name} → {item.text}", None, Confidence.MEDIUM))
        if service.node.at("restart") is None and service.node.at("deploy", "restart_policy") is None:
            seen.append(Seen(at(compose.artifact, service.key), service.name))
    if (match := together(seen)) is not None:
        yield match


def _is_waited_for(service: Service | None) -> bool:
    return service is not None and service.image is not None and is_infrastructure(service.image)
