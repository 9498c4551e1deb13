"""YAML with line numbers, and its values by type, with a problem noted for each that does not fit."""

import datetime
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
import yaml

from backend_advisor.knowledge.problem import Problem

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")


class Reporter:
    """Collects the problems of one file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def error(self, line: int, text: str) -> None:
        """Note a mistake that must be mended."""
        self.problems.append(Problem(self.path, line, text))

    def warning(self, line: int, text: str) -> None:
        """Note something that only looks wrong."""
        self.problems.append(Problem(self.path, line, text, minor=True))

    def __bool__(self) -> bool:
        return any(not problem.minor for problem in self.problems)


class Fields:
    """A YAML mapping whose fields are read by type; `finish` complains of those that nobody asked for."""

    def __init__(self, values: Mapping[str, Any], lines: Mapping[str, int], reporter: Reporter) -> None:
        self._values = dict(values)
        self._lines = lines
        self._reporter = reporter
        self._asked: set[str] = set()
        self.first_line = min(lines.values(), default=1)

    def line(self, name: str) -> int:
        """Where a field stands, or where the mapping begins when it is missing."""
        return self._lines.get(name, self.first_line)

    def text(self, name: str, *, required: bool = True) -> str | None:
        """A non-empty string; numbers are taken as written."""
        value = self._take(name, required)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if value is not None and not (isinstance(value, str) and value.strip()):
            self._refuse(name, "must be a text that is not empty")
            return None
        return value.strip() if value else None

    def texts(self, name: str, *, required: bool = True, filled: bool = False) -> tuple[str, ...]:
        """A list of strings; with `filled`, at least one."""
        value = self._take(name, required)
        if value is None:
            return ()
        items = [str(v) if type(v) in (int, float) else v for v in _list(value)]
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in items):
            self._refuse(name, "must be a list of texts")
            return ()
        if filled and not items:
            self._refuse(name, "must not be empty")
        return tuple(item.strip() for item in items)

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; missing means none."""
        value = self._take(name, required=False) or []
        if not isinstance(value, list) or not all(type(item) is int for item in value):
            self._refuse(name, "must be a list of whole numbers")
            return ()
        return tuple(value)

    def mapping(self, name: str) -> dict[str, str]:
        """A mapping of texts; missing means empty."""
        value = self._take(name, required=False) or {}
        if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
            self._refuse(name, "must be a mapping of names to texts")
            return {}
        return value

    def values(self, name: str, kind: type[Value]) -> tuple[Value, ...]:
        """A list of mappings, each as a value of a kind; missing means none."""
        raw = self._take(name, required=False) or []
        try:
            return msgspec.convert(raw, tuple[kind, ...])  # type: ignore[valid-type]
        except msgspec.ValidationError as error:
            self._refuse(name, f"cannot be read: {error}")
            return ()

    def date(self, name: str) -> str | None:
        """A date, given back as YYYY-MM-DD."""
        value = self._take(name, required=True)
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        if isinstance(value, str):
            try:
                return datetime.date.fromisoformat(value).isoformat()
            except ValueError:
                pass
        if value is not None:
            self._refuse(name, "must be a date such as 2026-11-23")
        return None

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        """One member of an enumeration, by its value."""
        value = self._take(name, required=True)
        words = [member.value for member in kind]
        if value in words:
            return kind(value)
        if value is not None:
            self._refuse(name, f"must be one of {', '.join(words)}")
        return None

    def report(self, line: int, text: str) -> None:
        """Note a mistake elsewhere in the file that these fields head."""
        self._reporter.error(line, text)

    def finish(self) -> None:
        """Complain of fields that were never asked for."""
        for name in self._values.keys() - self._asked:
            self._reporter.error(self.line(name), f"unknown field `{name}`")

    def _take(self, name: str, required: bool) -> Any:
        self._asked.add(name)
        value = self._values.get(name)
        if value is None and required:
            self._reporter.error(self.line(name), f"field `{name}` is missing")
        return value

    def _refuse(self, name: str, reason: str) -> None:
        self._reporter.error(self.line(name), f"field `{name}` {reason}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def parse_yaml(text: str, reporter: Reporter, first_line: int = 1) -> tuple[Any, yaml.Node | None]:
    """The value of one YAML document and its node tree, or (None, None) with the problem noted."""
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, None
        _refuse_repeated_keys(node, reporter, first_line)
        return loader.construct_document(node), node
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        reporter.error(line, f"not valid YAML: {getattr(error, 'problem', None) or error}")
    except (ValueError, RecursionError) as error:
        reporter.error(first_line, f"not valid YAML: {error}")
    finally:
        loader.dispose()
    return None, None


def key_lines(node: yaml.Node | None, first_line: int = 1) -> dict[str, int]:
    """The line of each key of a mapping node."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): key.start_mark.line + first_line for key, _ in node.value}


def children(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """The value nodes of a mapping node, by key."""
    return {str(key.value): value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _refuse_repeated_keys(node: yaml.Node, reporter: Reporter, first_line: int) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                reporter.error(key.start_mark.line + first_line, f"field `{key.value}` stands twice")
            seen.add(str(key.value))
            _refuse_repeated_keys(value, reporter, first_line)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, reporter, first_line)
