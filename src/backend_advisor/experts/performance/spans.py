"""Traces as spans: Jaeger, OTLP (also Tempo's batches and one export a line), Zipkin, and simple forms, as JSON."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend_advisor.experts.performance.addresses import joined_by_position, template
from backend_advisor.experts.performance.simple_spans import simple_spans
from backend_advisor.intake.classify import parse_json

_STATEMENTS = ("db.query.text", "db.statement", "sql.query", "db.query.summary")
_ADDRESSES = ("url.template", "http.route", "url.full", "http.url", "http.target", "url.path", "http.path")
_METHODS = ("http.request.method", "http.method")
_ENTERING = frozenset({"server", "consumer", "span_kind_server", "span_kind_consumer", "2", "5"})
_LEAVING = frozenset({"client", "producer", "span_kind_client", "span_kind_producer", "3", "4"})
_LITERAL = re.compile(r"'(?:[^']|'')*'|\$\d+|:\w+|%s|\b\d+(?:\.\d+)?\b")
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_TEMPLATE = re.compile(r"^[A-Z]+ \S*/(?:\{\w+\}|:\w+)")
_QUERY = re.compile(r"(?i)^\s*(?:select|insert|update|delete|merge|with|call)\b")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of work. Times are seconds; `operation` is what it does without the values it does it with."""

    id: str
    parent: str
    name: str
    start: float
    duration: float
    operation: str
    is_query: bool
    enters: bool
    """Whether a request or message from outside begins here."""
    leaves: bool
    """Whether it waits for a database or another service."""

    @property
    def end(self) -> float:
        """When it ended, in seconds."""
        return self.start + self.duration


def read_spans(text: str) -> list[Span]:
    """The spans of a trace; none when the text is no trace, spans that lack an identifier or times left out."""
    parsed = parse_json(text)
    values = [parsed] if parsed is not None else _by_line(text)
    made = []
    for value in values:
        for convert, raw in _raw(value):
            try:
                made.append(_span(convert(raw)))
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
    common = joined_by_position([one.operation for one in made if not one.is_query])
    return [replace(one, operation=common.get(one.operation, one.operation)) for one in made]


def _by_line(text: str) -> list[Any]:
    """The values of a text with one on each line; spans of a simple form belong together."""
    values = [parse_json(line) for line in text.splitlines() if line.strip()]
    return values if any(map(_is_known, values)) else [values]


def _raw(value: Any) -> Iterator[tuple[Callable[[Any], Mapping[str, Any]], Any]]:
    """What a format holds of each span, and what turns it into the names of OTLP."""
    if not _is_known(value):
        yield from ((dict, one) for one in simple_spans(value))
        return
    if isinstance(value, list):
        yield from ((_from_zipkin, one) for one in value)
    if not isinstance(value, dict):
        return
    for trace in _dicts(value.get("data")):
        yield from ((_from_jaeger, one) for one in _dicts(trace.get("spans")))
    for batch in _dicts(value.get("resourceSpans"), value.get("batches")):
        for scope in _dicts(batch.get("scopeSpans"), batch.get("instrumentationLibrarySpans")):
            yield from ((dict, one) for one in _dicts(scope.get("spans")))


def _is_known(value: Any) -> bool:
    """Whether a value is written in one of the formats of tracing systems."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return False
    if isinstance(value, list):
        return "timestamp" in first and "id" in first
    data = next(iter(_dicts(first.get("data"))), {})
    return "resourceSpans" in first or "batches" in first or "traceID" in data


def _dicts(*listed: Any) -> Iterator[dict[str, Any]]:
    """The objects in what should be lists of them."""
    yield from (one for values in listed if isinstance(values, list) for one in values if isinstance(one, dict))


def _from_jaeger(span: dict[str, Any]) -> dict[str, Any]:
    parents = [one.get("spanID", "") for one in _dicts(span.get("references")) if one.get("refType") != "FOLLOWS_FROM"]
    tags = {one["key"]: one.get("value") for one in _dicts(span.get("tags")) if "key" in one}
    return {
        "spanId": span["spanID"],
        "parentSpanId": parents[0] if parents else "",
        "name": span.get("operationName", ""),
        "kind": tags.get("span.kind", ""),
        "startTimeUnixNano": float(span.get("startTime", 0)) * 1e3,
        "endTimeUnixNano": (float(span.get("startTime", 0)) + float(span.get("duration", 0))) * 1e3,
        "tags": tags,
    }


def _from_zipkin(span: dict[str, Any]) -> dict[str, Any]:
    begun = float(span.get("timestamp", 0))
    return {
        "spanId": span["id"],
        "parentSpanId": span.get("parentId", ""),
        "name": span.get("name", ""),
        "kind": span.get("kind", ""),
        "startTimeUnixNano": begun * 1e3,
        "endTimeUnixNano": (begun + float(span.get("duration", 0))) * 1e3,
        "tags": span.get("tags") or {},
    }


def _span(raw: Mapping[str, Any]) -> Span:
    tags = raw["tags"] if "tags" in raw else dict(_attributes(raw.get("attributes")))
    name = str(raw.get("name", ""))
    kind = str(raw.get("kind", "")).lower()
    start = float(raw["startTimeUnixNano"]) / 1e9
    statement = next((str(tags[key]) for key in _STATEMENTS if tags.get(key)), "")
    is_query = bool(statement) or any(str(key).startswith("db.") for key in tags) or _QUERY.match(name) is not None
    enters = kind in _ENTERING
    return Span(
        id=str(raw["spanId"]),
        parent=str(raw.get("parentSpanId") or ""),
        name=name,
        start=start,
        duration=max(0.0, float(raw["endTimeUnixNano"]) / 1e9 - start),
        operation=_operation(name, statement, tags),
        is_query=is_query and not enters,
        enters=enters,
        leaves=(kind in _LEAVING or is_query) and not enters,
    )


def _attributes(listed: Any) -> Iterator[tuple[str, Any]]:
    for one in _dicts(listed):
        value = one.get("value")
        if isinstance(value, dict) and value:
            yield one["key"], next(iter(value.values()))


def _operation(name: str, statement: str, tags: Mapping[str, Any]) -> str:
    if statement:
        bare = _LITERAL.sub("?", _COMMENT.sub(" ", statement))
        return " ".join(_LIST.sub("(?)", bare).split())[:_LONGEST]
    address = next((str(tags[key]) for key in _ADDRESSES if tags.get(key)), "")
    # A name that holds a template is what those who wrote the client call it.
    if not address or _TEMPLATE.search(name):
        return template(name)[:_LONGEST]
    method = next((str(tags[key]) for key in _METHODS if tags.get(key)), "")
    return template(f"{method} {address}".strip())[:_LONGEST]


def covered(spans: Iterable[Span]) -> float:
    """Seconds during which at least one of the spans ran."""
    total, reached = 0.0, float("-inf")
    for span in sorted(spans, key=lambda one: one.start):
        total += max(0.0, span.end - max(span.start, reached))
        reached = max(reached, span.end)
    return total
