"""How much of what an expert's answer must contain stands where a reader looks first.

    python benchmarks/answers/score.py [--format text|markdown] [--misses] [--area NAME] [--half tuning|held-out]

Each question of questions/*.yaml is answered without proofs; of the answer as `advisor ask` prints it, the first
450 words (1,800 characters in Korean) are read. Prints the mean share of points found (by area and language), and of
questions whose wanted sources are cited. A hash of the id halves the questions: pages are only ever mended by the
tuning half; an entry whose `half` is tuning was read by those who mended. Target: mean point recall at least 0.93.
"""

import argparse
import hashlib
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from backend_advisor.advise import answer
from backend_advisor.experts import Terms
from backend_advisor.model import Report
from backend_advisor.report import render

QUESTIONS = Path(__file__).with_name("questions")
WORDS, CHARACTERS, TARGET = 450, 1_800, 0.93


def main() -> int:
    """Score every question; exit 1 when the target is missed."""
    options = _options()
    scores: dict[str, list[float]] = defaultdict(list)
    sources: list[bool] = []
    times: list[float] = []
    for entry in _questions(options.area, options.half):
        started = time.perf_counter()
        report = answer(entry["question"], language=entry["lang"], terms=Terms(prove=False))
        times.append(time.perf_counter() - started)
        shown = render(report, options.format)
        read = _first(shown, entry["lang"])
        missed = [point for point in entry["points"] if not _holds(point, read)]
        share = 1 - len(missed) / len(entry["points"])
        for group in ("all", entry["area"], entry["lang"], _half(entry)):
            scores[group].append(share)
        if entry.get("sources"):
            sources.append(_cites(report, entry["sources"]))
        if options.misses and missed:
            _tell(entry, report, missed, _rest(missed, shown))
    for group, shares in scores.items():
        print(f"{group:14}{len(shares):5}{statistics.mean(shares):8.3f}")
    print(f"sources cited {sum(sources)}/{len(sources)}; median {statistics.median(times) * 1000:.0f} ms")
    return 0 if statistics.mean(scores["all"]) >= TARGET else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=["text", "markdown"], default="text")
    parser.add_argument("--misses", action="store_true", help="tell which points are missing")
    parser.add_argument("--area")
    parser.add_argument("--half", choices=["tuning", "held-out"])
    return parser.parse_args()


def _questions(area: str | None = None, half: str | None = None) -> Iterator[dict[str, Any]]:
    for path in sorted(QUESTIONS.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text("utf-8")):
            if area in (None, entry["area"]) and half in (None, _half(entry)):
                yield entry


def _half(entry: dict[str, Any]) -> str:
    if "half" in entry:
        return str(entry["half"])
    return "tuning" if hashlib.sha256(entry["id"].encode()).digest()[0] % 2 else "held-out"


def _first(text: str, language: str) -> str:
    """What is read first. Lines are joined, since a wrapped line breaks no sentence."""
    joined = " ".join(text.split())
    return joined[:CHARACTERS] if language == "ko" else " ".join(joined.split(" ")[:WORDS])


def _holds(point: list[str], text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in point)


def _rest(missed: list[list[str]], shown: str) -> list[list[str]]:
    whole = " ".join(shown.split())
    return [point for point in missed if not _holds(point, whole)]


def _cites(report: Report, wanted: list[str]) -> bool:
    urls = [source.url for advice in report.advice for source in advice.sources]
    return any(re.search(pattern, url, re.IGNORECASE) for pattern in wanted for url in urls)


def _tell(entry: dict[str, Any], report: Report, missed: list[list[str]], absent: list[list[str]]) -> None:
    led = ", ".join(advice.codes[0] for advice in report.advice if advice.codes)
    print(f"{entry['id']} ({entry['area']}) → {led or 'nothing'}")
    for point in missed:
        print(f"    {'absent' if point in absent else 'late  '} {point}")


if __name__ == "__main__":
    sys.exit(main())
