"""Random queries, every rewrite of each, accepted on some random data and compared again on other data.

    python benchmarks/rewrites.py [QUERIES] [SEED] [DATABASES]

Prints how many were made, how often each family was met, and with rows in the result, how many the checker rejected
(each a fault of the family's own condition), and how many accepted ones differed on the other data, which must be none.
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend_advisor.experts.database.remedies.rewrites import rewrites
from backend_advisor.experts.database.rewriting import same_answer
from backend_advisor.lab.equivalence import checking
from backend_advisor.lab.postgres.server import running
from backend_advisor.model import Artifact
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.statement import statements
from tests.experts.database.query_generator import DDL, QueryGenerator

DATABASES = 8


def main() -> int:
    """Run it."""
    queries = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    databases = int(sys.argv[3]) if len(sys.argv) > 3 else DATABASES
    schema = read_ddl(statements(Artifact(name="ddl", kind="ddl", text=DDL)))
    generator = QueryGenerator(seed)
    made, eventful, rejected, useless, differing = Counter(), Counter(), Counter(), Counter(), Counter()
    rewritten, trials, started = 0, 0, time.perf_counter()
    with running() as server, checking(server, schema) as checker:
        for number in range(queries):
            sql = generator.query()
            [statement] = statements(Artifact(name="query", kind="sql", text=sql))
            offered = rewrites(statement, schema)
            rewritten += bool(offered)
            for rewrite in offered:
                made[rewrite.name] += 1
                first = same_answer(checker, sql, rewrite, trials=databases, seed=number)
                trials += first.trials
                if not first.holds:
                    (rejected if first.counterexample or "order_lost" in first.notes else useless)[rewrite.name] += 1
                    if first.counterexample or "order_lost" in first.notes:
                        print("REJECTED", rewrite.name, first.notes, sql, rewrite.sql, first.counterexample, sep="\n  ")
                    continue
                second = same_answer(checker, sql, rewrite, trials=databases, seed=number + 1_000_000)
                trials += second.trials
                eventful[rewrite.name] += bool(first.eventful + second.eventful)
                if second.counterexample is not None:
                    differing[rewrite.name] += 1
                    print("DIFFERS", rewrite.name, sql, rewrite.sql, second.counterexample, sep="\n  ")
    seconds = time.perf_counter() - started
    print(f"queries {queries}, with a rewrite {rewritten}, rewrites {made.total()}, databases {trials}")
    for name, count in made.most_common():
        print(
            f"  {name:26} {count:5}  with rows {eventful[name]:5}  rejected {rejected[name]}"
            f"  untested {useless[name]}  differing {differing[name]}"
        )
    print(f"rejected {rejected.total()}, differing after acceptance {differing.total()}")
    print(f"{seconds:.1f} s, {seconds / max(trials, 1) * 1000:.1f} ms a database")
    return 1 if differing or rejected else 0


if __name__ == "__main__":
    raise SystemExit(main())
