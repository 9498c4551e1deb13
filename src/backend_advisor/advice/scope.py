"""Whether a question is ours to answer, and where it is better asked when it is not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from backend_advisor.knowledge import Hit, Knowledge
from backend_advisor.model import ArtifactKind, Case, Language, Referral

_HANGUL = re.compile(r"[가-힣]")
_PROSE = (ArtifactKind.PROSE, ArtifactKind.OTHER)
_BACKEND_CATEGORIES = {
    "framework", "orm", "database", "cache", "broker", "gateway", "payment", "api", "pooler", "driver",
}  # fmt: skip
_CLEARLY_OURS = 0.5
"""A page that fits so well answers the question, whatever else that names."""
_SOME_WORDS = 6
"""Of a shorter question a single word can make up that much."""
_MANY_WORDS = 25
"""A question so long may name a browser or an app and still ask about the server behind it."""


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    pattern: re.Pattern[str]
    ours: re.Pattern[str] | None
    """What makes a question of this subject ours all the same."""
    sources: tuple[str, ...]
    texts: dict[Language, str]


@cache
def _subjects() -> tuple[_Subject, ...]:
    import yaml  # only for questions

    text = resources.files(__package__ or "").joinpath("scope.yaml").read_text("utf-8")
    return tuple(
        _Subject(
            name,
            _pattern(entry["terms"]),
            _pattern(entry["ours"]) if "ours" in entry else None,
            tuple(entry["sources"]),
            {"en": entry["en"], "ko": entry["ko"]},
        )
        for name, entry in yaml.load(text, Loader=yaml.CSafeLoader).items()
    )


def _pattern(terms: Sequence[str]) -> re.Pattern[str]:
    parts = [
        re.escape(term) if _HANGUL.search(term) else rf"(?<![A-Za-z0-9_]){re.escape(term)}(?![A-Za-z0-9_])"
        for term in terms
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


def _is_about(question: str, subject: _Subject) -> bool:
    return bool(subject.pattern.search(question)) and not (subject.ours and subject.ours.search(question))


def referrals(case: Case, hits: Sequence[Hit], knowledge: Knowledge) -> tuple[Referral, ...]:
    """Where to ask instead; empty when the question is in scope.

    A question is out of scope when it names a subject that is not ours and shows nothing that is: no artifact to
    examine, no back-end product, and no page of knowledge that answers it with confidence.
    """
    named = [subject for subject in _subjects() if _is_about(case.question, subject)]
    if not named or any(artifact.kind not in _PROSE for artifact in case.artifacts):
        return ()
    mentions = sum(len(subject.pattern.findall(case.question)) for subject in named)
    ours = sum(1 for technology in case.stack if technology.category in _BACKEND_CATEGORIES)
    if ours >= mentions or (ours and any(hit.confident for hit in hits)):
        return ()
    words = len(case.question.split())
    if hits and (
        (hits[0].score >= _CLEARLY_OURS and words >= _SOME_WORDS) or (hits[0].confident and words >= _MANY_WORDS)
    ):
        return ()
    return tuple(
        Referral(
            subject=subject.name,
            text=subject.texts[case.language],
            sources=tuple(knowledge.sources[source] for source in subject.sources),
        )
        for subject in named
    )
