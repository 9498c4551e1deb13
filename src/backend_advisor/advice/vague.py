"""Whether a question says enough to be answered: "why slow" could be anything, "is this right?" means what is beside
it."""

from functools import cache
from importlib import resources
from typing import Any

from backend_advisor.advice.attached import attached
from backend_advisor.intake.blocks import split
from backend_advisor.intake.stack import named_technologies
from backend_advisor.knowledge.search import STACK_KINDS
from backend_advisor.knowledge.tokens import is_hangul, parts, runs, stem, terms
from backend_advisor.model import ArtifactKind, Case

_MOST_WORDS = 20
"""A question of more words tells something by their number alone."""
_PROSE = (ArtifactKind.PROSE, ArtifactKind.OTHER)


def is_vague(case: Case) -> bool:
    """Whether nothing is given to examine, no figure is stated, and every word could stand in any question."""
    if not case.question.strip() or case.figures or case.services:
        return False
    if any(artifact.kind not in _PROSE for artifact in case.artifacts):
        return False
    return says_little(case) and not attached(case)


def says_little(case: Case) -> bool:
    """Whether every word of the question could stand in any question, or only points at what is attached."""
    asked = _asked(case)
    if len(asked.split()) > _MOST_WORDS:
        return False
    english, korean = _generic(bool(case.artifacts or case.unread), frozenset(one.kind for one in case.artifacts))
    question = _without_technologies(_without_figures(asked, case))
    return not any(_tells(word, english, korean) for word in runs(question))


def subject_of(case: Case) -> str:
    """What the first artifact of a telling kind is usually given for, in words to search by; empty when none is."""
    subjects = _words()["subjects"]
    return next((subjects[artifact.kind] for artifact in case.artifacts if artifact.kind in subjects), "")


def _asked(case: Case) -> str:
    """The question's own words, without the patch that it quotes."""
    return split(case.question).prose if any(artifact.added for artifact in case.artifacts) else case.question


def _without_figures(question: str, case: Case) -> str:
    """How much there is says what hurts, not what of."""
    for figure in sorted(case.figures, key=lambda one: -len(one.text)):
        if len(figure.text) > 1:
            question = question.replace(figure.text, " ")
    return question


def _without_technologies(question: str) -> str:
    """That it is about PostgreSQL does not say what is wrong with it."""
    for named in reversed(named_technologies(question)):
        if named.technology.category not in STACK_KINDS:
            continue
        question = f"{question[: named.start]} {question[named.end :]}"
    return question


def _tells(word: str, english: frozenset[str], korean: tuple[str, ...]) -> bool:
    if not any(terms(word)):
        return False
    if is_hangul(word):
        return len(word) > 1 and not word.startswith(korean)
    return not all(part in english for part in parts(word))


@cache
def _generic(beside: bool, kinds: frozenset[ArtifactKind]) -> tuple[frozenset[str], tuple[str, ...]]:
    words = _words()
    named = [word for kind in kinds for word in words["beside_kind"].get(kind, ())]
    both = [*named, *(words["beside_en"] if beside else ())], [*named, *(words["beside_ko"] if beside else ())]
    return frozenset(map(stem, [*words["en"], *both[0]])), (*words["ko"], *filter(is_hangul, both[1]))


@cache
def _words() -> Any:
    import yaml  # only for questions

    text = resources.files(__package__ or "").joinpath("generic.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)
