"""Tables made from DDL hold what the DDL says, and rows that fit it."""

import re

import pytest

from backend_advisor.lab.errors import QueryFailed
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.fill import fill
from backend_advisor.lab.postgres.values import Wish
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


CHECKED = """
CREATE DOMAIN share AS numeric(5, 2) CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE TABLE shops (id int PRIMARY KEY, rating smallint CHECK (rating BETWEEN 1 AND 5), discount share NOT NULL,
  code char(6) UNIQUE CHECK (length(code) = 6), price numeric(10, 2) CHECK (price > 0), debt int CHECK (debt < 0),
  stars numeric(3, 2), opened_on date CHECK (opened_on >= '2020-01-01' AND opened_on < '2021-01-01'),
  starts_at timestamptz, ends_at timestamptz, kind text CHECK (kind = 'a' OR kind = 'b'),
  level int CHECK (level IN (1, 2, 3)), a text, b text, title text CHECK (char_length(title) <= 5),
  note varchar(20) CHECK (length(note) >= 15), wait interval, address inet, numbers int[], span int4range,
  CHECK (ends_at > starts_at), CHECK (a IS NOT NULL OR b IS NOT NULL));
"""


def test_rows_meet_the_checks(database: Database) -> None:
    assert build(database, schema_of(CHECKED)).refused == ()
    wishes = [
        Wish("shops", "rating", "range", ("3",), 0.25),
        Wish("shops", "price", "range", ("100",), 0.2),
        Wish("shops", "debt", "range", ("-10",), 0.5, below=True),
    ]
    filling = fill(database, {"shops": 20_000}, wishes)
    assert filling.rows == {"shops": 20_000}
    assert "dropped" not in [note.key for note in filling.notes]
    share = "avg(CASE WHEN {} THEN 1 ELSE 0 END)::float8"
    found = database.execute(
        f"SELECT {share.format('rating > 3')}, {share.format('price > 100')}, {share.format('debt < -10')}, "
        "count(DISTINCT rating), count(DISTINCT level), count(DISTINCT kind), count(DISTINCT stars) > 100, "
        "count(DISTINCT opened_on) FROM shops"
    ).rows[0]
    assert found[:3] == (pytest.approx(0.25, abs=0.02), pytest.approx(0.2, abs=0.02), pytest.approx(0.5, abs=0.02))
    assert found[3:] == (5, 3, 2, True, 366)


def test_a_check_that_cannot_be_met_is_dropped_and_named(database: Database) -> None:
    ddl = """CREATE DOMAIN shouted AS text CHECK (VALUE ~ '^[A-Z]+$');
    CREATE TABLE t (id int PRIMARY KEY, word text CONSTRAINT odd CHECK (word ~ '^z+$'), loud shouted)"""
    build(database, schema_of(ddl))
    filling = fill(database, {"t": 100})
    assert filling.rows == {"t": 100}
    dropped = next(note for note in filling.notes if note.key == "dropped")
    assert dropped.values["names"] == "shouted.shouted_check, t.odd"


PARTITIONED = """
CREATE TABLE visits (id bigint, at timestamptz, shop int, PRIMARY KEY (id, at, shop)) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2019-01-01') TO ('2019-02-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2019-02-01') TO ('2019-03-01') PARTITION BY LIST (shop);
CREATE TABLE visits_2a PARTITION OF visits_2 FOR VALUES IN (1, 2);
CREATE TABLE visits_2b PARTITION OF visits_2 FOR VALUES IN (3, 4);
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
CREATE TABLE sales (id int, region text) PARTITION BY LIST (region);
CREATE TABLE sales_asia PARTITION OF sales FOR VALUES IN ('kr', 'it''s');
CREATE TABLE sales_us PARTITION OF sales FOR VALUES IN ('us', NULL);
CREATE TABLE items (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE items_low PARTITION OF items FOR VALUES FROM (MINVALUE) TO (5000);
CREATE TABLE items_high PARTITION OF items FOR VALUES FROM (5000) TO (MAXVALUE);
CREATE TABLE users (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE users_0 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE users_1 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE logs (id int, at date) PARTITION BY RANGE (at);
"""


def test_rows_are_spread_over_the_declared_partitions(database: Database) -> None:
    assert build(database, schema_of(PARTITIONED)).refused == ()
    names = ("visits", "sales", "items", "users", "logs")
    filling = fill(database, dict.fromkeys(names, 1000))
    assert filling.rows == dict.fromkeys(names, 1000)
    counts: dict[str, int] = {}
    for name in names:
        statement = f"SELECT tableoid::regclass::text, count(*) FROM {name} GROUP BY 1"
        counts.update(dict(database.execute(statement).rows))
    assert counts["visits_1"] == counts["items_low"] == counts["items_high"] == 500
    assert counts["logs_advisor_rest"] == 1000
    assert "visits_rest" not in counts
    for pair in (("visits_2a", "visits_2b"), ("users_0", "users_1")):
        assert min(counts[name] for name in pair) > 0.4 * sum(counts[name] for name in pair)
    assert counts["sales_us"] > 250
    assert [(note.key, note.values["table"]) for note in filling.notes] == [
        ("ranges", "visits"), ("lists", "visits"), ("lists", "sales"), ("ranges", "items"), ("rest", "logs"),
    ]  # fmt: skip


def test_a_partition_can_be_filled_alone(database: Database) -> None:
    build(database, schema_of(PARTITIONED))
    assert fill(database, {"visits_2": 100}).rows == {"visits_2": 100}
    assert fill(database, {"sales_us": 10}).rows == {"sales_us": 10}


def test_what_is_assumed_of_the_values_is_said(database: Database) -> None:
    ddl = """CREATE TABLE a (id int PRIMARY KEY, at timestamptz, n int, status text, deleted_at timestamptz);
    CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a (id))"""
    build(database, schema_of(ddl))
    keys = [one.key for one in fill(database, {"a": 10, "b": 10}).values]
    assert keys == ["links", "states", "numbers", "times", "nulls", "markers"]
    database.execute("TRUNCATE a, b")
    assert [one.key for one in fill(database, {"b": 10}).values] == ["numbers", "nulls"]
