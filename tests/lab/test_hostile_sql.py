"""What a stranger's SQL must not reach: files, programs, other roles, other sessions, more than its share."""

import resource

import pytest

from backend_advisor.lab.errors import LabError, OutOfLimits, QueryFailed, TimedOut
from backend_advisor.lab.postgres import wire
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.limits import MAX_TEXT, refusal
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.statement import statements

FORBIDDEN = (
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/advisor-test'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_sleep(1e6)",
    "SELECT pg_sleep_for('1 day')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_reload_conf()",
    "SELECT * FROM pg_authid",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "DROP ROLE guest",
    "ALTER ROLE guest SUPERUSER",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "SET temp_file_limit = -1",
    "SET session_replication_role = replica",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION postgres_fdw",
    "CREATE DATABASE another",
    "CREATE ROLE another",
    "CREATE TABLESPACE another LOCATION '/tmp'",
    "CREATE FUNCTION c() RETURNS int LANGUAGE c AS '/lib/x.so', 'x'",
    "CREATE FUNCTION c() RETURNS int LANGUAGE internal AS 'pg_backend_pid'",
    "CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "LOAD '/tmp/x.so'",
    "CREATE TABLE pg_catalog.mine (a int)",
    "DELETE FROM pg_class",
    "DROP DATABASE postgres",
)


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_the_database_itself_denies(database: Database, sql: str) -> None:
    with database.session() as session, pytest.raises(QueryFailed) as failure:
        session.run(sql)
    assert failure.value.sqlstate == "42501"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b",
    ],
)
@pytest.mark.parametrize("way", ["query", "explain"])
def test_endless_queries_time_out(database: Database, sql: str, way: str) -> None:
    with database.session() as session, pytest.raises(TimedOut):
        getattr(session, way)(sql)


def test_a_session_that_switches_its_timeout_off_is_ended_from_outside(database: Database) -> None:
    with database.session() as session:
        session.run("SELECT set_config('statement_timeout', '0', false)")
        with pytest.raises(TimedOut):
            session.run("SELECT count(*) FROM generate_series(1, 1000000000000)")
    assert database.admin("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT string_agg(repeat('x', 100000000), '') FROM generate_series(1, 20)",
        "SELECT array_agg(repeat('x', 100000000)) FROM generate_series(1, 200)",
        "WITH RECURSIVE r(t) AS (SELECT 'x'::text UNION ALL SELECT t || t FROM r) SELECT count(*) FROM r",
    ],
)
def test_memory_bombs_end_and_the_server_lives(database: Database, sql: str) -> None:
    with database.session() as session, pytest.raises((OutOfLimits, TimedOut)):
        session.query(sql)
    assert database.admin("SELECT 1") == [(1,)]


def test_an_answer_that_is_too_heavy_is_not_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_BYTES", 1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with database.session() as session, pytest.raises(OutOfLimits):
        session.run("SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    with database.session() as session:
        assert session.run("SELECT repeat('x', 1000)").rows == [("x" * 1000,)]


def test_rows_beyond_the_limit_are_left_where_they_are(database: Database) -> None:
    with database.session() as session:
        rows = session.query("SELECT generate_series(1, 50)", limit=7)
    assert (len(rows.rows), rows.truncated) == (7, True)


def test_two_statements_in_one_string_are_refused(database: Database) -> None:
    with database.session() as session:
        for way in (session.run, session.query, session.explain):
            with pytest.raises(QueryFailed):
                way("SELECT 1; SELECT 2")


def test_nul_bytes_are_refused(database: Database) -> None:
    with database.session() as session, pytest.raises(QueryFailed):
        session.run("SELECT 'a\x00b'")


def test_a_measured_write_leaves_nothing_behind(database: Database) -> None:
    database.execute("CREATE TABLE t (a int)")
    with database.session() as session:
        assert session.explain("INSERT INTO t SELECT generate_series(1, 10)").median_ms is not None
        with pytest.raises(LabError):
            session.query("DELETE FROM t RETURNING a")
    assert database.execute("SELECT count(*) FROM t").rows == [(0,)]


def test_functions_of_a_stranger_never_run_as_superuser(database: Database) -> None:
    """An overload that fits better than the system's own would be chosen if `public` were searched."""
    database.execute("CREATE TABLE seen (who text)")
    database.execute(
        "CREATE FUNCTION public.array_to_string(name[], text) RETURNS text LANGUAGE plpgsql "
        "AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN 'hit'; END $$"
    )
    assert database.admin("SELECT array_to_string(ARRAY['a', 'b']::name[], '-'::text)") == [("a-b",)]
    assert database.execute("SELECT * FROM seen").rows == []


def test_security_definer_functions_give_no_more_than_the_guest_has(database: Database) -> None:
    database.execute(
        "CREATE FUNCTION grab() RETURNS text LANGUAGE plpgsql SECURITY DEFINER "
        "AS $$ BEGIN RETURN pg_read_file('/etc/passwd'); END $$"
    )
    with database.session() as session, pytest.raises(QueryFailed) as failure:
        session.query("SELECT grab()")
    assert failure.value.sqlstate == "42501"


def test_a_cycle_of_views_ends(database: Database) -> None:
    database.execute("CREATE VIEW a AS SELECT 1 AS x")
    database.execute("CREATE VIEW b AS SELECT * FROM a")
    database.execute("CREATE OR REPLACE VIEW a AS SELECT x FROM b")
    with database.session() as session, pytest.raises(QueryFailed):
        session.query("SELECT * FROM a")


def test_a_guest_cannot_enter_other_databases(database: Database) -> None:
    with pytest.raises(LabError):
        database._connector("guest", "postgres")


def test_positions_count_in_the_statement_itself(database: Database) -> None:
    sql = "SELECT 1 FROM nothing_here"
    with database.session() as session:
        for way in (session.run, session.query, session.explain):
            with pytest.raises(QueryFailed) as failure:
                way(sql)
            assert failure.value.position == sql.index("nothing_here") + 1


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("COPY t TO PROGRAM 'true'", "kind"),
        ("DO $$ BEGIN END $$", "kind"),
        ("ALTER SYSTEM SET jit = on", "kind"),
        ("SET ROLE postgres", "kind"),
        ("COMMIT", "kind"),
        ("VACUUM", "kind"),
        ("LISTEN x", "kind"),
        ("NOTIFY x", "kind"),
        ("DROP TABLE t", "kind"),
        ("SELECT 1 INTO t", "kind"),
        ("SELECT pg_sleep(1)", "function"),
        ("SELECT set_config('statement_timeout', '0', false)", "function"),
        ("SELECT '" + "x" * MAX_TEXT + "'", "size"),
        ("SELECT 1", None),
        ("UPDATE t SET a = 1", None),
    ],
)
def test_kinds_of_statement_that_are_never_run(sql: str, kind: str | None) -> None:
    artifact = Artifact(name="q.sql", kind=ArtifactKind.SQL, text=sql)
    found = statements(artifact)
    assert [refusal(statement) for statement in found] == [kind]
