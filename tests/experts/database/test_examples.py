"""Every example of every database rule: bad ones are found where they are marked, good ones stay clean."""

import re
from collections.abc import Iterator

import pytest

from backend_advisor import knowledge
from backend_advisor.experts.database.detectors.registry import (
    ChangeContext,
    QueryContext,
    change_detectors,
    query_detectors,
    schema_detectors,
)
from backend_advisor.experts.database.migration_code.gathering import changes_in_code
from backend_advisor.experts.database.pending_changes import pending_changes
from backend_advisor.experts.database.workload import workload_of
from backend_advisor.knowledge.detection import Match, finding
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import SOURCE_CODE, Artifact, ArtifactKind, Case
from backend_advisor.sql.ddl import is_ddl, read_ddl
from backend_advisor.sql.inference import infer
from backend_advisor.sql.schema import qualified
from backend_advisor.sql.statement import statements

_QUERY = query_detectors()
_SCHEMA = schema_detectors()
_CHANGES = change_detectors()
_CODE = {kind.value for kind in SOURCE_CODE}
_FILE = re.compile(r"^(?://|#) file: (\S+)$", re.MULTILINE)


def _rules() -> Iterator[Playbook]:
    for playbook in knowledge.load().playbooks.values():
        if playbook.expert == "database" and playbook.code in {*_QUERY, *_SCHEMA, *_CHANGES}:
            yield playbook


def _examples() -> Iterator[pytest.param]:
    for playbook in _rules():
        for number, example in enumerate(playbook.examples, start=1):
            if example.kind in ("sql", "ddl", *_CODE):
                word = "bad" if example.bad else "good"
                yield pytest.param(playbook, example, id=f"{playbook.code}-{playbook.name}-{word}-{number}")


def matches(code: str, text: str, dialect: str | None = None) -> list[Match]:
    """What the rule of this code sees in SQL text whose DDL becomes the schema."""
    artifact = Artifact(name="example.sql", kind=ArtifactKind.SQL, text=text, dialect=dialect)
    parsed = statements(artifact)
    assert [s.problem for s in parsed if s.problem] == []
    schema = infer([s for s in parsed if not is_ddl(s)], read_ddl(parsed))
    if code in _SCHEMA:
        return list(_SCHEMA[code](schema, parsed))
    if code in _CHANGES:
        return list(_CHANGES[code](ChangeContext(pending_changes(parsed), parsed)))
    found: list[Match] = []
    for statement in parsed:
        if statement.tree is not None:
            context = QueryContext(statement, statement.tree, qualified(statement, schema), schema)
            found += _QUERY[code](context)
    return found


def matches_in_code(code: str, example: Example) -> list[Match]:
    """What the rule of this code sees in migrations that are written in code, a comment `file: NAME` before each."""
    line, (_, *parts) = 0, _FILE.split(example.text)
    files: list[Artifact] = []
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        kind = ArtifactKind(example.kind)
        files.append(Artifact(name=name, kind=kind, text=text, origin="file", first_line=line + 1))
        line += text.count("\n")
    case = Case(question="", language="en", artifacts=tuple(files))
    work = workload_of(Case(question="", language="en", artifacts=(*files, *changes_in_code(case))))
    return list(_CHANGES[code](ChangeContext(work.pending(""), work.changes)))


def _lines(found: list[Match]) -> set[int]:
    return {match.location.span.line for match in found if match.location.span is not None}


@pytest.mark.parametrize(("playbook", "example"), list(_examples()))
def test_example(playbook: Playbook, example: Example) -> None:
    if example.kind in _CODE:
        found = matches_in_code(playbook.code, example)
    else:
        found = matches(playbook.code, example.text, example.dialect)
    if example.bad:
        assert _lines(found) == set(example.lines)
        assert found
    else:
        assert found == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_findings_speak_both_languages(language: str) -> None:
    for playbook in _rules():
        for example in playbook.examples:
            if example.bad and example.kind in ("sql", "ddl"):
                for match in matches(playbook.code, example.text, example.dialect):
                    said = finding(playbook, match, language)
                    assert "{" not in said.message.replace("${", "")
                    assert said.fix is None or said.fix.title


def test_every_detector_has_a_playbook() -> None:
    playbooks = knowledge.load().playbooks
    assert [code for code in (*_QUERY, *_SCHEMA) if code not in playbooks] == []
