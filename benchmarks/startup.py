"""How long the command takes to say its help and its version, as whole processes.

    python benchmarks/startup.py [--runs 20] [--peer "CMD"]...

Prints the median and the slowest of the runs of each command, which take turns so that a busy moment of the machine
falls on all of them. Peers are any commands: `--peer "/tmp/peers/bin/sqlfluff --help"`. The target is 0.2 s for
`advisor --help`.
"""

import argparse
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

ADVISOR = str(Path(sys.executable).with_name("advisor"))
TARGET = 0.2


def main() -> None:
    """Run every command in turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--peer", action="append", default=[], metavar="CMD")
    options = parser.parse_args()
    bare = [sys.executable, "-c", "pass"]
    named = {"advisor --help": [ADVISOR, "--help"], "advisor --version": [ADVISOR, "--version"]}
    named |= {"python -c pass (the floor)": bare} | {_shown(words): words for words in map(shlex.split, options.peer)}
    times: dict[str, list[float]] = {name: [] for name in named}
    for turn in range(options.runs + 1):
        for name, command in named.items():
            seconds = _seconds(command)
            if turn:  # the first turn fills the disk cache
                times[name].append(seconds)
    print(f"{'command':32}{'median s':>10}{'worst s':>10}")
    for name, taken in times.items():
        print(f"{name:32}{statistics.median(taken):10.3f}{max(taken):10.3f}")
    met = statistics.median(times["advisor --help"]) < TARGET
    print(f"target: advisor --help < {TARGET} s: {'met' if met else 'MISSED'}")


def _shown(command: list[str]) -> str:
    return shlex.join([Path(command[0]).name, *command[1:]])


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
