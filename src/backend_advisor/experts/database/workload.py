"""The SQL of a case: its schema, its statements and plans, and the row counts that the asker stated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from backend_advisor.experts.database.detectors.registry import QueryContext
from backend_advisor.experts.database.homes import Homes
from backend_advisor.experts.database.pending_changes import Pending, is_change_in_code, pending_changes
from backend_advisor.model import Artifact, ArtifactKind, Case, Figure, Language
from backend_advisor.sql.ddl import is_ddl, read_ddl
from backend_advisor.sql.inference import infer
from backend_advisor.sql.migrations import undoes
from backend_advisor.sql.schema import Schema, qualified
from backend_advisor.sql.statement import Statement, statements

_DIALECT_OF = {
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "oracle": "oracle",
    "mssql": "tsql",
}


@dataclass(frozen=True)
class Workload:
    """The statements of a case by what they are. `schema` holds what DDL defines, nothing inferred.

    `changes` are those that the newest migrations in code make: pieces of a schema, which define none.
    """

    dialect: str
    definitions: tuple[Statement, ...]
    queries: tuple[Statement, ...]
    broken: tuple[Statement, ...]
    changes: tuple[Statement, ...]
    schema: Schema

    @cached_property
    def homes(self) -> Homes:
        """The schema as each folder sees it."""
        return Homes([one for one in self.definitions if not undoes(one)], self.schema)

    def with_rows(self, rows: Mapping[str, int]) -> "Workload":
        """The same workload with row counts set in its schema."""
        return replace(self, schema=self.schema.with_rows(rows))

    def pending(self, question: str) -> list[Pending]:
        """The changes of tables that are still to run."""
        return pending_changes([*self.definitions, *self.queries, *self.changes], question.strip())

    def context(self, statement: Statement) -> QueryContext | None:
        """What detectors look at; None when the statement has no tree."""
        if statement.tree is None:
            return None
        schema = infer([statement], self.homes.schema_for(statement))
        return QueryContext(statement, statement.tree, qualified(statement, schema), schema)


def dialects_of(case: Case) -> set[str]:
    """The dialects of the databases that are stated."""
    return {_DIALECT_OF[technology.id] for technology in case.stack if technology.id in _DIALECT_OF}


def dialect_of(case: Case) -> str | None:
    """The dialect of the stated database; None when none or several are stated."""
    stated = dialects_of(case)
    return stated.pop() if len(stated) == 1 else None


@lru_cache(maxsize=4)
def read_workload(artifacts: tuple[Artifact, ...], dialect: str | None) -> Workload:
    """Cut every SQL artifact into statements and read the schema that their DDL defines.

    The way back of a migration defines nothing: what it undoes is what stands.
    """
    every = [statement for artifact in artifacts for statement in statements(artifact, artifact.dialect or dialect)]
    found = [one for one in every if not is_change_in_code(one.artifact)]
    definitions = tuple(statement for statement in found if is_ddl(statement))
    return Workload(
        dialect=dialect or "postgres",
        definitions=definitions,
        queries=tuple(s for s in found if s.tree is not None and not is_ddl(s)),
        broken=tuple(s for s in found if s.problem is not None),
        changes=tuple(s for s in every if s.tree is not None and is_change_in_code(s.artifact)),
        schema=read_ddl([one for one in definitions if not undoes(one)]),
    )


def workload_of(case: Case) -> Workload:
    """The workload of a case."""
    return read_workload(case.of_kind(ArtifactKind.SQL, ArtifactKind.DDL), dialect_of(case))


def stated_rows(case: Case, given: Mapping[str, int], tables: Sequence[str]) -> dict[str, int]:
    """Row counts by table: those given by option first, then those the question states of a table by name.

    A count of rows that names no table ("Rows scanned: 1.2M") holds for every table without one of its own.
    """
    rows = {table: given[table] for table in tables if table in given}
    counts = [figure for figure in case.figures if figure.unit == "rows" and figure.role == "observation"]
    for figure in counts:
        for table in _named(figure, tables):
            rows.setdefault(table, int(figure.value))
    for table in tables:
        for figure in (one for one in case.figures if _is_counted(one, table)):
            rows.setdefault(table, int(figure.value))
    general = [int(figure.value) for figure in counts if not list(_named(figure, tables))]
    if general:
        for table in tables:
            rows.setdefault(table, max(general))
    return rows


def counted(rows: Mapping[str, int], language: Language) -> str:
    """Row counts by table in one line."""
    unit = "건" if language == "ko" else ""
    return ", ".join(f"{name} {count:,}{unit}" for name, count in rows.items())


def _named(figure: Figure, tables: Sequence[str]) -> Iterator[str]:
    subject = (figure.subject or "").lower()
    return (table for table in tables if table.lower() == subject)


def _is_counted(figure: Figure, table: str) -> bool:
    """Whether a figure counts what a table is named for, where it was read before the table was known: "9M orders"."""
    return figure.unit == "count" and figure.role == "observation" and figure.text.lower().endswith(f" {table.lower()}")
