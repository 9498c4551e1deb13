"""Pods without bounds of memory (OPS221), without readiness (OPS222), and killed before they have ended (OPS223)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.places import Seen, at, together
from backend_advisor.experts.operations.workloads import Container, Workload, Workloads
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.placed_yaml import Node

_SERVING = frozenset({"Deployment", "StatefulSet"})
_BESIDE = re.compile(r"(?i)metric|prom|admin|debug|jmx|health|management|gossip|raft|peer|cluster")
_SLEEP = re.compile(r"(?:^|[\s;&\"'/])sleep[\s\"',]+(?P<seconds>\d+(?:\.\d+)?)(?P<unit>[sm]?)\b")
_GRACE = 30
"""Seconds that a pod has where nothing is said."""


@detects_in("OPS221", Workloads)
def without_bounds(read: Workloads) -> Iterator[Match]:
    """Containers that say neither how much memory they need nor how much they may take."""
    seen = []
    for workload in read.workloads:
        if not workload.is_whole or workload.pod.at("resources") is not None:
            continue
        for container in workload.containers:
            if container.starts_first:
                continue
            limit = container.node.at("resources", "limits", "memory")
            request = container.node.at("resources", "requests", "memory")
            if limit is None:
                severity = None if request is None else Severity.NOTE
                place = at(read.artifact, container.node.at("name") or container.node)
                seen.append(Seen(place, f"{workload.name}/{container.name}", severity))
    if (match := together(seen)) is not None:
        yield match


@detects_in("OPS222", Workloads)
def without_readiness(read: Workloads) -> Iterator[Match]:
    """Containers that serve a port and are sent requests as soon as their process runs."""
    seen = []
    for workload in read.workloads:
        if workload.kind not in _SERVING or not workload.is_whole:
            continue
        for container in workload.containers:
            port = None if container.starts_first else _serving_port(container)
            if port is not None and container.node.at("readinessProbe") is None:
                sure = None if workload.kind == "Deployment" else Confidence.LOW
                seen.append(Seen(at(read.artifact, port), f"{workload.name}/{container.name}", None, sure))
    if (match := together(seen)) is not None:
        yield match


def _serving_port(container: Container) -> Node | None:
    listed = container.node.at("ports")
    for item in listed.items if listed is not None else ():
        port = item.at("containerPort")
        if port is not None and not _BESIDE.search(item.text_at("name") or "") and item.text_at("protocol") != "UDP":
            return port
    return None


@detects_in("OPS223", Workloads)
def killed_early(read: Workloads) -> Iterator[Match]:
    """Hooks before the end that take as long as a pod has for all of it."""
    for workload in read.workloads:
        stated = workload.pod.text_at("terminationGracePeriodSeconds")
        if stated is not None and not stated.isdigit():
            continue
        grace = int(stated) if stated is not None else _GRACE
        if stated is None and not workload.is_whole:
            continue
        for container in workload.containers:
            hook = container.node.at("lifecycle", "preStop")
            waits = _waits(hook) if hook is not None else None
            if hook is not None and waits is not None and waits >= grace:
                yield Match(
                    location=at(read.artifact, container.node.at("lifecycle", "preStop") or hook),
                    values={"name": _named(workload, container), "wait": f"{waits:g}", "grace": grace},
                )


def _waits(hook: Node) -> float | None:
    seconds = hook.text_at("sleep", "seconds")
    if seconds is not None and seconds.isdigit():
        return float(seconds)
    command = hook.at("exec", "command")
    words = " ".join(one.text or "" for one in command.items) if command is not None else ""
    found = _SLEEP.search(words)
    return float(found["seconds"]) * (60 if found["unit"] == "m" else 1) if found else None


def _named(workload: Workload, container: Container) -> str:
    return f"{workload.name}/{container.name}"
