"""Bring what the user's own server says into the case: schema, statistics and estimated plans, as artifacts."""

from dataclasses import replace

from backend_advisor.experts.database.workload import workload_of
from backend_advisor.lab.errors import LabError
from backend_advisor.lab.postgres.limits import refusal
from backend_advisor.lab.postgres.remote import read_remote
from backend_advisor.model import Artifact, ArtifactKind, Case, Technology, Unread
from backend_advisor.phrases import phrase
from backend_advisor.sql.inference import infer

SOURCE = "dsn"
_PACKAGE = __package__ or ""


def with_production(case: Case, dsn: str) -> Case:
    """The case with what the server says of the tables of its queries; a server that cannot be read is named."""
    work = workload_of(case)
    queries = [statement for statement in work.queries if statement.is_query and refusal(statement) is None]
    tables = list(infer(queries, work.schema).tables)
    try:
        remote = read_remote(dsn, tables, [statement.text for statement in queries])
    except LabError as error:
        reason = phrase(_PACKAGE, case.language, "unread_dsn", message=str(error))
        return replace(case, unread=(*case.unread, Unread(name=SOURCE, reason=reason)))
    found = [
        Artifact(name=f"{SOURCE}:schema.sql", kind=ArtifactKind.DDL, text=remote.ddl, dialect="postgres"),
        Artifact(name=f"{SOURCE}:statistics.json", kind=ArtifactKind.STATISTICS, text=remote.statistics),
    ]
    found += [
        Artifact(name=f"{SOURCE}:plan-{number}.json", kind=ArtifactKind.PLAN, text=plan)
        for number, plan in enumerate(remote.plans, 1)
    ]
    stack = tuple(technology for technology in case.stack if technology.id != "postgresql")
    server = Technology(id="postgresql", name="PostgreSQL", category="database", version=remote.version.split(" ")[0])
    given = tuple(artifact for artifact in found if artifact.text.strip())
    return replace(case, artifacts=case.artifacts + given, stack=(*stack, server))
