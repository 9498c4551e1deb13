"""Telling the worst of many: what stands in a hundred places is how a program is written, not a hundred findings."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence


def worst_first_told(found: Iterable[tuple[int, Match]], most: int) -> Iterator[Match]:
    """The matches in their order; those that are not among the `most` of the greatest weight are of low confidence."""
    weighed = list(found)
    sure = [number for number, (_, match) in enumerate(weighed) if match.confidence is not Confidence.LOW]
    told = set(sorted(sure, key=lambda number: -weighed[number][0])[:most])
    for number, (_, match) in enumerate(weighed):
        yield match if number in told else replace(match, confidence=Confidence.LOW)
