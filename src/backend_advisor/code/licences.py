"""Folders of other people's code that was copied into a tree: they bring a licence of their own with them."""

import re
from collections.abc import Iterable, Sequence

from backend_advisor.model import Artifact

_NAME = re.compile(r"(?i)^(?:licen[cs]e|copying)(?:[-.](?:md|txt|mit|bsd|isc|apache))?$")
_FREE = re.compile(
    r"Permission is hereby granted, free of charge|Permission to use, copy, modify|Redistribution and use in source and"
    r"|Licensed under the Apache License|Apache License\s+Version 2|\bMIT License\b|\bISC License\b",
    re.IGNORECASE,
)
_HOLDER = re.compile(r"(?i)copyright\s*(?:\(c\)|©)?\s*(?:[\d,\s–-]*)(.*)")
_MANIFESTS = frozenset(
    {"package.json", "pyproject.toml", "setup.py", "setup.cfg", "pom.xml", "build.gradle", "build.gradle.kts", "go.mod"}
)
"""What a package of the tree itself has, which states the licence that it goes by."""


def is_licence(artifact: Artifact) -> bool:
    """Whether a file is the text of a licence that lets others copy."""
    name = artifact.name.replace("\\", "/").rpartition("/")[2]
    return _NAME.match(name) is not None and _FREE.search(artifact.text) is not None


def licences_of_others(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """The licences that came with copied code: those of a folder that is no package of the tree and belongs to other
    people than the folders around it."""
    artifacts = list(artifacts)
    found = {_folder(one.name): one for one in artifacts if is_licence(one)}
    if not found:
        return []
    packages = {_folder(one.name) for one in artifacts if one.name.replace("\\", "/").rpartition("/")[2] in _MANIFESTS}
    top = min((_folder(one.name) for one in artifacts), key=len)
    return [
        one
        for folder, one in found.items()
        if len(folder) > len(top) and folder not in packages and not _holders(one) & _around(folder, found)
    ]


def copied(names: Iterable[str], licences: Sequence[Artifact]) -> list[str]:
    """The files that lie in folders of other people."""
    folders = tuple(f"{_folder(one.name)}/" for one in licences)
    return [name for name in names if name.replace("\\", "/").startswith(folders)] if folders else []


def _folder(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[0]


def _around(folder: str, found: dict[str, Artifact]) -> set[str]:
    return {
        holder
        for other, licence in found.items()
        if other != folder and (folder.startswith(f"{other}/") or not other)
        for holder in _holders(licence)
    }


def _holders(licence: Artifact) -> set[str]:
    named = (match[1].strip(" .,").lower() for match in _HOLDER.finditer(licence.text))
    return {one for one in named if one}
