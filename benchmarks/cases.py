"""What a review finds in small programs, half of them with one defect, that were written by people who did not know it.

    python benchmarks/cases.py [SET ...] [--wrong]

A set is an archive in benchmarks/cases (`python -m zipfile -e benchmarks/cases/NAME.zip FOLDER` unpacks it) with a
sheet `expectedresults-1.csv` (name, category, defect or not, CWE or 0, line, reason). A case is found when a result in
its file, or with a station of its path there, carries the sheet's CWE or a related one; without a CWE, when it is of
one of the category's rules (cases/categories.yaml). Prints Youden's index (true-positive less false-positive rate) of
each category.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

CASES = Path(__file__).parent / "cases"
_CWE = re.compile(r"external/cwe/cwe-0*(\d+)")


class Case(NamedTuple):
    """One program of a set."""

    name: str
    category: str
    defect: bool
    cwe: int
    reason: str


class Told(NamedTuple):
    """One finding, as far as it decides a case."""

    rule: str
    cwes: frozenset[int]


def main() -> int:
    """Score the sets that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=sorted(path.stem for path in CASES.glob("*.zip")))
    parser.add_argument("--wrong", action="store_true", help="name the cases that were judged wrongly")
    options = parser.parse_args()
    table = yaml.safe_load((CASES / "categories.yaml").read_text("utf-8"))
    means = {name: _unpacked_and_scored(name, table, wrong=options.wrong) for name in options.sets}
    for name, mean in means.items():
        print(f"{name:20} mean {mean:+.3f}")
    return 0


def _unpacked_and_scored(name: str, table: dict[str, Any], *, wrong: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(CASES / f"{name}.zip") as archive:
        root = Path(folder) / name
        archive.extractall(root)
        return _score(root, table, wrong=wrong)


def _score(root: Path, table: dict[str, Any], *, wrong: bool) -> float:
    told = _told(root)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    misjudged: dict[str, list[str]] = defaultdict(list)
    for case in _cases(root):
        found = any(_tells(one, case, table) for one in told[case.name])
        counts[case.category][(0 if case.defect else 2) + (0 if found else 1)] += 1
        if found != case.defect:
            kind = "missed" if case.defect else "false alarm"
            misjudged[case.category].append(f"{case.name} {kind}: {case.reason}")
    print(f"\n{root.name:28} {'TP':>3} {'FN':>3} {'FP':>3} {'TN':>3}  Youden")
    indices = []
    for category, (tp, fn, fp, tn) in sorted(counts.items()):
        indices.append(tp / max(tp + fn, 1) - fp / max(fp + tn, 1))
        print(f"{category:28} {tp:3} {fn:3} {fp:3} {tn:3}  {indices[-1]:+.2f}")
        if wrong:
            print("".join(f"    {one}\n" for one in misjudged[category]), end="")
    return sum(indices) / len(indices)


def _cases(root: Path) -> Iterator[Case]:
    for name, category, defect, cwe, _line, *reason in csv.reader(
        (root / "expectedresults-1.csv").read_text("utf-8").splitlines()
    ):
        yield Case(name, category, defect == "true", int(cwe), ", ".join(reason))


def _tells(told: Told, case: Case, table: dict[str, Any]) -> bool:
    if case.cwe == 0:
        return told.rule in table["rules"][case.category]
    return not told.cwes.isdisjoint({case.cwe, *table["related"].get(case.cwe, ())})


def _told(root: Path) -> dict[str, set[Told]]:
    """The findings by the names of the files on their way, without endings."""
    with tempfile.TemporaryDirectory() as cache:
        run = subprocess.run(
            [sys.executable, "-m", "backend_advisor", "review", ".", "--format", "sarif", "--exit-zero"],
            cwd=root,
            check=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "XDG_CACHE_HOME": cache},
        )
    log = json.loads(run.stdout)["runs"][0]
    cwes = {
        rule["id"]: frozenset(int(found) for tag in rule["properties"]["tags"] for found in _CWE.findall(tag))
        for rule in log["tool"]["driver"]["rules"]
    }
    told: dict[str, set[Told]] = defaultdict(set)
    for result in log["results"]:
        for file in _files(result):
            told[file].add(Told(result["ruleId"], cwes[result["ruleId"]]))
    return told


def _files(result: dict[str, Any]) -> Iterator[str]:
    stations = [
        step["location"]
        for flow in result.get("codeFlows", [])
        for thread in flow["threadFlows"]
        for step in thread["locations"]
    ]
    for location in [*result["locations"], *stations]:
        yield Path(location["physicalLocation"]["artifactLocation"]["uri"]).stem


if __name__ == "__main__":
    sys.exit(main())
