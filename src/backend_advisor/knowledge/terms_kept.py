"""The terms of each page, kept from one compilation to the next: a change of one page costs one page."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from backend_advisor.knowledge import store
from backend_advisor.knowledge.glossary import Matcher
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.knowledge.search import PageTerms, page_terms

_CODE = ("*.py", "words/*")
"""The files of this room that decide what the terms of a text are."""


def terms_of_pages(
    playbooks: Sequence[Playbook],
    forms: Mapping[str, tuple[str, ...]],
    wordings: Mapping[str, Sequence[str]],
    file: Path,
) -> list[PageTerms]:
    """The terms of all pages, with this glossary; `file` keeps them."""
    kept: dict[str, msgspec.Raw] = {}
    with suppress(OSError, msgspec.MsgspecError, ValueError, RecursionError):
        kept = msgspec.msgpack.decode(file.read_bytes(), type=dict[str, msgspec.Raw])
    room = Path(__file__).parent
    basis = store.digest(path for pattern in _CODE for path in sorted(room.glob(pattern)))
    basis += hashlib.blake2b(msgspec.msgpack.encode(sorted(forms.items()))).hexdigest()
    matcher, now, found = Matcher(forms), dict[str, msgspec.Raw](), list[PageTerms]()
    for playbook in playbooks:
        further = wordings.get(playbook.name, ())
        key = _key(basis, playbook, further)
        terms = _read(kept.get(key))
        if terms is None:
            terms = page_terms(playbook, matcher, further)
            now[key] = msgspec.Raw(msgspec.msgpack.encode(terms))
        else:
            now[key] = kept[key]
        found.append(terms)
    if now != kept:
        store.write_bytes(file, msgspec.msgpack.encode(now))
    return found


def _key(basis: str, playbook: Playbook, wordings: Sequence[str]) -> str:
    hasher = hashlib.blake2b(basis.encode(), digest_size=16)
    hasher.update(bytes(store.pack(playbook)))
    hasher.update(msgspec.msgpack.encode(wordings))
    return hasher.hexdigest()


def _read(kept: msgspec.Raw | None) -> PageTerms | None:
    with suppress(msgspec.MsgspecError):
        return None if kept is None else msgspec.msgpack.decode(kept, type=PageTerms)
    return None
