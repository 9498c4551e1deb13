"""How alike a question is to the single wordings of each page: the mean cosine of the three likest."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

BEST = 3
"""Wordings that count for a page: one alone can be like by chance."""


class Wordings(msgspec.Struct, frozen=True):
    """The wordings of all pages: the page of each, each term's rarity, and where a term stands with its share of the
    wording's length 1."""

    owners: bytes
    rarities: dict[str, float]
    postings: dict[str, tuple[bytes, bytes]]


def build_wordings(texts: Iterable[tuple[int, Mapping[str, float]]]) -> Wordings:
    """From pages' numbers, each with the weighed terms of one wording."""
    known = list(texts)
    holding = Counter(term for _, terms in known for term in terms)
    rarities = {term: math.log(1 + (len(known) - count + 0.5) / (count + 0.5)) for term, count in holding.items()}
    postings: dict[str, tuple[array[int], array[float]]] = {}
    for number, (_, terms) in enumerate(known):
        weighed = {term: weight * rarities[term] for term, weight in terms.items()}
        length = _length(weighed)
        for term, weight in weighed.items():
            places, weights = postings.setdefault(term, (array("I"), array("f")))
            places.append(number)
            weights.append(weight / length)
    return Wordings(
        owners=array("I", [owner for owner, _ in known]).tobytes(),
        rarities=rarities,
        postings={term: (places.tobytes(), weights.tobytes()) for term, (places, weights) in postings.items()},
    )


def likeness(wordings: Wordings, question: Mapping[str, float]) -> dict[int, float]:
    """The likeness (0 to 1) of each page that shares a term with the question's weighed terms."""
    weighed = {term: weight * wordings.rarities[term] for term, weight in question.items() if term in wordings.rarities}
    length = _length(weighed)
    owners = array("I")
    owners.frombytes(wordings.owners)
    cosines: dict[int, float] = {}
    for term, weight in weighed.items():
        places, weights = array("I"), array("f")
        places.frombytes(wordings.postings[term][0])
        weights.frombytes(wordings.postings[term][1])
        worth = weight / length
        for place, own in zip(places, weights, strict=True):
            cosines[place] = cosines.get(place, 0.0) + worth * own
    by_page: dict[int, list[float]] = {}
    for place, cosine in cosines.items():
        by_page.setdefault(owners[place], []).append(cosine)
    return {page: sum(sorted(several)[-BEST:]) / BEST for page, several in by_page.items()}


def _length(weighed: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
