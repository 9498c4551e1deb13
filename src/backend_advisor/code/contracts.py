"""OpenAPI documents: the operations that they declare, and the functions that they name for them.

A document is somebody else's text: it is read by its events, bounded in size, depth and number of operations, and
nothing outside of it is fetched.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST = 2_000_000
_DEEPEST = 80
_MOST_OPERATIONS = 5_000
_MOST_PARAMETERS = 100
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_CHECKS_CREDENTIALS = re.compile(r"x-(?:basic|bearer|apikey|token)InfoFunc$")
_NUMBERS = frozenset({"integer", "number", "boolean"})
_PAGE = re.compile(r"text/html|application/xhtml")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document. `inputs` are the arguments that the client gives, each with whether it is text."""

    path: str
    method: str
    id: str | None
    controller: str | None
    inputs: Mapping[str, bool]
    is_secured: bool
    answers_page: bool


@dataclass(frozen=True, slots=True)
class Contract:
    """What one document declares. `checkers` are the functions that it names for checking credentials."""

    path: str
    operations: tuple[Operation, ...]
    checkers: tuple[str, ...]


def read_contract(text: str, path: str) -> Contract:
    """The operations of an OpenAPI or Swagger document in YAML or JSON; none of a text that is not one."""
    document = _document(text)
    if document is None or not isinstance(document.get("paths"), dict):
        return Contract(path, (), ())
    operations = []
    for operation in _operations(document):
        operations.append(operation)
        if len(operations) >= _MOST_OPERATIONS:
            break
    return Contract(path, tuple(operations), tuple(_checkers(document)))


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, stated in document["paths"].items():
        item = _resolved(stated, document)
        for method in _METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                yield Operation(
                    path,
                    method.upper(),
                    _text(operation.get("operationId")),
                    next((_text(at[key]) for at in (operation, item) for key in _CONTROLLERS if key in at), None),
                    _inputs(operation, item, document),
                    _is_secured(operation.get("security", document.get("security"))),
                    _answers_page(operation, document),
                )


def _inputs(operation: dict[str, Any], item: dict[str, Any], document: dict[str, Any]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    stated = [one for at in (item, operation) for one in _list(at.get("parameters"))]
    for one in stated[:_MOST_PARAMETERS]:
        parameter = _resolved(one, document)
        name = _text(parameter.get("name"))
        if name is None or parameter.get("in") not in ("path", "query", "body", "formData"):
            continue
        schema = _resolved(parameter.get("schema", parameter), document)
        is_text = not (_text(schema.get("type")) in _NUMBERS or schema.get("enum"))
        for spelled in (_identifier(name), _snake(_identifier(name))):
            found[spelled] = found[f"{spelled}_"] = is_text
    body = _resolved(operation.get("requestBody"), document)
    if body:
        found[_text(body.get("x-body-name")) or _text(operation.get("x-body-name")) or "body"] = True
        for name in _uploads(body, document):
            found[_identifier(name)] = True
    return found


def _uploads(body: dict[str, Any], document: dict[str, Any]) -> list[str]:
    content = body.get("content")
    form = content.get("multipart/form-data") if isinstance(content, dict) else None
    schema = _resolved(form.get("schema"), document) if isinstance(form, dict) else {}
    properties = schema.get("properties")
    return (
        [name for name in properties if isinstance(name, str)][:_MOST_PARAMETERS]
        if isinstance(properties, dict)
        else []
    )


def _is_secured(stated: object) -> bool:
    """Whether every way to call an operation asks for credentials: an empty list or an empty way asks for none."""
    return isinstance(stated, list) and bool(stated) and all(isinstance(way, dict) and way for way in stated)


def _answers_page(operation: dict[str, Any], document: dict[str, Any]) -> bool:
    produced = [str(one) for one in _list(operation.get("produces", document.get("produces")))]
    answers = operation.get("responses")
    for answer in answers.values() if isinstance(answers, dict) else ():
        content = _resolved(answer, document).get("content")
        produced += [str(kind) for kind in content] if isinstance(content, dict) else []
    return any(_PAGE.match(kind) for kind in produced)


def _checkers(document: dict[str, Any]) -> Iterator[str]:
    components = document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else document.get("securityDefinitions")
    for scheme in schemes.values() if isinstance(schemes, dict) else ():
        for key, value in scheme.items() if isinstance(scheme, dict) else ():
            if _CHECKS_CREDENTIALS.match(key) and isinstance(value, str):
                yield value


def _resolved(stated: object, document: dict[str, Any]) -> dict[str, Any]:
    """What stands there, or where a reference within the document leads to; empty when that is nothing."""
    at: Any = stated
    for _ in range(4):
        reference = at.get("$ref") if isinstance(at, dict) else None
        if not isinstance(reference, str):
            break
        at = document if reference.startswith("#/") else None
        for key in reference[2:].split("/"):
            name = key.replace("~1", "/").replace("~0", "~")
            at = at.get(name) if isinstance(at, dict) else None
    return at if isinstance(at, dict) else {}


def _identifier(name: str) -> str:
    """How a parameter's name is spelled as an argument: `filter[name]` is `filter_name`."""
    return re.sub(r"^[^a-zA-Z_]+", "", re.sub(r"[^0-9a-zA-Z_]", "", re.sub(r"\[(?!\])", "_", name)))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _document(text: str) -> dict[str, Any] | None:
    if len(text) > _LONGEST:
        return None
    try:
        found = json.loads(text.lstrip("\ufeff")) if text.lstrip("\ufeff \t\r\n")[:1] == "{" else _yaml(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _yaml(text: str) -> Any:
    """The first document of a YAML text with every scalar as text; an alias is its anchor's value, not a copy."""
    import yaml
    from yaml import cyaml

    parser: Any = vars(cyaml)["CParser"](text)
    try:
        while isinstance(event := parser.get_event(), yaml.StreamStartEvent | yaml.DocumentStartEvent):
            pass
        return _value(parser, event, {}, 0)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    finally:
        parser.dispose()


def _value(parser: Any, event: Any, anchors: dict[str, Any], depth: int) -> Any:
    import yaml

    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(event, yaml.AliasEvent):
        return anchors.get(event.anchor or "")
    if isinstance(event, yaml.ScalarEvent):
        made: Any = event.value
    elif isinstance(event, yaml.SequenceStartEvent):
        made = []
        while not isinstance(inner := parser.get_event(), yaml.SequenceEndEvent):
            made.append(_value(parser, inner, anchors, depth + 1))
    elif isinstance(event, yaml.MappingStartEvent):
        made = {}
        while not isinstance(inner := parser.get_event(), yaml.MappingEndEvent):
            key = _value(parser, inner, anchors, depth + 1)
            value = _value(parser, parser.get_event(), anchors, depth + 1)
            if isinstance(key, str):
                made[key] = value
    else:
        return None
    if event.anchor is not None:
        anchors[event.anchor] = made
    return made


__all__ = ["Contract", "Operation", "read_contract"]
