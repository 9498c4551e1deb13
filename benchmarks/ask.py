"""How long an answer without proof takes: the first of a new process, and the median of a warm one.

    python benchmarks/ask.py [--profile]

The questions are those of tests/knowledge/questions.yaml, and as many again with a stack, figures and a query added,
so that intake, rules and search all have work; 200 in all. `--profile` adds what the warm time is spent on. The
targets are 1 s cold and 20 ms warm. No other tool answers such questions offline, so there is no peer.
"""

import argparse
import cProfile
import pstats
import statistics
import subprocess
import sys
import time
from pathlib import Path

import yaml

from backend_advisor.advise import answer
from backend_advisor.experts import Terms

QUESTIONS = Path(__file__).parents[1] / "tests/knowledge/questions.yaml"
ADVISOR = str(Path(sys.executable).with_name("advisor"))
COUNT, COLD_RUNS = 200, 5
TARGET_COLD, TARGET_WARM = 1.0, 0.020
CONTEXT = """{question}

Context:
- Stack: Node.js, Express, TypeORM, PostgreSQL 16
- orders has 1.2M rows, users 300,000 rows

```sql
SELECT o.*, u.email FROM orders o JOIN users u ON u.id = o.user_id
WHERE o.status = 'open' AND lower(u.email) LIKE '%{number}%' ORDER BY o.created_at DESC LIMIT 20 OFFSET {number}0000;
```

Current performance: 4.2 seconds
Target: < 200 ms
"""


def main() -> None:
    """Measure both ways."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true")
    profile = parser.parse_args().profile
    plain, rich = questions()
    answer(rich[0], terms=Terms(prove=False))
    print(f"{'':36}{'median s':>10}{'worst s':>10}")
    met = _row("cold, whole process, plain question", [_cold(plain[0]) for _ in range(COLD_RUNS)], TARGET_COLD)
    met &= _row("cold, whole process, with a query", [_cold(rich[0]) for _ in range(COLD_RUNS)], TARGET_COLD)
    _row(f"warm, {len(plain)} plain questions", [_warm(question) for question in plain])
    _row(f"warm, {len(rich)} with a query", [_warm(question) for question in rich])
    met &= _row(f"warm, all {len(plain + rich)}", [_warm(question) for question in plain + rich], TARGET_WARM)
    print(f"targets: < {TARGET_COLD:g} s cold, < {TARGET_WARM * 1000:g} ms warm: {'met' if met else 'MISSED'}")
    if profile:
        _profile(plain + rich)


def questions() -> tuple[list[str], list[str]]:
    """Half of the questions as they stand, spread over the file, and the other half with a system around them."""
    texts = [str(entry["q"]) for entry in yaml.safe_load(QUESTIONS.read_text("utf-8"))]
    plain = texts[:: max(len(texts) // (COUNT // 2), 1)][: COUNT // 2]
    rest = [text for text in texts if text not in set(plain)] or texts
    rich = [CONTEXT.format(question=rest[n % len(rest)], number=n + 1) for n in range(COUNT - len(plain))]
    return plain, rich


def _cold(question: str) -> float:
    started = time.perf_counter()
    command = [ADVISOR, "ask", "--no-prove", question]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _warm(question: str) -> float:
    started = time.perf_counter()
    answer(question, terms=Terms(prove=False))
    return time.perf_counter() - started


def _row(label: str, seconds: list[float], target: float | None = None) -> bool:
    median = statistics.median(seconds)
    print(f"{label:36}{median:10.4f}{max(seconds):10.4f}")
    return target is None or median < target


def _profile(texts: list[str]) -> None:
    with cProfile.Profile() as profiler:
        for question in texts:
            answer(question, terms=Terms(prove=False))
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
