"""What a manifest is for: development, production, or either, by its name, its place, the question and its content."""

import re
from enum import Enum, auto
from typing import Any

from backend_advisor.code.files import is_sample, is_test
from backend_advisor.experts.operations.compose_files import ComposeFile, Service
from backend_advisor.experts.operations.images import is_infrastructure
from backend_advisor.model import Artifact
from backend_advisor.paths import last_part

_DEVELOPMENT = re.compile(
    r"(?i)(?:^|[/._-])(?:dev(?:el(?:op(?:ment)?)?)?(?:container)?|local(?:host|dev)?|tests?|testing|e2e|integration|ci|"
    r"override|debug|examples?|samples?|demos?|sandbox|playground|quick-?start|tutorials?|minikube|kind|benchmarks?|"
    r"vendor|third[_-]party|mail(?:dev|hog|pit)|\.github|\.devcontainer|\.circleci)(?=$|[/._-])"
)
_PRODUCTION = re.compile(r"(?i)(?:^|[/._-])(?:prod(?:uction)?|prd|live|release)(?=$|[/._-])")
_ASKED = re.compile(
    r"(?i)\bprod(?:uction)?\b|\bgo(?:ing)? live\b|\blaunch|\bdeploy|\brelease\b|운영|프로덕션|상용|실서버|배포|출시"
)
_FOLDERS_TOLD = 2
_HOME = re.compile(r"^(?:\.{1,2}|\.{1,2}/[\w./-]*|\$\{?PWD\}?[\w./-]*|~/[\w./-]*)$")
_SOURCES = re.compile(
    r"^/(?:usr/src/\w+|app|src|code|srv|workspaces?|home/\w+/\w+|opt/app|var/www/?\w*)(?:/[\w./-]*)?$"
)
_DATA = re.compile(r"(?i)(?:data|upload|log|conf|cert|ssl|storage|media|static|public|backup|\.\w+$)")
_RELOADING = re.compile(
    r"(?:--reload\b|\bnodemon\b|\bnpm run (?:dev|watch|start:dev)\b|\b(?:yarn|pnpm)(?: run)? (?:dev|start:dev)\b|"
    r"\brunserver\b|\bflask run\b|\bair\b -c|\bbootRun\b|\bspring-boot:run\b|\bwatchfiles\b|\btsx watch\b)"
)
_CATCHERS = re.compile(
    r"(?:^|/)(?:mailhog|mailpit|maildev|mailcatcher|inbucket|smtp4dev|localstack|fake-?gcs-server)\b"
)
_ENVIRONMENTS = re.compile(r"(?i)^(?:dev|devel|development|local|test|testing)$")
_NAMES = frozenset({"NODE_ENV", "RAILS_ENV", "APP_ENV", "FLASK_ENV", "ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"})


class Purpose(Enum):
    """What a file is for."""

    DEVELOPMENT = auto()
    EITHER = auto()
    PRODUCTION = auto()


def asks_about_production(question: str) -> bool:
    """Whether a question is about putting something into production."""
    return _ASKED.search(question) is not None


def purpose_of(artifact: Artifact, read: Any, *, asked: bool) -> Purpose:
    """What a manifest is for; a question about production is stronger than what the file only lets guess."""
    place = _near(artifact)
    if asked and not _DEVELOPMENT.search(last_part(place)):
        return Purpose.PRODUCTION
    if _PRODUCTION.search(place):
        return Purpose.PRODUCTION
    if _DEVELOPMENT.search(place) or is_test(place) or is_sample(place):
        return Purpose.DEVELOPMENT
    if isinstance(read, ComposeFile) and _serves_development(read):
        return Purpose.DEVELOPMENT
    return Purpose.EITHER


def _near(artifact: Artifact) -> str:
    """Its path within its tree; of a file that is given by its whole path, only the nearest folders tell of it."""
    place = artifact.place
    return "/".join(place.split("/")[-_FOLDERS_TOLD - 1 :]) if place.startswith("/") else place


def _serves_development(compose: ComposeFile) -> bool:
    """Whether a Compose file mounts sources, reloads them, catches mail or holds only what a program beside it uses."""
    services = compose.services
    if services and all(one.image and not one.build and is_infrastructure(one.image) for one in services):
        return True
    return any(_is_developers(one) for one in services)


def _is_developers(service: Service) -> bool:
    if service.image and _CATCHERS.search(service.image):
        return True
    if _RELOADING.search(service.command):
        return True
    if any(name in _NAMES and _ENVIRONMENTS.match(value.text) for name, value in service.environment.items()):
        return True
    return service.build and any(
        _HOME.match(mount.source) and _SOURCES.match(mount.target) and not _DATA.search(mount.source)
        for mount in service.mounts
    )
