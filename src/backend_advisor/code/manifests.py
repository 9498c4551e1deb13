"""Versions that the manifests of a tree ask for, where what a rule says depends on them."""

import json
from collections.abc import Iterable

from backend_advisor.model import Artifact

VERSIONED = ("express",)
"""Packages whose version decides about a finding."""
_NAME = "package.json"
_GROUPS = ("dependencies", "devDependencies", "peerDependencies")


def is_manifest(artifact: Artifact) -> bool:
    """Whether an artifact is a manifest of Node.js."""
    return artifact.name.replace("\\", "/").rpartition("/")[2] == _NAME


def asked_versions(manifests: Iterable[str]) -> dict[str, set[str]]:
    """For each of the packages the versions that are asked for, as they are written."""
    found: dict[str, set[str]] = {}
    for text in manifests:
        try:
            manifest = json.loads(text)
        except (ValueError, RecursionError):
            continue
        groups = [manifest.get(group) for group in _GROUPS] if isinstance(manifest, dict) else []
        for group in groups:
            for name in VERSIONED:
                if isinstance(group, dict) and isinstance(group.get(name), str):
                    found.setdefault(name, set()).add(group[name])
    return found
