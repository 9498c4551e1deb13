"""Ranking of playbooks for a question: BM25 over weighted fields of both languages (BM25F)."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from backend_advisor.knowledge.glossary import PREFIX, Matcher
from backend_advisor.knowledge.homographs import other_sense
from backend_advisor.knowledge.likeness import Wordings, build_wordings, likeness
from backend_advisor.knowledge.playbook import Page, Playbook
from backend_advisor.knowledge.tokens import terms

FIELD_WEIGHTS = {
    "title": 4.0,
    "symptoms": 3.0,
    "keywords": 3.0,
    "name": 2.0,
    "message": 1.5,
    "root_cause": 0.6,
    "rest": 0.2,
}
SATURATION = 6.0
LENGTH_SHARE = 0.7
CONCEPT_WEIGHT = 1.0
LIKENESS = 0.4
"""What the likeness to single wordings weighs beside the whole page's share."""
OWN_STACK, OTHER_STACK = 1.15, 0.6
STACK_KINDS = {"language", "runtime", "framework", "database", "data-access"}
_INSTEAD = STACK_KINDS | {"broker", "payment"}
"""Kinds of product of which one is used in place of another; a page about Docker helps who named Compose."""
_JS, _JVM, _PYTHON = frozenset({"javascript", "typescript"}), frozenset({"java", "kotlin"}), frozenset({"python"})
LANGUAGES_OF = {
    **dict.fromkeys(("nodejs", "deno", "bun", "pm2"), _JS),
    **dict.fromkeys(("jvm", "tomcat", "jetty", "undertow", "graalvm", "jeus", "weblogic"), _JVM),
    **dict.fromkeys(("gunicorn", "uvicorn", "uwsgi"), _PYTHON),
}
"""The languages that run in a product: a page about Node.js does not help who shows Go."""
_LANGUAGES = _JS | _JVM | _PYTHON | {"go"}
OURS, OURS_CONCEPTS = 0.8, 3
CONFIDENT_SHARES = ((4, 0.4), (7, 0.29), (10, 0.22), (15, 0.2), (25, 0.18), (10_000, 0.155))
"""Share of what a perfect page could score from which a hit is an answer, by the number of terms below which it holds.

The more a question tells, the less of it any page speaks of. Set on benchmarks/search.py.
"""


class Index(msgspec.Struct, frozen=True):
    """For each term, the pages that hold it and how strongly, as packed arrays: reading it costs nothing."""

    codes: tuple[str, ...]
    technologies: tuple[tuple[str, ...], ...]
    categories: dict[str, str]
    postings: dict[str, tuple[bytes, bytes]]
    wordings: Wordings


class PageTerms(msgspec.Struct, frozen=True):
    """The terms of one page: how often each field holds each, and those of each of its wordings with their weights."""

    counts: dict[str, dict[str, int]]
    wordings: tuple[dict[str, float], ...]


def page_terms(playbook: Playbook, matcher: Matcher, wordings: Sequence[str]) -> PageTerms:
    """The terms of a page; `wordings` are further ways in which users put its problem."""
    own = (text for page in playbook.pages.values() for text in (page.title, *page.symptoms))
    return PageTerms(
        counts={name: dict(_count(text, matcher)) for name, text in _fields(playbook, wordings).items()},
        wordings=tuple(_query(text, matcher) for text in (*own, *wordings)),
    )


def build_index(playbooks: Sequence[Playbook], terms: Sequence[PageTerms], categories: Mapping[str, str]) -> Index:
    """The index of all playbooks, whose terms come in the same order."""
    average = {
        name: max(1.0, sum(sum(page.counts[name].values()) for page in terms) / max(1, len(terms)))
        for name in FIELD_WEIGHTS
    }
    postings: dict[str, tuple[array[int], array[float]]] = {}
    for number, page in enumerate(terms):
        for term, frequency in _weigh(page.counts, average).items():
            pages, strengths = postings.setdefault(term, (array("I"), array("f")))
            pages.append(number)
            strengths.append(frequency / (SATURATION + frequency))
    return Index(
        codes=tuple(p.code for p in playbooks),
        technologies=tuple(p.technologies for p in playbooks),
        categories=dict(categories),
        postings={t: (pages.tobytes(), strengths.tobytes()) for t, (pages, strengths) in postings.items()},
        wordings=build_wordings((number, found) for number, page in enumerate(terms) for found in page.wordings),
    )


