"""What the files beside a question say in words: notes, the errors of logs, the waits of thread dumps, plans, rankings
and telling lines of manifests."""

from functools import lru_cache

from backend_advisor.advice.attached.logs import errors_of, without_packages
from backend_advisor.advice.attached.mysql_plans import SIGNS, scans_of
from backend_advisor.advice.attached.process_lists import SIGN as METADATA_LOCK
from backend_advisor.advice.attached.process_lists import waits_for_of
from backend_advisor.advice.attached.rankings import SIGN as CALLS
from backend_advisor.advice.attached.rankings import ranked_in
from backend_advisor.advice.attached.sessions import SIGN as IDLE
from backend_advisor.advice.attached.sessions import blocked_in
from backend_advisor.advice.attached.signs import signs_of
from backend_advisor.advice.attached.threads import SIGN as THREADS
from backend_advisor.advice.attached.threads import waits_of
from backend_advisor.advice.attached.told import Told
from backend_advisor.knowledge.tokens import terms
from backend_advisor.model import Artifact, ArtifactKind, Case, Language

_NOTES = (ArtifactKind.PROSE, ArtifactKind.OTHER, ArtifactKind.SHELL, ArtifactKind.JSON)
_LOGS = (ArtifactKind.LOG, ArtifactKind.TRACE)
_FEW = 12
"""More files than these are a project, whose documents are not about the question."""
_MOST_NOTES = 1_500
_HEAD = 20_000


def attached(case: Case) -> str:
    """What notes and logs that were given as files say; empty when there are none.

    What is pasted into the question is part of the question.
    """
    return "\n".join(text for one in _files(case) for text in _said(one, case))


def told(case: Case) -> tuple[Told, ...]:
    """What the files beside the question say, each with its place."""
    return tuple(one for artifact in _files(case) for one in _asked_for(_told(artifact, case.language), case.question))


def _asked_for(found: tuple[Told, ...], question: str) -> tuple[Told, ...]:
    """What shares words with the question, where it does not all do: `Redis is down` asks for one error of a log."""
    asked = {term for term, _ in terms(question)}
    shared = [not asked.isdisjoint(term for term, _ in terms(one.words)) for one in found]
    if not any(shared):
        return found
    return tuple(one for one, is_shared in zip(found, shared, strict=True) if is_shared or one.leads)


def _files(case: Case) -> tuple[Artifact, ...]:
    files = tuple(one for one in case.artifacts if one.origin == "file")
    return files if len(files) <= _FEW else ()


def _said(artifact: Artifact, case: Case) -> list[str]:
    if artifact.kind not in (*_NOTES, *_LOGS):
        return []
    found = [one.words for one in _asked_for(_told(artifact, case.language), case.question)]
    if found or len(artifact.text) > _MOST_NOTES:
        return found
    return [without_packages(artifact.text)]


@lru_cache(maxsize=64)
def _told(artifact: Artifact, language: Language) -> tuple[Told, ...]:
    if artifact.kind not in (*_NOTES, *_LOGS):
        return tuple(signs_of(artifact))
    head = artifact.text[:_HEAD]
    if THREADS in head:
        return tuple(waits_of(artifact, language))
    if METADATA_LOCK in head and (locked := tuple(waits_for_of(artifact, language))):
        return locked
    if IDLE in head and (blocked := blocked_in(artifact, language)):
        return tuple(blocked)
    if any(sign in head for sign in SIGNS) and (found := scans_of(artifact, language)):
        return tuple(found)
    if CALLS in head.lower() and (ranked := ranked_in(artifact, language)):
        return tuple(ranked)
    if artifact.kind in _LOGS or len(artifact.text) > _MOST_NOTES:
        return tuple(errors_of(artifact))
    return ()
