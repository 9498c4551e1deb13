"""A proof on a partitioned table: candidates are really hidden, the statements work, and the conditions are named."""

from pathlib import Path

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.database import Database
from backend_advisor.model import Artifact, ArtifactKind, Proof
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.statement import statements

DDL = """
CREATE TABLE visits (id bigint, at timestamptz NOT NULL, shop int, cost numeric(8, 2) CHECK (cost > 0),
  word text CONSTRAINT odd CHECK (word ~ '^zz'), removed_at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2019-01-01') TO ('2019-02-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2019-02-01') TO ('2019-03-01');
"""
QUERY = "SELECT id, cost FROM visits WHERE cost > 500 ORDER BY at DESC LIMIT 20;"


@pytest.fixture(scope="module", params=["en", "ko"])
def proof(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    file: Path = tmp_path_factory.mktemp("question") / "q.sql"
    file.write_text(DDL + QUERY)
    report = answer("", [file], language=request.param, terms=Terms(rows={"visits": 60_000}))
    return next(proof for advice in report.advice for proof in advice.proofs if proof.method == "bench")


def test_an_index_on_a_partitioned_table_is_measured_against_none(proof: Proof, database: Database) -> None:
    assert proof.holds
    assert proof.gain is not None
    assert proof.gain > 3
    build(database, read_ddl(statements(Artifact(name="s.sql", kind=ArtifactKind.DDL, text=DDL))))
    for change in proof.changes:
        for statement in [*change.apply.splitlines(), change.rollback]:
            database.execute(statement.rstrip(";"))
        assert change.apply.count("ATTACH PARTITION") == 2


def test_everything_assumed_stands_in_the_conditions(proof: Proof) -> None:
    said = " ".join(proof.conditions)
    for part in ("visits.cost > 500", "removed_at", "visits.odd", "2019-01-01"):
        assert part in said
    assert "10 % NULL" in said or "10 %가 NULL" in said
    assert len(proof.conditions) < 10
