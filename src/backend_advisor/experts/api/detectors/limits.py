"""Lists without an end (API206), and requests without bounds (API207)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import EMPTY, Document, Operation, Property, type_of
from backend_advisor.experts.api.naming import is_variable, joined, segments, words
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.placed_yaml import Node
from backend_advisor.rules.lines import Seen, at, together

_PAGING = re.compile(
    r"limit|size|page|offset|cursor|^first$|^last$|^top$|max|^take$|count|^rows$|^num|skip|start|after|before|^from$|"
    r"since|until|range|continu|next|^n$|marker|^date|^to$|^end|month|year|period"
)
_LISTED = frozenset("items data results result records content rows list entries values value elements objects".split())
_CONTINUED = re.compile(r"next|cursor|hasmore|total|page|offset|continu|paging|pagination|truncated|links")
_GROWING = frozenset(
    "notes orders messages comments events logs posts transactions payments invoices files documents history audits "
    "notifications users members customers tickets activities activity articles reviews bookings reservations "
    "coupons products jobs tasks runs deliveries emails images photos uploads attachments conversations contacts "
    "leads deals transfers trips shipments subscribers followers feed timeline audit versions revisions snapshots "
    "sessions alerts incidents issues questions answers submissions responses records entries searches reports "
    "executions builds devices accounts positions recipes bills patients appointments purchases sales claims".split()
)
_SMALL = frozenset(
    "roles permissions categories countries currencies languages locales timezones types statuses options settings "
    "preferences features flags scopes plans regions zones schemas fields columns providers methods levels enums "
    "health config configs configuration configurations capabilities formats labels me self current latest stats "
    "statistics summary summaries status metrics count counts suggestions autocomplete metadata info".split()
)
_SETTINGS = frozenset({"settings", "config", "configuration", "metadata"})
_FREE = ("maxLength", "enum", "const", "pattern", "format")
_PAGE_SIZE = re.compile(r"^(?:limit|size|pagesize|perpage|pagelimit|maxresults|take|top|count|rows)$")


@detects("API206")
def endless(document: Document) -> Iterator[Match]:
    """Operations that answer a list of objects, and no parameter says how many."""
    seen = []
    for operation in document.operations:
        if operation.method != "get" or not operation.is_whole or _pages(operation):
            continue
        listed = next((one for one in _lists(document, operation)), None)
        if listed is not None and (confidence := _growth(operation)) is not None:
            seen.append(Seen(at(document.artifact, operation.key), operation.name, None, confidence))
    if (match := together(seen)) is not None:
        yield match


def _pages(operation: Operation) -> bool:
    return any(_PAGING.search(joined(one.text_at("name") or "")) for one in operation.parameters)


def _growth(operation: Operation) -> Confidence | None:
    """How sure it is that what is listed grows: by what it is called."""
    parts = segments(operation.path)
    if not parts or is_variable(parts[-1]):
        return None
    held = words(parts[-1])
    if not held or set(held) & _SMALL or not _SETTINGS.isdisjoint(parts):
        return None
    return Confidence.MEDIUM if held[-1] in _GROWING else Confidence.LOW


def _lists(document: Document, operation: Operation) -> Iterator[Node]:
    for status, _, answer in document.answers(operation):
        if not status.startswith("2"):
            continue
        for stated in document.answered(answer):
            schema = document.resolve(stated)
            if _is_list(document, schema):
                yield schema
            held = document.own_properties(schema)
            arrays = [one for one in held.values() if _is_list(document, one.schema)]
            named = {*_LISTED, joined(segments(operation.path)[-1] if operation.path.strip("/") else "")}
            if (
                len(arrays) == 1
                and joined(arrays[0].name) in named
                and not any(map(_CONTINUED.search, map(joined, held)))
            ):
                yield arrays[0].schema


def _is_list(document: Document, schema: Node) -> bool:
    if type_of(schema) != "array" or schema.at("maxItems") is not None:
        return False
    item = document.resolve(schema.at("items"))
    return type_of(item) == "object" or any(
        item.at(word) is not None for word in ("properties", "allOf", "oneOf", "anyOf")
    )


@detects("API207")
def unbounded(document: Document) -> Iterator[Match]:
    """One note for a document: texts, lists and page sizes of requests without a largest one."""
    seen = []
    walked = set[int]()
    for operation in document.operations:
        for parameter in operation.parameters:
            node = parameter.at("name")
            schema = document.resolve(parameter.at("schema") or parameter)
            if (
                node is not None
                and parameter.text_at("in") == "query"
                and _PAGE_SIZE.match(joined(node.text or ""))
                and type_of(schema) in ("integer", "number")
                and schema.at("maximum") is None
                and schema.at("exclusiveMaximum") is None
                and id(node) not in walked
            ):
                walked.add(id(node))
                seen.append(Seen(at(document.artifact, node), node.text or ""))
        for body in document.bodies(operation) if operation.changes else ():
            seen += [
                Seen(at(document.artifact, one.key), one.name)
                for one in document.properties(body, walked)
                if _is_unbounded(one)
            ]
    if (match := together(seen, {"count": len(seen)})) is not None:
        yield match


def _is_unbounded(one: Property) -> bool:
    if one.schema.text_at("readOnly") == "true":
        return False
    kind = type_of(one.schema)
    if kind == "array":
        items = one.schema.at("items") or EMPTY
        return one.schema.at("maxItems") is None and items.at("enum") is None
    return kind == "string" and not any(one.schema.at(word) is not None for word in _FREE)
