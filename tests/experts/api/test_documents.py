"""Documents in JSON, broken and hostile ones, and what a question about one is answered with."""

import json
import time
from pathlib import Path

import pytest

from backend_advisor.advise import answer, review
from backend_advisor.model import Confidence, Finding
from backend_advisor.placed_json import read_json

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "servers": [{"url": "http://notes.example.com"}],
    "paths": {
        "/deleteNote": {"get": {"parameters": [{"name": "id", "in": "query"}], "responses": {"default": {}}}},
        "/users/{id}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"properties": {"passwordHash": {"type": "string"}}}}
                        }
                    },
                    "404": {},
                }
            }
        },
    },
}


def written(folder: Path, name: str, text: str) -> Path:
    """A file of this text."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def lines(findings: list[Finding]) -> dict[str, int]:
    """The line of each finding by its code."""
    return {one.code: one.location.span.line for one in findings if one.location.span}


def test_json_has_places(tmp_path: Path) -> None:
    text = json.dumps(DOCUMENT, indent=1)
    found = lines(list(review([written(tmp_path, "api.json", text)]).findings))
    expected = {"API202": '"get": {', "API204": '"passwordHash"', "API215": '"url"'}
    rows = text.split("\n")
    assert {
        code: expected[code] in rows[line - 1] for code, line in found.items() if code in expected
    } == dict.fromkeys(expected, True)
    assert "API210" in found


def test_a_document_is_told_and_not_said_to_be_unread(tmp_path: Path) -> None:
    file = written(tmp_path, "openapi.json", json.dumps(DOCUMENT))
    told = answer("is this API spec ok to publish?", [file])
    assert told.advice[0].codes[0] == "API204"
    assert not any("no rule" in notice for notice in told.notices)
    assert not any("no rule" in notice for notice in review([file]).notices)


@pytest.mark.parametrize("name", ["tests/openapi.json", "examples/shop/openapi.json"])
def test_documents_of_tests_and_samples_are_only_noted(tmp_path: Path, name: str) -> None:
    written(tmp_path, name, json.dumps(DOCUMENT))
    assert {one.confidence for one in review([tmp_path]).findings} == {Confidence.LOW}


def test_keys_that_are_sorted_hide_no_document(tmp_path: Path) -> None:
    schemas = "".join(f"    Name{number}: {{type: object}}\n" for number in range(3_000))
    text = (
        f"components:\n  schemas:\n{schemas}info: {{title: a}}\nopenapi: 3.0.2\npaths:\n  /a/{{id}}:\n"
        "    get: {responses: {default: {}}}\n"
    )
    assert lines(list(review([written(tmp_path, "api.yaml", text)]).findings)) == {"API210": 3_007}


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("api.yaml", "openapi: 3.0.3\ninfo: {title: a}\npaths:\n  /a: [\n", "(5:1)"),
        ("api.yaml", "openapi: 3.0.3\ninfo: {title: a}\npaths:\n\t/a: 1\n", "(4:1)"),
        ("api.json", '{"openapi": "3.0.3",\n "info": {"title": "a"},\n "paths": {,}}', "(3:12)"),
        ("api.json", '{"openapi": "3.0.3", "paths": {', "(1:32)"),
    ],
)
def test_broken_documents_are_told_with_their_place(tmp_path: Path, name: str, text: str, place: str) -> None:
    made = review([written(tmp_path, name, text)])
    (unread,) = made.case.unread
    assert place in unread.reason
    assert list(made.findings) == []


def _circle(count: int) -> str:
    schemas = "".join(
        f"    S{n}: {{properties: {{next: {{$ref: '#/components/schemas/S{(n + 1) % count}'}}}}}}\n"
        for n in range(count)
    )
    return (
        f"openapi: 3.0.0\ninfo: {{}}\ncomponents:\n  schemas:\n{schemas}    L: {{$ref: '#/components/schemas/L'}}\n"
        "paths:\n  /a:\n    post:\n      requestBody: {$ref: '#/components/schemas/L'}\n      responses:\n"
        "        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}\n"
        "        default: {$ref: '#/paths/~1a/post/responses/default'}\n"
    )


HOSTILE = {
    "circle": _circle(2_000),
    "deep": "openapi: 3.0.0\ninfo: {}\npaths: " + "[" * 5_000 + "]" * 5_000,
    "deep json": '{"openapi": "3.0.0", "paths": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "laughs": "openapi: 3.0.0\ninfo: {}\nx: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"x{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12))
    + "paths: {/a: {get: {parameters: *m, responses: *m}}}\n",
    "itself": "openapi: 3.0.0\ninfo: {}\npaths: &p\n  /a: &a\n    get: *a\n    post: {parameters: *p, responses: *p}\n",
    "odd": "openapi: 3.0.0\ninfo: 1\nservers: x\nsecurity: y\npaths:\n  /a: ~\n  /b: {get: []}\n"
    "  /c: {get: {parameters: {}, responses: 3, security: ~}}\n"
    "  /d: {post: {responses: {200: x}, requestBody: [1], parameters: [1, {}]}}\ncomponents: []\n",
    "long path": "openapi: 3.0.0\ninfo: {}\npaths:\n  '" + "/{a}" * 50_000 + "': {get: {responses: {default: {}}}}\n",
    "many paths": "openapi: 3.0.0\ninfo: {}\npaths:\n"
    + "".join(
        f"  /{{a}}/b{n}: {{get: {{responses: {{default: {{}}}}}}}}\n  /c{n}/{{d}}: {{get: {{}}}}\n"
        for n in range(2_000)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_cost_little(tmp_path: Path, name: str) -> None:
    begun = time.monotonic()
    made = review([written(tmp_path, "openapi.json" if "json" in name else "openapi.yaml", HOSTILE[name])])
    assert time.monotonic() - begun < 10
    assert not any(one.name.startswith("API") for one in made.case.unread)


def test_a_document_that_is_too_large_is_told(tmp_path: Path) -> None:
    text = json.dumps(DOCUMENT | {"x-more": ["a" * 100] * 100_000})
    made = review([written(tmp_path, "openapi.json", text)])
    assert "9.9 MB" in made.case.unread[0].reason


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", '{"a":1,}', '{"a" 1}', '{"a":tru}', '{"a":"x\ny"}', "{}x", '"\\x"', "{1:2}"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\(\d+:\d+\)$"):
        read_json(text)


def test_places_of_json() -> None:
    node = read_json('{\n "a\\u00e9": [1, true, null, "x"],\r\n "b": {}}')
    listed = node.at("aé")
    assert listed is not None
    assert [(one.text, one.line, one.column) for one in listed.items] == [
        ("1", 2, 14), ("true", 2, 17), ("null", 2, 23), ("x", 2, 29)
    ]  # fmt: skip
    assert (node.line, node.end_line) == (1, 3)
