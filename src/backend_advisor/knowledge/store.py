"""The library in compiled form, kept in the user's cache folder so that a start reads one file, and of it only what it
needs.

A cache that is missing, stale, damaged or cannot be written costs time and nothing else.
"""

import hashlib
import mmap
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import platformdirs

from backend_advisor.model import ExpertName

Part = TypeVar("Part")
Packed = memoryview | bytes
"""A part of the library that stays as it is stored until someone asks for it."""


class Compiled(msgspec.Struct, frozen=True):
    """The library as it is stored. A review asks for a few rules, and never for the index of words."""

    digest: str
    playbooks: dict[str, memoryview]
    codes: dict[ExpertName, tuple[str, ...]]
    """The codes of each expert's playbooks."""
    declaring: frozenset[str]
    """The codes of the playbooks that describe in their own data what they detect."""
    names: dict[str, str]
    guides: dict[str, memoryview]
    guides_of: dict[str, tuple[str, ...]]
    sources: memoryview
    facts: memoryview
    glossary: memoryview
    forms: memoryview
    index: memoryview


_DECODER = msgspec.msgpack.Decoder(Compiled)


@cache
def _decoder(kind: Any) -> "msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(kind)


def pack(part: object) -> memoryview:
    """A part as it is stored."""
    return memoryview(msgspec.msgpack.encode(part))


def unpack(packed: Packed, kind: type[Part]) -> Part:
    """A stored part of this kind."""
    hashable: Any = kind
    return _decoder(hashable).decode(packed)  # type: ignore[no-any-return]


def files_below(folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """The files in a folder and below whose names end so, in a fixed order."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        yield from (f"{here}{os.sep}{name}" for name in sorted(names) if name.endswith(endings))


def digest(files: Iterable[Path | str]) -> str:
    """Changes with the name, size or time of any file of the data or of the code that compiles it."""
    hasher = hashlib.blake2b(digest_size=16)
    for path in map(str, files):
        status = os.stat(path)  # noqa: PTH116 (of some thousand files, at every start)
        hasher.update(f"\0{path}\0{status.st_size}\0{status.st_mtime_ns // 1_000_000}".encode())
    return hasher.hexdigest()


def digest_of_sizes(root: Path, files: Iterable[Path]) -> str:
    """The same for files that were installed: by their place below the package's folder, without the time."""
    hasher = hashlib.blake2b(digest_size=16)
    start = len(str(root))
    for path in map(str, files):
        hasher.update(f"\0{path[start:].replace(os.sep, '/')}\0{os.stat(path).st_size}".encode())  # noqa: PTH116
    return hasher.hexdigest()


def shipped_file(root: Path) -> Path:
    """Where a built package carries its compiled library."""
    return root / "knowledge" / "compiled.msgpack"


def users_folder() -> Path | None:
    """The user's cache folder of this program, where the system names one."""
    try:
        return platformdirs.user_cache_path("backend-advisor", appauthor=False)
    except RuntimeError:
        return None


def folder() -> Path:
    """Where this run keeps what it computed: the user's cache folder, else a folder of this user alone among the
    temporary files; where neither can be written, a place where nothing can be kept.

    A folder that everybody may write would let others put a library of theirs there.
    """
    return _writable(users_folder())


@cache
def _writable(own: Path | None) -> Path:
    if own is not None and _can_write(own):
        return own
    return _temporary() or Path(os.devnull) / "backend-advisor"


def _can_write(path: Path) -> bool:
    with suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
        return os.access(path, os.W_OK | os.X_OK)
    return False


def _temporary() -> Path | None:
    """The temporary folder of this user, made for it alone; None when somebody else made it or may write there."""
    if not hasattr(os, "getuid"):
        return None
    path = Path(tempfile.gettempdir()) / f"backend-advisor-{os.getuid()}"
    with suppress(OSError):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return path
    return None


def cache_file(root: Path) -> Path:
    """Where the compiled library of a package folder is kept."""
    return folder() / _library(root)


def readable_files(root: Path) -> list[Path]:
    """Where a compiled library may stand: a user's folder that cannot be written can still hold one."""
    own = users_folder()
    return [cache_file(root), *([own / _library(root)] if own is not None and own != folder() else [])]


def _library(root: Path) -> str:
    return f"knowledge-{hashlib.blake2b(str(root).encode(), digest_size=6).hexdigest()}.msgpack"


def read(path: Path, expected: str) -> Compiled | None:
    """The compiled library, when it is there, whole and of the expected digest."""
    try:
        with path.open("rb") as file:
            # A file that is replaced meanwhile stays what it was for those who have it open.
            compiled = _DECODER.decode(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return compiled if compiled.digest == expected else None


def write(path: Path, compiled: Compiled) -> None:
    """Store the compiled library."""
    write_bytes(path, packed(compiled))


def packed(compiled: Compiled) -> bytes:
    """The compiled library as it is stored."""
    return msgspec.msgpack.encode(compiled)


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
