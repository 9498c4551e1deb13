"""Every example of every rule on source code: bad ones are found where they are marked, good ones stay clean."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from backend_advisor import knowledge
from backend_advisor.code.reading import read_code
from backend_advisor.experts import experts
from backend_advisor.knowledge.detection import Failures
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import SOURCE_CODE, Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, code_detectors, load_detectors
from backend_advisor.rules.running import matches

_SUFFIX = {"python": "py", "javascript": "js", "typescript": "ts", "java": "java"}
_FILE = re.compile(r"^(?://|#) file: (\S+)$", re.MULTILINE)
_KINDS = {kind.value for kind in SOURCE_CODE}


def _load() -> None:
    for expert in experts():
        package = expert.__name__.rpartition(".")[0]  # type: ignore[attr-defined]
        if not package.endswith("database"):
            load_detectors(import_module(f"{package}.detectors"))


_load()


def _rules() -> Iterator[Playbook]:
    for playbook in knowledge.load().playbooks.values():
        if playbook.detects or playbook.code in code_detectors():
            yield playbook


def _examples() -> Iterator[pytest.param]:
    for playbook in _rules():
        for number, example in enumerate(playbook.examples, start=1):
            if example.kind in _KINDS:
                word = "bad" if example.bad else "good"
                yield pytest.param(playbook, example, id=f"{playbook.code}-{playbook.name}-{word}-{number}")


def _files(example: Example) -> Iterator[Artifact]:
    """The files of an example: a comment `file: NAME` on a line of its own begins the next one."""
    kind = ArtifactKind(example.kind)
    parts = _FILE.split(example.text)
    if len(parts) == 1:
        yield Artifact(name=f"example.{_SUFFIX[example.kind]}", kind=kind, text=example.text, origin="file")
    line = parts[0].count("\n")
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        yield Artifact(name=name, kind=kind, text=text, origin="file", first_line=line + 1)
        line += text.count("\n")


def found_lines(playbook: Playbook, example: Example) -> set[int]:
    """The lines where a rule finds something in its example."""
    reading = read_code(tuple(_files(example)))
    places = Places(reading.artifacts)
    failures = Failures()
    lines = {
        match.location.span.line
        for analysis in reading.analyses
        for rule, match in matches(CodeContext(analysis, places), knowledge.load(), playbook.expert, failures)
        if rule.code == playbook.code and match.location.span is not None
    }
    assert not failures.causes
    return lines


@pytest.mark.parametrize(("playbook", "example"), list(_examples()))
def test_example(playbook: Playbook, example: Example) -> None:
    assert found_lines(playbook, example) == (set(example.lines) if example.bad else set())


def test_every_detector_has_a_playbook() -> None:
    assert code_detectors().keys() <= knowledge.load().playbooks.keys()
