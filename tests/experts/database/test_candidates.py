"""Candidate indexes: what may stand in a B-tree."""

import pytest

from backend_advisor.experts.database.remedies.candidates import candidates
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.schema import Index, qualified
from backend_advisor.sql.statement import Statement, statements


def read(sql: str) -> list[Statement]:
    return statements(Artifact(name="x", kind=ArtifactKind.SQL, text=sql))


def tried(column: str, sql: str) -> tuple[Index, ...]:
    schema = read_ddl(read(f"CREATE TABLE posts (id bigint PRIMARY KEY, author_id bigint, extra {column})"))
    tree = qualified(read(sql)[0], schema)
    assert tree is not None
    return candidates([tree], schema)


@pytest.mark.parametrize("type_", ["text", "jsonb", "bytea", "varchar", "varchar(4000)", "integer[]"])
def test_long_values_are_not_carried_along(type_: str) -> None:
    found = tried(type_, "SELECT author_id, extra FROM posts WHERE author_id = 1 ORDER BY id")
    assert found
    assert not [index for index in found if index.include]


@pytest.mark.parametrize(
    "type_", ["integer", "varchar(255)", "numeric(12,2)", "timestamptz", "boolean", "double precision"]
)
def test_short_values_are_carried_along(type_: str) -> None:
    found = tried(type_, "SELECT author_id, extra FROM posts WHERE author_id = 1 ORDER BY id")
    assert [index for index in found if index.include == ("extra",)]


def test_a_document_is_no_key_and_a_name_is() -> None:
    sql = "SELECT id FROM posts WHERE extra = 'x'"
    assert not [index for index in tried("jsonb", sql) if index.method == "btree"]
    assert [index for index in tried("text", sql) if index.keys == ("extra",)]
