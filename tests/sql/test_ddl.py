"""DDL of several dialects gives tables, keys and indexes."""

from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.schema import ForeignKey, Schema, qualified
from backend_advisor.sql.statement import statements


def schema(text: str, dialect: str = "postgres") -> Schema:
    return read_ddl(statements(Artifact(name="s.sql", kind=ArtifactKind.DDL, text=text), dialect))


def test_columns_keys_and_defaults() -> None:
    users = schema(
        "create table public.users (id bigserial primary key, email varchar(20) not null unique, n int default 3)"
    ).tables["users"]
    assert users.primary_key == ("id",)
    assert users.unique == (("email",),)
    assert [(c.name, c.type, c.nullable) for c in users.columns] == [
        ("id", "bigserial", False),
        ("email", "varchar(20)", False),
        ("n", "int", True),
    ]
    assert users.columns[2].default == "3"


def test_constraints_by_alter_table_as_pg_dump_writes_them() -> None:
    found = schema(
        "create table users (id bigint not null); create table orders (id bigint, user_id bigint);"
        "alter table only public.users add constraint users_pkey primary key (id);"
        "alter table only public.orders add constraint f foreign key (user_id) references public.users(id);"
    )
    assert found.tables["users"].primary_key == ("id",)
    assert found.tables["orders"].foreign_keys == (ForeignKey(("user_id",), "users", ("id",)),)


def test_a_reference_without_columns_means_the_primary_key() -> None:
    found = schema("create table a (k int primary key); create table b (a_k int references a)")
    assert found.tables["b"].foreign_keys[0].references == ("k",)


def test_indexes_with_direction_expression_condition_and_included_columns() -> None:
    found = schema(
        "create table t (a int, b text, c int);"
        "create index concurrently i on only t using btree (a desc nulls last, lower(b)) include (c) where a > 0;"
        "create unique index j on t (c desc)"
    )
    one, two = found.indexes
    assert one.keys == ("a DESC NULLS LAST", "LOWER(b)")
    assert (one.include, one.where, one.unique) == (("c",), "a > 0", False)
    assert (two.keys, two.unique) == (("c DESC",), True)


def test_constraints_bring_their_indexes() -> None:
    found = schema("create table t (a int primary key, b int unique)")
    assert [(index.keys, index.constraint) for index in found.indexes] == [(("a",), True), (("b",), True)]


def test_mysql_keys_inside_the_table() -> None:
    found = schema("create table t (id int auto_increment primary key, n varchar(9), key k (n))", "mysql")
    assert [index.keys for index in found.indexes] == [("id",), ("n",)]


def test_partitions_take_their_parents_columns() -> None:
    found = schema(
        "create table p (a int, b date) partition by range (b);"
        "create table p1 partition of p for values from ('2024-01-01') to ('2025-01-01')"
    )
    assert [column.name for column in found.tables["p1"].columns] == ["a", "b"]


def test_a_table_with_a_type_named_like_a_keyword_is_kept() -> None:
    text = "CREATE DOMAIN percent AS numeric; CREATE TABLE rates (id bigint PRIMARY KEY, share percent NOT NULL)"
    found = read_ddl(statements(Artifact(name="x", kind=ArtifactKind.SQL, text=text)))
    assert [column.name for column in found.tables["rates"].columns] == ["id", "share"]


def test_a_position_beside_a_star_does_not_prevent_resolving() -> None:
    read = statements(
        Artifact(name="x", kind=ArtifactKind.SQL, text="SELECT a.*, y FROM a JOIN b USING (id) ORDER BY 1")
    )
    tree = qualified(read[0], Schema({}, (), (), "postgres"))
    assert tree is not None
    assert tree.sql("postgres").endswith("ON a.id = b.id ORDER BY 1")
