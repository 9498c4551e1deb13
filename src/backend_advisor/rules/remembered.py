"""Findings of code that has not changed since the last review, kept in the user's cache folder by content."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from backend_advisor.knowledge import store
from backend_advisor.model import Artifact, ExpertName, Finding, Language

_KEPT = 64
_WORTH_KEEPING = 20_000
"""Bytes of source below which reading again is as quick as looking it up."""
_DECODER = msgspec.msgpack.Decoder(tuple[Finding, ...])


def key(artifacts: Sequence[Artifact], expert: ExpertName, language: Language) -> str | None:
    """Changes with any file's name or content and with this program; None when keeping is not worth it."""
    if sum(len(artifact.text) for artifact in artifacts) < _WORTH_KEEPING:
        return None
    hasher = hashlib.blake2b(digest_size=20)
    hasher.update(f"{_program()}\0{expert}\0{language}".encode())
    for artifact in artifacts:
        hasher.update(f"\0{artifact.name}\0{artifact.kind}\0{artifact.first_line}\0".encode("utf-8", "surrogatepass"))
        hasher.update(artifact.text.encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()


@cache
def _program() -> str:
    package = Path(__file__).parent.parent
    rooms = ("code", "rules", "experts", "knowledge")
    return store.digest(path for room in rooms for path in sorted(package.joinpath(room).rglob("*.[pmy]*")))


def recall(name: str) -> tuple[Finding, ...] | None:
    """The findings kept under a key, when they are there and whole."""
    try:
        return _DECODER.decode(_file(name).read_bytes())
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None


def remember(name: str, findings: tuple[Finding, ...]) -> None:
    """Keep findings under a key, and drop the oldest ones."""
    store.write_bytes(_file(name), msgspec.msgpack.encode(findings))
    with suppress(OSError):
        files = sorted(_file(name).parent.glob("*.msgpack"), key=lambda file: file.stat().st_mtime)
        for old in files[:-_KEPT]:
            old.unlink(missing_ok=True)


def _file(name: str) -> Path:
    return store.folder() / "reviews" / f"{name}.msgpack"
