"""Databases whose files end with their container (OPS204)."""

from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile, Mount, Service
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.images import Image, data_folders, parse_image
from backend_advisor.experts.operations.places import Seen, at, together
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Severity
from backend_advisor.placed_yaml import Node

_POSTGRES_ABOVE = "/var/lib/postgresql"
_LAST_WITH_DATA_BELOW = 17
"""Up to this version a volume above `data` is not the one that the image declares, and holds nothing."""
_CONFIGURATION = ("/docker-entrypoint", "/etc/", "/tmp", "/usr/", "/run", "/opt/bitnami/scripts")  # noqa: S108


@detects_in("OPS204", ComposeFile)
def unkept(compose: ComposeFile) -> Iterator[Match]:
    """Services that run a database without a place for its data."""
    seen = []
    for service in compose.services:
        image = parse_image(service.image) if service.image is not None else None
        if image is None or not service.is_whole or not data_folders(image.kind) or _is_temporary(service):
            continue
        node = service.node.at("image") or service.node
        misplaced = _misplaced(service, image)
        if misplaced is not None:
            seen.append(Seen(at(compose.artifact, misplaced), f"{service.name} ({_POSTGRES_ABOVE})", Severity.ERROR))
        elif not _is_kept(service, image):
            seen.append(Seen(at(compose.artifact, node), f"{service.name} ({data_folders(image.kind)[0]})"))
    if (match := together(seen)) is not None:
        yield match


def _is_temporary(service: Service) -> bool:
    return any(service.node.at(key) is not None for key in ("tmpfs", "volumes_from", "storage_opt"))


def _is_kept(service: Service, image: Image) -> bool:
    moved = [value.text for name, value in service.environment.items() if name in ("PGDATA", "MYSQL_DATADIR")]
    folders = (*data_folders(image.kind), *moved)
    return any(_holds(mount, folders) for mount in service.mounts)


def _holds(mount: Mount, folders: tuple[str, ...]) -> bool:
    target = mount.target.rstrip("/")
    if not target.startswith("/") or mount.target.startswith(_CONFIGURATION):
        # What variables name cannot be told; configuration is no data.
        return "$" in target
    return any(target.startswith(folder.rstrip("/")) or folder.startswith(f"{target}/") for folder in folders) or (
        "data" in target and "/" in target
    )


def _misplaced(service: Service, image: Image) -> Node | None:
    """The volume of a PostgreSQL up to 17 that stands above its data, where the image makes one of its own."""
    if image.base != "postgres" or image.major is None or image.major > _LAST_WITH_DATA_BELOW:
        return None
    if "PGDATA" in service.environment:
        return None
    targets = {mount.target.rstrip("/"): mount for mount in service.mounts}
    below = any(target.startswith(f"{_POSTGRES_ABOVE}/") for target in targets)
    return targets[_POSTGRES_ABOVE].node if _POSTGRES_ABOVE in targets and not below else None
