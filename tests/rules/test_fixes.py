"""Every fix that a rule offers for its bad examples: it parses, its finding is gone, and nothing new is found."""

from collections import Counter
from collections.abc import Iterator

import pytest

from backend_advisor import knowledge
from backend_advisor.code.reading import Reading, read_code
from backend_advisor.fixes import edited
from backend_advisor.knowledge.detection import Failures, Match
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.running import matches
from tests.rules.test_examples import _KINDS, _SUFFIX, _rules

_EXPERTS = {playbook.expert for playbook in knowledge.load().playbooks.values()}


def _read(kind: str, text: str) -> tuple[Reading, list[tuple[Playbook, Match]]]:
    artifact = Artifact(name=f"example.{_SUFFIX[kind]}", kind=ArtifactKind(kind), text=text, origin="file")
    reading = read_code((artifact,))
    places = Places(reading.artifacts)
    found = [
        one
        for analysis in reading.analyses
        for expert in sorted(_EXPERTS)
        for one in matches(CodeContext(analysis, places), knowledge.load(), expert, Failures())
    ]
    return reading, found


def _bad() -> Iterator[pytest.param]:
    for playbook in _rules():
        for number, example in enumerate(playbook.examples, start=1):
            if example.bad and example.kind in _KINDS:
                yield pytest.param(playbook, example, id=f"{playbook.code}-{playbook.name}-{number}")


@pytest.mark.parametrize(("playbook", "example"), list(_bad()))
def test_fixes_hold(playbook: Playbook, example: Example) -> None:
    before, found = _read(example.kind, example.text)
    for rule, match in found:
        if rule.code != playbook.code or not match.edits:
            continue
        text = edited(example.text, match.edits)
        after, left = _read(example.kind, text)
        expected = Counter(one.code for one, _ in found)
        expected[playbook.code] -= 1
        codes = Counter(one.code for one, _ in left)
        assert after.left_out.keys() <= before.left_out.keys(), text
        assert codes[playbook.code] == expected[playbook.code], text
        assert not codes - expected, text


@pytest.mark.parametrize("playbook", [one for one in _rules() if any(d.edits or d.binds for d in one.detects)])
def test_a_declared_fix_is_shown_by_an_example(playbook: Playbook) -> None:
    assert all(page.fix for page in playbook.pages.values())
    assert any(
        match.edits
        for example in playbook.examples
        if example.bad and example.kind in _KINDS
        for rule, match in _read(example.kind, example.text)[1]
        if rule.code == playbook.code
    )
