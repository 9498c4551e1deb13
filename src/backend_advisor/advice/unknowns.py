"""What a question leaves open in general; each expert asks besides for what its own subject needs."""

from collections.abc import Iterator, Sequence

from backend_advisor.model import Advice, Case, Unknown
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""


def general_unknowns(case: Case, *, answered: bool) -> tuple[Unknown, ...]:
    """What to ask when nothing in the case leads anywhere; nothing when there is advice."""
    return () if answered else tuple(_ask(case))


def too_little_said(case: Case, advice: Sequence[Advice], *, vague: bool) -> tuple[str, ...]:
    """That the question could not be answered as it stands, or that pages shown all the same are a guess."""
    if not case.question.strip() or not (vague or (not case.artifacts and not advice)):
        return ()
    unread = bool(case.unread) and not case.artifacts
    keys = ["all_unread" if unread else "vague" if vague else "unanswered", *(["guessed"] if advice else [])]
    return tuple(phrase(_PACKAGE, case.language, key) for key in keys)


def unread_language(case: Case) -> tuple[str, ...]:
    """That questions are read in English and Korean only, where this one is in neither."""
    if not case.question.strip():
        return ()
    from backend_advisor.intake.blocks import split
    from backend_advisor.intake.language import is_foreign

    return (phrase(_PACKAGE, case.language, "foreign"),) if is_foreign(split(case.question).prose) else ()


def _ask(case: Case) -> Iterator[Unknown]:
    stated = {"stack": bool(case.stack), "artifact": bool(case.artifacts), "figures": bool(case.figures)}
    for key, known in {"problem": False, **stated}.items():
        if not known:
            yield Unknown(
                key=key,
                question=phrase(_PACKAGE, case.language, f"unknown_{key}_question"),
                changes=phrase(_PACKAGE, case.language, f"unknown_{key}_changes"),
            )
