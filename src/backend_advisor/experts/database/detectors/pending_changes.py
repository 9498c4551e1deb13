"""Changes of tables that a migration makes while the service runs: what the rules on their locks and steps share."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.intake.dialects import dialect_in
from backend_advisor.model import Confidence
from backend_advisor.sql.migrations import folder_and_order, runs_once, undoes
from backend_advisor.sql.statement import Statement

NEWEST = 5
"""Migrations of a folder that are judged: older ones have long run, and what they locked is history."""
_SCANNED = 20_000
_TABLE = re.compile(
    r"create\s+(?:temp(?:orary)?\s+|unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?[\w.\"]*?\"?(\w+)\"?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement that changes a table with rows, and how sure it is that PostgreSQL runs it."""

    statement: Statement
    table: str
    confidence: Confidence


def pending_changes(statements: Sequence[Statement], *, of_any_product: bool = False) -> Iterator[Pending]:
    """The ALTER TABLE and CREATE INDEX statements of the newest migrations on tables that they did not make.

    Without `of_any_product` those of PostgreSQL, surely so where a migration of the folder shows it.
    """
    folders: dict[str, dict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    asked = _asked_about(statements)
    for statement in statements:
        is_pending = runs_once(statement) or statement.artifact.name in asked
        if (of_any_product or statement.dialect == "postgres") and is_pending:
            folder, _ = folder_and_order(statement.artifact)
            folders[folder][statement.artifact.name].append(statement)
    for files in folders.values():
        newest = sorted(files, key=lambda name: folder_and_order(files[name][0].artifact)[1])[-NEWEST:]
        texts = "\n".join(statement.text for name in files for statement in files[name])[:_SCANNED]
        stated = any(files[name][0].artifact.dialect == "postgres" for name in files)
        sure = Confidence.MEDIUM if of_any_product or stated or dialect_in(texts) == "postgres" else Confidence.LOW
        made = {table for name in newest for one in files[name] for table in _made(one)}
        for name in newest:
            for statement in files[name]:
                table = _changed(statement)
                if table and table not in made and not undoes(statement):
                    yield Pending(statement, table, sure)


def _asked_about(statements: Sequence[Statement]) -> frozenset[str]:
    """The pieces of a question that only change tables: a schema would make them, and a query would ask them."""
    pieces: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.artifact.origin == "question":
            pieces[statement.artifact.name].append(statement)
    return frozenset(
        name
        for name, own in pieces.items()
        if all(_changed(one) for one in own) and any(isinstance(one.tree, exp.Alter) for one in own)
    )


def actions_of(statement: Statement) -> list[exp.Expression]:
    """What an ALTER TABLE does, one by one."""
    tree = statement.tree
    return list(tree.args.get("actions") or ()) if isinstance(tree, exp.Alter) else []


def _made(statement: Statement) -> Iterator[str]:
    if isinstance(statement.tree, exp.Create) and str(statement.tree.args.get("kind")).upper() == "TABLE":
        yield statement.tree.find(exp.Table).name  # type: ignore[union-attr]
    elif match := _TABLE.match(statement.text):
        yield match[1]


def _changed(statement: Statement) -> str:
    tree = statement.tree
    if isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
        return tree.this.name
    if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Index):
        table = tree.this.args.get("table")
        return table.name if isinstance(table, exp.Table) else ""
    return ""
