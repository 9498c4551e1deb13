"""What a question leaves open in general; each expert asks besides for what its own subject needs."""

from collections.abc import Iterator

from backend_advisor.model import Case, Unknown
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""


def general_unknowns(case: Case, *, answered: bool) -> tuple[Unknown, ...]:
    """What to ask when nothing in the case leads anywhere; nothing when there is advice."""
    return () if answered else tuple(_ask(case))


def _ask(case: Case) -> Iterator[Unknown]:
    for key, known in (("problem", False), ("stack", bool(case.stack)), ("artifact", bool(case.artifacts))):
        if not known:
            yield Unknown(
                key=key,
                question=phrase(_PACKAGE, case.language, f"unknown_{key}_question"),
                changes=phrase(_PACKAGE, case.language, f"unknown_{key}_changes"),
            )
