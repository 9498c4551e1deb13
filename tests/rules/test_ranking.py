"""Of findings of one kind the worst are told; the others are there for those who ask for notes."""

from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.ranking import worst_first_told


def match(name: str, confidence: Confidence | None = None) -> Match:
    return Match(location=Location(artifact=name), values={}, confidence=confidence)


def test_the_worst_stay_and_the_order_is_kept() -> None:
    found = [(3, match("a")), (9, match("b", Confidence.HIGH)), (5, match("c")), (99, match("d", Confidence.LOW))]
    told = list(worst_first_told(found, 2))
    assert [one.location.artifact for one in told] == ["a", "b", "c", "d"]
    assert [one.confidence for one in told] == [Confidence.LOW, Confidence.HIGH, None, Confidence.LOW]
