"""Pieces of a case that do not belong together."""

import re
from collections.abc import Iterator, Set

from backend_advisor.model import ArtifactKind, Case, PlanNode
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""
_WORD = re.compile(r"\w+")
_NAMED = 3
_TELLING = 3
"""Shorter beginnings, such as an alias, tell nothing."""


def other_plans(case: Case) -> Iterator[str]:
    """For each plan none of whose tables stands in the SQL that came with it, a sentence that says so."""
    statements = case.of_kind(ArtifactKind.SQL, ArtifactKind.DDL)
    plans = case.of_kind(ArtifactKind.PLAN)
    if not statements or not plans:
        return
    from backend_advisor.sql.plan import read_plan  # few cases hold a plan

    words = {word.lower() for one in statements for word in _WORD.findall(one.text)}
    for plan in plans:
        root = read_plan(plan.text).root
        tables = list(dict.fromkeys(_relations(root))) if root is not None else []
        if tables and not any(_mentioned(table.lower(), words) for table in tables):
            named = ", ".join(tables[:_NAMED])
            yield phrase(_PACKAGE, case.language, "other_plan", plan=plan.name, tables=named)


def _mentioned(table: str, words: Set[str]) -> bool:
    """Whether the words hold the table's name, or its beginning: partitions are named after their table."""
    return any(table[:length] in words for length in range(min(_TELLING, len(table)), len(table) + 1))


def _relations(root: PlanNode) -> Iterator[str]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.relation:
            yield node.relation
        pending.extend(node.children)