def rank(index: Index, matcher: Matcher, question: str, technologies: Iterable[str] = ()) -> list[tuple[int, float]]:
    """Page numbers and the share of the possible score that each reached, best first.

    Part of the score is how alike the question is to single wordings of the page.
    """
    wanted = _query(question, matcher)
    shares = _shares(index, wanted)
    alike = likeness(index.wordings, wanted)
    shares = {page: (share + LIKENESS * alike.get(page, 0.0)) / (1 + LIKENESS) for page, share in shares.items()}
    stack = frozenset(technologies)
    ranked = [(page, share * _fit(index, page, stack)) for page, share in shares.items()]
    return sorted(ranked, key=lambda pair: (-pair[1], pair[0]))


def confident_share(question: str, matcher: Matcher) -> float:
    """The share from which a hit answers this question; less where the trade's own words show that it is ours."""
    wanted = _query(question, matcher)
    share = next(share for below, share in CONFIDENT_SHARES if len(wanted) < below)
    concepts = sum(1 for term in wanted if term.startswith(PREFIX))
    return share * (OURS if concepts >= OURS_CONCEPTS else 1.0)


def _shares(index: Index, wanted: Mapping[str, float]) -> dict[int, float]:
    scores: dict[int, float] = {}
    possible = 0.0
    for term, weight in wanted.items():
        pages, strengths = _posting(index, term)
        worth = weight * _rarity(len(index.codes), len(pages))
        if pages or not term.startswith(PREFIX):
            possible += worth
        for page, strength in zip(pages, strengths, strict=True):
            scores[page] = scores.get(page, 0.0) + worth * strength
    return {page: score / possible for page, score in scores.items()}


def _fields(playbook: Playbook, wordings: Sequence[str]) -> dict[str, str]:
    def both(*names: str) -> str:
        return "\n".join(text for page in pages for name in names for text in _texts(page, name))

    pages = tuple(playbook.pages.values())
    return {
        "title": both("title"),
        "symptoms": "\n".join([both("symptoms"), *wordings]),
        "keywords": both("keywords"),
        "name": " ".join((playbook.name, playbook.code, *playbook.aliases, *playbook.technologies)),
        "message": both("message", "fix"),
        "root_cause": both("root_cause"),
        "rest": both("diagnosis", "solution", "best_practices", "monitoring"),
    }


def _texts(page: Page, name: str) -> Iterator[str]:
    value = getattr(page, name)
    if isinstance(value, str):
        yield value
    elif value is not None:
        yield from (item if isinstance(item, str) else item.text for item in value)


def _count(text: str, matcher: Matcher) -> Counter[str]:
    counter = Counter(term for term, _ in terms(text))
    counter.update(matcher.concepts(text))
    return counter


def _weigh(fields: Mapping[str, Mapping[str, int]], average: Mapping[str, float]) -> dict[str, float]:
    """Each term's frequency over all fields, by the weight and the length of the field."""
    weighed: dict[str, float] = {}
    for name, counter in fields.items():
        length = sum(counter.values()) / average[name]
        factor = FIELD_WEIGHTS[name] / (1 - LENGTH_SHARE + LENGTH_SHARE * length)
        for term, count in counter.items():
            weighed[term] = weighed.get(term, 0.0) + factor * count
    return weighed


def _query(question: str, matcher: Matcher) -> dict[str, float]:
    wanted: dict[str, float] = {}
    strangers = other_sense(question)
    for term, weight in terms(question):
        if term not in strangers:
            wanted[term] = max(wanted.get(term, 0.0), weight)
    for concept in matcher.concepts(question):
        wanted[concept] = CONCEPT_WEIGHT
    return wanted


def _posting(index: Index, term: str) -> "tuple[array[int], array[float]]":
    pages, strengths = array("I"), array("f")
    packed = index.postings.get(term)
    if packed is not None:
        pages.frombytes(packed[0])
        strengths.frombytes(packed[1])
    return pages, strengths


def _rarity(total: int, holding: int) -> float:
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def _fit(index: Index, page: int, stack: frozenset[str]) -> float:
    """More for a page about the asker's own stack, less for one about another product of the same kind."""
    about = index.technologies[page]
    if not stack or not about:
        return 1.0
    if stack.intersection(about):
        return OWN_STACK
    spoken = stack & _LANGUAGES
    foreign = spoken and all(name in LANGUAGES_OF and not spoken & LANGUAGES_OF[name] for name in about)
    if foreign and not stack & LANGUAGES_OF.keys():
        return OTHER_STACK
    kinds = {index.categories.get(name) for name in stack} & _INSTEAD
    return OTHER_STACK if any(index.categories.get(name) in kinds for name in about) else 1.0
