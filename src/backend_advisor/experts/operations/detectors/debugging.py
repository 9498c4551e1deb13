"""Modes and servers for development (OPS207)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile, with_defaults
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile
from backend_advisor.experts.operations.places import Seen, at, on, together
from backend_advisor.experts.operations.workloads import Workloads
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence

_TRUE = re.compile(r"(?i)^(?:1|true|yes|on)$")
_DEVELOPMENT = re.compile(r"(?i)^dev(?:el|elopment)?$")
_SWITCHES = frozenset({"DEBUG", "FLASK_DEBUG", "DJANGO_DEBUG", "APP_DEBUG", "WERKZEUG_DEBUG_PIN_OFF"})
_MODES = frozenset(
    {"NODE_ENV", "FLASK_ENV", "RAILS_ENV", "RACK_ENV", "APP_ENV", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"}
)
_SERVERS = re.compile(
    r"\b(?:flask run|manage\.py runserver|uvicorn\b.*--reload|gunicorn\b.*--reload|nodemon|ts-node-dev|"
    r"npm (?:run )?(?:dev|start:dev)|(?:yarn|pnpm)(?: run)? (?:dev|start:dev)|rails s(?:erver)?\b(?!.*production)|"
    r"php artisan serve|spring-boot:run|bootRun|fastapi dev|next dev|vite(?! preview| build))(?=$|\s)|"
    r"agentlib:jdwp\S*address=(?:\*:|0\.0\.0\.0:)"
)
"""Servers that their own makers call unfit for production, and debuggers that listen to everyone."""


def is_development(name: str, value: str) -> bool:
    """Whether a variable switches a mode for development on."""
    value = with_defaults(value).strip("\"' ")
    if name in _SWITCHES:
        return _TRUE.match(value) is not None
    return (name in _MODES and _DEVELOPMENT.match(value) is not None) or _SERVERS.search(value) is not None


@detects_in("OPS207", ComposeFile)
def in_compose(compose: ComposeFile) -> Iterator[Match]:
    """Services in a mode for development."""
    seen = []
    for service in compose.services:
        for name, value in service.environment.items():
            if is_development(name, value.text):
                seen.append(Seen(at(compose.artifact, value.node), f"{service.name}: {name}"))
        command = service.node.at("command") or service.node.at("entrypoint")
        if command is not None and (found := _SERVERS.search(service.command)):
            seen.append(Seen(at(compose.artifact, command), f"{service.name}: {found[0]}"))
    if (match := together(seen)) is not None:
        yield match


@detects_in("OPS207", Workloads)
def in_workloads(read: Workloads) -> Iterator[Match]:
    """Containers in a mode for development."""
    seen = []
    for workload in read.workloads:
        for container in workload.containers:
            listed = container.node.at("env")
            for item in listed.items if listed is not None else ():
                name, value = item.text_at("name") or "", item.at("value")
                if value is not None and value.text is not None and is_development(name, value.text):
                    seen.append(Seen(at(read.artifact, value), f"{container.name}: {name}"))
    if (match := together(seen)) is not None:
        yield match


@detects_in("OPS207", Dockerfile)
def in_dockerfile(dockerfile: Dockerfile) -> Iterator[Match]:
    """What the last stage starts, where it is a server for development."""
    stage = dockerfile.final
    if stage is None:
        return
    seen = []
    command = stage.last("CMD", "ENTRYPOINT")
    if command is not None:
        started = " ".join(command.words or [command.rest])
        if found := _SERVERS.search(started):
            seen.append(Seen(on(dockerfile.artifact, command), found[0]))
    for one in stage.instructions:
        for name, value in re.findall(r"(\w+)[= ]\"?([\w.-]+)", one.rest) if one.word == "ENV" else ():
            if is_development(name, value):
                seen.append(Seen(on(dockerfile.artifact, one), name, None, Confidence.MEDIUM))
    if (match := together(seen)) is not None:
        yield match
