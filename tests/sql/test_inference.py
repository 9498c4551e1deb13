"""What queries imply about tables nobody defined."""

from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.inference import REST, infer
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import statements


def inferred(query: str, ddl: str = "") -> Schema:
    given = read_ddl(statements(Artifact(name="d", kind=ArtifactKind.DDL, text=ddl)))
    return infer(statements(Artifact(name="q", kind=ArtifactKind.SQL, text=query)), given)


def types(schema: Schema, table: str) -> dict[str, str]:
    return {column.name: column.type for column in schema.tables[table].columns}


def test_joins_imply_keys_and_foreign_keys() -> None:
    schema = inferred("select u.*, o.total from users u left join orders o on u.id = o.user_id")
    assert schema.tables["users"].primary_key == ("id",)
    key = schema.tables["orders"].foreign_keys[0]
    assert (key.columns, key.table, key.references) == (("user_id",), "users", ("id",))
    assert REST in types(schema, "users")


def test_types_follow_use_before_names() -> None:
    found = types(
        inferred(
            "select 1 from t where ref_id = 'a1' and name like 'x%' and doc ->> 'k' = 'v' and active "
            "and created_at > '2024-01-01' and price > 1.5 and code = 7"
        ),
        "t",
    )
    assert found["ref_id"] == "text"
    assert found["doc"] == "jsonb"
    assert found["active"] == "boolean"
    assert found["created_at"] == "timestamptz"
    assert found["price"] == "numeric(12,2)"
    assert found["name"] == "text"


def test_tables_with_ddl_are_left_as_given() -> None:
    schema = inferred(
        "select o.x from orders o join users u on u.id = o.user_id",
        "create table users (id uuid primary key)",
    )
    assert not schema.tables["users"].inferred
    assert schema.tables["orders"].inferred
    assert types(schema, "orders")["user_id"] == "uuid"


def test_common_table_expressions_are_not_tables() -> None:
    assert set(inferred("with recent as (select id from posts) select * from recent").tables) == {"posts"}
