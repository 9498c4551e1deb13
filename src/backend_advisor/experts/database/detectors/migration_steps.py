"""Changes after which servers of the release before fail: DB310."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.registry import ChangeContext, detects_in_changes
from backend_advisor.experts.database.pending_changes import actions_of
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence

_NO_TABLES = ("_seq", "_pkey")
"""What sequences and indexes are called: PostgreSQL renames them by ALTER TABLE too."""


@detects_in_changes("DB310")
def renamed_in_one_step(context: ChangeContext) -> Iterator[Match]:
    """A column or table that takes a new name while servers still ask for the old one."""
    for change in context.pending:
        for action in actions_of(change.statement):
            if isinstance(action, exp.RenameColumn):
                yield Match(
                    location=change.statement.location(action),
                    values={"old": f"{change.table}.{action.this.name}", "new": action.args["to"].name},
                    confidence=Confidence.MEDIUM,
                )
            elif isinstance(action, exp.AlterRename) and not change.table.endswith(_NO_TABLES):
                yield Match(
                    location=change.statement.location(),
                    values={"old": change.table, "new": action.this.name},
                    confidence=Confidence.MEDIUM,
                )
