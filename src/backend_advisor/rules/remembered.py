"""What was found in code that has not changed since, kept in the user's cache folder by content."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from backend_advisor.knowledge import store
from backend_advisor.model import Artifact

_KEPT = 64
_DECIDING = (".py", ".md", ".yaml")
_WORTH_KEEPING = 20_000
"""Bytes of source below which reading again is as quick as looking it up."""

Result = TypeVar("Result")
_only_known: ContextVar[bool] = ContextVar("only_known", default=False)


class _NotKeptError(Exception):
    """Something would have to be computed."""


def kept(purpose: str, artifacts: Sequence[Artifact], kind: Any, compute: Callable[[], Result]) -> Result:
    """What `compute` gives for these artifacts, from the cache when neither they nor this program changed.

    `kind` is the type of the result, for decoding.
    """
    if sum(len(artifact.text) for artifact in artifacts) < _WORTH_KEEPING:
        if _only_known.get():
            raise _NotKeptError
        return compute()
    file = store.folder() / "reviews" / f"{_key(purpose, artifacts)}.msgpack"
    with suppress(OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return msgspec.msgpack.decode(file.read_bytes(), type=kind)  # type: ignore[no-any-return]
    if _only_known.get():
        raise _NotKeptError
    result = compute()
    store.write_bytes(file, msgspec.msgpack.encode(result))
    _drop_oldest(file.parent)
    return result


def recalled(work: Callable[[], Result]) -> Result | None:
    """What `work` gives when all of it is kept; None as soon as something would have to be computed."""
    before = _only_known.set(True)
    try:
        return work()
    except _NotKeptError:
        return None
    finally:
        _only_known.reset(before)


def _key(purpose: str, artifacts: Sequence[Artifact]) -> str:
    named = f"{_program()}\0{purpose}\0{_content(tuple(artifacts))}"
    return hashlib.blake2b(named.encode(), digest_size=20).hexdigest()


@lru_cache(maxsize=4)
def _content(artifacts: tuple[Artifact, ...]) -> str:
    """Read once for all who ask of the same artifacts."""
    hasher = hashlib.blake2b(digest_size=20)
    for artifact in artifacts:
        hasher.update(f"\0{artifact.name}\0{artifact.kind}\0{artifact.first_line}\0".encode("utf-8", "surrogatepass"))
        hasher.update(artifact.text.encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()


@cache
def _program() -> str:
    """Changes with any file of this package that decides what is found."""
    package = Path(__file__).parent.parent
    rooms = ("code", "sql", "rules", "experts", "knowledge")
    return store.digest(chain.from_iterable(store.files_below(package / room, _DECIDING) for room in rooms))


def _drop_oldest(folder: Path) -> None:
    with suppress(OSError):
        files = sorted(folder.glob("*.msgpack"), key=lambda file: file.stat().st_mtime)
        for old in files[:-_KEPT]:
            old.unlink(missing_ok=True)
