"""Many statements on several processes give what one process gives, in the same order."""

import pytest

from backend_advisor.experts.database import parallel
from backend_advisor.experts.database.workload import read_workload
from backend_advisor.knowledge.detection import Failures
from backend_advisor.model import Artifact, ArtifactKind


def test_processes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = [f"SELECT * FROM t{n} WHERE lower(a) = 'x' ORDER BY b LIMIT 5 OFFSET {n * 100};" for n in range(130)]
    artifact = Artifact(name="q.sql", kind=ArtifactKind.SQL, text="\n".join(queries))
    work = read_workload((artifact,), "postgres")
    alone = list(parallel.query_matches(work, Failures()))
    monkeypatch.setattr(parallel, "FEWEST", 10)
    together = list(parallel.query_matches(work, Failures()))
    assert len(alone) > 200
    assert together == alone
