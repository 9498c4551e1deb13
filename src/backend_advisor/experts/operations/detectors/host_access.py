"""Containers that hold the host in their hands: the daemon's socket, privileged mode, its files (OPS203)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.compose_files import ComposeFile, Service
from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.images import parse_image
from backend_advisor.experts.operations.places import Seen, at, together
from backend_advisor.experts.operations.workloads import Workload, Workloads
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Artifact, Confidence, Severity
from backend_advisor.placed_yaml import Node

_SOCKET = re.compile(r"(?:^|/)(?:docker|containerd|crio|podman)(?:/\w+)?\.sock$")
_ROOTS = frozenset({"/", "/etc", "/root", "/proc", "/var/lib/docker", "/var/lib/kubelet", "/var/run", "/run"})
_NAMESPACES = ("pid", "ipc", "userns_mode")
_GREAT = frozenset({"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "CAP_SYS_ADMIN"})
_WORK_WITH_IT = re.compile(
    r"(?:traefik|watchtower|portainer|cadvisor|promtail|alloy|vector|fluent|filebeat|metricbeat|datadog|agent|exporter|"
    r"autoheal|proxy|docker-gen|dozzle|runner|dind|localstack|ouroboros|diun|newrelic|netdata|telegraf|logspout|swarm|"
    r"falco|sysdig|calico|cilium|csi|kube-|weave|flannel|buildkit|kaniko|act_runner|woodpecker|jenkins|wireguard|openvpn|vpn|tailscale|pihole)"
)
"""Programs that watch or steer containers: they need what others must not have."""
_SYSTEM = frozenset({"kube-system", "kube-public", "monitoring", "logging", "istio-system", "calico-system"})


@detects_in("OPS203", ComposeFile)
def in_compose(compose: ComposeFile) -> Iterator[Match]:
    """Services that can do on the host what root can."""
    seen = [one for service in compose.services for one in _of_service(compose.artifact, service)]
    if (match := together(seen)) is not None:
        yield match


def _of_service(artifact: Artifact, service: Service) -> Iterator[Seen]:
    image = parse_image(service.image) if service.image is not None else None
    meant = _WORK_WITH_IT.search(image.name.lower() if image else service.name.lower()) is not None
    sure = Confidence.LOW if meant else None
    for mount in service.mounts:
        if _SOCKET.search(mount.source) or (not mount.source and _SOCKET.search(mount.target)):
            yield Seen(at(artifact, mount.node), f"{service.name}: docker.sock", None, sure)
        elif mount.source in _ROOTS:
            yield Seen(at(artifact, mount.node), f"{service.name}: {mount.source}", None, sure)
    privileged = service.node.at("privileged")
    if privileged is not None and privileged.text == "true":
        yield Seen(
            at(artifact, service.node.key("privileged") or privileged), f"{service.name}: privileged", None, sure
        )
    for name in _NAMESPACES:
        value = service.node.at(name)
        if value is not None and value.text == "host":
            yield Seen(at(artifact, value), f"{service.name}: {name} host", Severity.WARNING, sure)
    yield from _capabilities(artifact, service.node.at("cap_add"), service.name, sure)


def _capabilities(artifact: Artifact, listed: Node | None, name: str, sure: Confidence | None) -> Iterator[Seen]:
    for item in listed.items if listed is not None else ():
        if item.text in _GREAT:
            yield Seen(at(artifact, item), f"{name}: {item.text}", Severity.WARNING, sure)


@detects_in("OPS203", Workloads)
def in_workloads(read: Workloads) -> Iterator[Match]:
    """Pods that can do on their node what root can."""
    seen = [one for workload in read.workloads for one in _of_workload(read.artifact, workload)]
    if (match := together(seen)) is not None:
        yield match


def _of_workload(artifact: Artifact, workload: Workload) -> Iterator[Seen]:
    # What runs on every node mostly serves the node.
    meant = workload.kind == "DaemonSet" or workload.namespace in _SYSTEM or _WORK_WITH_IT.search(workload.name)
    sure = Confidence.LOW if meant else None
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if workload.pod.text_at(name) == "true":
            yield Seen(at(artifact, _key(workload.pod, name)), f"{workload.name}: {name}", Severity.WARNING, sure)
    volumes = workload.pod.at("volumes")
    for volume in volumes.items if volumes is not None else ():
        path = volume.at("hostPath", "path")
        if path is not None and path.text is not None and (_SOCKET.search(path.text) or path.text in _ROOTS):
            yield Seen(at(artifact, path), f"{workload.name}: {path.text}", None, sure)
    for container in workload.containers:
        context = container.node.at("securityContext")
        if context is None:
            continue
        name = f"{workload.name}/{container.name}"
        if context.text_at("privileged") == "true":
            yield Seen(at(artifact, _key(context, "privileged")), f"{name}: privileged", None, sure)
        elif context.text_at("allowPrivilegeEscalation") == "true":
            place = at(artifact, _key(context, "allowPrivilegeEscalation"))
            yield Seen(place, f"{name}: allowPrivilegeEscalation", Severity.WARNING, sure)
        yield from _capabilities(artifact, context.at("capabilities", "add"), name, sure)


def _key(node: Node, name: str) -> Node:
    return node.key(name) or node
