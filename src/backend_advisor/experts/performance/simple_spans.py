"""Traces in a form of one's own: lists of spans with a name, a start, a duration or end, and a parent."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from backend_advisor.experts.performance.addresses import is_call

_HOLDERS = ("spans", "trace", "traces", "data", "items")
_INNER = ("children", "spans", "childSpans", "child_spans")
_DEEPEST = 50
_MOST = 100_000
_TIME = re.compile(
    r"^(?P<what>start(?:ed)?(?:_?time|_?at)?|begin|ts|timestamp|offset|end(?:ed)?(?:_?time|_?at)?|finish(?:ed)?|stop|"
    r"duration|dur|elapsed|took|latency|time)(?:_?unix)?_?(?P<unit>ms|millis(?:econds)?|us|micros(?:econds)?|ns|nanos?"
    r"(?:econds)?|s|secs?|seconds?)?$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"^\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|us|µs|μs|ns|s)\s*$")
_UNITS = {"ms": 1e-3, "mi": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "mc": 1e-6, "ns": 1e-9, "na": 1e-9, "s": 1.0}
_EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (1e8, 1.0))
"""How large a time since 1970 is in each unit."""
_IDS = ("spanId", "span_id", "spanID", "id")
_PARENTS = ("parentSpanId", "parent_span_id", "parentSpanID", "parentId", "parent_id", "parentID", "parent")
_NAMES = ("name", "operationName", "operation", "operation_name", "resource", "span", "label", "title")
_TAGS = ("attributes", "tags", "meta", "attrs")

Raw = dict[str, Any]


def simple_spans(value: Any) -> Iterator[Raw]:
    """The spans of such a value under the names of OTLP."""
    made = [one for raw, parent in _spans(value) if (one := _converted(raw, parent)) is not None]
    ids = [one["spanId"] for one in made]
    names = {one["name"]: one["spanId"] for one in made}
    for number, one in enumerate(made):
        one["spanId"] = ids[number] = ids[number] or f"#{number}"
        names[one["name"]] = one["spanId"]
    known = set(ids)
    kinds = {one["spanId"]: one for one in made}
    for one in made:
        holder = one.pop("within")
        if holder is not None and not one["parentSpanId"]:
            one["parentSpanId"] = next((each["spanId"] for each in made if each["raw"] is holder), "")
        if one["parentSpanId"] and one["parentSpanId"] not in known:
            # Whoever writes by hand names the parent.
            one["parentSpanId"] = names.get(one["parentSpanId"], one["parentSpanId"])
    _adopt(made)
    for one in made:
        if not one["kind"]:
            one["kind"] = _kind(one, kinds)
    for one in made:
        one.pop("raw")
        yield one


def _spans(value: Any, depth: int = 0) -> Iterator[tuple[Raw, Raw | None]]:
    """What looks like a span, with the span that it is written within."""
    if depth > 3:
        return
    if isinstance(value, dict):
        if _looks_like_span(value):
            yield from _nested(value, None, 0)
            return
        for key in _HOLDERS:
            if isinstance(value.get(key), dict | list):
                yield from _spans(value[key], depth + 1)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        if _looks_like_span(value[0]):
            if depth or any(_belongs(one) for one in value[:50]):
                for one in value[:_MOST]:
                    if isinstance(one, dict) and _looks_like_span(one):
                        yield from _nested(one, None, 0)
        else:
            for one in value[:1_000]:
                yield from _spans(one, depth + 1)


def _nested(span: Raw, parent: Raw | None, depth: int) -> Iterator[tuple[Raw, Raw | None]]:
    yield span, parent
    inner: list[Any] = next((span[key] for key in _INNER if isinstance(span.get(key), list)), [])
    for one in inner if depth < _DEEPEST else ():
        if isinstance(one, dict) and _looks_like_span(one):
            yield from _nested(one, span, depth + 1)


def _looks_like_span(value: Raw) -> bool:
    """Whether an object has a name and says how long it took."""
    known = _times(value)
    begins = "start" in known or any(isinstance(value.get(key), list) for key in _INNER)
    return begins and not known.keys().isdisjoint(("duration", "end")) and _name(value) != ""


def _belongs(value: Any) -> bool:
    """Whether an object in a bare list is a span rather than an event or a job: it has an identifier or a parent."""
    return isinstance(value, dict) and any(
        key in value for key in (*_PARENTS, "context", *_IDS[:3], "traceId", "trace_id", "children")
    )


def _name(value: Raw) -> str:
    return next((one for key in _NAMES if isinstance(one := value.get(key), str) and one), "")


def _times(value: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """Start, end and duration as they are written, with the unit that their key names."""
    found: dict[str, tuple[Any, str]] = {}
    for key, given in value.items():
        match = _TIME.match(key) if isinstance(key, str) and len(key) < 30 else None
        if match is None or isinstance(given, bool) or not isinstance(given, int | float | str):
            continue
        what = match["what"].lower()
        kind = (
            "start" if what.startswith(("start", "begin", "ts", "timestamp", "offset"))
            else "end" if what.startswith(("end", "finish", "stop"))
            else "duration"
        )  # fmt: skip
        found.setdefault(kind, (given, _unit(match["unit"])))
    return found


def _unit(written: str | None) -> str:
    unit = (written or "").lower()
    return "mc" if unit.startswith("micro") else unit[:2] if unit[:2] in _UNITS else unit[:1]


def _converted(raw: Raw, parent: Raw | None) -> Raw | None:
    times = _times(raw)
    scale = _scale(times)
    start, end, duration = (_seconds(times.get(kind), scale) for kind in ("start", "end", "duration"))
    if start is None:
        start = 0.0
    if duration is None and end is not None:
        duration = end - start
    if duration is None or not 0 <= duration < 1e7:
        return None
    context = raw.get("context") if isinstance(raw.get("context"), dict) else {}
    return {
        "spanId": _first_text(raw, _IDS) or _first_text(context, _IDS),
        "parentSpanId": _first_text(raw, _PARENTS),
        "within": parent,
        "raw": raw,
        "name": _name(raw),
        "kind": str(raw.get("kind") or raw.get("spanKind") or raw.get("span_kind") or "")
        .lower()
        .removeprefix("spankind."),
        "startTimeUnixNano": start * 1e9,
        "endTimeUnixNano": (start + duration) * 1e9,
        "tags": _tags(raw),
    }


def _first_text(raw: Any, keys: tuple[str, ...]) -> str:
    for key in keys:
        value = raw.get(key)
        if isinstance(value, dict):
            value = next((value[one] for one in _IDS if one in value), None)
        if isinstance(value, str | int) and not isinstance(value, bool) and value not in ("", 0, "0"):
            return str(value)
    return ""


def _scale(times: Mapping[str, tuple[Any, str]]) -> float:
    """The unit of what names none: that of the others, of a time since 1970 by its size, or milliseconds."""
    for _, unit in times.values():
        if unit:
            return _UNITS[unit]
    for kind in ("start", "end"):
        value = times.get(kind, (None, ""))[0]
        if isinstance(value, int | float):
            return next((scale for least, scale in _EPOCHS if value >= least), 1e-3)
    return 1e-3


def _seconds(given: tuple[Any, str] | None, scale: float) -> float | None:
    if given is None:
        return None
    value, unit = given
    if isinstance(value, str):
        if written := _WRITTEN.match(value):
            return float(written["number"]) * _UNITS[written["unit"]]
        try:
            if re.fullmatch(r"-?\d+(?:\.\d+)?", value):
                return float(value) * (_UNITS[unit] if unit else scale)
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return None
    return float(value) * (_UNITS[unit] if unit else scale)


def _tags(raw: Raw) -> Raw:
    held: Raw = {}
    for key in _TAGS:
        given = raw.get(key)
        if isinstance(given, dict):
            held |= {str(name): value for name, value in given.items()}
        elif isinstance(given, list):
            held |= {
                str(one["key"]): _plain(one.get("value")) for one in given if isinstance(one, dict) and "key" in one
            }
    for key in ("url", "http.url", "db.statement", "sql", "query", "resource"):
        if isinstance(raw.get(key), str):
            name = {"url": "http.url", "http.url": "http.url"}.get(key, "db.statement")
            if name == "http.url" or re.match(r"(?i)\s*(?:select|insert|update|delete|with)\b", raw[key]):
                held.setdefault(name, raw[key])
    return held


def _plain(value: Any) -> Any:
    """A value of OTLP (`{"stringValue": "GET"}`) by itself."""
    return next(iter(value.values()), None) if isinstance(value, dict) else value


def _adopt(spans: list[Raw]) -> None:
    """Where nobody names a parent, the span that lasts as long as all others is that of the request."""
    if len(spans) < 2 or any(one["parentSpanId"] for one in spans):
        return
    longest = max(spans, key=lambda one: one["endTimeUnixNano"] - one["startTimeUnixNano"])
    if all(
        longest["startTimeUnixNano"] <= one["startTimeUnixNano"]
        and one["endTimeUnixNano"] <= longest["endTimeUnixNano"]
        for one in spans
    ):
        for one in spans:
            if one is not longest:
                one["parentSpanId"] = longest["spanId"]


def _kind(span: Raw, spans: Mapping[str, Raw]) -> str:
    """Whether a span without a kind calls another service: an HTTP call within something that is none to the same."""
    parent = spans.get(span["parentSpanId"])
    if parent is None or not _is_http(span):
        return ""
    return "server" if parent["kind"] == "client" else "client"


def _is_http(span: Raw) -> bool:
    return is_call(span["name"]) or any(key in span["tags"] for key in ("http.url", "url.full", "http.request.method"))
