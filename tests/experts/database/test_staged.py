"""Changes of tables cut into steps, as SQL."""

import pytest

from backend_advisor.experts.database.pending_changes import change_tree
from backend_advisor.experts.database.remedies.staged import Staged, staged
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.schema import Column, Schema, Table
from backend_advisor.sql.statement import statements

SCHEMA = Schema({"orders": Table("orders", (Column("id", "bigint", nullable=False), Column("memo", "text")), ("id",))})


def cut(text: str) -> Staged:
    artifact = Artifact(name="x.sql", kind=ArtifactKind.DDL, text=text)
    return staged(text, change_tree(statements(artifact, "postgres")[0]), SCHEMA)


def steps(text: str) -> list[str]:
    return [step.sql for step in cut(text).steps]


def test_names_are_postgresqls_own_and_quoted_where_they_must_be() -> None:
    assert steps("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users") == [
        "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID",
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey",
    ]
    assert steps('ALTER TABLE "Orders" ADD UNIQUE ("userId")') == [
        'CREATE UNIQUE INDEX CONCURRENTLY "Orders_userId_key" ON "Orders" ("userId")',
        'ALTER TABLE "Orders" ADD CONSTRAINT "Orders_userId_key" UNIQUE USING INDEX "Orders_userId_key"',
    ]


def test_a_check_without_a_name() -> None:
    assert steps("ALTER TABLE public.orders ADD CHECK (amount > 0)") == [
        "ALTER TABLE public.orders ADD CONSTRAINT orders_check CHECK (amount > 0) NOT VALID",
        "ALTER TABLE public.orders VALIDATE CONSTRAINT orders_check",
    ]


def test_a_primary_key_on_a_column_that_may_be_null_is_proved_first() -> None:
    told = steps("ALTER TABLE orders ADD PRIMARY KEY (memo)")
    assert told[0] == "ALTER TABLE orders ADD CONSTRAINT orders_memo_not_null CHECK (memo IS NOT NULL) NOT VALID"
    assert told[-2:] == [
        "CREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON orders (memo)",
        "ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey",
    ]
    assert len(steps("ALTER TABLE orders ADD PRIMARY KEY (id)")) == 2


def test_what_needs_no_steps_stands_beside_what_does() -> None:
    told = steps("ALTER TABLE orders ADD COLUMN u int, ALTER COLUMN memo SET NOT NULL")
    assert told[0] == "ALTER TABLE orders ADD COLUMN u INT"
    assert len(told) == 5


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (amount > 0) NOT VALID",
        "ALTER TABLE orders DROP COLUMN a",
        "ALTER TABLE orders ADD COLUMN a int",
        "CREATE INDEX CONCURRENTLY i ON orders (a)",
        "ALTER TABLE orders ADD COLUMN n bigserial",
    ],
)
def test_no_steps(text: str) -> None:
    assert steps(text) == []


def test_rows_are_demanded_and_the_demand_taken_back() -> None:
    change = cut("ALTER TABLE orders ADD CONSTRAINT k UNIQUE (memo), ALTER COLUMN memo SET NOT NULL")
    assert len(change.demand) == len(change.release) == 2
    assert change.release[-1] == "ALTER TABLE orders DROP CONSTRAINT k"
