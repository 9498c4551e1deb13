"""Formats for machines and for other tools."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from backend_advisor.model import Report
from backend_advisor.report import MODULES, render
from backend_advisor.report.fingerprint import fingerprints
from backend_advisor.report.json_schema import report_schema, report_schema_text
from tests.report.conftest import make_hostile_report, make_report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "report-1.1.json"


def test_json_is_the_report_and_comes_back(report: Report) -> None:
    assert msgspec.json.decode(render(report, "json", verbose=True), type=Report) == report


def test_json_follows_the_schema() -> None:
    for report in (make_report("ko"), make_hostile_report()):
        jsonschema.Draft202012Validator(report_schema()).validate(json.loads(render(report, "json")))


def test_json_carries_what_the_command_line_promises(report: Report) -> None:
    read = json.loads(render(report, "json"))
    advice = read["advice"][0]
    assert advice["root_cause"] and advice["solution"] and advice["best_practices"] and advice["monitoring"]
    assert advice["sources"][0]["url"].startswith("https://")
    assert {"method", "before", "after", "holds"} <= advice["proofs"][0].keys()
    assert read["case"]["unknowns"] and read["case"]["language"] == "en" and read["in_scope"] is True


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text("utf-8") == report_schema_text()


@pytest.mark.parametrize("format", MODULES)
def test_rendering_is_deterministic(format: str) -> None:
    assert render(make_report("ko"), format) == render(make_report("ko"), format)


def test_sarif_has_what_consumers_need(report: Report) -> None:
    log = json.loads(render(report, "sarif"))
    assert log["version"] == "2.1.0"
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] >= 1
    rule = next(rule for rule in rules if rule["id"] == "DB116")
    assert "external/cwe/cwe-400" in rule["properties"]["tags"]
    assert "CREATE INDEX" in rule["help"]["markdown"]
    silenced = [result for result in run["results"] if "suppressions" in result]
    assert silenced[0]["suppressions"][0]["justification"] == "batch job at night"
    assert "dump.bin" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_has_flows_and_fixes(hostile_report: Report) -> None:
    result = json.loads(render(hostile_report, "sarif"))["runs"][0]["results"][0]
    station = result["codeFlows"][0]["threadFlows"][0]["locations"][0]["location"]
    assert station["message"]["text"]
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["deletedRegion"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert not set(uri) & set("\n ,")


def test_fingerprints_survive_moved_lines_and_tell_repeats_apart(report: Report) -> None:
    from dataclasses import replace

    first = report.findings[0]
    span = first.location.span
    assert span is not None
    artifact = report.case.artifacts[0]
    moved_case = replace(report.case, artifacts=(replace(artifact, text="\n\n" + artifact.text),))
    moved = replace(first, location=replace(first.location, span=replace(span, line=8, end_line=8)))
    assert fingerprints(report.case, [first]) == fingerprints(moved_case, [moved])
    assert len(set(fingerprints(report.case, [first, first]))) == 2


def test_concise_has_one_line_for_each_finding(report: Report) -> None:
    lines = render(report, "concise").splitlines()
    assert lines[0] == (
        "queries/recent.sql:1:1: DB101 `SELECT *` fetches columns that nobody reads (note, high confidence)"
    )
    assert sum("queries/" in line and ": DB" in line for line in lines) >= 2
    assert any("faster" in line for line in lines) and any("CREATE INDEX" in line for line in lines)


def test_json_leaves_the_files_to_their_reader_and_quotes_the_places(report: Report) -> None:
    read = json.loads(render(report, "json"))
    assert all(one["text"] == "" for one in read["case"]["artifacts"] if one["origin"] != "question")
    places = [one["location"] for advice in read["advice"] for one in advice["findings"]]
    assert places and all(place["excerpt"] for place in places if place["span"])


def test_github_annotates_each_finding(report: Report) -> None:
    lines = render(report, "github").splitlines()
    assert lines[-1] == (
        "::warning file=queries/recent.sql,line=6,endLine=6,col=1,endColumn=26,title=DB116 sort-without-index"
        "::No index serves `ORDER BY u.created_at DESC LIMIT 100`"
    )


def test_markdown_has_the_four_parts_and_the_measurement(korean_report: Report) -> None:
    text = render(korean_report, "markdown")
    for wanted in ("### 근본 원인", "### 해결", "### 모범 사례", "### 출처", "| 시간 | 1.38 s | 0.153 ms |", "```sql"):
        assert wanted in text


def test_html_shows_the_verdict_and_makes_no_request(korean_report: Report) -> None:
    page = render(korean_report, "html")
    assert '<html lang="ko">' in page
    assert "1.38 s → 0.153 ms, 9,033배 빨라짐" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for request in ("src=", "@import", "url(", "<link", "<img"):
        assert request not in page


def test_html_embeds_the_report_whole(report: Report) -> None:
    page = render(report, "html")
    data = page.split('<script type="application/json" id="report">')[1].split("</script>")[0]
    assert msgspec.json.decode(data, type=Report) == report
