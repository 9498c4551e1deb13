"""SARIF 2.1.0, for code scanning services and editors."""

from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

import msgspec

from backend_advisor.model import Advice, Confidence, Finding, Fix, Location, Report, Severity, Span
from backend_advisor.report.fingerprint import fingerprints
from backend_advisor.report.json_format import escape_controls
from backend_advisor.report.markdown import advice_markdown
from backend_advisor.report.style import Style

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_ROOT = "SRCROOT"


def render(report: Report, style: Style) -> str:
    """A log of one run; suppressed findings are in it, marked so."""
    encoded = msgspec.json.encode(_log(report, style))
    return escape_controls(msgspec.json.format(encoded, indent=2).decode()) + "\n"


def _log(report: Report, style: Style) -> dict[str, Any]:
    silenced = {id(one.finding): one.reason for one in report.suppressed}
    findings = [*report.findings, *(one.finding for one in report.suppressed)]
    rules = _rules(report, findings, style)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [
        _result(finding, index[finding.code], print_, silenced.get(id(finding)))
        for finding, print_ in zip(findings, fingerprints(report.case, findings), strict=True)
    ]
    driver: dict[str, Any] = {"name": "Backend Expert Advisor", "rules": rules}
    if report.advisor_version:
        driver["version"] = report.advisor_version
    run = {
        "tool": {"driver": driver},
        "language": style.language,
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(report: Report) -> dict[str, Any]:
    unread = [
        {
            "level": "warning",
            "message": {"text": f"{one.name}: {one.reason}"},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(one.name)}}],
        }
        for one in report.case.unread
    ]
    notices = [{"level": "note", "message": {"text": notice}} for notice in report.notices]
    told = [*unread, *notices]
    return {"executionSuccessful": True, **({"toolExecutionNotifications": told} if told else {})}


def _rules(report: Report, findings: list[Finding], style: Style) -> list[dict[str, Any]]:
    advice_of = {code: advice for advice in reversed(report.advice) for code in advice.codes}
    first = {finding.code: finding for finding in reversed(findings)}
    return [_rule(first[code], advice_of.get(code), style) for code in sorted(first)]


def _rule(finding: Finding, advice: Advice | None, style: Style) -> dict[str, Any]:
    tags = [finding.expert, *(f"external/cwe/cwe-{number:03d}" for number in finding.cwe)]
    rule: dict[str, Any] = {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": finding.title},
        "defaultConfiguration": {"level": finding.severity.value},
        "properties": {
            "tags": tags,
            "precision": _PRECISION[finding.confidence],
            "problem.severity": _PROBLEM[finding.severity],
        },
    }
    if advice is None:
        return rule
    page = _page(advice)
    rule["fullDescription"] = {"text": page.root_cause or page.title}
    rule["help"] = {"text": page.root_cause or page.title, "markdown": advice_markdown(page, style)}
    if advice.sources:
        rule["helpUri"] = advice.sources[0].url
    return rule


def _page(advice: Advice) -> Advice:
    """The advice without what was seen in this very case, which the results tell: a rule is the same in each run."""
    if not advice.findings:
        return advice
    _seen, _, general = advice.root_cause.partition("\n\n")
    return replace(advice, root_cause=general, findings=())


def _result(finding: Finding, rule_index: int, fingerprint: str, reason: str | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": finding.severity.value,
        "message": {"text": finding.message},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"backendAdvisor/v1": fingerprint},
        "properties": {
            "confidence": finding.confidence.value,
            "evidence": [evidence.strength.value for evidence in finding.evidence],
        },
    }
    if finding.steps:
        stations = [{"location": _location(step.location, step.text)} for step in finding.steps]
        result["codeFlows"] = [{"threadFlows": [{"locations": stations}]}]
    if finding.fix is not None and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix)]
    if reason is not None:
        result["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": reason}]
    return result


def _location(location: Location, message: str | None = None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(location.artifact)}
    if location.span is not None:
        physical["region"] = _region(location.span)
        if location.excerpt is not None:
            physical["region"]["snippet"] = {"text": location.excerpt}
    made: dict[str, Any] = {"physicalLocation": physical}
    if location.path:
        made["logicalLocations"] = [{"fullyQualifiedName": location.path}]
    if message is not None:
        made["message"] = {"text": message}
    return made


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": max(span.line, 1),
        "startColumn": max(span.column, 1),
        "endLine": max(span.end_line, span.line, 1),
        "endColumn": max(span.end_column, 1),
    }


@lru_cache(maxsize=10_000)
def _artifact(name: str) -> dict[str, str]:
    """An address relative to the root of the sources; an absolute path becomes a file address."""
    windows = PureWindowsPath(name)
    if windows.drive and windows.root:
        return {"uri": windows.as_uri()}
    path = name.replace("\\", "/")
    if path.startswith("/"):
        return {"uri": PurePosixPath(path).as_uri()}
    return {"uri": quote(path.removeprefix("./")), "uriBaseId": _ROOT}


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        if edit.location.span is not None:
            replacement = {
                "deletedRegion": _region(edit.location.span),
                "insertedContent": {"text": edit.replacement},
            }
            by_file.setdefault(edit.location.artifact, []).append(replacement)
    changes = [{"artifactLocation": _artifact(name), "replacements": edits} for name, edits in by_file.items()]
    return {"description": {"text": fix.title}, "artifactChanges": changes}
