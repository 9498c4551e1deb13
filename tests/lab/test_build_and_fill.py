"""Tables made from DDL hold what the DDL says, and rows that fit it."""

import re

import pytest

from backend_advisor.lab.errors import QueryFailed
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.fill import Wish, fill
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import statements

DDL = """
CREATE TABLE orders (id uuid DEFAULT uuid_generate_v4() PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id),
  total numeric(10, 2) CHECK (total >= 0), amount positive);
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(100) UNIQUE NOT NULL, mood mood, created_at timestamptz,
  status text CHECK (status IN ('open', 'shut')), name text, loud text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int;
CREATE TABLE events (id bigint, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1999 PARTITION OF events FOR VALUES FROM ('1999-01-01') TO ('2000-01-01');
CREATE INDEX ON users (status);
"""
ROWS = {"users": 2000, "orders": 5000, "events": 100}


def schema_of(ddl: str) -> Schema:
    return read_ddl(statements(Artifact(name="schema.sql", kind=ArtifactKind.DDL, text=ddl)))


def test_ddl_in_any_order_is_built_and_filled(database: Database) -> None:
    built = build(database, schema_of(DDL))
    assert built.refused == ()
    assert set(built.tables) == {"users", "orders", "events", "events_1999"}
    wish = Wish("users", "created_at", "range", ("'2024-01-01'",), 0.3)
    assert fill(database, ROWS, [wish]).rows == ROWS
    share, moods, statuses = database.execute(
        "SELECT count(*) FILTER (WHERE created_at > '2024-01-01')::float8 / count(*), count(DISTINCT mood), "
        "count(DISTINCT status) FROM users"
    ).rows[0]
    assert share == pytest.approx(0.3, abs=0.02)
    assert (moods, statuses) == (2, 2)
    orphans = "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = o.user_id)"
    assert database.execute(orphans).rows == [(0,)]


def test_constraints_hold_as_given(database: Database) -> None:
    build(database, schema_of(DDL))
    with pytest.raises(QueryFailed) as failure:
        database.execute("INSERT INTO users (email, status) VALUES ('a', 'other')")
    assert failure.value.sqlstate == "23514"


def test_the_same_rows_on_every_run(database: Database) -> None:
    build(database, schema_of("CREATE TABLE t (id int PRIMARY KEY, a int, b text, c uuid, d boolean)"))
    digest = "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM t"
    fill(database, {"t": 500})
    first = database.execute(digest).rows
    database.execute("TRUNCATE t")
    fill(database, {"t": 500})
    assert database.execute(digest).rows == first


@pytest.mark.parametrize(
    ("dialect", "types"),
    [
        (
            "mysql",
            "INT(11), TINYINT(1), MEDIUMINT, INT UNSIGNED, DATETIME(6), LONGTEXT, "
            "BIGINT UNSIGNED, MEDIUMBLOB, BIT(1), YEAR, ENUM('a', 'b'), DOUBLE, JSON",
        ),
        ("oracle", "NUMBER(10), NUMBER, VARCHAR2(20), CLOB, DATE, RAW(16)"),
        ("tsql", "INT, BIT, NVARCHAR(50), NVARCHAR(MAX), DATETIME2, UNIQUEIDENTIFIER, MONEY"),
        ("sqlite", "INTEGER, TEXT, REAL, BLOB, DATETIME"),
    ],
)
def test_other_dialects_are_translated(database: Database, dialect: str, types: str) -> None:
    listed = [part.strip() for part in re.split(r",(?![^(]*\))", types)]
    columns = ", ".join(f"c{number} {type_}" for number, type_ in enumerate(listed))
    text = f"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, {columns})"
    found = statements(Artifact(name="s.sql", kind=ArtifactKind.DDL, text=text), dialect)
    built = build(database, read_ddl(found))
    assert built.refused == ()
    assert fill(database, {"t": 50}).rows == {"t": 50}
