"""The JSON, YAML and XML formats of EXPLAIN, brought to plain dictionaries, lists and strings."""

import json
import re
from collections.abc import Mapping
from xml.etree import ElementTree

from backend_advisor.sql.plan.document import MAX_DEPTH, PlanFormat, PlanProblem, PlanProblemKind
from backend_advisor.sql.plan.limits import TooLargeError
from backend_advisor.sql.plan.unwrap import Line

Tree = str | list["Tree"] | dict[str, "Tree"]

_INDENT_PER_NODE = {"yaml": 4, "xml": 4}
_NODE_KEY: dict[str, re.Pattern[str]] = {
    "json": re.compile(r'(?<!\\)"Node Type"\s*:'),
    "yaml": re.compile(r"^[\s-]*Node Type\s*:"),
    "xml": re.compile(r"<Node-Type>"),
}
_LIST_TAGS = {
    "Item", "Plan", "Worker", "Trigger", "Query", "Grouping-Set", "Hash-Key", "Group-Key", "Target-Table",
}  # fmt: skip
_HYPHENATED = {
    "One Time Filter": "One-Time Filter",
    "Incremental Sort Groups": "Full-sort Groups",
}
_FLOW = re.compile(r"^[\s-]*(?:[A-Za-z][\w /-]*:\s+)?[\[{&*!]")
_GROUPING_SET = re.compile(r'^\s*- \[(?:"(?:[^"\\]|\\.)*"(?:, )?)*\]$')


class UnreadableError(Exception):
    """The text is not what its first character promised. Carries the problem to report."""

    def __init__(self, problem: PlanProblem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


def load(lines: list[Line], format: PlanFormat) -> Tree:
    """Parse the text of a structured format; every scalar stays a string."""
    text = "\n".join(line.text for line in lines)
    try:
        if format == "json":
            return _json(text, lines)
        return _yaml(text, lines) if format == "yaml" else _xml(text, lines)
    except RecursionError:
        raise TooLargeError(PlanProblem(PlanProblemKind.TOO_DEEP, str(MAX_DEPTH))) from None


def node_lines(lines: list[Line], format: PlanFormat) -> list[int]:
    """The lines on which nodes stand, in the order of the text, which is the order of the tree."""
    pattern = _NODE_KEY[format]
    return [line.number for line in lines for _ in pattern.finditer(line.text)]


def _problem(kind: str, lines: list[Line], line: int, detail: str = "") -> UnreadableError:
    number = lines[min(max(line, 0), len(lines) - 1)].number if lines else None
    return UnreadableError(PlanProblem(kind, detail, number))


def _json(text: str, lines: list[Line]) -> Tree:
    decoder = json.JSONDecoder(
        strict=False, parse_float=str, parse_int=str, parse_constant=str, object_hook=_with_words
    )
    try:
        tree, _ = decoder.raw_decode(text.lstrip())
    except json.JSONDecodeError as error:
        truncated = error.pos >= len(text.strip()) - 1 or "Unterminated" in error.msg
        kind = PlanProblemKind.TRUNCATED if truncated else PlanProblemKind.SYNTAX
        raise _problem(kind, lines, error.lineno - 1, error.msg) from None
    return _words(tree)


def _with_words(fields: dict[str, object]) -> dict[str, Tree]:
    return {key: _words(value) for key, value in fields.items()}


def _words(value: object) -> Tree:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_words(item) for item in value]
    if isinstance(value, dict):
        return value
    return "" if value is None else str(value)


def _yaml(text: str, lines: list[Line]) -> Tree:
    import yaml  # plans are rarely written so

    for i, line in enumerate(lines):
        if len(line.text) - len(line.text.lstrip(" ")) > _INDENT_PER_NODE["yaml"] * (MAX_DEPTH + 4):
            raise TooLargeError(PlanProblem(PlanProblemKind.TOO_DEEP, str(MAX_DEPTH), line.number))
        if _FLOW.match(line.text) and not _GROUPING_SET.match(line.text):
            # EXPLAIN writes block style and quotes other values: this is someone else's YAML.
            raise _problem(PlanProblemKind.SYNTAX, lines, i, line.text.strip()[:40])
    try:
        loaded: Tree = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 - the base loader makes strings only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at_end = mark is not None and mark.line >= len(lines) - 1
        kind = PlanProblemKind.TRUNCATED if at_end else PlanProblemKind.SYNTAX
        detail = str(getattr(error, "problem", "") or "")
        raise _problem(kind, lines, mark.line if mark else 0, detail) from None
    return loaded


def _xml(text: str, lines: list[Line]) -> Tree:
    if "<!" in text:
        raise _problem(PlanProblemKind.SYNTAX, lines, 0, "<!")
    if text.count("<Plans>") - text.count("</Plans>") == 0 and _xml_depth(text) > MAX_DEPTH:
        raise TooLargeError(PlanProblem(PlanProblemKind.TOO_DEEP, str(MAX_DEPTH)))
    try:
        element = ElementTree.fromstring(text)  # noqa: S314 - declarations and entities are refused above
    except ElementTree.ParseError as error:
        line, _ = error.position
        truncated = "no element found" in str(error) or "unclosed" in str(error)
        kind = PlanProblemKind.TRUNCATED if truncated else PlanProblemKind.SYNTAX
        raise _problem(kind, lines, line - 1, str(error).split(":", maxsplit=1)[0]) from None
    return _element(element)


def _xml_depth(text: str) -> int:
    depth = deepest = 0
    for tag in re.finditer(r"<(/?)Plans>", text):
        depth += -1 if tag.group(1) else 1
        deepest = max(deepest, depth)
    return deepest


def _element(element: ElementTree.Element) -> Tree:
    children = list(element)
    if not children:
        return element.text if element.text and element.text.strip() else ""
    tags = {_tag(child) for child in children}
    if len(tags) == 1 and tags <= _LIST_TAGS and _tag(element) != "Query":
        return [_element(child) for child in children]
    found: dict[str, Tree] = {}
    for child in children:
        name = _name(_tag(child))
        # Both kinds of groups of an incremental sort have one tag, in this order.
        name = "Pre-sorted Groups" if name in found and name == "Full-sort Groups" else name
        found[name] = _element(child)
    return found


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _name(tag: str) -> str:
    """The server puts hyphens for the characters that a tag cannot hold."""
    name = tag.replace("-", " ").replace("I O ", "I/O ")
    return _HYPHENATED.get(name, name)


def plans(tree: Tree) -> list[Mapping[str, Tree]]:
    """The statements of the document that have a plan: usually one, several when a rule rewrote the query."""
    items = tree if isinstance(tree, list) else [tree]
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("Plan"), dict)]
