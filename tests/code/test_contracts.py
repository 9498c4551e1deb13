"""OpenAPI documents: what they declare, what hostile ones cannot do, and the functions that they bind."""

import time

import pytest

from backend_advisor.code.analysis import Analysis, analyse
from backend_advisor.code.beside import Beside
from backend_advisor.code.contracts import read_contract

APP = "import connexion\napp = connexion.FlaskApp(__name__)\napp.add_api('openapi.yml'{resolver})\n"
SQL = "import sqlite3\nconnection = sqlite3.connect('a')\n"
DOCUMENT = """
openapi: 3.0.3
info: {title: Users, version: "1"}
paths:
  /users/{name}:
    parameters:
      - $ref: '#/components/parameters/Name'
    get:
      operationId: api.users.find
    put:
      operationId: change
      x-openapi-router-controller: api.users
      security: [{bearer: []}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
  /users/{id}/orders:
    get:
      operationId: api.users.orders
      parameters:
        - {name: id, in: path, schema: {type: integer}}
        - {name: sortBy, in: query, schema: {enum: [date, price]}}
components:
  parameters:
    Name: {name: name, in: path, schema: {type: string}}
  securitySchemes:
    bearer: {type: http, scheme: bearer, x-bearerInfoFunc: api.security.Tokens.check}
"""
USERS = f"""{SQL}
def find(name):
    connection.execute(f"SELECT * FROM users WHERE name = '{{name}}'")

def change(name, body, user, other):
    connection.execute("UPDATE users SET x = " + body["x"])
    connection.execute("UPDATE users SET x = " + other)

def orders(id, sort_by):
    connection.execute(f"SELECT * FROM orders WHERE user_id = {{id}} ORDER BY {{sort_by}}")
"""


def read(files: dict[str, str], document: str = DOCUMENT, path: str = "specs/openapi.yml") -> Analysis:
    (analysis,), _ = analyse({name: text.encode() for name, text in files.items()}, None, Beside({path: document}))
    return analysis


def lines_of_flows(analysis: Analysis, file: str) -> set[int]:
    source = analysis.program.units[file].module.source
    return {
        source.count(b"\n", 0, flow.start) + 1
        for flow in analysis.seen.flows.values()
        if flow.sink == "sql.text" and flow.path == file and flow.source == "http.input"
    }


def test_operations_bind_functions_by_their_module() -> None:
    analysis = read({"app.py": APP.format(resolver=""), "api/users.py": USERS})
    assert lines_of_flows(analysis, "api/users.py") == {5, 8}
    routes = {handler.info.node.name: handler for handler in analysis.seen.handlers.values()}
    assert routes["find"].properties["path"].consts == ("/users/{name}",)
    assert {name: "auth.required" in handler.info.marks for name, handler in routes.items()} == {
        "find": False,
        "change": True,
        "orders": False,
    }


def test_without_the_framework_nothing_is_bound() -> None:
    analysis = read({"app.py": "import flask\n", "api/users.py": USERS, "api/__init__.py": ""})
    assert not analysis.seen.handlers
    assert not lines_of_flows(analysis, "api/users.py")


def test_functions_that_check_credentials_get_them_from_the_client() -> None:
    checks = f"""{SQL}
class Tokens:
    @staticmethod
    def check(token, required_scopes):
        connection.execute("SELECT * FROM tokens WHERE token = '" + token + "'")
"""
    analysis = read({"app.py": APP.format(resolver=""), "api/security.py": checks})
    assert lines_of_flows(analysis, "api/security.py") == {7}


@pytest.mark.parametrize(
    ("resolver", "operation", "file", "function"),
    [
        (", resolver=RelativeResolver('api.pets')", "operationId: list_all", "api/pets.py", "list_all"),
        (", resolver=RestyResolver('api')", "description: all", "api/pets.py", "search"),
    ],
)
def test_resolvers(resolver: str, operation: str, file: str, function: str) -> None:
    document = f"openapi: 3.0.0\npaths:\n  /pets:\n    get:\n      {operation}\n"
    analysis = read({"app.py": APP.format(resolver=resolver), file: f"def {function}(): pass\n"}, document)
    assert [handler.info.node.name for handler in analysis.seen.handlers.values()] == [function]


def test_the_nearest_of_modules_of_one_name_is_meant() -> None:
    files = {f"{folder}/api/users.py": USERS for folder in ("first", "second")}
    analysis = read({"first/app.py": APP.format(resolver=""), **files}, path="second/openapi.yml")
    assert {handler.info.unit.path for handler in analysis.seen.handlers.values()} == {"second/api/users.py"}


@pytest.mark.parametrize(
    "document",
    [
        "",
        "paths: [1, 2]",
        "openapi: 3.0.0\npaths:\n  /a: [",
        "openapi: 3.0.0\npaths: {/a: {get: {parameters: {}, responses: [], security: {}, requestBody: 1}}}",
        "paths: {/a: {get: {parameters: [{$ref: '#/paths/~1a/get/parameters/0'}]}}}",
        "a: &a {b: *a}\npaths: &p {/a: *p, /b: {get: {parameters: *a}}}",
        "paths: {? [a] : 1, ? {b: c} : 2}",
        "paths: " + "[" * 10_000,
        '{"paths": ' + "[" * 100_000,
        '{"paths": {"/a": {"get": {"operationId": 7, "parameters": [null, 1, {"name": 5}]}}}}',
        "components: {securitySchemes: [1]}\npaths: {}",
        "\x00\ufeff%YAML",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" * 50 + "paths: {/a: {get: {parameters: *c}}}",
    ],
)
def test_hostile_documents(document: str) -> None:
    started = time.monotonic()
    read_contract(document, "openapi.yml")
    assert time.monotonic() - started < 2


def test_a_document_in_json() -> None:
    contract = read_contract('{"swagger": "2.0", "paths": {"/a": {"get": {"operationId": "m.f"}}}}', "swagger.json")
    assert [(one.path, one.method, one.id) for one in contract.operations] == [("/a", "GET", "m.f")]
