"""Run the detectors over a case's queries, schemas and plans."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from backend_advisor.code.files import is_test, places_in_tree
from backend_advisor.experts import Examination, Terms
from backend_advisor.experts.database.detectors.registry import (
    ChangeContext,
    PlanContext,
    change_detectors,
    holds_alone,
    plan_detectors,
    schema_detectors,
)
from backend_advisor.experts.database.misplaced import without_misplaced_fixes
from backend_advisor.experts.database.parallel import query_matches
from backend_advisor.experts.database.pending_changes import is_change_in_code, is_read_apart
from backend_advisor.experts.database.unread import unread_statements
from backend_advisor.experts.database.workload import Workload, stated_rows, workload_of
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Failures, Match, finding
from backend_advisor.model import ArtifactKind, Case, Confidence, Unread
from backend_advisor.phrases import phrase
from backend_advisor.sql.migrations import runs_once
from backend_advisor.sql.plan import read_plan

_PLANS = "backend_advisor.sql.plan"


def examine_case(case: Case, knowledge: Knowledge, terms: Terms) -> Examination:
    """Run every detector over the case's SQL and plans."""
    work = workload_of(case)
    work = work.with_rows(stated_rows(case, terms.rows, list(work.schema.tables)))
    unread: list[Unread] = [*unread_statements(work, case.language)]
    failures = Failures()
    matches = _matches(case, work, unread, failures)
    tests = frozenset(one.name for path, one in places_in_tree(case.artifacts).items() if is_test(path))
    history = frozenset(one.artifact.name for one in (*work.definitions, *work.queries) if runs_once(one))
    found = [
        finding(knowledge.playbooks[code], _not_rewritten(_weighed(match, tests), history), case.language)
        for code, match in matches
    ]
    found = list(without_misplaced_fixes(case, found))
    return Examination(findings=tuple(found), unread=(*unread, *failures.unread(case.language)))


def _weighed(match: Match, tests: Collection[str]) -> Match:
    """What a test does to its own few rows is only noted."""
    return replace(match, confidence=Confidence.LOW) if match.location.artifact in tests else match


def _not_rewritten(match: Match, history: Collection[str]) -> Match:
    """A migration that has run keeps its text, whose checksum tools compare: what mends it is shown, never applied."""
    in_history = any(edit.location.artifact in history for edit in match.edits)
    return replace(match, applicability="display") if in_history else match


def _matches(case: Case, work: Workload, unread: list[Unread], failures: Failures) -> Iterator[tuple[str, Match]]:
    yield from query_matches(work, failures)
    everything = [*work.definitions, *work.queries]
    changes = ChangeContext(work.pending(case.question), [*everything, *work.changes])
    in_code = [
        change.statement
        for change in changes.pending
        if change.for_postgres is not None and is_change_in_code(change.statement.artifact)
    ]
    alone = [*(one for one in everything if not is_read_apart(one)), *in_code]
    for code, schema_detector in schema_detectors().items():
        read = alone if holds_alone(code) else everything
        yield from ((code, match) for match in failures.noting(code, schema_detector(work.schema, read)))
    for code, change_detector in change_detectors().items():
        yield from ((code, match) for match in failures.noting(code, change_detector(changes)))
    yield from _plan_matches(case, work, unread, failures)


def _plan_matches(case: Case, work: Workload, unread: list[Unread], failures: Failures) -> Iterator[tuple[str, Match]]:
    statement = work.queries[0] if len(work.queries) == 1 else None
    for artifact in case.of_kind(ArtifactKind.PLAN):
        plan = read_plan(artifact.text)
        for problem in plan.problems:
            reason = phrase(_PLANS, case.language, problem.kind, line=problem.line or 1, detail=problem.detail)
            unread.append(Unread(name=artifact.name, reason=reason))
        if plan.root is None:
            continue
        context = PlanContext(plan, artifact, statement)
        for code, detector in plan_detectors().items():
            yield from ((code, match) for match in failures.noting(code, detector(context)))
