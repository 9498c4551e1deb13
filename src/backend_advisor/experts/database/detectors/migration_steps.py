"""Changes after which servers of the release before fail: DB310."""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from backend_advisor.experts.database.detectors.pending_changes import actions_of, pending_changes
from backend_advisor.experts.database.detectors.registry import detects_in_schema
from backend_advisor.knowledge.detection import Match
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement


@detects_in_schema("DB310")
def renamed_in_one_step(_: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """A column or table that takes a new name while servers still ask for the old one."""
    for change in pending_changes(statements, of_any_product=True):
        for action in actions_of(change.statement):
            if isinstance(action, exp.RenameColumn):
                yield Match(
                    location=change.statement.location(action),
                    values={"old": f"{change.table}.{action.this.name}", "new": action.args["to"].name},
                    confidence=change.confidence,
                )
            elif isinstance(action, exp.AlterRename):
                yield Match(
                    location=change.statement.location(),
                    values={"old": change.table, "new": action.name},
                    confidence=change.confidence,
                )
