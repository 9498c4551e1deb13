"""Make advice: findings that share a cause, with their proofs and the playbook's pages, answered in four parts."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from backend_advisor.advice.computing import applied, computed
from backend_advisor.advice.deciding import decide
from backend_advisor.advice.dialects import own_client, own_sql, own_text, own_words
from backend_advisor.advice.foreign import family_of, is_foreign_code, kin, own_lines, own_sentences
from backend_advisor.knowledge import Hit, Knowledge
from backend_advisor.knowledge.facts import Statements
from backend_advisor.knowledge.playbook import Playbook, PlaybookStep, TechnologyCode
from backend_advisor.model import (
    Advice,
    Case,
    Code,
    Confidence,
    Finding,
    Proof,
    Severity,
    SolutionStep,
    Source,
    Strength,
)
from backend_advisor.phrases import phrase

_CITATION = re.compile(r"\s*\[@([^\]\s]+)\]")
_TWICE = re.compile(r"( \[\d+\])(?:\1)+")
_SEVERITY_WEIGHT = {Severity.ERROR: 300.0, Severity.WARNING: 200.0, Severity.NOTE: 100.0}
_CONFIDENCE_WEIGHT = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.7, Confidence.LOW: 0.4}
_PROVED_BASE = 1000.0
_STRENGTHS = tuple(Strength)
_PACKAGE = __package__ or ""


@dataclass
class _Group:
    """What will become one advice: a leading playbook and all that was found or proved for its cause."""

    playbook: Playbook
    findings: list[Finding] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    relevance: float = 0.0
    part: str = ""
    seen: str = ""


def compose(
    case: Case,
    findings: Iterable[Finding],
    proofs: Iterable[Proof],
    hits: Iterable[Hit],
    knowledge: Knowledge,
    *,
    day: date,
) -> tuple[Advice, ...]:
    """One advice for each cause; facts that change are told as they are on a day."""
    groups: dict[str, _Group] = {}
    for finding in findings:
        playbook = knowledge.playbooks[finding.code]
        groups.setdefault(playbook.cause, _Group(playbook)).findings.append(finding)
    for proof in proofs:
        for code in proof.codes[:1]:
            leading = knowledge.playbooks[code]
            if proof.holds or leading.cause in groups:
                groups.setdefault(leading.cause, _Group(leading)).proofs.append(proof)
    for hit in hits:
        group = groups.setdefault(hit.playbook.cause, _Group(hit.playbook))
        group.relevance = max(group.relevance, hit.score)
        group.part = group.part or hit.part
        group.seen = group.seen or hit.seen
    return tuple(_advice(case, group, knowledge, day) for group in groups.values())


def without_result(proofs: Iterable[Proof]) -> tuple[str, ...]:
    """What was tried in vain, or could not be tried, in one sentence each."""
    return tuple(
        f"{proof.artifact}: {proof.claim}{': ' if proof.reason else ''}{proof.reason}"
        for proof in proofs
        if not proof.holds
    )


def _advice(case: Case, group: _Group, knowledge: Knowledge, day: date) -> Advice:
    page = group.playbook.pages[case.language]
    codes = dict.fromkeys([group.playbook.code, *(finding.code for finding in group.findings)])
    statements = Statements(knowledge.facts, case.language, day, case.stack)
    numbered = _Citations(knowledge, statements)
    asked = [numbered.number(line) for line in applied(group.playbook, case)]
    explained = own_sentences(own_text(page.root_cause, case.stack), case.stack, group.playbook.technologies)
    root_cause = "\n\n".join([*_observed(group), *asked, numbered.number(explained)])
    # In the order in which the parts are read, since numbers count by first appearance.
    solution = [*_changes(case, group.proofs), *_steps(case, page.solution, group.playbook.technologies, numbered)]
    diagnosis = numbered.number(own_text(page.diagnosis, case.stack))
    calculations = tuple(computed(group.playbook, case))
    return Advice(
        title=page.title,
        codes=tuple(codes),
        experts=(group.playbook.expert,),
        severity=max(
            (finding.severity for finding in group.findings),
            key=_SEVERITY_WEIGHT.__getitem__,
            default=_unfound(group),
        ),
        strength=_strength(group, is_computed=bool(calculations)),
        root_cause=root_cause,
        diagnosis=diagnosis,
        solution=tuple(solution),
        best_practices=_lines(case, page.best_practices, group.playbook.technologies, numbered),
        monitoring=_lines(case, page.monitoring, group.playbook.technologies, numbered),
        sources=numbered.sources(group.playbook.sources),
        facts=tuple(statements.told.values()),
        computed=calculations,
        decisions=tuple(
            decide(name, knowledge.guide(name), case, knowledge.sources)
            for name in knowledge.guides_of(group.playbook.code)
        ),
        part=group.part,
        findings=tuple(group.findings),
        proofs=tuple(group.proofs),
        benefit=_benefit(group),
    )


def _unfound(group: _Group) -> Severity:
    """How grave a page is where nothing was found: a note where proofs only show that nothing has to be changed."""
    harmless = bool(group.proofs) and not any(
        proof.changes or proof.before is None or proof.before.rows for proof in group.proofs
    )
    return Severity.NOTE if harmless else group.playbook.severity


def _observed(group: _Group) -> list[str]:
    """What was seen in this very case, before the general explanation."""
    claims = [proof.claim for proof in group.proofs if proof.holds]
    run = " ".join(
        " ".join(proof.before.statement.split()) for proof in group.proofs if _is_run(proof) and proof.before
    )
    messages = list(dict.fromkeys(finding.message for finding in group.findings if not _is_in(finding, run)))
    lines = [*group.seen.splitlines(), *claims, *messages]
    return ["\n".join(f"- {line}" for line in lines)] if len(lines) > 1 else lines


def _is_run(proof: Proof) -> bool:
    return proof.method == "locking" and bool(proof.holds)


def _is_in(finding: Finding, run: str) -> bool:
    """Whether a finding is about a statement of which a proof tells more than it could."""
    words = " ".join((finding.location.excerpt or "").removesuffix("…").split())
    return bool(words) and words in run


def _changes(case: Case, proofs: Sequence[Proof]) -> list[SolutionStep]:
    """What was measured, to apply and to take back; each statement once."""
    changes = {change.apply: change for proof in proofs if proof.holds for change in proof.changes}
    staged = any(proof.method == "locking" for proof in proofs)
    told = "apply_steps" if staged else "apply_estimated" if _is_estimated(proofs) else "apply_changes"
    steps = []
    for key, statements in (
        (told, list(changes)),
        ("take_back", [change.rollback for change in changes.values() if change.rollback]),
    ):
        if statements:
            code = Code(language="sql", text="\n".join(statements))
            steps.append(SolutionStep(text=phrase(_PACKAGE, case.language, key), code=(code,)))
    return steps


def _steps(
    case: Case, steps: Sequence[PlaybookStep], about: Sequence[str], numbered: "_Citations"
) -> list[SolutionStep]:
    """The playbook's steps for the stated stack; where none of the variants fits, the first one stands."""
    stack = {technology.id for technology in case.stack}
    chosen = []
    for step in steps:
        if step.technologies and stack and not stack & family_of(step.technologies):
            continue
        shown = [_shown(block, case) for block in _fitting(step.code, stack)]
        code = tuple(one for one in shown if not is_foreign_code(one.language, one.text, case.stack))
        text = own_sentences(own_words(step.text, case.stack), case.stack, about)
        chosen.append(SolutionStep(text=numbered.number(text), code=code))
    return chosen


