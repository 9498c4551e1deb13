"""Statements so large that resolving their columns would take longer than anyone waits."""

import pytest

from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.inference import infer
from backend_advisor.sql.schema import Schema, qualified
from backend_advisor.sql.statement import statements

HUGE = {
    "conditions": "SELECT * FROM t WHERE " + " AND ".join(f"a{i} = {i}" for i in range(8_000)),
    "unions": " UNION ALL ".join(f"SELECT a FROM t{i}" for i in range(8_000)),
    "joins": "SELECT * FROM t " + " ".join(f"JOIN t{i} ON t.a = t{i}.a" for i in range(3_000)),
    "tables": "SELECT b FROM " + ", ".join(f"t{i}" for i in range(3_000)) + " WHERE "
    + " AND ".join(f"a{i} = {i}" for i in range(3_000)),
}  # fmt: skip


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_huge_statements_are_inferred_unresolved(text: str) -> None:
    found = statements(Artifact(name="q.sql", kind=ArtifactKind.SQL, text=text))
    assert [qualified(statement, Schema()) for statement in found] == [None]
    schema = infer(found, Schema())
    assert schema.tables
