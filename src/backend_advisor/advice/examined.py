"""What of the files beside a question was examined, told where a reader could believe more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from backend_advisor.model import NOT_REVIEWED, SOURCE_CODE, WITHOUT_RULES, Advice, Artifact, ArtifactKind, Case
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""
_K = ArtifactKind
_IN_FULL = SOURCE_CODE | {_K.SQL, _K.DDL, _K.PLAN, _K.TRACE, _K.COMPOSE, _K.DOCKERFILE, _K.KUBERNETES, _K.OPENAPI}
_FOR_SECRETS = frozenset({_K.CONFIGURATION, _K.PIPELINE})
_TITLES = {
    _K.GO: "Go",
    _K.KOTLIN: "Kotlin",
    _K.GRAPHQL: "GraphQL",
    _K.PROTOBUF: "Protocol Buffers",
}
_NAMED = 5


def not_examined(case: Case) -> Iterator[str]:
    """The files that no rule reads, or only for secrets, so that their silence is not taken for praise."""
    if not case.question.strip():
        yield from _not_reviewed(case)
        return
    if unread := _names(case, WITHOUT_RULES):
        yield phrase(_PACKAGE, case.language, "not_examined", names=unread)
    if partly := _listed(one.name for one in case.artifacts if one.origin == "file" and _is_for_secrets(one)):
        yield phrase(_PACKAGE, case.language, "for_secrets", names=partly)


def _is_for_secrets(artifact: Artifact) -> bool:
    """Whether a file is examined for secrets and the like alone; a template is no manifest before it is filled in."""
    return artifact.kind in _FOR_SECRETS or (artifact.kind is _K.KUBERNETES and "{{" in artifact.text)


def _not_reviewed(case: Case) -> Iterator[str]:
    """What a review passed over: languages by their number of files, or all that was given."""
    if passed := Counter(one.kind for one in case.artifacts if one.kind in WITHOUT_RULES):
        listed = ", ".join(f"{_TITLES[kind]} ({count:,})" for kind, count in passed.most_common())
        yield phrase(_PACKAGE, case.language, "not_reviewed", kinds=listed)
    elif case.artifacts and all(one.kind in NOT_REVIEWED for one in case.artifacts):
        yield phrase(_PACKAGE, case.language, "nothing_to_review")


def assumed_encodings(case: Case) -> Iterator[str]:
    """The files whose letters outside of ASCII may be others than were read."""
    if names := _listed(one.name for one in case.artifacts if one.origin == "file" and one.assumed):
        yield phrase(_PACKAGE, case.language, "assumed_encoding", names=names)


def empty(case: Case) -> Iterator[str]:
    """The files in which nothing stands."""
    files = (one for one in case.artifacts if one.origin == "file" and not one.text.strip())
    if case.question.strip() and (names := _listed(one.name for one in files)):
        yield phrase(_PACKAGE, case.language, "empty", names=names)


def nothing_seen(case: Case, advice: Sequence[Advice]) -> Iterator[str]:
    """That what was given was examined and nothing found, where nothing else is answered either."""
    held = tuple(one for one in case.artifacts if one.text.strip() and not _is_for_secrets(one))
    names = _names(replace(case, artifacts=held), _IN_FULL)
    if case.question.strip() and names and not advice:
        yield phrase(_PACKAGE, case.language, "nothing_seen", names=names)


def _names(case: Case, kinds: frozenset[ArtifactKind], origins: Sequence[str] = ("file", "question")) -> str:
    return _listed(one.name for one in case.artifacts if one.kind in kinds and one.origin in origins)


def _listed(all_names: Iterable[str]) -> str:
    names = list(dict.fromkeys(all_names))
    return ", ".join([*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])])
