"""Fixes of SQL that stands in code: offered only where they replace in the file what they mean."""

from backend_advisor.experts import Terms
from backend_advisor.experts.database.expert import examine, gather
from backend_advisor.experts.database.misplaced import _stands_there
from backend_advisor.knowledge import load
from backend_advisor.model import Artifact, ArtifactKind, Case, Edit, Finding, Location, Span

TABLE = "CREATE TABLE users (id int PRIMARY KEY, a text, b text, c text, d text, e text);"
PROGRAM = "import psycopg\n\n\ndef one(given, connection: psycopg.Connection):\n    return connection.execute({sql})\n"


def star(sql: str) -> Finding:
    schema = Artifact(name="schema.sql", kind=ArtifactKind.DDL, text=TABLE, origin="file")
    program = Artifact(name="app.py", kind=ArtifactKind.PYTHON, text=PROGRAM.format(sql=sql), origin="file")
    case = gather(Case(question="", language="en", artifacts=(schema, program)), Terms(prove=False))
    return next(one for one in examine(case, load(), Terms(prove=False)).findings if one.code == "DB120")


def test_a_statement_written_out_is_mended_in_its_file() -> None:
    assert star('"SELECT * FROM users WHERE id = 1"').fix is not None


def test_a_statement_of_pieces_is_mended_in_the_piece_that_holds_the_place() -> None:
    found = star('"SELECT " +\n        "* FROM users WHERE id = " + given')
    assert found.fix is not None
    assert found.fix.edits[0].location.span == Span(line=6, column=10, end_line=6, end_column=11)


def test_a_statement_put_together_elsewhere_is_not() -> None:
    assert star('"SELECT %s FROM users WHERE id = 1" % "*"').fix is None


def test_places_in_a_statement_of_pieces_are_those_of_the_file() -> None:
    statement = '"SELECT id FROM users "\n        f"WHERE name = \'{given}\' AND "   "lower(a) = \'x\'"'
    program = Artifact(name="app.py", kind=ArtifactKind.PYTHON, text=PROGRAM.format(sql=statement), origin="file")
    case = gather(Case(question="", language="en", artifacts=(program,)), Terms(prove=False))
    found = next(one for one in examine(case, load(), Terms(prove=False)).findings if one.code == "DB102")
    assert found.location.span is not None
    assert (found.location.span.line, found.location.span.column) == (6, 43)


def test_a_place_that_ends_before_it_begins_holds_nothing() -> None:
    span = Span(line=3, column=1, end_line=2, end_column=4)
    edit = Edit(location=Location(artifact="a.py", span=span, excerpt="SELECT"), replacement="")
    assert not _stands_there(edit, ["a", "b", "SELECT 1"])
