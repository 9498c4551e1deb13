"""Rules that run before a program is interpreted find then what they find afterwards."""

from importlib import import_module

import pytest

from backend_advisor import cores, knowledge
from backend_advisor.code.machine import Machine
from backend_advisor.code.reading import Reading, read_code
from backend_advisor.experts import _DETECTORS_AHEAD
from backend_advisor.knowledge.detection import Failures, Match
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.model import SOURCE_CODE, Artifact, ArtifactKind
from backend_advisor.rules import registry
from backend_advisor.rules.ahead import ahead
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, detectors_of_trees, load_detectors
from backend_advisor.rules.running import matches

for _package in _DETECTORS_AHEAD:
    load_detectors(import_module(_package))

_KINDS = {kind.value for kind in SOURCE_CODE}
_SUFFIX = {"python": "py", "javascript": "js", "typescript": "ts", "java": "java"}
_NESTED = "def f(a):\n    for b in a:\n        if b:\n            while b:\n                for c in b:\n" + "".join(
    f"{' ' * 20}if c == {number}:\n{' ' * 24}print(c)\n" for number in range(8)
)


def _read(playbook: Playbook, number: int) -> Reading:
    read_code.cache_clear()
    example = playbook.examples[number]
    name = f"example.{_SUFFIX[example.kind]}"
    return read_code((Artifact(name=name, kind=ArtifactKind(example.kind), text=example.text, origin="file"),))


def _found(reading: Reading) -> list[Match]:
    places = Places(reading.artifacts)
    contexts = [CodeContext(analysis, places) for analysis in reading.analyses]
    return [match for one in detectors_of_trees().values() for context in contexts for match in one(context)]


@pytest.mark.parametrize("code", [one.code for one in knowledge.load().playbooks.values() if one.expert == "quality"])
def test_nothing_is_asked_of_the_interpreter(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    playbook = knowledge.load().playbooks[code]
    for number, example in enumerate(playbook.examples):
        if example.kind not in _KINDS:
            continue
        with monkeypatch.context() as patched:
            patched.delattr(Machine, "run")
            before = _found(_read(playbook, number))
        reading = _read(playbook, number)
        for analysis in reading.analyses:
            assert analysis.seen is analysis.seen
        assert before == _found(reading)


def test_what_was_found_ahead_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(cores, "_can_fork", lambda: True)
    artifacts = (Artifact(name="a.py", kind=ArtifactKind.PYTHON, text=_NESTED, origin="file"),)
    reading = read_code(artifacts)
    context = CodeContext(reading.analyses[0], Places(reading.artifacts))
    at_once = _codes(context)
    with ahead(artifacts, _DETECTORS_AHEAD):
        pass
    for code in detectors_of_trees():
        monkeypatch.setitem(registry._detectors, code, lambda _: 1 / 0)
    assert "QUA101" in at_once
    assert _codes(context) == at_once


def test_rules_run_in_their_turn_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    artifacts = (Artifact(name="b.py", kind=ArtifactKind.PYTHON, text=_NESTED, origin="file"),)
    with ahead(artifacts, _DETECTORS_AHEAD):
        reading = read_code(artifacts)
    assert "QUA101" in _codes(CodeContext(reading.analyses[0], Places(reading.artifacts)))


def _codes(context: CodeContext) -> list[str]:
    failures = Failures()
    found = [playbook.code for playbook, _ in matches(context, knowledge.load(), "quality", failures)]
    assert not failures.causes
    return found
