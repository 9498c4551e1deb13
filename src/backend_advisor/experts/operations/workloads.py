"""Kubernetes manifests as workloads and their containers, each with its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend_advisor.model import Artifact
from backend_advisor.placed_yaml import Node, read_documents

_PODS = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod; `starts_first` is one that runs before the others."""

    name: str
    node: Node
    starts_first: bool


@dataclass(frozen=True, slots=True)
class Workload:
    """What runs pods. `is_whole` tells it from a patch, which names only what it changes."""

    kind: str
    name: str
    namespace: str
    node: Node
    pod: Node
    containers: Sequence[Container]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Workloads:
    """A file of manifests. In one with templates, what is missing may be filled in later."""

    artifact: Artifact
    workloads: Sequence[Workload]
    values: Sequence[Node]
    """Secrets and ConfigMaps."""
    is_template: bool
    failed: ValueError | None = None


def read_workloads(artifact: Artifact, *, shown: bool = False) -> Workloads:
    """The workloads of a file, with the secrets and settings beside them; one that is `shown` for a question may be cut
    short."""
    workloads: list[Workload] = []
    values: list[Node] = []
    failed = None
    is_template = "{{" in artifact.text
    try:
        for document in read_documents(artifact.text):
            for one in _objects(document):
                if one.text_at("kind") in ("Secret", "ConfigMap"):
                    values.append(one)
                elif (made := _workload(one, is_template=is_template, shown=shown)) is not None:
                    workloads.append(made)
    except ValueError as error:
        failed = error
    return Workloads(artifact, tuple(workloads), tuple(values), is_template, failed)


def _objects(document: Node) -> Iterator[Node]:
    if document.text_at("kind") == "List":
        items = document.at("items")
        yield from items.items if items is not None else ()
    elif document.text_at("kind") is not None:
        yield document


def _workload(node: Node, *, is_template: bool, shown: bool) -> Workload | None:
    kind = node.text_at("kind") or ""
    pod = node.at(*_PODS[kind]) if kind in _PODS else None
    if pod is None:
        return None
    containers = tuple(_containers(pod))
    whole = not is_template and all(one.node.text_at("image") is not None for one in containers)
    if kind in _SELECTING and not shown:
        whole = whole and node.at("spec", "selector") is not None
    return Workload(
        kind=kind,
        name=node.text_at("metadata", "name") or "?",
        namespace=node.text_at("metadata", "namespace") or "",
        node=node,
        pod=pod,
        containers=containers,
        is_whole=whole and bool(containers),
    )


def _containers(pod: Node) -> Iterator[Container]:
    for key, first in (("containers", False), ("initContainers", True)):
        listed = pod.at(key)
        for item in listed.items if listed is not None else ():
            if item.entries:
                yield Container(item.text_at("name") or "?", item, first)
