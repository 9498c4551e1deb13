"""Passwords and keys in manifests that anyone can guess, or that were easiest to write there (OPS201)."""

import base64
import binascii
import re
from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile, Service, with_defaults
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.places import Seen, at, together
from backend_advisor.experts.operations.workloads import Workloads
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Artifact, Severity
from backend_advisor.placed_yaml import Node
from backend_advisor.rules.secret_texts import is_guessable, is_literal, is_secret, names_secret, provider

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://(?P<user>[^\s:/@]*):(?P<password>[^\s/@]+)@")
_NO_PASSWORD = re.compile(r"(?i)^(?:\w+_)?ALLOW_EMPTY_(?:ROOT_)?PASSWORD$|^MYSQL_ALLOW_EMPTY_PASSWORD$")
_LONGEST = 2_000
_YES = re.compile(r"(?i)^(?:1|yes|true|on)$")
_USER = re.compile(r"(?i)(?:^|_)(?:USER(?:NAME)?|LOGIN)$")


@detects_in("OPS201", ComposeFile)
def in_compose(compose: ComposeFile) -> Iterator[Match]:
    """Credentials in the environment and the commands of services."""
    seen = [one for service in compose.services for one in _of_service(compose.artifact, service)]
    if (match := together(seen)) is not None:
        yield match


@detects_in("OPS201", Workloads)
def in_workloads(read: Workloads) -> Iterator[Match]:
    """Credentials in the environment of containers, and in secrets that stand as text beside them."""
    seen: list[Seen] = []
    for workload in read.workloads:
        for container in workload.containers:
            listed = container.node.at("env")
            for item in listed.items if listed is not None else ():
                name, value = item.text_at("name"), item.at("value")
                if name is not None and value is not None and value.text is not None and len(value.text) <= _LONGEST:
                    seen += _of_value(read.artifact, name, value.text, value, 0, users=())
    for one in read.values:
        seen += _of_values(read.artifact, one)
    if (match := together(seen)) is not None:
        yield match


def _of_service(artifact: Artifact, service: Service) -> Iterator[Seen]:
    users = tuple(with_defaults(value.text) for name, value in service.environment.items() if _USER.search(name))
    for name, value in service.environment.items():
        if _asks_for_none(name, value.text):
            yield Seen(at(artifact, value.node), name, Severity.ERROR)
        else:
            yield from _of_value(artifact, name, value.text, value.node, value.start, users=(*users, service.name))


def _asks_for_none(name: str, value: str) -> bool:
    """Whether a store is told to let everyone in."""
    if name == "POSTGRES_HOST_AUTH_METHOD":
        return value == "trust"
    return _NO_PASSWORD.match(name) is not None and _YES.match(value) is not None


def _of_value(
    artifact: Artifact, name: str, written: str, node: Node, start: int, *, users: tuple[str, ...]
) -> Iterator[Seen]:
    text = with_defaults(written).strip().strip("\"'")
    place = at(artifact, node, start, len(written))
    for url in _URL.finditer(text):
        password = url["password"]
        if is_literal(password) and provider(url[0] + "db") is None:
            guessable = is_guessable(password, url["user"], *users)
            yield Seen(place, name, Severity.ERROR if guessable else Severity.WARNING)
            return
    # A secret that nobody guesses is told of as such (SEC301).
    if names_secret(name) and is_literal(text) and not is_secret(name, text) and provider(text) is None:
        yield Seen(place, name, Severity.ERROR if is_guessable(text, *users) else Severity.WARNING)


def _of_values(artifact: Artifact, values: Node) -> Iterator[Seen]:
    """The values of a Secret or a ConfigMap that a file holds, plain or in base64, which anyone can read."""
    encoded = values.text_at("kind") == "Secret"
    for part in ("stringData", "data"):
        held = values.at(part)
        for name, (_, value) in (held.entries if held is not None else {}).items():
            text = (value.text or "")[:_LONGEST]
            plain = _decoded(text) if part == "data" and encoded else text
            if not names_secret(name) or not is_literal(plain.strip()):
                continue
            if plain is not text or not is_secret(name, text):
                guessable = is_guessable(plain.strip())
                yield Seen(at(artifact, value), name, Severity.ERROR if guessable else Severity.WARNING)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
