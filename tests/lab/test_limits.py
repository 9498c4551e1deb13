"""A stranger's SQL stays inside its bounds: the machine, the server and the next statement survive it."""

from collections.abc import Iterator

import pytest

from backend_advisor.lab.errors import LabError, OutOfLimits, QueryFailed, TimedOut
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.limits import Limits, refusal
from backend_advisor.lab.postgres.server import Server, running
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.statement import Statement, statements

TIGHT = Limits(statement_seconds=1.0, temporary_files="50MB", memory_bytes=2 * 1024**3)

FORBIDDEN = [
    "COPY pg_class TO PROGRAM 'touch /tmp/escaped'",
    "COPY pg_class TO '/tmp/escaped'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_create(1)",
    "SELECT pg_sleep(1000000)",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION postgres_fdw",
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x.so', 'f'",
    "ALTER SYSTEM SET fsync = 'on'",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER ROLE guest SUPERUSER",
    "DROP ROLE guest",
    "CREATE DATABASE other",
    "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' AND pg_terminate_backend(pid)",
    "SELECT set_config('temp_file_limit', '-1', false)",
    "SELECT pg_reload_conf()",
    "LOAD '/tmp/x.so'",
]


@pytest.fixture(scope="module")
def tight() -> Iterator[Server]:
    with running(limits=TIGHT) as server:
        yield server


@pytest.fixture
def cell(tight: Server) -> Iterator[Database]:
    database = tight.create_database()
    yield database
    database.close()
    tight.drop_database(database.name)


def statement(text: str) -> Statement:
    return statements(Artifact(name="x", kind=ArtifactKind.SQL, text=text))[0]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_what_reaches_outside_is_denied(cell: Database, sql: str) -> None:
    with cell.session() as session, pytest.raises((QueryFailed, OutOfLimits)):
        session.run(sql)
    assert cell.admin("SELECT 1") == [(1,)]


def test_two_statements_in_one_string_are_denied(cell: Database) -> None:
    with cell.session() as session, pytest.raises(QueryFailed):
        session.run("SELECT 1; SELECT 2")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT * FROM generate_series(1, 10000000) a ORDER BY md5(a::text)",
        "SELECT " + " || ".join("repeat('x', 900000000)" for _ in range(20)),
        "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$",
    ],
    ids=["series", "recursion", "sort", "memory", "loop"],
)
def test_what_never_ends_is_ended(cell: Database, sql: str) -> None:
    with cell.session() as session, pytest.raises((TimedOut, OutOfLimits, QueryFailed)):
        session.run(sql)
    assert cell.admin("SELECT 1") == [(1,)]


def test_a_timeout_switched_off_does_not_help(cell: Database) -> None:
    with cell.session() as session:
        session.run("SELECT set_config('statement_timeout', '0', false)")
        with pytest.raises(TimedOut):
            session.run("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")


def test_triggers_of_a_stranger_run_with_the_strangers_rights(cell: Database) -> None:
    cell.execute("CREATE TABLE t (a text)")
    cell.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.a := current_user; PERFORM pg_read_file('/etc/passwd'); RETURN NEW; END $$"
    )
    cell.execute("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()")
    with pytest.raises(QueryFailed):
        cell.execute("INSERT INTO t VALUES ('x')")


def test_reading_cannot_write(cell: Database) -> None:
    cell.execute("CREATE TABLE t (a int)")
    with cell.session() as session, pytest.raises(QueryFailed):
        session.query("WITH w AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM w")
    assert cell.admin("SELECT count(*) FROM public.t") == [(0,)]


def test_measuring_a_write_takes_it_back(cell: Database) -> None:
    cell.execute("CREATE TABLE t (a int)")
    with cell.session() as session:
        session.explain("INSERT INTO t SELECT generate_series(1, 10)")
    assert cell.admin("SELECT count(*) FROM public.t") == [(0,)]


def test_rows_beyond_the_limit_are_not_fetched(cell: Database) -> None:
    with cell.session() as session:
        rows = session.query("SELECT generate_series(1, 1000000)", limit=5)
    assert (len(rows.rows), rows.truncated) == (5, True)


def test_a_nul_byte_is_an_error_of_the_statement(cell: Database) -> None:
    with cell.session() as session, pytest.raises(LabError):
        session.run("SELECT '\x00'")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("COPY t TO PROGRAM 'x'", "kind"),
        ("DO $$ BEGIN END $$", "kind"),
        ("SELECT 1 INTO t", "kind"),
        ("DROP ROLE guest", "kind"),
        ("SELECT pg_sleep(9)", "function"),
        ("SELECT pg_read_file('x')", "function"),
        ("SELECT 1 WHERE (", "unparsed"),
        ("SELECT '" + "x" * 1_100_000 + "'", "size"),
        ("SELECT 1", None),
        ("DELETE FROM t WHERE a = 1", None),
    ],
)
def test_some_kinds_are_never_run(sql: str, reason: str | None) -> None:
    assert refusal(statement(sql)) == reason
