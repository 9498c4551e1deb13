"""Every example of every rule on OpenAPI documents: bad ones are found where they are marked, good ones stay clean."""

from typing import Any

import pytest

from backend_advisor import knowledge
from backend_advisor.experts.api.detectors.registry import detectors
from backend_advisor.experts.api.examination import examine_documents
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import Artifact, ArtifactKind, Case


def _examples() -> list[Any]:
    rules = [knowledge.load().playbooks[code] for code in detectors()]
    return [
        pytest.param(rule, one, id=f"{rule.code}-{'bad' if one.bad else 'good'}-{number}")
        for rule in rules
        for number, one in enumerate(rule.examples, start=1)
    ]


@pytest.mark.parametrize(("rule", "example"), _examples())
def test_examples_of_the_rules(rule: Playbook, example: Example) -> None:
    artifact = Artifact(name="openapi.yaml", kind=ArtifactKind(example.kind), text=example.text, origin="file")
    examined = examine_documents(Case(question="", language="en", artifacts=(artifact,)), knowledge.load())
    assert examined.unread == ()
    places = [
        place
        for one in examined.findings
        if one.code == rule.code
        for place in (one.location, *(step.location for step in one.steps))
    ]
    assert {place.span.line for place in places if place.span} == set(example.lines)


def test_every_detector_has_a_page_and_every_page_a_detector() -> None:
    rules = {
        one.code
        for one in knowledge.load().playbooks.values()
        if one.expert == "api" and any(example.kind == "openapi" for example in one.examples)
    }
    assert set(detectors()) == rules
