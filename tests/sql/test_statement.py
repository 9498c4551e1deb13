"""Statements keep their place, and one that is broken or hostile never hides the others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.statement import DIALECTS, Problem, parse, statements


def artifact(text: str, first_line: int = 1) -> Artifact:
    return Artifact(name="a.sql", kind=ArtifactKind.SQL, text=text, first_line=first_line)


def test_each_statement_keeps_its_text_and_line() -> None:
    found = statements(artifact("select 1;\n\n  select a\nfrom t;  -- done\n", first_line=10))
    assert [s.text for s in found] == ["select 1", "select a\nfrom t"]
    spans = [s.location().span for s in found]
    assert [(span.line, span.column) for span in spans if span] == [(10, 1), (12, 3)]


def test_a_broken_statement_leaves_the_others_readable() -> None:
    found = statements(artifact("select 1; selec x frm; select (2; select 3"))
    assert [s.problem is None for s in found] == [True, False, False, True]
    assert found[1].problem is not None
    assert found[1].problem.kind == "syntax"


def test_a_statement_on_which_the_parser_breaks_off_is_a_problem_like_others() -> None:
    assert isinstance(parse("SELECT 1 FROM a WHERE x ?", "postgres"), Problem)


def test_an_unclosed_quote_is_a_problem_of_its_own_statement() -> None:
    found = statements(artifact("select 1;\nselect 'oops;\nselect 2;\n"))
    assert any(s.problem is not None for s in found)
    assert found[0].text == "select 1"


def test_psql_commands_and_delimiters_are_passed_over() -> None:
    assert [s.text for s in statements(artifact("\\d users\n\\c db\nselect 1;"))] == ["select 1"]


def test_semicolons_inside_quotes_and_dollar_quotes_do_not_cut() -> None:
    found = statements(artifact("select 'a;b', $$x;y$$; select 2"))
    assert len(found) == 2


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 5000 + "1" + ")" * 5000,
        "select " + "case when true then " * 3000 + "1" + " end" * 3000,
        "select a" + "[1]" * 5000,
        "select " + ",".join("1" for _ in range(60_000)),
        "select " + "- " * 20_000 + "1",
        "select " + "not " * 20_000 + "true",
        "select * from " + "(" * 5000 + "select 1" + ") x" * 5000,
        "\x00\x00select 1",
        "select 1 \x00 from t",
    ],
    ids=["parentheses", "cases", "subscripts", "tokens", "minus", "not", "subqueries", "nul", "nul-inside"],
)
def test_hostile_text_is_refused_or_read_but_never_raises(text: str) -> None:
    for statement in statements(artifact(text)):
        assert statement.tree is not None or statement.problem is not None


@settings(max_examples=80, deadline=None)
@given(
    st.text(alphabet="slctfrmwhjinab*(),;'\"$-/\n 0123456789=<>:.%가나", max_size=200),
    st.sampled_from(sorted(DIALECTS)),
)
def test_any_text_is_cut_into_stretches_of_itself(text: str, dialect: str) -> None:
    for statement in statements(artifact(text), dialect):
        stretch = text[statement.offset : statement.offset + len(statement.text)]
        assert statement.text == stretch
        assert statement.location().span is not None


@pytest.mark.parametrize(
    ("dialect", "text", "count"),
    [
        ("sqlite", "SELECT id FROM t WHERE a = ?1 OR b LIKE ?2 || '%'", 2),
        ("oracle", "SELECT id FROM t WHERE UPPER(a) = :name AND ROWNUM <= :1", 2),
        ("postgres", "SELECT id FROM t WHERE a IN (?, ?) AND b BETWEEN :from AND :to", 4),
        ("mysql", "SELECT id FROM t WHERE a = #{a} AND b = ${b}\nORDER BY c LIMIT #{limit,jdbcType=INTEGER}", 3),
        ("tsql", "SELECT TOP 5 [id] FROM [dbo].[t] WHERE [a] = @p1", 1),
        ("postgres", "SELECT id FROM t WHERE a = %s AND b > %(since)s LIMIT %s", 3),
    ],
)
def test_placeholders_of_every_driver_are_read(dialect: str, text: str, count: int) -> None:
    given = Artifact(name="q.sql", kind=ArtifactKind.SQL, text=text, dialect=dialect)
    (statement,) = statements(given)
    assert statement.problem is None
    assert statement.text.split()[:8] == text.split()[:8] or dialect == "mysql"
    assert statement.tree is not None
    assert len(list(statement.tree.find_all(exp.Placeholder, exp.Parameter))) == count
