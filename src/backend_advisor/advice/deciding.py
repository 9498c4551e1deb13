"""Weighing the options of a decision guide for one case: what is known, what follows, what would change it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from backend_advisor.knowledge.decisions import Criterion, FigureSign, Guide, Signs
from backend_advisor.knowledge.facts import Text
from backend_advisor.model import Case, Decision, Figure, Language, RankedOption, Reason, Source, Swing

Answer = Literal["yes", "no"]
_NEGATION = re.compile(
    r"(?:\b(?:no|not|never|nor|neither|none of|nobody|without|cannot|"
    r"(?:ca|wo|do|does|did|is|are|would|should|need)n'?t|avoid|rather than|instead of|no need (?:for|of|to))\s+"
    r"(?:[\w-]+\s+){0,2})$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^[\w-]*\s+(?:is|are|was|were|does|do)(?:\s+not|n'?t)\s+(?:\w+\s+)?(?:needed|required|important|used|apply|matter)\b",
    re.IGNORECASE,
)
_CLAUSE_ENDS = r"(?<!면)(?<!이고)(?<!하고)(?<!며)(?<!지만)(?<!는데)(?<!라서)"
_NEGATION_AFTER = re.compile(
    rf"^[가-힣]{{0,3}}{_CLAUSE_ENDS}[ ]?(?:[가-힣]+(?:{_CLAUSE_ENDS}|(?<=하고)(?= 있지))[ ]){{0,2}}"
    r"(?:없(?!어지|애|으면 ?안)|않(?!으면 ?안)|아니(?!면 ?안)|아닙|아닌|아님|안 |상관없|불필요|필요 ?없)"
)
_CHOOSES = re.compile(
    r"\b(?:or|vs\.?|versus|which|whether|choos(?:e|ing)|choice|pick|decide|compare[ds]?|comparison|better|instead|"
    r"alternatives?|should (?:we|i)|worth|switch|migrate|recommend\w*|pros and cons)\b|"
    r"아니면|어느|어떤 |어떻게 나|무엇을|뭘|뭐가|골라|고를|고르|선택|비교|나을|나은|낫|좋을까|좋나|좋은가|"
    r"써야|쓸지|갈아|바꿔야|둘 중|차이|도입|추천|장단점|맞을까|맞나|할까요|될까요",
    re.IGNORECASE,
)
"""A question that chooses, rather than one about what was chosen."""
_CLAUSE_END = re.compile(r"[.?!。,;:](?=\s|$)\s*|\n|\s[–—-]\s")
_LONGEST_EXCERPT, _EXCERPT = 80, 30


@dataclass(frozen=True, slots=True)
class Known:
    """The answer to a criterion, and what in the case gave it."""

    answer: Answer
    because: str


def decide(
    name: str, guide: Guide, case: Case, sources: Mapping[str, Source], given: Mapping[str, Answer] | None = None
) -> Decision:
    """The options ranked for a case. `given` answers criteria outright, whatever the case says."""
    language = case.language
    known = {key: found for key, criterion in guide.criteria.items() if (found := _known(criterion, case)) is not None}
    known |= {key: Known(answer, "") for key, answer in (given or {}).items() if key in guide.criteria}
    totals = _totals(guide, {key: one.answer for key, one in known.items()})
    order = sorted(totals, key=lambda option: -totals[option])
    return Decision(
        name=name,
        question=guide.question.in_language(language),
        options=tuple(_ranked(guide, option, totals[option], known, language) for option in order),
        swings=tuple(_swings(guide, known, order[0], language)),
        known=len(known),
        of=len(guide.criteria),
        asked=len(known) > 1 or _CHOOSES.search(case.question) is not None,
        sources=tuple(sources[source] for source in guide.sources),
    )


def _totals(guide: Guide, answers: Mapping[str, Answer]) -> dict[str, float]:
    totals = {name: option.base for name, option in guide.options.items()}
    for key, answer in answers.items():
        criterion = guide.criteria[key]
        for option, effect in (criterion.if_yes if answer == "yes" else criterion.if_no).items():
            totals[option] += effect.by
    return {name: round(total, 2) for name, total in totals.items()}


def _ranked(guide: Guide, name: str, score: float, known: Mapping[str, Known], language: Language) -> RankedOption:
    option = guide.options[name]
    reasons = []
    for key, one in known.items():
        criterion = guide.criteria[key]
        effect = (criterion.if_yes if one.answer == "yes" else criterion.if_no).get(name)
        if effect is not None and effect.by:
            reasons.append(Reason(by=effect.by, text=effect.why.in_language(language), because=one.because))
    if option.base and option.why is not None:
        reasons.append(Reason(by=option.base, text=option.why.in_language(language)))
    return RankedOption(
        name=name,
        title=_text(option.name, language),
        score=score,
        reasons=tuple(sorted(reasons, key=lambda reason: -abs(reason.by))),
        wrong_when=option.wrong_when.in_language(language),
    )


def _swings(guide: Guide, known: Mapping[str, Known], leading: str, language: Language) -> Iterator[Swing]:
    """The open questions whose answer would put another option first."""
    answers: dict[str, Answer] = {key: one.answer for key, one in known.items()}
    for key, criterion in guide.criteria.items():
        if key in known:
            continue
        if_yes = _first(_totals(guide, {**answers, key: "yes"}))
        if_no = _first(_totals(guide, {**answers, key: "no"}))
        if {if_yes, if_no} != {leading}:
            yield Swing(
                key=key,
                question=criterion.question.in_language(language),
                yes=_text(guide.options[if_yes].name, language),
                no=_text(guide.options[if_no].name, language),
            )


def _first(totals: Mapping[str, float]) -> str:
    return max(totals, key=totals.__getitem__)


def _known(criterion: Criterion, case: Case) -> Known | None:
    signs = criterion.signs
    for answer, patterns in (("no", signs.words_against), ("yes", signs.words)):
        for pattern in patterns:
            match = _pattern(pattern).search(case.question)
            if match is not None:
                negated = _is_negated(case.question, match)
                if answer == "no" and negated:
                    continue
                return Known("no" if answer == "no" or negated else "yes", _excerpt(case.question, match))
    for technology in case.stack:
        if technology.id in signs.technologies:
            return Known("yes", technology.name)
    return _by_figure(signs, case)


def _by_figure(signs: Signs, case: Case) -> Known | None:
    for sign in signs.figures:
        for figure in case.figures:
            if _fits(sign, figure):
                return Known(sign.says, figure.text.strip())
    return None


def _fits(sign: FigureSign, figure: Figure) -> bool:
    if figure.unit != sign.unit or (sign.about and figure.about not in sign.about):
        return False
    if sign.role is not None and figure.role != sign.role:
        return False
    value = figure.upper if figure.upper is not None else figure.value
    return (sign.at_least is None or value >= sign.at_least) and (sign.at_most is None or value <= sign.at_most)


def _is_negated(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 30]
    if _NEGATION.search(before) is not None:
        return True
    return _NEGATION_AFTER.search(after) is not None or _DENIED_AFTER.search(after) is not None


def _excerpt(text: str, match: re.Match[str]) -> str:
    """The clause around a sign; of a long one whole words on both sides, with a mark where it was cut."""
    first = max((end.end() for end in _CLAUSE_END.finditer(text, 0, match.start())), default=0)
    following = _CLAUSE_END.search(text, match.end())
    last = following.start() if following is not None else len(text)
    start, end = first, last
    if last - first > _LONGEST_EXCERPT:
        start, end = max(first, match.start() - _EXCERPT), min(last, match.end() + _EXCERPT)
        while first < start < match.start() and not text[start - 1].isspace():
            start += 1
        while match.end() < end < last and not text[end].isspace():
            end -= 1
    words = " ".join(text[start:end].split()).rstrip(".,;:?!。")
    return f"{'… ' if start > first else ''}{words}{' …' if end < last else ''}"


def _text(name: Text | str, language: Language) -> str:
    return name if isinstance(name, str) else name.in_language(language)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
