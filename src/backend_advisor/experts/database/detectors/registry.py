"""How a detector of the database expert is written and found: decorate a function with its playbook's code."""

import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from sqlglot import exp

from backend_advisor.experts.database.pending_changes import Pending
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Artifact
from backend_advisor.sql.migrations import runs_once
from backend_advisor.sql.plan import Plan
from backend_advisor.sql.schema import Schema, Table
from backend_advisor.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class QueryContext:
    """A parsed statement with what is known around it.

    `tree` is the statement as written (its nodes carry positions); `resolved` is a copy with every column tied to
    its table and every table given an alias, or None when that was not possible. `schema` holds tables from DDL
    and tables inferred from use (`Table.inferred`).
    """

    statement: Statement
    tree: exp.Expression
    resolved: exp.Expression | None
    schema: Schema

    def table_of(self, column: exp.Column) -> Table | None:
        """The table that a column of `resolved` (or an aliased column of `tree`) belongs to, when it is known."""
        scope = column.find_ancestor(exp.Select, exp.Update, exp.Delete)
        while scope is not None:
            for table in scope.find_all(exp.Table):
                if table.alias_or_name == column.table:
                    return self.schema.table(table.name)
            scope = scope.find_ancestor(exp.Select, exp.Update, exp.Delete)
        return None


@dataclass(frozen=True, slots=True)
class PlanContext:
    """A plan that the asker gave, and the statement it belongs to when one was given too.

    Made only for a plan that has a root; `plan.root` is its topmost node.
    """

    plan: Plan
    artifact: Artifact
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """The changes of tables that are still to run, and every statement of the case."""

    pending: Sequence[Pending]
    statements: Sequence[Statement]


QueryDetector = Callable[[QueryContext], Iterable[Match]]
PlanDetector = Callable[[PlanContext], Iterable[Match]]
SchemaDetector = Callable[[Schema, Sequence[Statement]], Iterable[Match]]
ChangeDetector = Callable[[ChangeContext], Iterable[Match]]

_queries: dict[str, QueryDetector] = {}
_not_in_migrations: set[str] = set()
_plans: dict[str, PlanDetector] = {}
_schemas: dict[str, SchemaDetector] = {}
_alone: set[str] = set()
_changes: dict[str, ChangeDetector] = {}


def detects_in_query(code: str, *, in_migrations: bool = True) -> Callable[[QueryDetector], QueryDetector]:
    """Register a detector that reads one statement.

    Without `in_migrations` it passes migrations over: what runs once may be slow, and the schema read from all
    migrations together is not the one that an early one met.
    """

    def register(detector: QueryDetector) -> QueryDetector:
        _queries[code] = detector
        if not in_migrations:
            _not_in_migrations.add(code)
        return detector

    return register


def detects_in_plan(code: str) -> Callable[[PlanDetector], PlanDetector]:
    """Register a detector that reads one plan."""

    def register(detector: PlanDetector) -> PlanDetector:
        _plans[code] = detector
        return detector

    return register


def detects_in_schema(code: str, *, alone: bool = False) -> Callable[[SchemaDetector], SchemaDetector]:
    """Register a detector that reads the schema and all statements of the case together.

    `alone` tells that what it sees in a statement holds whatever else the schema is, so that it reads the changes of
    tables too that migrations in code make, of which the schema is not known.
    """

    def register(detector: SchemaDetector) -> SchemaDetector:
        _schemas[code] = detector
        if alone:
            _alone.add(code)
        return detector

    return register


def detects_in_changes(code: str) -> Callable[[ChangeDetector], ChangeDetector]:
    """Register a detector that reads the changes of tables that are still to run."""

    def register(detector: ChangeDetector) -> ChangeDetector:
        _changes[code] = detector
        return detector

    return register


@cache
def _load() -> None:
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")


def query_detectors() -> dict[str, QueryDetector]:
    """Every registered query detector by its playbook's code, in order of code."""
    _load()
    return dict(sorted(_queries.items()))


def detectors_for(statement: Statement) -> dict[str, QueryDetector]:
    """The query detectors that apply where this statement stands."""
    every = query_detectors()
    if not runs_once(statement):
        return every
    return {code: detector for code, detector in every.items() if code not in _not_in_migrations}


def plan_detectors() -> dict[str, PlanDetector]:
    """Every registered plan detector by its playbook's code, in order of code."""
    _load()
    return dict(sorted(_plans.items()))


def schema_detectors() -> dict[str, SchemaDetector]:
    """Every registered schema detector by its playbook's code, in order of code."""
    _load()
    return dict(sorted(_schemas.items()))


def holds_alone(code: str) -> bool:
    """Whether what a schema detector sees in a statement holds whatever else the schema is."""
    return code in _alone


def change_detectors() -> dict[str, ChangeDetector]:
    """Every registered detector of changes by its playbook's code, in order of code."""
    _load()
    return dict(sorted(_changes.items()))
