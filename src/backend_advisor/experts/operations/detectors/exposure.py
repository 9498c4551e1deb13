"""Databases, brokers and their tools that the whole network can reach (OPS202)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile, Service
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.images import PORTS, parse_image
from backend_advisor.experts.operations.places import Seen, at, together
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Severity

_WITHOUT_PASSWORD = {
    "redis": re.compile(r"(?i)requirepass|REDIS_PASSWORD|aclfile|\.conf\b"),
    "valkey": re.compile(r"(?i)requirepass|VALKEY_PASSWORD|aclfile|\.conf\b"),
    "keydb": re.compile(r"(?i)requirepass|\.conf\b"),
    "mongo": re.compile(r"MONGO_INITDB_ROOT_USERNAME|MONGODB_ROOT_PASSWORD|--auth|\.conf\b"),
    "elasticsearch": re.compile(r"^(?!.*xpack\.security\.enabled\W+false)", re.DOTALL),
    "memcached": re.compile(r"(?!)"),
    "kafka": re.compile(r"(?i)SASL"),
    "etcd": re.compile(r"(?i)client-cert-auth|CLIENT_CERT_AUTH"),
}
"""Stores that ask for no password unless something like this says so."""
_NAMED = {
    "db": 5432,
    "database": 5432,
    "postgres": 5432,
    "mysql": 3306,
    "redis": 6379,
    "mongo": 27017,
    "mongodb": 27017,
}


@detects_in("OPS202", ComposeFile)
def published(compose: ComposeFile) -> Iterator[Match]:
    """Ports of stores and of their tools that are published on every address of the host."""
    seen = []
    for service in compose.services:
        kind = _kind(service)
        for port in service.ports:
            if port.everywhere and port.target in PORTS.get(kind, ()):
                severity = Severity.ERROR if _is_open(service, kind) else None
                seen.append(Seen(at(compose.artifact, port.node), f"{service.name}:{port.target}", severity))
    if (match := together(seen)) is not None:
        yield match


def _kind(service: Service) -> str:
    image = parse_image(service.image) if service.image is not None else None
    if image is not None:
        return image.kind
    wanted = _NAMED.get(service.name.lower())
    return next((kind for kind, ports in PORTS.items() if wanted in ports), "") if wanted is not None else ""


def _is_open(service: Service, kind: str) -> bool:
    asked = _WITHOUT_PASSWORD.get(kind)
    if asked is None or not service.is_whole:
        return False
    said = " ".join(
        [service.command, *(f"{name}={value.text}" for name, value in service.environment.items()),
         *(f"{mount.source}:{mount.target}" for mount in service.mounts)]
    )  # fmt: skip
    return asked.search(said) is None
