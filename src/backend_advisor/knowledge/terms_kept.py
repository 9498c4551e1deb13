"""The terms of each page, kept from one compilation to the next: a change of one page costs one page."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from backend_advisor.cores import spread
from backend_advisor.knowledge import store
from backend_advisor.knowledge.glossary import Matcher
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.knowledge.search import PageTerms, page_terms

_CODE = ("*.py", "words/*")
"""The files of this room that decide what the terms of a text are."""
_TOGETHER = 16
"""So many pages are worth handing to another process."""


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
    keys = [_key(basis, playbook, wordings.get(playbook.name, ())) for playbook in playbooks]
    known = [_read(kept.get(key)) for key in keys]
    made = _made([p for p, terms in zip(playbooks, known, strict=True) if terms is None], Matcher(forms), wordings)
    found = [next(made) if terms is None else terms for terms in known]
    if keys != list(kept):
        now = {key: msgspec.msgpack.encode(terms) for key, terms in zip(keys, found, strict=True)}
        store.write_bytes(file, msgspec.msgpack.encode({key: msgspec.Raw(terms) for key, terms in now.items()}))
    return found


def _made(
    playbooks: Sequence[Playbook], matcher: Matcher, wordings: Mapping[str, Sequence[str]]
) -> Iterator[PageTerms]:
    """The terms of pages that were not kept, worked out by all cores when they are many."""

    def part(number: int) -> bytes:
        some = playbooks[number * _TOGETHER : (number + 1) * _TOGETHER]
        return msgspec.msgpack.encode([page_terms(one, matcher, wordings.get(one.name, ())) for one in some])

    parts = -(-len(playbooks) // _TOGETHER)
    for packed in spread(part, parts, worthwhile=parts > 1):
        yield from msgspec.msgpack.decode(packed, type=list[PageTerms])


def _key(basis: str, playbook: Playbook, wordings: Sequence[str]) -> str:
    hasher = hashlib.blake2b(basis.encode(), digest_size=16)
    hasher.update(bytes(store.pack(playbook)))
    hasher.update(msgspec.msgpack.encode(wordings))
    return hasher.hexdigest()


def _read(kept: msgspec.Raw | None) -> PageTerms | None:
    with suppress(msgspec.MsgspecError):
        return None if kept is None else msgspec.msgpack.decode(kept, type=PageTerms)
    return None
