"""Traces in forms of one's own, calls that differ by an identifier, and lists that are no trace."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor.advise import answer, review
from backend_advisor.experts import Terms
from backend_advisor.experts.performance.addresses import joined_by_position, template
from backend_advisor.experts.performance.spans import read_spans
from backend_advisor.intake.classify import kind_of
from backend_advisor.model import ArtifactKind

COUNT = 12


def _flat() -> Any:
    calls = [
        {"id": f"c{n}", "parentId": "r", "name": "GET /prices/{sku}", "startMs": n * 50, "durationMs": 40}
        for n in range(COUNT)
    ]
    return {"spans": [{"id": "r", "name": "POST /quotes", "startMs": 0, "durationMs": 900}, *calls]}


def _seconds() -> Any:
    calls = [
        {
            "name": "fetch",
            "url": f"http://p/prices/SKU-{n}",
            "start_s": n * 0.05,
            "end_s": n * 0.05 + 0.04,
            "parent": "all",
        }
        for n in range(COUNT)
    ]
    return [{"name": "all", "start_s": 0, "end_s": 0.9, "parent": None}, *calls]


def _console() -> Any:
    def span(number: int | None) -> dict[str, Any]:
        start = 0 if number is None else number * 50
        return {
            "name": "POST /quotes" if number is None else "GET",
            "context": {"trace_id": "0x1", "span_id": "0xr" if number is None else f"0x{number}"},
            "kind": "SpanKind.SERVER" if number is None else "SpanKind.CLIENT",
            "parent_id": None if number is None else "0xr",
            "start_time": f"2026-11-30T10:00:00.{start:03d}000Z",
            "end_time": f"2026-11-30T10:00:00.{900 if number is None else start + 40:03d}000Z",
            "attributes": {} if number is None else {"http.url": f"http://p/prices/{number}"},
        }

    return [span(None), *(span(number) for number in range(COUNT))]


def _datadog() -> Any:
    at = 1_763_980_000_000_000_000
    calls = [{"trace_id": 1, "span_id": 10 + n, "parent_id": 1, "name": "http.request", "resource": "GET /prices/1",
              "start": at + n * 50_000_000, "duration": 40_000_000, "meta": {"http.url": f"http://p/prices/{n}",
              "span.kind": "client"}} for n in range(COUNT)]  # fmt: skip
    return {"trace": {"spans": [{"trace_id": 1, "span_id": 1, "parent_id": 0, "name": "POST /quotes", "start": at,
                                 "duration": 900_000_000}, *calls]}}  # fmt: skip


def _tree() -> Any:
    calls = [{"name": f"GET http://p/prices/sku-{n}", "start": n * 50, "duration": "40ms"} for n in range(COUNT)]
    return {"name": "POST /quotes", "start": 0, "duration": "900ms", "children": calls}


def _without_parents() -> Any:
    calls = [
        {"name": "SELECT", "sql": f"select * from p where id = {n}", "start": n * 50, "duration": 40}
        for n in range(COUNT)
    ]
    return {"spans": [{"name": "POST /quotes", "start": 0, "duration": 900}, *calls]}


def _otlp_names() -> Any:
    return {
        "spans": [
            {"spanId": "r", "name": "POST /quotes", "startTimeUnixNano": 10**18, "endTimeUnixNano": 10**18 + 9 * 10**8},
            *(
                {"spanId": f"s{n}", "parentSpanId": "r", "name": "GET", "kind": "CLIENT",
                 "startTimeUnixNano": str(10**18 + n * 5 * 10**7),
                 "endTimeUnixNano": str(10**18 + (n * 50 + 40) * 10**6),
                 "attributes": [{"key": "url.full", "value": {"stringValue": f"http://p/prices/{n}"}}]}
                for n in range(COUNT)
            ),
        ]
    }  # fmt: skip


FORMS = {
    made.__name__.strip("_"): made()
    for made in (_flat, _seconds, _console, _datadog, _tree, _without_parents, _otlp_names)
}


@pytest.mark.parametrize("name", FORMS)
def test_simple_forms_are_read(name: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text(json.dumps(FORMS[name]))
    report = answer("why is this slow?", [file], terms=Terms(prove=False))
    assert report.advice[0].codes[0] == "PERF226"
    assert f"{COUNT} times" in report.advice[0].root_cause
    assert "480 ms of 900 ms" in report.advice[0].root_cause


@pytest.mark.parametrize(
    "value",
    [
        [{"name": "standup", "start": "2026-11-30T10:00:00Z", "end": "2026-11-30T10:15:00Z"}],
        {"jobs": [{"name": "nightly", "duration": 5, "start": 1}]},
        [{"message": "done", "duration": 12, "timestamp": 1}],
        {"spans": [1, 2]},
        {"trace": "abc", "name": "x"},
        {"name": "a", "children": []},
    ],
)
def test_other_lists_are_no_trace(value: Any) -> None:
    assert kind_of(json.dumps(value), None, "x.json") is ArtifactKind.JSON


def test_a_trace_without_readable_spans_is_told(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text('{"spans": [{"name": "GET /a", "startedAt": "soon", "durationText": "long"}]}')
    (unread,) = review([file]).case.unread
    assert "resourceSpans" in unread.reason


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("GET http://p:8080/prices/SKU-1001", "GET http://p:8080/prices/{id}"),
        ("GET http://10.0.0.7:8080/v1/users/42?lang=ko&lang=en", "GET http://10.0.0.7:8080/v1/users/{id}?lang"),
        ("/orders/ord_9f8aK2/items", "/orders/{id}/items"),
        ("/x/550e8400-e29b-41d4-a716-446655440000", "/x/{id}"),
        ("/2024-01-01/accounts/2024-05-05", "/2024-01-01/accounts/{id}"),
        ("/checkout-v2/oauth2/s3/p99", "/checkout-v2/oauth2/s3/p99"),
        ("/users/{id}/:name", "/users/{id}/:name"),
        ("SELECT 1", "SELECT 1"),
    ],
)
def test_templates(address: str, expected: str) -> None:
    assert template(address) == expected


def test_words_that_stand_for_values_are_joined_when_they_are_many() -> None:
    names = ["anna", "ben", "cho", "dae", "eun", "fay", "gil", "han"]
    calls = [f"GET http://p/users/{name}/avatar" for name in names]
    assert set(joined_by_position(calls).values()) == {"GET http://p/users/{id}/avatar"}
    assert joined_by_position(calls[:5]) == {}
    assert joined_by_position([f"GET http://p/{name}" for name in names]) == {}
    assert joined_by_position([f"GET /{name}" for name in names]) == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["spans", "trace", "children", "name", "start", "duration", "end", "parent", "id", "spanId",
                         "tags", "attributes", "context", "startMs", "end_time", "kind", "url"]), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@given(VALUES)
def test_any_json_is_read_without_an_error(value: Any) -> None:
    text = json.dumps(value)
    kind_of(text, None, "t.json")
    read_spans(text)
