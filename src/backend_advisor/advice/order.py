"""Which advice of an answer comes first."""

import re
from collections.abc import Iterable, Sequence

from backend_advisor.advice.attached import attached
from backend_advisor.advice.select import NEAR
from backend_advisor.advice.vague import says_little
from backend_advisor.knowledge import Hit, Knowledge
from backend_advisor.model import SOURCE_CODE, Advice, ArtifactKind, Case, Confidence, Finding, Severity

_SECURITY = re.compile(
    r"\bsecur(?:e|ity)\b|vulnerab|\bexploit|\bis (?:this|it) safe\b|보안|취약|안전한가|안전할까|해킹", re.IGNORECASE
)
_REVIEW = re.compile(
    r"\breview\b|\bis (?:this|that|it|my|the)\b.{0,40}\b(?:ok|okay|good|fine|right|correct)\b|what(?:'s| is) wrong|"
    r"\bany (?:problems?|issues?|bugs?)\b|\bfeedback\b|\blgtm\b|\b(?:before|to|can|may|we|I) (?:I |we )?merge\b|"
    r"\b(?:pr|pull request|merge request|diff|patch)\b.{0,40}\b(?:ok|okay|good|fine|ready)\b|머지|병합해|"
    r"리뷰|검토|괜찮|봐 ?(?:줘|주)",
    re.IGNORECASE,
)
"""A question that asks for whatever is wrong, not for speed."""
_SLOW = re.compile(
    r"\bslow|\btimeouts?\b|\btim(?:es|ed|ing) out\b|\blatency\b|\btakes? (?:long|too|\d)|\bspeed|"
    r"느리|느려|느린|느립|느림|오래 ?걸|타임아웃|지연|성능|\d ?초(?:나|가|씩)? ?걸",
    re.IGNORECASE,
)
_SETTING = re.compile(r"\b\w+(?:[.-]\w+)+\b")
"""The name of a setting: who has set `session.timeout.ms` does not say that something is slow."""
_LATENCY = frozenset({"latency", "duration", "response_time"})
_QUERIES = (ArtifactKind.SQL, ArtifactKind.PLAN)
_ABOUT_TIME = ("PERF", "DB")
_WRONG = ("SEC", "QUA", "KOR", "OPS")
_OF_CODE = ("performance", "quality", "security")
"""The experts whose rules read source code."""
_ERROR = re.compile(r"[A-Za-z]\w+(?:Exception|Error)\b|\b(?:error|fatal|panic):", re.IGNORECASE)
"""A question that holds an error message is about that error, whatever else stands in the code beside it."""
_BEARS = 0.3
"""From this share of the best page's score, a finding in a file is about what is asked."""
_ANSWERS = 0.15
"""A page's share of the possible score from which it answers the question whatever else was seen in the case."""