def _lines(case: Case, lines: Sequence[str], about: Sequence[str], numbered: "_Citations") -> tuple[str, ...]:
    own = own_lines(lines, case.stack)
    return tuple(numbered.number(own_sentences(line, case.stack, about)) for line in own)


def _fitting(blocks: Sequence[TechnologyCode], stack: set[str]) -> Sequence[TechnologyCode]:
    general = [block for block in blocks if not block.technologies]
    special = [block for block in blocks if block.technologies]
    fitting = [block for block in special if stack & set(block.technologies)]
    if not fitting and special:
        family = kin(stack)
        fitting = [block for block in special if family & set(block.technologies)][:1]
    if not fitting and not general:
        fitting = special[:1]
    return [block for block in blocks if block in general or block in fitting]


def _shown(block: TechnologyCode, case: Case) -> Code:
    is_own = any(technology.id in block.technologies for technology in case.stack)
    text = own_sql(block.text, case.stack) if block.language == "sql" and not is_own else block.text
    return Code(language=block.language, text=own_client(text, block.language, case.stack))


def _strength(group: _Group, *, is_computed: bool) -> Strength:
    seen = [evidence.strength for finding in group.findings for evidence in finding.evidence]
    seen += [Strength.INFERRED] if is_computed else []
    if any(proof.holds for proof in group.proofs):
        seen.append(Strength.INFERRED if _is_estimated(group.proofs) else Strength.PROVED)
    return min(seen, key=_STRENGTHS.index, default=Strength.GENERAL)


def _is_estimated(proofs: Iterable[Proof]) -> bool:
    """Whether nothing was run: the planner alone was asked."""
    return all(proof.method == "scale_model" for proof in proofs if proof.holds)


def _benefit(group: _Group) -> float:
    """Measured gains first by their size, then what was detected by harm and certainty, then general advice."""
    gains = [proof.gain or 1.0 for proof in group.proofs if proof.holds]
    proved = _PROVED_BASE + 100.0 * math.log10(max(gains)) if gains else 0.0
    detected = max(
        (_SEVERITY_WEIGHT[f.severity] * _CONFIDENCE_WEIGHT[f.confidence] for f in group.findings), default=0.0
    )
    return round(proved + detected + 50.0 * group.relevance, 3)


class _Citations:
    """Numbers the sources of one advice in the order in which its texts cite them, and fills in facts."""

    def __init__(self, knowledge: Knowledge, statements: Statements) -> None:
        self._knowledge = knowledge
        self._statements = statements
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> str:
        """The text with each `[=id]` as the fact's value and each `[@id]` as `[n]`."""

        def replace(match: re.Match[str]) -> str:
            number = self._numbers.setdefault(match.group(1), len(self._numbers) + 1)
            return f" [{number}]"

        # A fact brings its source along; the sentence around it may cite the same one.
        return _TWICE.sub(r"\1", _CITATION.sub(replace, self._statements.fill(text)))

    def sources(self, rest: Iterable[str]) -> tuple[Source, ...]:
        """The sources cited so far, then those that the page lists besides."""
        for source in rest:
            self._numbers.setdefault(source, len(self._numbers) + 1)
        return tuple(self._knowledge.sources[source] for source in self._numbers)
