"""The whole way: question and files → case → findings → proofs → advice → report."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from backend_advisor import intake, knowledge
from backend_advisor.advice.compose import compose, without_result
from backend_advisor.advice.dating import for_another_day
from backend_advisor.advice.examined import assumed_encodings, empty, not_examined, nothing_seen
from backend_advisor.advice.mismatch import other_plans
from backend_advisor.advice.order import ordered
from backend_advisor.advice.patches import of_patches
from backend_advisor.advice.scope import referrals
from backend_advisor.advice.select import (
    hits_by_file,
    hits_by_part,
    is_guess,
    led_by_files,
    not_refuted,
    points,
    relevant,
    topic,
)
from backend_advisor.advice.suppressions import suppress
from backend_advisor.advice.unknowns import general_unknowns, too_little_said, unread_language
from backend_advisor.advice.vague import is_vague
from backend_advisor.experts import Terms, examine, experts, gather
from backend_advisor.knowledge import Hit, Knowledge
from backend_advisor.model import Artifact, Case, Finding, Language, Location, Proof, Report
from backend_advisor.phrases import phrase
from backend_advisor.rules.secret_texts import is_hidden

Asked = Literal["auto", "en", "ko"]
Keep = Callable[[Case, Sequence[Finding]], Iterable[Finding]]
"""Which findings of a case are to be told: those of a change, or all that a baseline does not hold."""
DISTRIBUTION = "backend-expert-advisor"
_LONGEST_CAUSE = 300
_PAGES, _FEW_PAGES = 100, 10
_HOLD_SECRETS = frozenset({"SEC301"})
_STEPS_HOLD_SECRETS = frozenset({"SEC304"})
_MAY_HOLD_SECRETS = frozenset({"OPS201"})
"""Most of what they show is a word that everyone tries."""


def answer(
    question: str, files: Sequence[Path] = (), *, language: Asked = "auto", terms: Terms | None = None
) -> Report:
    """Answer a question with whatever stands behind it."""
    return advise(intake.read(question, files, language), terms or Terms())


def review(  # noqa: PLR0913 - one argument for each thing that a review may be told
    paths: Sequence[Path],
    *,
    language: Language = "en",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    exclude: Sequence[str] = (),
    terms: Terms | None = None,
    keep: Keep | None = None,
    given: Sequence[Artifact] = (),
) -> Report:
    """Review files and folders; nothing is asked, so nothing general is answered, and nothing is run."""
    chosen = replace(terms or Terms(), prove=False)
    artifacts, unread = intake.read_paths(paths, language, exclude, chosen.progress)
    case = Case(question="", language=language, artifacts=(*given, *artifacts), unread=unread)
    return advise(case, chosen, select=tuple(select), ignore=tuple(ignore), keep=keep)


def advise(
    case: Case,
    terms: Terms,
    *,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    keep: Keep | None = None,
) -> Report:
    """From a case to its report. What is not kept is left out before advice is made, so that none tells of it."""
    known = knowledge.load()
    hits = _search(case, known)
    elsewhere = referrals(case, hits, known) if case.question.strip() else ()
    if elsewhere:
        return Report(case=case, in_scope=False, referrals=elsewhere, advisor_version=version(DISTRIBUTION))

    by_file = hits_by_file(case, known) if case.question.strip() else []
    hits = led_by_files(hits, by_file)
    case = gather(case, terms)
    examined = examine(case, known, terms)
    unread = dict.fromkeys(u for one in examined for u in one.unread)
    case = replace(case, unread=case.unread + tuple(unread))
    findings = [f for one in examined for f in one.findings if _wanted(f, select, ignore)]
    standing, silenced, notices = suppress(case, findings)
    standing, beside_patch = of_patches(case, standing)
    if keep is not None:
        kept = {id(one) for one in keep(case, standing)}
        standing = tuple(one for one in standing if id(one) in kept)

    proofs, failed = _proofs(case, terms)
    vague = is_vague(case)
    pages = relevant(
        () if is_guess(case) and standing else not_refuted(hits, standing, case),
        standing,
        proofs,
        vague=vague,
        by_part=hits_by_part(case, known),
        by_file=not_refuted(by_file, standing, case),
        pointing=points(case),
    )
    advice = ordered(compose(case, standing, proofs, pages, known, day=terms.day), case, hits, known)
    advising = {name for one in advice for name in one.experts}
    unknown = [question for expert in experts() for question in expert.unknowns(case, advising, terms)]
    unknown += general_unknowns(case, answered=bool(advice and not vague) or not case.question.strip())
    another_day = for_another_day(case, advice, terms.day, date.today())
    told = [
        *unread_language(case),
        *another_day,
        *too_little_said(case, advice, vague=vague),
        *other_plans(case),
        *not_examined(case),
        *assumed_encodings(case),
        *empty(case),
        *nothing_seen(case, advice),
        *beside_patch,
        *failed,
    ]
    notices = tuple(dict.fromkeys([*told, *notices, *without_result(proofs)]))
    return Report(
        case=replace(case, unknowns=tuple(unknown)),
        advice=advice,
        suppressed=silenced,
        notices=notices,
        secrets=_secrets(one for examination in examined for one in examination.findings),
        advisor_version=version(DISTRIBUTION),
    )


def _search(case: Case, known: Knowledge) -> list[Hit]:
    """The pages for the question; a review asks none."""
    about = topic(case) if case.question.strip() else ""
    if not about:
        return []
    return known.search(
        about,
        case.language,
        limit=_PAGES if case.artifacts else _FEW_PAGES,
        technologies=tuple(one.id for one in case.stack),
    )


def _proofs(case: Case, terms: Terms) -> tuple[list[Proof], list[str]]:
    """What the experts could put to the test. A mistake of ours there is told, and the diagnosis stands without it."""
    proofs: list[Proof] = []
    failed = []
    for expert in experts():
        try:
            proofs += expert.prove(case, terms)
        except Exception as error:
            if os.environ.get("ADVISOR_DEBUG"):
                raise
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_CAUSE]
            failed.append(phrase(f"{__package__}.advice", case.language, "proof_failed", cause=cause))
    return proofs, failed


def _secrets(findings: Iterable[Finding]) -> tuple[Location, ...]:
    """Where a secret was found, whichever findings are asked for."""
    return tuple(replace(place, excerpt=None) for one in findings for place in _hidden_places(one))


def _hidden_places(finding: Finding) -> Iterable[Location]:
    if finding.code in _HOLD_SECRETS:
        yield finding.location
    elif finding.code in _STEPS_HOLD_SECRETS:
        yield from (step.location for step in finding.steps)
    elif finding.code in _MAY_HOLD_SECRETS:
        places = (finding.location, *(step.location for step in finding.steps))
        yield from (place for place in places if is_hidden(place.excerpt or ""))


def _wanted(finding: Finding, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether a finding is asked for by code or name; the more specific of two prefixes wins, as in ruff."""
    names = (finding.code.lower(), finding.name.lower())

    def specific(prefixes: Sequence[str]) -> int:
        return max((len(p) for p in prefixes if any(name.startswith(p.lower()) for name in names)), default=0)

    selected, ignored = specific(select), specific(ignore)
    return (not select or selected > 0) and (ignored == 0 or selected > ignored)
