"""Which pages of knowledge belong in an answer besides what was found and proved."""

import re
from collections.abc import Sequence
from dataclasses import replace

from backend_advisor.advice.attached import attached, told
from backend_advisor.advice.parts import FEWEST, parts
from backend_advisor.advice.vague import says_little, subject_of
from backend_advisor.knowledge import Hit, Knowledge
from backend_advisor.model import ArtifactKind, Case, Finding, Proof

ALONE = 4
BESIDE_EVIDENCE = 2
GUESSED = 2
PARTS = 6
SEEN = 3
"""Places in files that are quoted for one page."""
NEAR = 0.6
"""A further page is worth reading when it fits at least this share as well as the best one."""
NEAR_FOR_RULES = 0.85
"""The same for a page about a defect that would have been found in the case, had it been there to be seen."""
_STEP = 0.01
_OF_QUERIES = "DB1"
"""The codes of what is examined in each query."""
_TARGET = r"(?:\b(?:target|goal)(?: (?:is|of|time|latency))*:? +|목표(?:는|가|값은)? +)?"
"""What names a figure as the one to reach; the page about targets does not answer whoever states one."""


def relevant(
    hits: Sequence[Hit],
    findings: Sequence[Finding],
    proofs: Sequence[Proof],
    *,
    vague: bool = False,
    by_part: Sequence[Hit] = (),
    by_file: Sequence[Hit] = (),
    pointing: bool = False,
) -> tuple[Hit, ...]:
    """The confident hits that stand near the best one; fewer where the case itself has spoken, or says little.

    When the question asks for several things, the page of each comes first, in the asker's order; when it only points
    at files, the page of each thing that they say.
    """
    confident = [hit for hit in hits if hit.confident]
    if len(by_part) >= FEWEST and not vague:
        return _in_order([*by_part, *confident[:1]])[:PARTS]
    if pointing and by_file:
        near = _near(confident, findings, proofs, vague=vague)[: ALONE - 1] if len(by_file) < FEWEST else ()
        return _in_order([*by_file, *near])[:PARTS]
    seen = {hit.playbook.cause: hit.seen for hit in by_file}
    near = _near(confident, findings, proofs, vague=vague)
    causes = {hit.playbook.cause for hit in near}
    beside = [hit for hit in by_file if hit.playbook.cause not in causes][:BESIDE_EVIDENCE] if near else by_file
    lowest = min((hit.score for hit in near), default=1.0)
    return (
        *(replace(hit, seen=seen.get(hit.playbook.cause, "")) for hit in near),
        *(replace(hit, score=lowest - _STEP * number) for number, hit in enumerate(beside, 1)),
    )


def led_by_files(hits: Sequence[Hit], by_file: Sequence[Hit]) -> list[Hit]:
    """The hits with those first whose error stands in a file, where they fit the question too: the file explains it."""
    causes = [hit.playbook.cause for hit in by_file]
    best = hits[0].score if hits else 0.0
    first = [hit for hit in hits if hit.playbook.cause in causes and hit.confident and hit.score >= NEAR * best]
    first.sort(key=lambda hit: causes.index(hit.playbook.cause))
    return [*(replace(hit, score=best) for hit in first), *(hit for hit in hits if hit not in first)]


def _near(
    confident: Sequence[Hit], findings: Sequence[Finding], proofs: Sequence[Proof], *, vague: bool
) -> tuple[Hit, ...]:
    if not confident:
        return ()
    best = confident[0].score
    near = [hit for hit in confident if hit.score >= best * (NEAR_FOR_RULES if hit.playbook.is_rule else NEAR)]
    if findings or any(proof.holds for proof in proofs):
        return tuple(near[:BESIDE_EVIDENCE])
    return tuple(near[: GUESSED if vague else ALONE])


def not_refuted(hits: Sequence[Hit], findings: Sequence[Finding], case: Case) -> list[Hit]:
    """The hits without those pages that say of a query what was looked for in the queries of this case in vain, where
    the tables are defined: all that such a rule needs was there."""
    examined = {finding.code for finding in findings if finding.code.startswith(_OF_QUERIES)}
    if not examined or not case.of_kind(ArtifactKind.DDL):
        return list(hits)
    return [
        hit
        for hit in hits
        if not (
            hit.playbook.is_rule and hit.playbook.code.startswith(_OF_QUERIES) and hit.playbook.code not in examined
        )
    ]


def topic(case: Case) -> str:
    """What is asked, and what notes and logs beside it say, without the figures: how much there is does not say what
    it is about. Where neither says anything, what such artifacts are usually given for; empty where nothing tells."""
    said = attached(case)
    pointing = points(case)
    text = "\n".join(filter(None, ("" if pointing else case.question, said)))
    text = text or "\n".join(one.words for one in told(case)) or subject_of(case)
    for figure in sorted(case.figures, key=lambda one: -len(one.text)):
        if len(figure.text) > 1:
            # `429 Retry-After` counts no retries: a figure ends where its word ends. Korean particles may follow.
            before = _TARGET if figure.role == "target" else ""
            text = re.sub(rf"{before}{re.escape(figure.text)}(?![-A-Za-z])", " ", text)
    return text


def points(case: Case) -> bool:
    """Whether the question only points at what is given beside it, read or not."""
    return bool(case.artifacts or case.unread) and says_little(case)


def is_guess(case: Case) -> bool:
    """Whether nothing but the kind of what is given tells what the question is about."""
    return points(case) and not attached(case) and not told(case)


def hits_by_file(case: Case, knowledge: Knowledge) -> list[Hit]:
    """The page of each thing that files beside the question say, with its place; a page once."""
    found: dict[str, Hit] = {}
    lines: dict[str, list[str]] = {}
    stack = tuple(technology.id for technology in case.stack)
    for one in told(case):
        for hit in knowledge.search(one.words, case.language, limit=1, technologies=stack):
            if hit.confident and one.sure:
                found.setdefault(hit.playbook.cause, hit)
                lines.setdefault(hit.playbook.cause, []).append(one.seen)
    return [replace(hit, seen="\n".join(dict.fromkeys(lines[cause][:SEEN]))) for cause, hit in found.items()]


def hits_by_part(case: Case, knowledge: Knowledge) -> list[Hit]:
    """The page that answers each part of a question that asks for several things; a page once."""
    found: dict[str, Hit] = {}
    stack = tuple(technology.id for technology in case.stack)
    for part in parts(case):
        for hit in knowledge.search(part.words, case.language, limit=1, technologies=stack):
            if hit.confident:
                found.setdefault(hit.playbook.cause, replace(hit, part=part.text))
    return list(found.values())


def _in_order(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Scores that keep this order, each page once."""
    unique = list({hit.playbook.cause: hit for hit in reversed(hits)}.values())[::-1]
    unique.sort(key=lambda hit: next(n for n, one in enumerate(hits) if one.playbook.cause == hit.playbook.cause))
    return tuple(replace(hit, score=1 - _STEP * number) for number, hit in enumerate(unique))
