"""Java heaps that leave a container no memory (OPS224), and liveness that depends on a database (OPS225)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.places import at
from backend_advisor.experts.operations.workloads import Container, Workloads
from backend_advisor.knowledge.detection import Match
from backend_advisor.placed_yaml import Node

_HEAP = re.compile(r"(?<!\S)-Xmx(?P<amount>\d+)(?P<unit>[kKmMgG]?)\b")
_AMOUNT = re.compile(r"^(?P<amount>\d+(?:\.\d+)?)(?P<unit>[kMGT]i?|)$")
_BINARY = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_UNITS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_MOST = 0.9
"""The share of a limit from which a heap surely leaves too little for metaspace, threads and buffers."""
_AGGREGATE = re.compile(r"^/?(?:[\w-]+/)*actuator/health/?$")
"""Spring Boot's health of everything, the database among it; `/liveness` and `/readiness` stand below it."""


@detects_in("OPS224", Workloads)
def heap_as_large_as_the_limit(read: Workloads) -> Iterator[Match]:
    """Containers whose `-Xmx` is about their memory limit."""
    for workload in read.workloads:
        for container in workload.containers:
            limit = container.node.at("resources", "limits", "memory")
            allowed = _bytes(limit.text or "") if limit is not None else None
            for place, heap, text in _heaps(container) if allowed else ():
                if allowed and heap >= _MOST * allowed:
                    name = f"{workload.name}/{container.name}"
                    values = {"name": name, "heap": text, "limit": (limit.text if limit else "") or ""}
                    yield Match(location=at(read.artifact, place), values=values)


def _heaps(container: Container) -> Iterator[tuple[Node, float, str]]:
    env = container.node.at("env")
    listed = [item.at("value") for item in (env.items if env is not None else ())]
    for key in ("command", "args"):
        words = container.node.at(key)
        listed += words.items if words is not None else ()
    for node in listed:
        found = _HEAP.search(node.text or "") if node is not None else None
        if node is not None and found is not None:
            yield node, int(found["amount"]) * _BINARY[found["unit"].lower()], found.group().strip()


def _bytes(text: str) -> float | None:
    found = _AMOUNT.match(text)
    return float(found["amount"]) * _UNITS[found["unit"]] if found and found["unit"] in _UNITS else None


@detects_in("OPS225", Workloads)
def liveness_with_dependencies(read: Workloads) -> Iterator[Match]:
    """Liveness probes that ask an endpoint which asks the database."""
    for workload in read.workloads:
        for container in workload.containers:
            path = container.node.at("livenessProbe", "httpGet", "path")
            if path is None or not _AGGREGATE.match(path.text or ""):
                continue
            values = {"name": f"{workload.name}/{container.name}", "path": path.text or ""}
            yield Match(location=at(read.artifact, path), values=values)
