"""A user's own server is read, and only read."""

import json

import pytest

from backend_advisor.lab.errors import LabError
from backend_advisor.lab.postgres.address import SOCKET_PORT
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.remote import read_remote
from backend_advisor.lab.postgres.server import Server
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.statement import statements


def address(server: Server, database: Database) -> str:
    return f"postgresql://guest@/{database.name}?host={server.folder / 'run'}&port={SOCKET_PORT}"


def prepare(database: Database) -> None:
    database.execute("CREATE TYPE mood AS ENUM ('glad', 'it''s fine')")
    database.execute(
        "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, n int DEFAULT 3)"
    )
    database.execute(
        "CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, at timestamptz, "
        "total numeric(9, 2) CHECK (total >= 0), twice numeric GENERATED ALWAYS AS (total * 2) STORED)"
    )
    database.execute("CREATE INDEX orders_at_idx ON orders (at DESC) WHERE total > 10")
    database.execute("INSERT INTO users (n) SELECT g FROM generate_series(1, 1000) g")
    database.execute("ANALYZE users")


def test_schema_statistics_and_plans_are_read(short_server: Server, database: Database) -> None:
    prepare(database)
    found = read_remote(
        address(short_server, database),
        ["users", "orders", "nowhere"],
        ["SELECT * FROM users WHERE n = 5", "SELECT * FROM users WHERE n = $1", "SELECT broken"],
    )
    schema = read_ddl(statements(Artifact(name="d", kind=ArtifactKind.DDL, text=found.ddl)))
    assert set(schema.tables) == {"users", "orders"}
    assert schema.tables["users"].primary_key == ("id",)
    assert schema.tables["orders"].foreign_keys[0].table == "users"
    assert "orders_at_idx" in {index.name for index in schema.indexes}
    rows = {row["relname"]: row["reltuples"] for row in json.loads(found.statistics)["relations"]}
    assert rows["users"] == 1000
    assert len(found.plans) == 1
    assert json.loads(found.plans[0])[0]["Plan"]["Relation Name"] == "users"
    assert found.version == short_server.version


def test_what_was_read_can_be_built(short_server: Server, database: Database) -> None:
    from backend_advisor.lab.postgres.build import build

    prepare(database)
    found = read_remote(address(short_server, database), ["users", "orders"], [])
    schema = read_ddl(statements(Artifact(name="d", kind=ArtifactKind.DDL, text=found.ddl)))
    copy = short_server.create_database()
    built = build(copy, schema)
    copy.close()
    assert built.refused == ()
    assert set(built.tables) == {"users", "orders"}


def test_nothing_is_written_and_no_query_is_run(short_server: Server, database: Database) -> None:
    prepare(database)
    read_remote(
        address(short_server, database), ["users"], ["WITH gone AS (DELETE FROM users RETURNING 1) SELECT * FROM gone"]
    )
    assert database.admin("SELECT count(*) FROM public.users") == [(1000,)]


@pytest.mark.parametrize("dsn", ["", "mysql://a/b", "postgresql://localhost", "postgresql://u:hunter2@127.0.0.1:1/db"])
def test_an_address_that_does_not_work_is_an_error_without_the_password(dsn: str) -> None:
    with pytest.raises(LabError) as raised:
        read_remote(dsn, [], [])
    assert "hunter2" not in str(raised.value)
