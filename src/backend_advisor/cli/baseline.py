"""Baselines: the findings that a project lives with, by fingerprints of their content."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from backend_advisor.cli.output import write_file
from backend_advisor.cli.wording import Wording
from backend_advisor.model import Finding, Report
from backend_advisor.report.fingerprint import fingerprints
from backend_advisor.report.places import findings_by_place

_VERSION = 1


class _Entry(msgspec.Struct, order=True):
    file: str
    code: str
    fingerprint: str


class _Baseline(msgspec.Struct):
    version: int
    findings: list[_Entry]


def write_baseline(path: Path, report: Report, say: Wording) -> None:
    """Record all findings of a report."""
    findings = findings_by_place(report.findings)
    entries = [
        _Entry(file=finding.location.artifact, code=finding.code, fingerprint=fingerprint)
        for finding, fingerprint in zip(findings, fingerprints(report.case, findings), strict=True)
    ]
    encoded = msgspec.json.encode(_Baseline(version=_VERSION, findings=sorted(entries)))
    write_file(path, msgspec.json.format(encoded, indent=2).decode() + "\n", say)


def read_baseline(path: Path, say: Wording) -> frozenset[str]:
    """The fingerprints in a baseline file."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_Baseline)
    except FileNotFoundError:
        raise click.ClickException(say("baseline_missing", path=path)) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise click.ClickException(say("file_unreadable", path=path, cause=error)) from None
    if read.version != _VERSION:
        raise click.ClickException(say("baseline_version", path=path, version=read.version))
    return frozenset(entry.fingerprint for entry in read.findings)


def without_known(report: Report, known: frozenset[str]) -> Iterator[Finding]:
    """The findings that the baseline does not hold."""
    findings = findings_by_place(report.findings)
    for finding, fingerprint in zip(findings, fingerprints(report.case, findings), strict=True):
        if fingerprint not in known:
            yield finding
