"""What examples cannot show: stated rows, severities, fixes that remove what they promise, hostile text."""

from dataclasses import replace

import pytest

from backend_advisor import knowledge
from backend_advisor.experts.database.detectors.registry import (
    QueryContext,
    query_detectors,
    schema_detectors,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Artifact, ArtifactKind, Confidence, Edit, Location, Severity
from backend_advisor.sql.ddl import is_ddl, read_ddl
from backend_advisor.sql.inference import infer
from backend_advisor.sql.schema import qualified
from backend_advisor.sql.statement import statements


def see(code: str, text: str, dialect: str | None = None, **rows: int) -> list[Match]:
    artifact = Artifact(name="x.sql", kind=ArtifactKind.SQL, text=text, dialect=dialect)
    parsed = statements(artifact)
    schema = infer([s for s in parsed if not is_ddl(s)], read_ddl(parsed)).with_rows(rows)
    if code in schema_detectors():
        return list(schema_detectors()[code](schema, parsed))
    found: list[Match] = []
    for statement in parsed:
        if statement.tree is not None:
            context = QueryContext(statement, statement.tree, qualified(statement, schema), schema)
            found += query_detectors()[code](context)
    return found


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(part) + 1 for part in text.split("\n")[: line - 1]) + column - 1


def _bounds(text: str, location: Location) -> tuple[int, int]:
    span = location.span
    assert span is not None
    return _offset(text, span.line, span.column), _offset(text, span.end_line, span.end_column)


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda e: _bounds(text, e.location), reverse=True):
        start, end = _bounds(text, edit.location)
        text = text[:start] + edit.replacement + text[end:]
    return text


def _fixable() -> list[tuple[str, str, str | None]]:
    known = {**query_detectors(), **schema_detectors()}
    return [
        (playbook.code, example.text, example.dialect)
        for playbook in knowledge.load().playbooks.values()
        if playbook.code in known and playbook.expert == "database"
        for example in playbook.examples
        if example.bad
        and example.kind == "sql"
        and any(match.edits for match in see(playbook.code, example.text, example.dialect))
    ]


@pytest.mark.parametrize(("code", "text", "dialect"), _fixable())
def test_a_fix_removes_its_finding_and_still_parses(code: str, text: str, dialect: str | None) -> None:
    before = see(code, text, dialect)
    for match in before:
        if not match.edits:
            continue
        fixed = apply(text, match.edits)
        artifact = Artifact(name="x.sql", kind=ArtifactKind.SQL, text=fixed, dialect=dialect)
        assert [s.problem for s in statements(artifact) if s.problem] == [], fixed
        assert len(see(code, fixed, dialect)) == len(before) - 1, fixed


ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, created_at timestamptz NOT NULL);\n"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DB125", "SELECT id, total FROM orders"),
        ("DB129", "SELECT count(*) FROM orders"),
        ("DB123", "SELECT id FROM orders ORDER BY random() LIMIT 3"),
        ("DB122", ORDERS + "SELECT id FROM orders ORDER BY created_at LIMIT 3"),
        ("DB301", ORDERS + "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)"),
        ("DB137", "DELETE FROM orders WHERE created_at < now() - interval '1 year'"),
    ],
)
def test_small_tables_are_left_alone(code: str, text: str) -> None:
    assert see(code, text)
    assert see(code, text, orders=500) == []


