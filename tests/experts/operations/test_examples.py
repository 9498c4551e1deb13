"""Every example of every rule on manifests: bad ones are found where they are marked, good ones stay clean."""

import re
from typing import Any

import pytest

from backend_advisor import knowledge
from backend_advisor.experts.operations.detectors.registry import codes
from backend_advisor.experts.operations.examination import examine_manifests
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import Artifact, ArtifactKind, Case

MARK = re.compile(r" # OPS\d{3}$", re.MULTILINE)
NAMES = {"compose": "docker-compose.yml", "dockerfile": "Dockerfile", "kubernetes": "api.yaml"}


def _examples() -> list[Any]:
    rules = [knowledge.load().playbooks[code] for code in sorted(codes())]
    return [
        pytest.param(rule, one, id=f"{rule.code}-{'bad' if one.bad else 'good'}-{number}")
        for rule in rules
        for number, one in enumerate(rule.examples, start=1)
    ]


def _lines(rule: Playbook, example: Example) -> set[int]:
    """The lines of a rule's findings, with those of their steps."""
    # A Dockerfile knows no comment behind an instruction.
    text = MARK.sub("", example.text) if example.kind == "dockerfile" else example.text
    artifact = Artifact(name=NAMES[example.kind], kind=ArtifactKind(example.kind), text=text, origin="file")
    case = Case(question="", language="en", artifacts=(artifact,))
    examined = examine_manifests(case, knowledge.load())
    assert examined.unread == ()
    places = [
        place
        for one in examined.findings
        if one.code == rule.code
        for place in (one.location, *(step.location for step in one.steps))
    ]
    return {place.span.line for place in places if place.span}


@pytest.mark.parametrize(("rule", "example"), _examples())
def test_examples_of_the_rules(rule: Playbook, example: Example) -> None:
    assert _lines(rule, example) == set(example.lines)


def test_every_detector_has_a_page_and_every_page_a_detector() -> None:
    rules = {one.code for one in knowledge.load().playbooks.values() if one.expert == "operations" and one.is_rule}
    assert codes() == rules
