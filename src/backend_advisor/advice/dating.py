"""What an answer for another day can promise."""

from collections.abc import Iterator, Sequence
from datetime import date

from backend_advisor.model import Advice, Case
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""


def for_another_day(case: Case, advice: Sequence[Advice], day: date, today: date) -> Iterator[str]:
    """Says that only facts follow the day asked for, where an answer is given for another day than today."""
    if advice and day != today:
        yield phrase(_PACKAGE, case.language, "for_another_day", day=day.isoformat())
