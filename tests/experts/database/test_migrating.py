"""Migrations that are run on filled tables: what they lock, and what their steps lock."""

from pathlib import Path

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms
from backend_advisor.model import Proof, ProofStatus, Report, Severity

SCHEMA = (
    "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);\n"
    "CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint, status varchar(20), amount numeric(12,2));\n"
)


def asked(tmp_path: Path, change: str, schema: str = SCHEMA, rows: int = 20_000) -> Report:
    """The answer to whether a change is safe to run on this schema."""
    files = []
    for name, text in (("schema.sql", schema), ("change.sql", change)):
        if text:
            (tmp_path / name).write_text(text)
            files.append(tmp_path / name)
    question = "Is this migration safe to run in production on PostgreSQL?"
    terms = Terms(rows=dict.fromkeys(("users", "orders"), rows))
    return answer(question, files, terms=terms)


def proofs(report: Report) -> list[Proof]:
    return [proof for advice in report.advice for proof in advice.proofs if proof.method == "locking"]


def test_a_foreign_key_makes_writes_of_both_tables_wait_and_its_steps_do_not(tmp_path: Path) -> None:
    change = "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);\n"
    (proof,) = proofs(asked(tmp_path, change))
    assert proof.codes == ("DB308",)
    assert "SHARE ROW EXCLUSIVE" in proof.claim
    assert "writes to orders, users wait, reads go on" in proof.claim
    assert [step.apply.rpartition(" ")[2] for step in proof.changes] == ["VALID;", "orders_user_fk;"]
    assert "SHARE UPDATE EXCLUSIVE, reads and writes went on" in proof.changes[1].reason
    assert proof.before is not None
    assert proof.after is not None
    assert (proof.before.rows or 0) >= 20_000


@pytest.mark.parametrize(
    ("change", "code", "steps"),
    [
        ("CREATE INDEX orders_status ON orders (status);", "DB307", 1),
        ("ALTER TABLE orders ALTER COLUMN status SET NOT NULL;", "DB308", 4),
        ("ALTER TABLE orders ADD CHECK (amount >= 0);", "DB308", 2),
        ("ALTER TABLE orders ADD UNIQUE (status);", "DB308", 2),
        ("ALTER TABLE orders ADD COLUMN key uuid NOT NULL DEFAULT gen_random_uuid();", "DB309", 7),
        ("ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12,4);", "DB309", 0),
    ],
)
def test_what_reads_each_row_is_told_with_its_steps(tmp_path: Path, change: str, code: str, steps: int) -> None:
    (proof,) = proofs(asked(tmp_path, change, rows=200_000))
    assert proof.codes == (code,)
    assert len(proof.changes) == steps


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE orders ADD COLUMN note text DEFAULT 'x';",
        "ALTER TABLE orders ALTER COLUMN status TYPE varchar(50);",
        "ALTER TABLE orders DROP COLUMN status;",
    ],
)
def test_what_reads_no_row_needs_no_steps_and_is_a_note(tmp_path: Path, change: str) -> None:
    report = asked(tmp_path, change)
    (proof,) = proofs(report)
    assert (proof.before.rows if proof.before else None) == 0
    assert proof.changes == ()
    assert "reads no rows" in proof.claim
    assert next(one.severity for one in report.advice if proof in one.proofs) is Severity.NOTE


def test_an_index_that_is_built_beside_writes_is_seen_not_to_block(tmp_path: Path) -> None:
    (proof,) = proofs(asked(tmp_path, "CREATE INDEX CONCURRENTLY orders_status ON orders (status);"))
    assert "reads and writes went on meanwhile" in proof.claim
    assert proof.changes == ()


def test_changes_build_on_each_other(tmp_path: Path) -> None:
    change = "ALTER TABLE orders ADD COLUMN shop_id bigint;\nCREATE INDEX orders_shop ON orders (shop_id);\n"
    told = proofs(asked(tmp_path, change, rows=100_000))
    assert [proof.codes for proof in told] == [("DB507",), ("DB307",)] or [proof.codes for proof in told] == [
        ("DB307",),
        ("DB507",),
    ]


def test_without_the_ddl_the_tables_are_guessed_and_said_to_be(tmp_path: Path) -> None:
    change = "ALTER TABLE orders ADD CONSTRAINT k UNIQUE (order_no);\nALTER TABLE orders ALTER COLUMN id TYPE bigint;\n"
    first, second = proofs(asked(tmp_path, change, schema=""))
    assert any("guessed from the change" in condition for condition in first.conditions + second.conditions)
    assert any("orders.id was taken to be integer" in condition for condition in first.conditions + second.conditions)


def test_a_type_that_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    report = asked(tmp_path, "ALTER TABLE orders ALTER COLUMN memo TYPE varchar(200);", schema="")
    assert proofs(report) == []
    assert any("give the DDL" in notice for notice in report.notices)


def test_a_partitioned_table_takes_no_index_concurrently(tmp_path: Path) -> None:
    schema = (
        "CREATE TABLE orders (id bigint, day date NOT NULL, status text) PARTITION BY RANGE (day);\n"
        "CREATE TABLE orders_a PARTITION OF orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
    )
    (proof,) = proofs(asked(tmp_path, "CREATE INDEX orders_status ON orders (status);", schema=schema))
    assert proof.changes == ()
    assert "CONCURRENTLY" in proof.rejected[0].statement


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE orders ADD COLUMN x text DEFAULT pg_sleep(100)::text;",
        "CREATE INDEX i ON orders ((pg_read_file('/etc/passwd')));",
        "ALTER TABLE orders OWNER TO postgres;",
        "ALTER TABLE pg_class ADD COLUMN y int;",
    ],
)
def test_what_the_server_refuses_is_told(tmp_path: Path, change: str) -> None:
    report = asked(tmp_path, change)
    assert not any(proof.status is ProofStatus.TESTED for proof in proofs(report))
    assert any("What the change locks could not be tested" in notice for notice in report.notices)


def test_a_schema_with_indexes_is_no_migration(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA + "CREATE INDEX a ON orders (status);\n")
    report = answer("Why is SELECT * FROM orders WHERE user_id = 1 slow?", [tmp_path / "schema.sql"])
    assert proofs(report) == []


def test_a_file_with_a_transaction_of_its_own_holds_the_first_lock_to_its_end(tmp_path: Path) -> None:
    change = (
        "BEGIN;\nALTER TABLE orders ALTER COLUMN status SET NOT NULL;\nCREATE INDEX a ON orders (amount);\nCOMMIT;\n"
    )
    told = proofs(asked(tmp_path, change))
    assert sum("puts 2 changes into one transaction" in proof.claim for proof in told) == 1


def test_a_limit_is_given_by_a_check_and_the_size_asked_about_is_reckoned_with(tmp_path: Path) -> None:
    change = "ALTER TABLE users ALTER COLUMN email TYPE varchar(300);"
    (proof,) = proofs(asked(tmp_path, change, rows=1_000_000))
    assert "CHECK (char_length(email) <= 300) NOT VALID" in proof.changes[0].apply
    assert "With 1,000,000 rows that comes to about" in proof.claim
