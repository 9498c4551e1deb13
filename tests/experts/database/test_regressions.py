"""Statements of real projects that once ended a whole review."""

import pytest

from backend_advisor.experts.database.parallel import query_matches
from backend_advisor.experts.database.workload import read_workload
from backend_advisor.knowledge.detection import Failures
from backend_advisor.model import Artifact, ArtifactKind

TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int);\n"


@pytest.mark.parametrize("sql", ["DELETE FROM t WHERE a = 1;", 'SELECT "a;b" FROM t;', "SELECT * FROM t ORDER BY 1;"])
def test_the_review_goes_on(sql: str) -> None:
    text = f"{TABLE}{sql}\nUPDATE t SET a = 1;"
    work = read_workload((Artifact(name="q.sql", kind=ArtifactKind.SQL, text=text),), "postgres")
    assert "DB124" in {code for code, _ in query_matches(work, Failures())}
