"""Fixes of SQL that stands in code: offered only where they replace in the file what they mean."""

from backend_advisor.experts import Terms
from backend_advisor.experts.database.expert import examine, gather
from backend_advisor.knowledge import load
from backend_advisor.model import Artifact, ArtifactKind, Case, Finding

TABLE = "CREATE TABLE users (id int PRIMARY KEY, a text, b text, c text, d text, e text);"
PROGRAM = "import psycopg\n\n\ndef one(given, connection: psycopg.Connection):\n    return connection.execute({sql})\n"


def star(sql: str) -> Finding:
    schema = Artifact(name="schema.sql", kind=ArtifactKind.DDL, text=TABLE, origin="file")
    program = Artifact(name="app.py", kind=ArtifactKind.PYTHON, text=PROGRAM.format(sql=sql), origin="file")
    case = gather(Case(question="", language="en", artifacts=(schema, program)), Terms(prove=False))
    return next(one for one in examine(case, load(), Terms(prove=False)).findings if one.code == "DB120")


def test_a_statement_written_out_is_mended_in_its_file() -> None:
    assert star('"SELECT * FROM users WHERE id = 1"').fix is not None


def test_a_statement_put_together_is_not() -> None:
    assert star('"SELECT * FROM users WHERE id = " + given').fix is None