def ordered(made: Iterable[Advice], case: Case, hits: Sequence[Hit], knowledge: Knowledge) -> tuple[Advice, ...]:
    """What was asked for first, then what was proved or seen, then general advice; within these the most beneficial.

    What was seen in code or SQL that only illustrates a question stands behind the page that answers the question.
    A question that says nothing of its own is about what was seen; so is one of slowness, about queries and plans.
    """
    advices = tuple(made)
    several = any(advice.part for advice in advices)
    answers = hits and hits[0].confident and hits[0].score >= _ANSWERS and not several
    answers = answers and not (hits and _was_looked_for(case, hits[0], advices))
    leading = hits[0] if answers and (not says_little(case) or attached(case)) else None
    near = {hit.playbook.cause for hit in hits if leading is not None and hit.score >= NEAR * leading.score}
    about_security = _SECURITY.search(case.question) is not None
    says_slow = _SLOW.search(_SETTING.sub(" ", case.question)) is not None
    about_time = says_slow or any(figure.about in _LATENCY for figure in case.figures)
    shows_patch = any(one.added for one in case.artifacts) and says_little(case)
    about_anything = not about_time and (shows_patch or _REVIEW.search(case.question) is not None)
    queries = {one.name for one in case.of_kind(*_QUERIES)} if about_time else set()
    bearing = _bearing(case, hits) if leading is not None or (hits and several) else set()
    files = {one.name for one in case.artifacts if one.origin == "file"}
    files_of_code = {one.name for one in case.artifacts if one.kind in (*SOURCE_CODE, *_QUERIES, ArtifactKind.DDL)}

    def on_the_question(advice: Advice, leading: Hit) -> bool:
        likely = [finding for finding in advice.findings if _is_likely_wrong(finding)]
        # Whoever says that it is slow confirms what was only suspected; who states a time, not yet.
        slow = about_time and advice.codes[0].startswith(_ABOUT_TIME) and advice.severity is not Severity.NOTE
        if slow and (says_slow or likely) and any(finding.location.artifact in files for finding in advice.findings):
            return True
        if any(finding.location.artifact in queries for finding in likely):
            return True
        if any(f.location.artifact in files for f in likely) and not bearing.isdisjoint(advice.codes):
            return True
        return _on_the_question(advice, leading, near, knowledge)

    def place(advice: Advice) -> tuple[int, float, tuple[str, ...]]:
        surely = any(map(_is_surely_wrong, advice.findings))
        if (about_security and advice.findings and advice.codes[0].startswith("SEC")) or (about_anything and surely):
            return (0, -advice.benefit, advice.codes)
        if about_anything and _is_of_code(advice):
            # Who asks for a review wants to know what is wrong before what could be faster.
            return (0, 1000 - advice.benefit, advice.codes)
        if (
            several
            and advice.findings
            and not advice.part
            and not files_of_code & {f.location.artifact for f in advice.findings}
        ):
            return (1 if hits and on_the_question(advice, hits[0]) else 3, -advice.benefit, advice.codes)
        if leading is None or advice.proofs:
            aside = about_time and not several and not advice.proofs and not advice.codes[0].startswith(_ABOUT_TIME)
            return (2 if aside else 1, -advice.benefit, advice.codes)
        if leading.playbook.code in advice.codes:
            return (1 if advice.findings else 2, -advice.benefit, advice.codes)
        aside = not advice.findings or not on_the_question(advice, leading)
        return (3 if aside else 1, -advice.benefit, advice.codes)

    return tuple(sorted(advices, key=place))


def _was_looked_for(case: Case, hit: Hit, advices: Sequence[Advice]) -> bool:
    """Whether a page tells of a defect that the files would have shown, where they show another."""
    files = {one.name for one in case.artifacts if one.origin == "file" and one.kind in SOURCE_CODE}
    found = [one for advice in advices for one in advice.findings if one.location.artifact in files]
    if not hit.playbook.is_rule or hit.playbook.expert not in _OF_CODE or not any(map(_is_likely_wrong, found)):
        return False
    return not any(hit.playbook.code in advice.codes and advice.findings for advice in advices)


def _bearing(case: Case, hits: Sequence[Hit]) -> set[str]:
    """The pages that have to do with what is asked, where a finding in a file of theirs is its likely cause."""
    if _ERROR.search(case.question):
        return set()
    return {hit.playbook.code for hit in hits if hit.score >= _BEARS * hits[0].score}


def _on_the_question(advice: Advice, leading: Hit, near: set[str], knowledge: Knowledge) -> bool:
    if all(finding.confidence is Confidence.LOW for finding in advice.findings):
        return False
    pages = [knowledge.playbooks[code] for code in advice.codes]
    return any(
        page.cause in near or leading.playbook.code in page.related or page.code in leading.playbook.related
        for page in pages
    )


def _is_of_code(advice: Advice) -> bool:
    """Whether code is likely wrong, as security or quality have it; what was measured is about speed."""
    return not advice.proofs and advice.codes[0].startswith(_WRONG) and any(map(_is_likely_wrong, advice.findings))


def _is_likely_wrong(finding: Finding) -> bool:
    return finding.severity is not Severity.NOTE and finding.confidence is not Confidence.LOW


def _is_surely_wrong(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and finding.confidence is Confidence.HIGH
