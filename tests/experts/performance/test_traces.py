"""What is read in traces: every format, each rule's own examples, and texts that are no trace."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_advisor import knowledge
from backend_advisor.advise import answer, review
from backend_advisor.experts import Terms
from backend_advisor.experts.performance.spans import Span, covered, read_spans
from backend_advisor.experts.performance.traces import found_in_traces
from backend_advisor.intake.classify import kind_of
from backend_advisor.knowledge.playbook import Example, Playbook
from backend_advisor.model import Artifact, ArtifactKind, Case

RULES = ("PERF226", "PERF227", "PERF228")
STATEMENT = "SELECT * FROM items WHERE order_id = ?"


def _examples() -> list[Any]:
    rules = [knowledge.load().playbooks[code] for code in RULES]
    return [
        pytest.param(rule, one, id=f"{rule.code}-{'bad' if one.bad else 'good'}")
        for rule in rules
        for one in rule.examples
    ]


def _lines(rule: Playbook, text: str) -> set[int]:
    case = Case(
        question="why?", language="en", artifacts=(Artifact(name="t.json", kind=ArtifactKind.TRACE, text=text),)
    )
    found = found_in_traces(case, knowledge.load())
    return {one.location.span.line for one in found if one.code == rule.code and one.location.span}


@pytest.mark.parametrize(("rule", "example"), _examples())
def test_examples_of_the_rules(rule: Playbook, example: Example) -> None:
    assert kind_of(example.text) is ArtifactKind.TRACE
    assert _lines(rule, example.text) == set(example.lines)


def _jaeger(count: int) -> dict[str, Any]:
    def span(number: int, parent: str) -> dict[str, Any]:
        statement = {"key": "db.statement", "value": f"SELECT * FROM items WHERE order_id = {number}"}
        return {
            "traceID": "t", "spanID": f"s{number}", "operationName": "SELECT", "startTime": 1_000_000 + number * 10_000,
            "duration": 5_000, "references": [{"refType": "CHILD_OF", "spanID": parent}], "tags": [statement],
        }  # fmt: skip

    entry = {"traceID": "t", "spanID": "root", "operationName": "GET /orders", "startTime": 1_000_000,
             "duration": 900_000, "references": [], "tags": [{"key": "span.kind", "value": "server"}]}  # fmt: skip
    return {"data": [{"traceID": "t", "spans": [entry, *(span(number, "root") for number in range(count))]}]}


def _otlp(count: int, key: str = "resourceSpans", scope: str = "scopeSpans") -> dict[str, Any]:
    def span(number: int) -> dict[str, Any]:
        value = {"stringValue": f"SELECT * FROM items WHERE order_id = {number}"}
        return {
            "spanId": f"s{number}", "parentSpanId": "root", "name": "SELECT", "kind": 3,
            "startTimeUnixNano": str(10**18 + number * 10**7),
            "endTimeUnixNano": str(10**18 + (number * 10 + 5) * 10**6),
            "attributes": [{"key": "db.query.text", "value": value}],
        }  # fmt: skip

    entry = {"spanId": "root", "name": "GET /orders", "kind": "SPAN_KIND_SERVER",
             "startTimeUnixNano": str(10**18), "endTimeUnixNano": str(10**18 + 9 * 10**8)}  # fmt: skip
    return {key: [{"resource": {"attributes": []}, scope: [{"spans": [entry, *map(span, range(count))]}]}]}


FORMATS = {
    "jaeger": json.dumps(_jaeger(12)),
    "otlp": json.dumps(_otlp(12)),
    "tempo": json.dumps(_otlp(12, "batches", "instrumentationLibrarySpans")),
    "lines": json.dumps(_otlp(12)) + "\n" + json.dumps(_otlp(0)) + "\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_repeated_query_is_found_in_every_format(name: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text(FORMATS[name])
    report = answer("why is this slow?", [file], terms=Terms(prove=False))
    assert report.advice[0].codes[0] == "PERF226"
    assert f"`{STATEMENT}` ran 12 times within `GET /orders`: 60 ms of 900 ms" in report.advice[0].root_cause
    assert "840 ms (93%)" in "".join(one.root_cause for one in report.advice)


def test_a_review_asks_for_no_breakdown(tmp_path: Path) -> None:
    (tmp_path / "trace.json").write_text(FORMATS["jaeger"])
    assert [one.code for one in review([tmp_path]).findings] == ["PERF226"]


def test_what_another_service_does_is_its_own_request() -> None:
    trace = _jaeger(3)
    spans = trace["data"][0]["spans"]
    spans[1]["tags"].append({"key": "span.kind", "value": "server"})
    for number, span in enumerate(spans[2:]):
        span["references"][0]["spanID"] = spans[1]["spanID"]
        span["spanID"] = f"x{number}"
    assert [span.enters for span in read_spans(json.dumps(trace))] == [True, True, False, False]


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", '{"data": 5}', '{"resourceSpans": [{"scopeSpans": [3]}]}', "[[[]]]"]
)
def test_what_is_no_trace_has_no_spans(text: str) -> None:
    assert read_spans(text) == []


def test_spans_that_call_each_other_parent_end() -> None:
    trace = [
        {"traceId": "1", "id": "a", "parentId": "b", "name": "x", "timestamp": 1, "duration": 5},
        {"traceId": "1", "id": "b", "parentId": "a", "name": "y", "timestamp": 1, "duration": 5, "kind": "SERVER"},
    ]
    assert _lines(knowledge.load().playbooks["PERF228"], json.dumps(trace)) == {1}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["data", "spans", "spanID", "id", "tags", "resourceSpans", "scopeSpans", "attributes", "kind",
                         "key", "value", "timestamp", "duration", "references", "parentId", "startTimeUnixNano",
                         "endTimeUnixNano", "spanId"]), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@given(VALUES)
def test_any_json_is_read_without_an_error(value: Any) -> None:
    case = Case(
        question="why?",
        language="ko",
        artifacts=(Artifact(name="t.json", kind=ArtifactKind.TRACE, text=json.dumps(value)),),
    )
    list(found_in_traces(case, knowledge.load()))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12))
def test_covered_time_is_counted_once(stretches: list[tuple[int, int]]) -> None:
    spans = [Span("i", "", "n", start, length, "o", False, False, False) for start, length in stretches]
    moments = {start + step for start, length in stretches for step in range(length)}
    assert covered(spans) == len(moments)
