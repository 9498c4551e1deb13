"""How well the security rules tell vulnerable from healthy code, on a set with an answer sheet, beside other tools.

    python benchmarks/owasp.py --root PATH [--sarif NAME=FILE]... [--confusions N]

PATH is a checkout of OWASP BenchmarkPython (or a set laid out like it: `expectedresults-*.csv` with test, category,
vulnerable, CWE). Runs `advisor review` on it, reads its SARIF as any code-scanning viewer would, and scores each
category by Youden's index: true-positive rate minus false-positive rate. A test counts as found when a result in its
file carries the expected CWE. Other tools' SARIF files are scored in the same way with --sarif.
"""

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

TARGET_MEAN, TARGET_LOWEST = 0.90, 0.75
_CWE = re.compile(r"cwe[-_ ]?0*(\d+)", re.IGNORECASE)


class Case(NamedTuple):
    """One test of the set."""

    name: str
    category: str
    vulnerable: bool
    cwe: int


def main() -> int:
    """Score the advisor, then the other tools; exit 1 when the target is missed."""
    options = _options()
    cases = list(_cases(options.root))
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "advisor.sarif"
        started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "backend_advisor", "review", str(options.root), "--select", "SEC"]
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        subprocess.run([*command, "--format", "sarif", "-o", str(output), "--exit-zero"], check=True, env=environment)
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        lines = sum(file.read_bytes().count(b"\n") for file in options.root.rglob("*.py"))
        print(
            f"advisor review: {seconds:.1f} s ({processor:.1f} s of processor) on {lines:,} lines, "
            f"{after.ru_maxrss >> 10} MB"
        )
        mean, lowest = _score("advisor", cases, json.loads(output.read_text("utf-8")), options.confusions)
    for named in options.sarif:
        name, _, file = named.partition("=")
        _score(name, cases, json.loads(Path(file).read_text("utf-8")), 0)
    met = mean >= TARGET_MEAN and lowest >= TARGET_LOWEST
    print(f"target: mean {TARGET_MEAN:+.2f}, no category under {TARGET_LOWEST:+.2f}: {'met' if met else 'missed'}")
    return 0 if met else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--sarif", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--confusions", type=int, default=0, help="print this many wrong tests of each category")
    return parser.parse_args()


def _cases(root: Path) -> Iterator[Case]:
    sheet = next(iter(sorted(root.glob("expectedresults-*.csv"))))
    for row in csv.reader(sheet.read_text("utf-8").splitlines()):
        if row and not row[0].startswith("#"):
            yield Case(row[0], row[1], row[2] == "true", int(row[3]))


def _score(tool: str, cases: list[Case], sarif: dict[str, Any], confusions: int) -> tuple[float, float]:
    found = _found(sarif)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    wrong: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        reported = case.cwe in found[case.name]
        counts[case.category][(0 if case.vulnerable else 2) + (0 if reported else 1)] += 1
        if reported != case.vulnerable:
            wrong[case.category].append(f"{case.name} ({'missed' if case.vulnerable else 'false alarm'})")
    indices = {}
    print(f"\n{tool:18} {'TP':>4} {'FN':>4} {'FP':>4} {'TN':>4}  Youden")
    for category, (tp, fn, fp, tn) in sorted(counts.items()):
        indices[category] = tp / max(tp + fn, 1) - fp / max(fp + tn, 1)
        print(f"{category:18} {tp:4} {fn:4} {fp:4} {tn:4}  {indices[category]:+.2f}")
        for one in wrong[category][:confusions]:
            print(f"    {one}")
    mean = sum(indices.values()) / len(indices)
    print(f"{'mean':18} {'':19}  {mean:+.3f}")
    return mean, min(indices.values())


def _found(sarif: dict[str, Any]) -> dict[str, set[int]]:
    """The CWE numbers reported for each file, by the file's name without its ending."""
    found: dict[str, set[int]] = defaultdict(set)
    for run in sarif["runs"]:
        rules = {rule["id"]: rule for rule in run["tool"]["driver"].get("rules", [])}
        for result in run.get("results", []):
            rule = rules.get(result.get("ruleId", ""), {})
            texts = [*rule.get("properties", {}).get("tags", []), *result.get("properties", {}).get("tags", [])]
            numbers = {int(number) for text in texts for number in _CWE.findall(str(text))}
            for location in result.get("locations", []):
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                found[Path(uri).stem] |= numbers
    return found


if __name__ == "__main__":
    sys.exit(main())
