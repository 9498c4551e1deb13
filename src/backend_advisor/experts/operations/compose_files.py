"""Compose files as services with what a reviewer looks at, each with its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend_advisor.model import Artifact
from backend_advisor.placed_yaml import Node, read_documents

_NOT_IN_BRACES = re.compile(r":(?![^{}]*\})")
_LONGEST = 2_000
"""Characters beyond which a value is a program or a certificate, or meant to cost time."""
_NUMBER = re.compile(r"^\d+$")
_DEFAULT = re.compile(r"\$\{\w+:?-(?P<default>[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the environment: as written, and where it stands."""

    text: str
    node: Node
    start: int
    """Where in its scalar the value begins."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume, a folder of the host or a file that a container sees."""

    source: str
    target: str
    node: Node


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a container that the host publishes."""

    target: int
    published: str
    everywhere: bool
    node: Node


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a Compose file."""

    name: str
    node: Node
    key: Node
    image: str | None
    build: bool
    command: str
    environment: Mapping[str, Value]
    ports: Sequence[Port]
    mounts: Sequence[Mount]

    @property
    def is_whole(self) -> bool:
        """Whether what it runs stands here; an override file names only what it changes."""
        return (self.image is not None or self.build) and self.node.at("extends") is None


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """A Compose file that could be read, at least in part."""

    artifact: Artifact
    services: Sequence[Service]
    failed: ValueError | None = None


def read_compose(artifact: Artifact) -> ComposeFile:
    """The services of a Compose file."""
    services: list[Service] = []
    failed = None
    try:
        for document in read_documents(artifact.text):
            services += _services(document)
    except ValueError as error:
        failed = error
    return ComposeFile(artifact, tuple(services), failed)


def _services(document: Node) -> Iterator[Service]:
    listed = document.at("services")
    for name, (key, node) in (listed.entries if listed is not None else {}).items():
        if node.entries:
            yield Service(
                name=name,
                node=node,
                key=key,
                image=node.text_at("image"),
                build=node.at("build") is not None,
                command=" ".join(words(node.at("entrypoint")) + words(node.at("command"))),
                environment=dict(_environment(node.at("environment"))),
                ports=tuple(_ports(node.at("ports"))),
                mounts=tuple(_mounts(node.at("volumes"))),
            )


def words(node: Node | None) -> list[str]:
    """The words of a command, written as text or as a list."""
    if node is None:
        return []
    texts = [node.text] if node.text is not None else [one.text for one in node.items]
    return [text for text in texts if text is not None and len(text) <= _LONGEST]


def with_defaults(text: str) -> str:
    """A text in which variables that have a default are replaced by it."""
    return _DEFAULT.sub(lambda found: found["default"], text)


def _environment(node: Node | None) -> Iterator[tuple[str, Value]]:
    if node is None:
        return
    for name, (_, value) in node.entries.items():
        if value.text is not None and len(value.text) <= _LONGEST:
            yield name, Value(value.text, value, 0)
    for item in node.items:
        name, equals, text = (item.text or "").partition("=")
        if equals and len(text) <= _LONGEST:
            yield name.strip(), Value(text, item, len(name) + 1)


def _ports(node: Node | None) -> Iterator[Port]:
    for item in node.items if node is not None else ():
        if len(item.text or "") > _LONGEST:
            continue
        port = _short_port(item) if item.text is not None else _long_port(item)
        if port is not None:
            yield port


def _short_port(item: Node) -> Port | None:
    parts = _NOT_IN_BRACES.split((item.text or "").partition("/")[0])
    if (item.text or "").startswith("["):
        return None
    target = with_defaults(parts[-1])
    if len(parts) < 2 or not _NUMBER.match(target):
        return None
    host = with_defaults(":".join(parts[:-2]))
    # A variable without a default may well say 127.0.0.1.
    return Port(int(target), with_defaults(parts[-2]), not host or host in ("0.0.0.0", "::"), item)  # noqa: S104


def _long_port(item: Node) -> Port | None:
    target, published = with_defaults(item.text_at("target") or ""), item.text_at("published")
    if published is None or not _NUMBER.match(target):
        return None
    host = with_defaults(item.text_at("host_ip") or "")
    return Port(int(target), with_defaults(published), not host or host in ("0.0.0.0", "::"), item)  # noqa: S104


def _mounts(node: Node | None) -> Iterator[Mount]:
    for item in node.items if node is not None else ():
        if item.text is not None and len(item.text) <= _LONGEST:
            parts = [with_defaults(part) for part in _NOT_IN_BRACES.split(item.text)]
            yield Mount(parts[0] if len(parts) > 1 else "", parts[1] if len(parts) > 1 else parts[0], item)
        elif item.entries:
            yield Mount(item.text_at("source") or "", item.text_at("target") or "", item)
