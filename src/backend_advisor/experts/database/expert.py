"""The database expert: reviews queries, schemas and plans, and proves what can be proved on a real server."""

from collections.abc import Sequence, Set
from dataclasses import replace

import msgspec

from backend_advisor.experts import Examination, Terms
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import SOURCE_CODE, ArtifactKind, Case, ExpertName, Proof, Unknown

_OURS = (ArtifactKind.SQL, ArtifactKind.DDL, ArtifactKind.PLAN)


def gather(case: Case, terms: Terms) -> Case:
    """Take the SQL and the migrations out of the case's code, and read the asker's own server when an address is
    given."""
    if any(artifact.kind in SOURCE_CODE for artifact in case.artifacts):
        from backend_advisor.experts.database.embedded import sql_in_code
        from backend_advisor.experts.database.migration_code.gathering import changes_in_code

        case = replace(case, artifacts=case.artifacts + sql_in_code(case) + changes_in_code(case))
    if terms.dsn is None:
        return case
    from backend_advisor.experts.database.production import with_production

    return with_production(case, terms.dsn)


def examine(case: Case, knowledge: Knowledge, terms: Terms) -> Examination:
    """Run every detector over the case's SQL and plans."""
    if not case.of_kind(*_OURS):
        return Examination()
    from backend_advisor.rules.remembered import kept

    # The SQL parser is most of the start-up time; most questions hold no SQL, most reviews what was reviewed before.
    def examined() -> Examination:
        from backend_advisor.experts.database.examination import examine_case

        return examine_case(case, knowledge, terms)

    purpose = msgspec.json.encode(["database", case.language, case.question, case.figures, case.stack, terms.rows])
    return kept(purpose.decode(), case.artifacts, Examination, examined)


def prove(case: Case, terms: Terms) -> Sequence[Proof]:
    """Measure the case's queries before and after, and what its migrations lock, on a server made for it."""
    if not terms.prove or not case.of_kind(ArtifactKind.SQL, ArtifactKind.DDL):
        return ()
    from backend_advisor.experts.database.migrating import prove_changes
    from backend_advisor.experts.database.proving import prove_queries
    from backend_advisor.experts.database.workload import workload_of

    work = workload_of(case)
    return (*prove_queries(case, work, terms), *prove_changes(case, work, terms))


def unknowns(case: Case, advising: Set[ExpertName], terms: Terms) -> Sequence[Unknown]:
    """What would make the advice on this case's queries surer; nothing where other experts answer."""
    if advising and not advising & {"database", "performance"}:
        return ()
    from backend_advisor.experts.database.questions import open_questions

    return open_questions(case, terms.rows)
