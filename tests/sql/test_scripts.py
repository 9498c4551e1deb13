"""Files of SQL hold more than SQL, and every dialect's parts keep their places."""

import pytest

from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.scripts import plain_sql
from backend_advisor.sql.statement import Statement, statements


def read(text: str, dialect: str | None = None) -> list[Statement]:
    return statements(Artifact(name="a.sql", kind=ArtifactKind.SQL, text=text, dialect=dialect))


def test_copied_rows_are_no_statements() -> None:
    found = read("COPY pets (id, name) FROM stdin;\n1\tit's\n2\tSELECT;\n\\.\nSELECT id FROM pets;\n")
    assert [one.problem for one in found] == [None, None]
    assert found[1].location().span is not None
    assert found[1].location().span.line == 5  # type: ignore[union-attr]


def test_a_jinja_model_is_read_as_one_of_its_renderings() -> None:
    text = (
        "{{ config(materialized='table') }}\n{# a 'note #}\n{% set kinds = ['a', 'b'] %}\n"
        "select o.id, {% for k in kinds %}sum(case when kind = '{{ k }}' then 1 end) as {{ k }}_count"
        "{% if not loop.last %},{% endif %}{% endfor %}\nfrom {{ ref('orders') }} o\n"
        "where o.at > {{ var('since') }} group by o.id"
    )
    (found,) = read(text)
    assert found.problem is None
    assert "from orders " in " ".join(found.text.split()) + " "
    assert len(plain_sql(text, "postgres")) == len(text)


def test_array_literals_are_no_templates() -> None:
    text = "select '{{1,2},{3,4}}'::int[][]"
    assert plain_sql(text, "postgres") == text


@pytest.mark.parametrize(
    "text",
    [
        "DELIMITER $$\nCREATE PROCEDURE p()\nBEGIN\n  "
        "IF a THEN SET b = 1; END IF;\n  SELECT 1;\nEND$$\nDELIMITER ;\nSELECT 2;",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  "
        "UPDATE b SET n = CASE WHEN n > 1 THEN 2 END;\n  SELECT 1;\nEND;\nSELECT 2;",
        "CREATE OR REPLACE PROCEDURE p AS\nBEGIN\n  "
        "FOR r IN (SELECT 1 FROM dual) LOOP\n    x := 1;\n  END LOOP;\nEND;\n/\nSELECT 2;",
    ],
    ids=["mysql", "sqlite", "oracle"],
)
def test_the_body_of_a_stored_program_is_one_piece(text: str) -> None:
    found = read(text)
    assert [one.problem for one in found] == [None, None]
    assert found[1].text == "SELECT 2"


@pytest.mark.parametrize(
    "text",
    [
        "DROP INDEX first_idx, second_idx",
        "DROP FUNCTION rank_of (score numeric, at timestamptz)",
        "CREATE TABLE t (a int, b text, CONSTRAINT t_a_not_null NOT NULL a, PRIMARY KEY (b))",
        "CREATE TABLE t (a bit varying(3))",
        "UPDATE t SET a = 1 RETURNING WITH (OLD AS o, NEW AS n) o.a, n.a",
        "DELETE a.*, b.* FROM a JOIN b ON a.id = b.id WHERE a.x = 1",
        "SELECT id FROM t WHERE %filter% ORDER BY %order%",
        "CREATE FUNCTION f(a text='x') RETURNS bool AS $$ SELECT true $$ LANGUAGE sql",
    ],
)
def test_right_statements_that_the_parser_refuses_are_read(text: str) -> None:
    (found,) = read(text)
    assert found.problem is None


def test_what_a_template_leaves_out_is_told_as_such() -> None:
    (found,) = read("SELECT a FROM t WHERE %filter% OR OR %rest%")
    assert found.problem is not None
    assert (found.problem.kind, found.problem.detail) == ("template", "%filter%")


def test_percent_signs_in_strings_are_no_template() -> None:
    (found,) = read("SELECT a FROM t WHERE WHERE b LIKE '%x%'")
    assert found.problem is not None
    assert found.problem.kind == "syntax"


def test_a_file_of_another_product_is_named_as_such() -> None:
    found = read("SELECT CAST(a AS INT64) FROM `some-project.set.table`; SELECT 1;")
    assert {one.problem.kind for one in found if one.problem} == {"product"}
    assert {one.problem.detail for one in found if one.problem} == {"BigQuery"}


def test_without_a_stated_dialect_the_one_that_takes_the_text_is_used() -> None:
    text = "CREATE TABLE t (a int, UNIQUE KEY t_a (a));\nALTER TABLE t ADD INDEX t_b (a), ADD INDEX t_c (a);"
    assert {one.dialect for one in read(text)} == {"mysql"}
    assert any(one.problem for one in read(text, "postgres"))


def test_a_typing_error_stays_one() -> None:
    (found,) = read("SELECT id, name FROM users FROM WHERE id = 1")
    assert found.dialect == "postgres"
    assert found.problem is not None


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 50_000,
        "{%" * 50_000,
        "{#" * 50_000,
        "{% if not loop.last %}" * 10_000,
        "COPY\n" * 20_000,
        "COPY t FROM stdin;\n" * 5_000,
        "/**/ " * 5_000 + "x",
        "create procedure p begin " * 5_000,
    ],
    ids=["values", "tags", "comments", "branches", "copy", "rows", "asides", "bodies"],
)
def test_openings_that_never_close_take_little_time(text: str) -> None:
    assert len(plain_sql(text, "postgres")) == len(text)
    assert read(text) is not None
