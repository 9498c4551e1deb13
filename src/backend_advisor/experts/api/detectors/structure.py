"""What contradicts itself: parameters of paths (API210), identifiers (API211), paths and keys (API212), references
(API213), required properties (API214)."""

import re
from collections import defaultdict
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import EMPTY, TRUE, Document, Operation
from backend_advisor.experts.api.naming import is_variable, segments
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.placed_yaml import Node
from backend_advisor.rules.lines import Seen, at, together

_VARIABLE = re.compile(r"\{([^{}/]+)\}")
_NO_NAME = re.compile(r"^[?+/#.;&]|[*+]$|:")
"""Forms of RFC 6570, and of gateways, that OpenAPI does not know."""
_NOT_A_SCHEMA = frozenset({"example", "examples", "default", "enum", "const", "value"})
_OPEN_ENDED = ("additionalProperties", "patternProperties", "unevaluatedProperties", "$ref", "if", "dependentSchemas")
_COMBINED = ("allOf", "anyOf", "oneOf")
_MOST_COMPARED = 300_000
_Form = tuple[str | None, ...]
"""A path as its words, with nothing where a parameter stands."""


@detects("API210")
def path_parameters(document: Document) -> Iterator[Match]:
    """Parameters that the path has and nobody declares, or that are declared and the path does not have."""
    seen = []
    for operation in document.operations:
        named = _VARIABLE.findall(operation.path)
        if any(_NO_NAME.search(name) for name in named):
            continue
        declared = {one.text_at("name"): one for one in operation.parameters if one.text_at("in") == "path"}
        if operation.is_whole:
            seen += [
                Seen(at(document.artifact, operation.key), f"{operation.name}: {{{name}}}")
                for name in dict.fromkeys(named)
                if name not in declared
            ]
        for name, parameter in declared.items():
            if name not in named and not _elsewhere(document, operation, parameter):
                place = at(document.artifact, parameter.at("name") or operation.key)
                seen.append(Seen(place, f"{operation.name}: {name}"))
    if (match := together(seen)) is not None:
        yield match


def _elsewhere(document: Document, operation: Operation, parameter: Node) -> bool:
    """Whether a parameter is one of the server's address, as in Swagger 2 with a base path."""
    base = document.root.text_at("basePath") or ""
    return f"{{{parameter.text_at('name')}}}" in base or operation.path.startswith("x-")


@detects("API211")
def identifiers(document: Document) -> Iterator[Match]:
    """Identifiers that several operations have."""
    holders: dict[str, list[tuple[Operation, Node]]] = defaultdict(list)
    for operation in document.operations:
        node = operation.node.at("operationId")
        # A path that refers to another has its operations, not operations of the same name.
        if node is not None and node.text and not any(one is node for _, one in holders[node.text]):
            holders[node.text].append((operation, node))
    seen = [
        Seen(at(document.artifact, node), f"{name} ({operation.name})")
        for name, having in holders.items()
        if len(having) > 1
        for operation, node in having
    ]
    if (match := together(seen)) is not None:
        yield match


@detects("API212")
def paths(document: Document) -> Iterator[Match]:
    """Paths of the same form, and keys that are written twice."""
    seen = [Seen(at(document.artifact, key), key.text or "", None, Confidence.HIGH) for key in document.repeated]
    listed = [(path, key) for path, (key, _) in (document.root.at("paths") or EMPTY).entries.items() if path[:1] == "/"]
    forms: dict[str, list[tuple[str, Node]]] = defaultdict(list)
    for path, key in listed:
        if "#" not in path and "?" not in path:
            forms[_VARIABLE.sub("{}", path)].append((path, key))
    for having in forms.values():
        if len(having) > 1:
            seen += [Seen(at(document.artifact, key), path, None, Confidence.HIGH) for path, key in having]
    seen += _ambiguous(document)
    if (match := together(seen)) is not None:
        yield match


def _ambiguous(document: Document) -> Iterator[Seen]:
    """Operations of two paths that one address matches, neither of which is the more exact one."""
    groups: dict[tuple[str, int], list[tuple[Operation, _Form]]] = defaultdict(list)
    for operation in document.operations:
        form = tuple(None if is_variable(part) else part for part in segments(operation.path))
        if None in form:
            groups[operation.method, len(form)].append((operation, form))
    left = _MOST_COMPARED
    for group in groups.values():
        # Of two paths like this one begins with a parameter and the other with a word.
        worded = [(operation, form) for operation, form in group if form[0] is not None]
        for first, form in group:
            if form[0] is None and left > 0:
                left -= len(worded)
                crossed = next((second for second, other in worded if _cross(form, other)), None)
                if crossed is not None:
                    name = f"{first.name} ↔ {crossed.path}"
                    yield Seen(at(document.artifact, first.key), name, None, Confidence.LOW)


def _cross(form: _Form, other: _Form) -> bool:
    """Whether an address fits both, and the one that begins with a parameter is the more exact one further on."""
    fits = all(one is None or two is None or one == two for one, two in zip(form, other, strict=True))
    return fits and any(one is not None and two is None for one, two in zip(form, other, strict=True))


@detects("API213")
def references(document: Document) -> Iterator[Match]:
    """References within the document that lead to nothing."""
    seen = []
    for node, reference in _references(document.root):
        if reference.startswith("#/") and document.target(reference) is None:
            seen.append(Seen(at(document.artifact, node), reference))
    if (match := together(seen)) is not None:
        yield match


def _references(root: Node) -> Iterator[tuple[Node, str]]:
    waiting = [root]
    # Anchors of YAML may be told many times over.
    seen = set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or node.text is not None:
            continue
        seen.add(id(node))
        if node.at("$id") is not None:
            continue  # references below count from there
        if (reference := node.at("$ref")) is not None and reference.text is not None:
            yield reference, reference.text
        waiting += reversed(node.items)
        waiting += [
            value
            for name, (_, value) in reversed(list(node.entries.items()))
            if name not in _NOT_A_SCHEMA and not name.startswith("x-")
        ]


@detects("API214")
def required(document: Document) -> Iterator[Match]:
    """Required properties that a schema does not have, and `required: true` on a property, which says nothing."""
    seen = []
    for schema in _schemas(document):
        named = schema.at("properties")
        if named is None or not named.entries:
            continue
        seen += [
            Seen(at(document.artifact, flag), f"{name}: required: true")
            for name, (_, value) in named.entries.items()
            if (flag := value.key("required")) is not None and value.text_at("required") == TRUE
        ]
        if any(_is_open(schema, word) for word in _OPEN_ENDED) or any(schema.at(word) for word in _COMBINED):
            continue
        seen += [
            Seen(at(document.artifact, one), one.text)
            for one in (schema.at("required") or EMPTY).items
            if one.text is not None and one.text not in named.entries
        ]
    if (match := together(seen)) is not None:
        yield match


def _is_open(schema: Node, word: str) -> bool:
    held = schema.at(word)
    return held is not None and held.text != "false"


def _schemas(document: Document) -> Iterator[Node]:
    """The schemas that stand by themselves; one that is combined with others may find its properties there."""
    holders = [document.root.at("definitions") if document.is_old else document.root.at("components", "schemas")]
    waiting = [value for holder in holders for _, value in (holder or EMPTY).entries.values()]
    for operation in document.operations:
        waiting += document.bodies(operation)
        waiting += [schema for _, _, answer in document.answers(operation) for schema in document.answered(answer)]
    seen = set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting += [value for _, value in (node.at("properties") or EMPTY).entries.values()]
        waiting += [value for word in ("items", "additionalProperties") if (value := node.at(word)) is not None]
