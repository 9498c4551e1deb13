"""Which pages of knowledge belong in an answer besides what was found and proved."""

import re
from collections.abc import Sequence
from dataclasses import replace

from backend_advisor.advice.attached import attached
from backend_advisor.advice.parts import FEWEST, parts
from backend_advisor.advice.vague import says_little, subject_of
from backend_advisor.knowledge import Hit, Knowledge
from backend_advisor.model import Case, Finding, Proof

ALONE = 3
BESIDE_EVIDENCE = 2
GUESSED = 2
PARTS = 6
NEAR = 0.6
"""A further page is worth reading when it fits at least this share as well as the best one."""
NEAR_FOR_RULES = 0.85
"""The same for a page about a defect that would have been found in the case, had it been there to be seen."""
_STEP = 0.01


def relevant(
    hits: Sequence[Hit],
    findings: Sequence[Finding],
    proofs: Sequence[Proof],
    *,
    vague: bool = False,
    by_part: Sequence[Hit] = (),
) -> tuple[Hit, ...]:
    """The confident hits that stand near the best one; fewer where the case itself has spoken, or says little.

    When the question asks for several things, the page of each comes first, in the asker's order.
    """
    confident = [hit for hit in hits if hit.confident]
    if len(by_part) >= FEWEST and not vague:
        return _in_order([*by_part, *confident[:1]])[:PARTS]
    if not confident:
        return ()
    best = confident[0].score
    near = [hit for hit in confident if hit.score >= best * (NEAR_FOR_RULES if hit.playbook.is_rule else NEAR)]
    if findings or any(proof.holds for proof in proofs):
        return tuple(near[:BESIDE_EVIDENCE])
    return tuple(near[: GUESSED if vague else ALONE])


def topic(case: Case) -> str:
    """What is asked, and what notes and logs beside it say, without the figures: how much there is does not say what
    it is about. Where neither says anything, what such artifacts are usually given for; empty where nothing tells."""
    said = attached(case)
    pointing = bool(case.artifacts) and says_little(case)
    text = "\n".join(filter(None, ("" if pointing else case.question, said))) or subject_of(case)
    for figure in sorted(case.figures, key=lambda one: -len(one.text)):
        if len(figure.text) > 1:
            # `429 Retry-After` counts no retries: a figure ends where its word ends. Korean particles may follow.
            text = re.sub(rf"{re.escape(figure.text)}(?![-A-Za-z])", " ", text)
    return text


def hits_by_part(case: Case, knowledge: Knowledge) -> list[Hit]:
    """The page that answers each part of a question that asks for several things; a page once."""
    found: dict[str, Hit] = {}
    stack = tuple(technology.id for technology in case.stack)
    for part in parts(case):
        for hit in knowledge.search(part, case.language, limit=1, technologies=stack):
            if hit.confident:
                found.setdefault(hit.playbook.cause, replace(hit, part=part))
    return list(found.values())


def _in_order(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Scores that keep this order, each page once."""
    unique = list({hit.playbook.cause: hit for hit in reversed(hits)}.values())[::-1]
    unique.sort(key=lambda hit: next(n for n, one in enumerate(hits) if one.playbook.cause == hit.playbook.cause))
    return tuple(replace(hit, score=1 - _STEP * number) for number, hit in enumerate(unique))
