"""How often the search finds a page that answers, on the labelled questions of tests/knowledge/questions*.yaml.

    python benchmarks/search.py [--misses]

Prints the share of questions answered by the first and by the first three hits, and how often a hit is rightly
and wrongly held to be an answer; for the tuning half and the held-out half; with the glossary and without, and
with the model of the `[semantic]` extra when that is installed.
"""

import hashlib
import sys
from pathlib import Path

import yaml

from backend_advisor.knowledge import Knowledge, load, semantic
from backend_advisor.knowledge.glossary import Matcher
from backend_advisor.model import Language

QUESTIONS = Path(__file__).parents[1] / "tests/knowledge"
Question = dict[str, list[str] | str]


def main() -> None:
    """Measure every way of searching."""
    knowledge = load()
    names = {playbook.name for playbook in knowledge.playbooks.values()}
    questions = [
        entry for path in sorted(QUESTIONS.glob("questions*.yaml")) for entry in yaml.safe_load(path.read_text("utf-8"))
    ]
    known = [entry for entry in questions if not entry["want"] or names.intersection(entry["want"])]
    print(f"{len(names)} playbooks, {len(known)} questions ({len(questions) - len(known)} without a page)")
    print(f"{'':24}{'half':>9}{'n':>5}{'hit@1':>8}{'hit@3':>8}{'sure':>8}{'wrongly':>9}{'out sure':>10}")
    installed = semantic.available()
    ways = [("glossary", True, False), ("no glossary", False, False)]
    ways += [("glossary and semantic", True, True)] if installed else []
    for label, glossary, dense in ways:
        semantic.available = lambda dense=dense: dense  # type: ignore[assignment]
        searched = Knowledge(knowledge._compiled)
        if not glossary:
            searched.__dict__["_matcher"] = Matcher({})
        for half in ("tuning", "held out"):
            _measure(searched, [entry for entry in known if _half(entry["q"]) == half], f"{label:24}{half:>9}")


def _half(text: str) -> str:
    return "tuning" if hashlib.sha256(text.encode()).digest()[0] % 2 else "held out"


def _language(text: str) -> Language:
    return "ko" if any("가" <= character <= "힣" for character in text) else "en"


def _measure(knowledge: Knowledge, questions: list[Question], label: str) -> None:
    inside = outside = first = three = sure = wrong = alarm = 0
    for entry in questions:
        hits = knowledge.search(str(entry["q"]), _language(str(entry["q"])), limit=3)
        found = [hit.playbook.name in entry["want"] for hit in hits]
        confident = bool(hits) and hits[0].confident
        if not entry["want"]:
            outside += 1
            alarm += confident
            if confident and "--misses" in sys.argv:
                print("   ALARM", entry["q"], [(h.playbook.name, round(h.score, 2)) for h in hits])
            continue
        inside += 1
        first += any(found[:1])
        three += any(found)
        sure += confident and found[0]
        wrong += confident and not found[0]
        if not any(found[:1]) and "--misses" in sys.argv:
            print("   MISS ", entry["q"], [(h.playbook.name, round(h.score, 2)) for h in hits])
    rates = f"{first / inside:8.2f}{three / inside:8.2f}{sure / inside:8.2f}{wrong / inside:9.2f}"
    print(f"{label}{inside + outside:5}{rates}{alarm:7}/{outside}")


if __name__ == "__main__":
    main()
