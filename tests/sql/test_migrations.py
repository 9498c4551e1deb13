"""A schema is what migrations leave standing."""

import pytest

from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.migrations import is_named, runs_once, undoes
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement, statements


def read(text: str, name: str = "a.sql") -> list[Statement]:
    return statements(Artifact(name=name, kind=ArtifactKind.DDL, text=text))


def schema(text: str) -> Schema:
    return read_ddl(read(text))


def test_renames_drops_and_changed_types_are_followed() -> None:
    known = schema(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b timestamp NOT NULL, c int);"
        "CREATE INDEX t_a ON t (a); CREATE INDEX t_c ON t (c); CREATE TABLE u (t_id int REFERENCES t (id));"
        "ALTER TABLE t RENAME COLUMN a TO d; ALTER TABLE t RENAME c TO e;"
        "ALTER TABLE t ALTER COLUMN b TYPE timestamptz;"
        "ALTER TABLE t ALTER COLUMN b DROP NOT NULL; ALTER TABLE t RENAME TO s; DROP INDEX t_c;"
    )
    table = known.table("s")
    assert table is not None and known.table("t") is None
    assert [(c.name, c.type, c.nullable) for c in table.columns] == [
        ("id", "int", False),
        ("d", "text", True),
        ("b", "timestamptz", True),
        ("e", "int", True),
    ]
    assert [(i.name, i.table, i.keys) for i in known.indexes if not i.constraint] == [("t_a", "s", ("d",))]
    (reference,) = known.tables["u"].foreign_keys
    assert reference.table == "s"


def test_a_dropped_table_leaves_nothing_to_build() -> None:
    known = schema("CREATE TABLE t (id int); CREATE INDEX t_id ON t (id); DROP TABLE IF EXISTS t CASCADE;")
    assert not known.tables
    assert not known.statements


def test_names_fold_their_case() -> None:
    known = schema("CREATE TABLE Visits (ID int); CREATE INDEX visits_id ON VISITS (id);")
    table = known.table("visits")
    assert table is not None
    assert table.column("id") is not None
    assert known.indexes[0].table == table.name


def test_columns_that_two_files_create_differently_are_guesses() -> None:
    first = read("CREATE TABLE t (id int PRIMARY KEY, a text);", "one/schema.sql")
    second = read("CREATE TABLE t (id int, a int, PRIMARY KEY (a));", "two/schema.sql")
    known = read_ddl([*first, *second])
    assert [(c.name, c.inferred) for c in known.tables["t"].columns] == [("id", False), ("a", True)]
    assert {index.keys for index in known.indexes} == {("id",), ("a",)}


@pytest.mark.parametrize(
    ("name", "text", "back"),
    [
        ("migrations/1_x/down.sql", "DROP TABLE t;", True),
        ("0001_x.down.sql", "DROP TABLE t;", True),
        ("0001_x.up.sql", "DROP TABLE t;", False),
        ("db/U2__x.sql", "DROP TABLE t;", True),
        ("countdown.sql", "DROP TABLE t;", False),
        ("x.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE t;", True),
        ("x.sql", "-- migrate:down\nSELECT 1;\n-- migrate:up\nDROP TABLE t;", False),
    ],
)
def test_the_way_back_is_told_by_name_and_marks(name: str, text: str, back: bool) -> None:
    assert undoes(read(text, name)[-1]) is back


def test_migrations_run_once_and_named_queries_alone() -> None:
    assert runs_once(read("SELECT 1;", "db/migrations/x.sql")[0])
    assert runs_once(read("SELECT 1;", "V12__add.sql")[0])
    assert not runs_once(read("SELECT 1;", "queries/users.sql")[0])
    assert is_named(read("-- name: GetUser :one\nSELECT 1;")[0])
    assert not is_named(read("-- the name: of it\nSELECT 1;")[0])
