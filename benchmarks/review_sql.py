"""How fast the SQL of real projects is reviewed, beside two peers on the same files.

    python benchmarks/review_sql.py --root PATH... [--peer-files 60] [--sqlfluff PATH/TO/sqlfluff] [--findings N]

Prints the queries counted, the time and peak memory of a whole `advise.review`, the time that sqlglot takes only to
parse the same text, and that of sqlfluff's lint on a sample of the files (it is slow). `--findings N` prints N random
findings to be read as a reviewer would. The target is 5,000 queries in under 20 s.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import sqlglot
from sqlglot.errors import ErrorLevel, SqlglotError

from backend_advisor.advise import review
from backend_advisor.experts.database.workload import workload_of
from backend_advisor.model import Artifact, ArtifactKind, Finding

TARGET_QUERIES, TARGET_SECONDS = 5_000, 20.0


def main() -> int:
    """Review the roots, then let the peers read the same."""
    options = _options()
    if not options.root:
        print("no --root given: nothing reviewed")
        return 0
    started = time.perf_counter()
    report = review(options.root)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)

    work = workload_of(report.case)
    count = len(work.queries)
    artifacts = report.case.of_kind(ArtifactKind.SQL, ArtifactKind.DDL)
    print(
        f"{len(artifacts)} files: {count} queries, {len(work.definitions)} definitions, {len(work.broken)} not parsed"
    )
    _row("advisor review, static", seconds, count)
    print(f"{'  peak memory':28}{memory:9.0f} MB")
    _row("sqlglot, parse only", _parse(artifacts), count)
    if options.sqlfluff:
        _lint(options.sqlfluff, artifacts, options.peer_files)
    print("findings:", ", ".join(f"{code} {n}" for code, n in Counter(f.code for f in report.findings).most_common()))
    scaled = seconds * TARGET_QUERIES / max(count, 1)
    print(f"target: {TARGET_QUERIES} queries in {TARGET_SECONDS:g} s: {scaled:.1f} s at this rate")
    for finding in random.Random(options.seed).sample(report.findings, min(options.findings, len(report.findings))):
        _show(finding)
    return 0 if scaled < TARGET_SECONDS else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, nargs="+", default=[])
    parser.add_argument("--sqlfluff", metavar="PROGRAM")
    parser.add_argument("--peer-files", type=int, default=60)
    parser.add_argument("--findings", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _row(label: str, seconds: float, count: int) -> None:
    print(f"{label:28}{seconds:9.2f} s {count / seconds:9.0f} queries/s")


def _parse(artifacts: tuple[Artifact, ...]) -> float:
    started = time.perf_counter()
    for artifact in artifacts:
        try:
            sqlglot.parse(artifact.text, artifact.dialect or "postgres", error_level=ErrorLevel.IGNORE)
        except (SqlglotError, RecursionError):
            continue
    return time.perf_counter() - started


def _lint(program: str, artifacts: tuple[Artifact, ...], files: int) -> None:
    chosen = random.Random(1).sample(artifacts, min(files, len(artifacts)))
    names = [artifact.name for artifact in chosen if Path(artifact.name).is_file()]
    started = time.perf_counter()
    command = [program, "lint", "--dialect", "postgres", "--format", "json", "--processes", str(os.cpu_count()), *names]
    found = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    review([Path(name) for name in names])
    ours = time.perf_counter() - started
    problems = sum(len(file["violations"]) for file in found)
    print(f"{'sqlfluff lint, sample':28}{seconds:9.2f} s for {len(names)} files ({problems} violations)")
    print(f"{'advisor review, same sample':28}{ours:9.2f} s for {len(names)} files")


def _show(finding: Finding) -> None:
    span = finding.location.span
    print(f"\n{finding.code} {finding.confidence} {finding.location.artifact}:{span.line if span else 0}")
    print(f"  {finding.message}\n  {finding.location.excerpt}")


if __name__ == "__main__":
    raise SystemExit(main())
