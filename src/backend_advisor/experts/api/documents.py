"""OpenAPI 3 and Swagger 2 documents as operations with what a reviewer looks at, each value with its place.

A document is somebody else's text: its size and depth are bounded, references may form circles, and nothing outside of
it is fetched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from backend_advisor.model import Artifact
from backend_advisor.placed_json import read_json
from backend_advisor.placed_yaml import Limits, Node, TooMuchError, read_documents

_LIMITS = Limits(length=6_000_000, nodes=1_500_000, depth=150)
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MOST_OPERATIONS = 5_000
_MOST_HOPS = 30
_MOST_SCHEMAS = 100_000
_COMBINED = ("allOf", "anyOf", "oneOf", "prefixItems")
_INNER = ("items", "additionalProperties")
EMPTY = Node(1, 1, 1, 1)
TRUE = "true"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a schema: its name, where it is named, and its schema behind references."""

    name: str
    key: Node
    schema: Node
    owner: Node


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `is_whole` tells that none of its parameters is described elsewhere."""

    path: str
    method: str
    key: Node
    path_key: Node
    node: Node
    parameters: Sequence[Node]
    is_whole: bool

    @property
    def name(self) -> str:
        """As a reader calls it."""
        return f"{self.method.upper()} {self.path}"

    @property
    def changes(self) -> bool:
        """Whether its method is one for changes."""
        return self.method in ("post", "put", "patch", "delete")


@dataclass(frozen=True)
class Document:
    """A document that could be read; when it could not, only `failed` is set."""

    artifact: Artifact
    root: Node
    repeated: Sequence[Node] = ()
    failed: ValueError | None = None

    @property
    def is_old(self) -> bool:
        """Whether it is one of Swagger 2."""
        return self.root.at("swagger") is not None

    @cached_property
    def operations(self) -> Sequence[Operation]:
        """The operations of all paths, in order."""
        found: list[Operation] = []
        for operation in self._operations():
            found.append(operation)
            if len(found) >= _MOST_OPERATIONS:
                break
        return tuple(found)

    @property
    def schemes(self) -> Node | None:
        """The ways of authentication that it declares."""
        listed = self.root.at("securityDefinitions") if self.is_old else self.root.at("components", "securitySchemes")
        return listed if listed is not None and listed.entries else None

    def schemes_key(self) -> Node | None:
        """Where they are named."""
        holder = self.root if self.is_old else self.root.at("components") or EMPTY
        return holder.key("securityDefinitions" if self.is_old else "securitySchemes")

    def target(self, reference: str) -> Node | None:
        """What a reference within the document leads to; None when that is nothing."""
        at: Node | None = self.root
        for part in reference[2:].split("/") if len(reference) > 1 else ():
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if at is None:
                return None
            if at.items:
                at = at.items[int(name)] if name.isdecimal() and int(name) < len(at.items) else None
            else:
                at = at.at(name)
        return at

    def resolve(self, node: Node | None) -> Node:
        """What stands there, or where its references lead to; empty when that is nothing or elsewhere."""
        for _ in range(_MOST_HOPS):
            reference = None if node is None else node.text_at("$ref")
            if node is None or reference is None:
                return node or EMPTY
            node = self.target(reference) if reference.startswith("#/") else None
        return EMPTY

    def bodies(self, operation: Operation) -> Iterator[Node]:
        """The schemas of what a client sends as body."""
        body = self.resolve(operation.node.at("requestBody"))
        yield from (schema for _, schema in self._contents(body))
        for parameter in operation.parameters:
            if parameter.text_at("in") == "body" and (schema := parameter.at("schema")) is not None:
                yield schema

    def answers(self, operation: Operation) -> Iterator[tuple[str, Node, Node]]:
        """The answers of an operation: status, where it is named, and what it says."""
        for status, (key, answer) in (operation.node.at("responses") or EMPTY).entries.items():
            if not status.startswith("x-"):
                yield status, key, self.resolve(answer)

    def answered(self, answer: Node) -> Iterator[Node]:
        """The schemas of an answer in JSON, or of whatever it is in Swagger 2."""
        if (schema := answer.at("schema")) is not None:
            yield schema
        yield from (schema for kind, schema in self._contents(answer) if "json" in kind or kind.startswith("*/"))

    def _contents(self, holder: Node) -> Iterator[tuple[str, Node]]:
        for kind, (_, media) in (holder.at("content") or EMPTY).entries.items():
            if (schema := media.at("schema")) is not None:
                yield kind, schema

    def properties(self, schema: Node, seen: set[int]) -> Iterator[Property]:
        """Every property that a schema holds at any depth; schemas that were seen are passed over."""
        waiting = [schema]
        while waiting and len(seen) < _MOST_SCHEMAS:
            node = self.resolve(waiting.pop())
            if id(node) in seen:
                continue
            seen.add(id(node))
            inner: list[Node] = []
            for name, (key, value) in (node.at("properties") or EMPTY).entries.items():
                yield Property(name, key, self.merged(value), node)
                inner.append(value)
            for word in _COMBINED:
                inner += (node.at(word) or EMPTY).items
            inner += [held for word in _INNER if (held := node.at(word)) is not None]
            waiting += reversed(inner)

    def merged(self, node: Node) -> Node:
        """A property's schema behind references, also behind an `allOf` that adds but a description."""
        schema = self.resolve(node)
        parts = (schema.at("allOf") or EMPTY).items
        return self.resolve(parts[0]) if len(parts) == 1 and schema.at("type") is None else schema

    def own_properties(self, schema: Node) -> dict[str, Property]:
        """The properties of an object itself, with those of all that it is combined from."""
        found: dict[str, Property] = {}
        waiting, seen = [schema], set[int]()
        while waiting:
            node = self.resolve(waiting.pop())
            if id(node) in seen:
                continue
            seen.add(id(node))
            for name, (key, value) in (node.at("properties") or EMPTY).entries.items():
                found.setdefault(name, Property(name, key, self.merged(value), node))
            for word in _COMBINED[:3]:
                waiting += (node.at(word) or EMPTY).items
        return found

    def _operations(self) -> Iterator[Operation]:
        for path, (path_key, stated) in (self.root.at("paths") or EMPTY).entries.items():
            item = self.resolve(stated)
            for method in _METHODS:
                entry = item.entries.get(method)
                if entry is not None and entry[1].entries:
                    key, node = entry
                    given = [*_items(item.at("parameters")), *_items(node.at("parameters"))]
                    made = [self.resolve(one) for one in given]
                    whole = all(one.at("name") is not None for one in made)
                    yield Operation(path, method, key, path_key, node, tuple(made), whole)


def _items(node: Node | None) -> Sequence[Node]:
    return () if node is None else node.items


def type_of(schema: Node) -> str:
    """The type that a schema states; of several that one which is not null."""
    stated = schema.at("type")
    if stated is None:
        return ""
    return stated.text or next((one.text for one in stated.items if one.text not in (None, "null")), "") or ""


def read_document(artifact: Artifact) -> Document:
    """An OpenAPI document in YAML or JSON."""
    repeated: list[Node] = []
    try:
        root = _root(artifact.text, repeated)
    except (ValueError, RecursionError) as error:
        failed = error if isinstance(error, ValueError) else TooMuchError("nested too deep")
        return Document(artifact, EMPTY, (), failed)
    return Document(artifact, root, tuple(repeated))


def _root(text: str, repeated: list[Node]) -> Node:
    if text.lstrip("\ufeff \t\r\n")[:1] != "{":
        return next(read_documents(text, _LIMITS, repeated), EMPTY)
    try:
        return read_json(text, _LIMITS, repeated)
    except TooMuchError:
        raise
    except ValueError as error:
        repeated.clear()
        try:
            return next(read_documents(text, _LIMITS, repeated), EMPTY)  # YAML may begin with a brace as well
        except ValueError:
            raise error from None
