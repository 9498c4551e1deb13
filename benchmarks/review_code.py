"""How fast a tree of source code is reviewed, beside Bandit and Semgrep on the same tree.

    python benchmarks/review_code.py --root PATH... [--bandit BIN] [--semgrep BIN --semgrep-rules FOLDER]

Each tool runs as a whole process with every rule on, the advisor once with an empty cache and once more with what the
first run kept. Prints wall time, processor time, peak memory and time per 1,000 lines. Targets: at most 100 ms of
processor time per 1,000 lines, at most Bandit's wall time on a Python tree, a tenth of Semgrep's, under 300 MB for
300,000 lines, under 1 s when nothing changed (100,000 lines).
"""

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import backend_advisor

_SUFFIXES = {".py", ".js", ".ts", ".tsx", ".jsx", ".mjs", ".cjs", ".java"}


class Measured(NamedTuple):
    """One run of a command."""

    wall: float
    processor: float
    megabytes: float
    code: int


def main() -> int:
    """Measure each tool on each root."""
    options = _options()
    compileall.compile_dir(Path(backend_advisor.__file__).parent, quiet=2)  # as whatever installs the peers does
    for root in options.root:
        lines = _lines(root)
        print(f"\n{root.name}: {lines:,} lines")
        with tempfile.TemporaryDirectory() as folder:
            review = [sys.executable, "-m", "backend_advisor", "review", str(root), "--exit-zero", "--format", "sarif"]
            command = [*review, "-o", f"{folder}/out.sarif"]
            environment = {"XDG_CACHE_HOME": folder}
            _run([sys.executable, "-m", "backend_advisor", "explain", "DB101"], environment)
            _show("advisor", _run(command, environment), lines)
            _show("advisor, unchanged", _run(command, environment), lines)
            if options.bandit:
                bandit = [options.bandit, "-r", str(root), "-f", "json", "-q", "-o", f"{folder}/b"]
                _show("bandit", _run(bandit, {}), lines)
            if options.semgrep:
                rules = ["--config", str(options.semgrep_rules)]
                quiet = ["--metrics", "off", "--disable-version-check", "--quiet", "--experimental"]
                found = _run([options.semgrep, "scan", *rules, *quiet, "--json", "-o", f"{folder}/s", str(root)], {})
                _show("semgrep", found, lines)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, nargs="+", required=True)
    parser.add_argument("--bandit")
    parser.add_argument("--semgrep")
    parser.add_argument("--semgrep-rules", type=Path)
    return parser.parse_args()


def _lines(root: Path) -> int:
    files = (file for file in root.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    return sum(file.read_bytes().count(b"\n") for file in files if "node_modules" not in file.parts)


def _run(command: list[str], environment: dict[str, str]) -> Measured:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    megabytes = used.ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)
    return Measured(wall, used.ru_utime + used.ru_stime, megabytes, os.waitstatus_to_exitcode(status))


def _show(name: str, run: Measured, lines: int) -> None:
    each = 1e6 * run.processor / max(lines, 1)
    print(
        f"{name:20} {run.wall:7.2f} s wall {run.processor:7.2f} s processor {run.megabytes:6.0f} MB "
        f"{each:7.1f} ms per 1,000 lines   exit {run.code}"
    )


if __name__ == "__main__":
    sys.exit(main())
