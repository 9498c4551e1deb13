"""The library in compiled form, kept in the user's cache folder so that a start reads one file.

A cache that is missing, stale, damaged or cannot be written costs time and nothing else.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from backend_advisor.knowledge.decisions import Guide
from backend_advisor.knowledge.facts import Fact
from backend_advisor.knowledge.glossary import TermGroup
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.knowledge.search import Index
from backend_advisor.model import Source


class Compiled(msgspec.Struct, frozen=True):
    """The library as it is stored; each playbook stays packed until someone asks for it."""

    digest: str
    playbooks: dict[str, msgspec.Raw]
    names: dict[str, str]
    sources: dict[str, Source]
    facts: dict[str, Fact]
    guides: dict[str, msgspec.Raw]
    guides_of: dict[str, tuple[str, ...]]
    glossary: tuple[TermGroup, ...]
    forms: dict[str, tuple[str, ...]]
    index: Index


_DECODER = msgspec.msgpack.Decoder(Compiled)
_GUIDE = msgspec.msgpack.Decoder(Guide)
_PLAYBOOK = msgspec.msgpack.Decoder(Playbook)


def pack(playbook: Playbook) -> msgspec.Raw:
    """A playbook as it is stored."""
    return msgspec.Raw(msgspec.msgpack.encode(playbook))


def unpack(raw: msgspec.Raw) -> Playbook:
    """A stored playbook."""
    return _PLAYBOOK.decode(raw)


def unpack_guide(raw: msgspec.Raw) -> Guide:
    """A stored decision guide."""
    return _GUIDE.decode(raw)


def digest(files: Iterable[Path]) -> str:
    """Changes with the name, size or time of any file of the data or of the code that compiles it."""
    hasher = hashlib.blake2b(digest_size=16)
    for path in files:
        status = path.stat()
        hasher.update(f"\0{path}\0{status.st_size}\0{status.st_mtime_ns // 1_000_000}".encode())
    return hasher.hexdigest()


def folder() -> Path:
    """The user's cache folder of this program; for a user without a home, a place where nothing can be kept.

    A folder that everybody may write would let others put a library of theirs there.
    """
    try:
        return platformdirs.user_cache_path("backend-advisor", appauthor=False)
    except RuntimeError:
        return Path(os.devnull) / "backend-advisor"


def cache_file(root: Path) -> Path:
    """Where the compiled library of a package folder is kept."""
    key = hashlib.blake2b(str(root).encode(), digest_size=6).hexdigest()
    return folder() / f"knowledge-{key}.msgpack"


def read(path: Path, expected: str) -> Compiled | None:
    """The compiled library, when it is there, whole and of the expected digest."""
    try:
        compiled = _DECODER.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return compiled if compiled.digest == expected else None


def write(path: Path, compiled: Compiled) -> None:
    """Store the compiled library."""
    write_bytes(path, msgspec.msgpack.encode(compiled))


def write_bytes(path: Path, content: bytes) -> None:
    """Store a file in one step, so that no other process reads half of it; not at all when it cannot be."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