def test_stated_rows_raise_the_severity() -> None:
    [match] = see("DB125", "SELECT id, total FROM orders", orders=5_000_000)
    assert (match.severity, match.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    [match] = see("DB137", "DELETE FROM logs WHERE created_at < now()", logs=9_000_000)
    assert match.severity is Severity.WARNING


def test_rows_near_the_key_limit() -> None:
    text = "CREATE TABLE events (id serial PRIMARY KEY)"
    [match] = see("DB304", text, events=1_800_000_000)
    assert (match.values["share"], match.severity) == (84, Severity.ERROR)
    assert see("DB304", text, events=1_000_000) == []


def test_union_branches_that_may_repeat_rows_get_no_safe_fix() -> None:
    [match] = see("DB128", "SELECT 'a' AS k, name FROM t UNION SELECT 'b', name FROM u")
    assert (match.applicability, match.confidence) == ("unsafe", Confidence.MEDIUM)


def test_parameter_offset_is_only_a_note() -> None:
    [match] = see("DB121", "SELECT id FROM t ORDER BY id LIMIT 10 OFFSET :skip")
    assert (match.severity, match.confidence) == (Severity.NOTE, Confidence.LOW)


def test_a_run_of_statements_is_one_finding_and_breaks_at_another_statement() -> None:
    lines = [f"SELECT name FROM users WHERE id = {n};" for n in range(1, 8)]
    [match] = see("DB126", "\n".join(lines))
    assert match.values["count"] == 7
    assert see("DB126", "\n".join([*lines[:2], "SELECT 1;", *lines[2:4]])) == []


def test_merged_inserts_keep_every_row() -> None:
    text = "\n".join(f"INSERT INTO t (a, b) VALUES ({n}, 'x{n}');" for n in range(1, 5))
    [match] = see("DB126", text)
    assert apply(text, match.edits) == (
        "INSERT INTO t (a, b) VALUES\n  (1, 'x1'),\n  (2, 'x2'),\n  (3, 'x3'),\n  (4, 'x4');"
    )
    [commented] = see("DB126", text.replace("(2,", "/* two */ (2,"))
    assert commented.edits == ()


# Harmless statements of real projects that once were reported.
HARMLESS = [
    (
        "DB301",
        'CREATE TABLE "Job" ("id" uuid PRIMARY KEY, "runId" uuid REFERENCES "Run" ("id"));\n'
        'CREATE INDEX "Job_runId_idx" ON "Job" ("runId" ASC);',
    ),
    ("DB122", ORDERS + "SELECT id FROM orders ORDER BY /* by key */ id /* end */ LIMIT 10"),
    (
        "DB122",
        'CREATE TABLE "O" ("id" bigint PRIMARY KEY, "at" timestamptz NOT NULL);\n'
        'CREATE INDEX ON "O" ("at");\nSELECT "id" FROM "O" ORDER BY "at" DESC LIMIT 5',
    ),
    ("DB124", "WITH gone AS (SELECT 1 FROM leaders WHERE id = 3) DELETE FROM leaders USING gone"),
    ("DB130", "SELECT id FROM users LIMIT 1"),
    (
        "DB130",
        "WITH old AS (SELECT id FROM logs WHERE state = 'done' LIMIT 100)\n"
        "DELETE FROM logs WHERE id IN (SELECT id FROM old)",
    ),
    (
        "DB131",
        "WITH wanted AS (SELECT id FROM jobs ORDER BY id)\n"
        "SELECT j.id FROM jobs j JOIN wanted w ON w.id = j.id FOR UPDATE OF j",
    ),
    ("DB136", "SELECT id FROM jobs WHERE (id, shard) IN (SELECT id, shard FROM picked) FOR UPDATE"),
    ("DB136", "SELECT j.id FROM jobs j JOIN picked p ON p.id = j.id FOR UPDATE OF j"),
    ("DB136", "SELECT id FROM jobs WHERE id = ANY($1) FOR UPDATE"),
    ("DB120", "SELECT * FROM generate_series(1, 10) AS n"),
    ("DB120", "SELECT * FROM pg_stat_activity"),
    ("DB125", "SELECT version FROM schema_migrations"),
    ("DB139", "SELECT id FROM events WHERE created_at > now() AND id IN (SELECT nextval('s'))"),
    ("DB302", "CREATE TABLE t (id bigint, price_change_rate float8, cost_factor real, total_count float8)"),
]


@pytest.mark.parametrize(("code", "text"), HARMLESS)
def test_harmless_statements_stay_clean(code: str, text: str) -> None:
    assert see(code, text) == []


def test_a_foreign_key_without_its_table_is_less_sure() -> None:
    [match] = see("DB301", "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)")
    assert match.confidence is Confidence.LOW


HOSTILE = [
    "SELECT",
    "DELETE FROM",
    "SELECT * FROM",
    "SELECT * FROM t LIMIT ALL OFFSET NULL",
    "SELECT count(*) LIMIT 5",
    "SELECT 1 ORDER BY random() LIMIT 1",
    "VALUES (1), (2) ORDER BY 1 LIMIT 1",
    "SELECT * FROM a, b, LATERAL (SELECT * FROM c ORDER BY 1) d",
    "(SELECT 1 UNION SELECT 2) UNION (SELECT 3)",
    "SELECT * FROM t UNION SELECT * FROM u UNION ALL SELECT 'x'",
    "INSERT INTO t SELECT",
    "INSERT INTO t (a) VALUES (1), (2, 3)",
    "INSERT INTO t VALUES ()",
    "UPDATE t SET (a, b) = (SELECT 1, 2)",
    "CREATE TABLE t ()",
    "CREATE TABLE t (a int, FOREIGN KEY () REFERENCES u ())",
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u",
    "SELECT a FROM t WHERE data ->> 'k' IS NULL AND data -> 'x' ? 'y'",
    "SELECT a FROM t GROUP BY 1 HAVING a",
    "SELECT a FROM t FOR UPDATE OF x",
    "WITH RECURSIVE r AS (SELECT 1 UNION SELECT n + 1 FROM r) SELECT * FROM r LIMIT 5",
    "SELECT setval('s', 5, true), setval()",
    "\x00",
    "SELECT '" + "한" * 5000,
    " UNION ".join(f"SELECT {n}" for n in range(60)),
    "SELECT 1 WHERE a IN (" + ",".join("1" for _ in range(3000)) + ")",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "oracle", "tsql"])
def test_no_text_breaks_a_detector(text: str, dialect: str) -> None:
    for code in (*query_detectors(), *schema_detectors()):
        for match in see(code, text, dialect):
            assert match.location.artifact == "x.sql"
            assert replace(match, confidence=None).values is not None
