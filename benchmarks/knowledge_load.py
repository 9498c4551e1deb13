"""How long the knowledge takes to load and to search, with 300 made-up playbook pairs.

    python benchmarks/knowledge_load.py

Prints the cold load (all files read and checked), the warm load in a fresh process (cache), and one search.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import backend_advisor
from backend_advisor.knowledge import ROOT, load

PAIRS = 300
WARM = (
    "import sys, time; from pathlib import Path; started = time.perf_counter();"
    "import msgspec, platformdirs, backend_advisor.model; from backend_advisor.knowledge import load;"
    "imported = time.perf_counter(); knowledge = load(Path(sys.argv[1])); loaded = time.perf_counter();"
    "knowledge.search('커넥션 풀이 고갈됩니다 pool timeout', 'ko');"
    "print(imported - started, loaded - imported, time.perf_counter() - loaded)"
)
QUESTIONS = (
    "커넥션 풀이 고갈되어 요청이 타임아웃 납니다. HikariCP 설정은 어떻게 해야 하나요?",
    "ERROR: deadlock detected while updating orders and items concurrently",
    "목록의 뒤쪽 페이지로 갈수록 API 응답이 느려집니다 (PostgreSQL, OFFSET 사용)",
    "Why does my query not use the index on created_at?",
)


def main() -> None:
    """Make the data, then measure."""
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        root = Path(folder) / "package"
        _make(root)
        started = time.perf_counter()
        knowledge = load(root)
        print(f"{len(knowledge.playbooks)} pairs")
        print(f"cold load            {time.perf_counter() - started:8.2f} s")
        _warm(root)
        searches = []
        for _ in range(25):
            for question in QUESTIONS:
                started = time.perf_counter()
                knowledge.search(question, "ko")
                searches.append(time.perf_counter() - started)
        print(f"search, median       {1000 * statistics.median(searches):8.2f} ms")


def _warm(root: Path) -> None:
    command = [sys.executable, "-c", WARM, str(root)]
    environment = os.environ | {"PYTHONPATH": str(Path(backend_advisor.__file__).parents[1])}
    lines = [
        subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()
        for _ in range(7)
    ]
    for number, label in enumerate(("imports", "warm load", "first search")):
        median = 1000 * statistics.median(float(line[number]) for line in lines)
        print(f"{label:21}{median:8.1f} ms")


def _make(root: Path) -> None:
    """Copies of the real playbooks with their words shuffled, under new names and codes."""
    for name in ("knowledge/sources", "knowledge/glossary", "intake/technologies"):
        shutil.copytree(ROOT / name, root / name)
    folder = root / "experts/database/playbooks"
    folder.mkdir(parents=True)
    real = sorted(ROOT.glob("experts/*/playbooks/*.ko.md"))
    for number in range(PAIRS):
        korean = real[number % len(real)]
        english = korean.with_name(korean.name.replace(".ko.md", ".md"))
        code = f"DB{number:03}"
        for path, ending in ((english, ".md"), (korean, ".ko.md")):
            text = path.read_text("utf-8")
            old = english.read_text("utf-8").split("code: ")[1].split("\n")[0]
            kept = [line for line in text.split("\n") if not line.startswith(("related:", "aliases:", "cause:"))]
            text = "\n".join(kept).replace(old, code).replace("## Root cause\n", f"## Root cause\n{_noise()}\n")
            (folder / f"page-{number:03}{ending}").write_text(text, "utf-8")


def _noise() -> str:
    letters = "abcdefghijklmnoprstuvwyz"
    return " ".join("".join(random.choices(letters, k=7)) for _ in range(80))


if __name__ == "__main__":
    main()
