"""Baselines: the findings that a project lives with, by fingerprints of their content."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from backend_advisor.cli.output import write_file
from backend_advisor.cli.wording import Wording
from backend_advisor.model import Case, Finding, Report
from backend_advisor.report import Address
from backend_advisor.report.addresses import addresses, renamed
from backend_advisor.report.fingerprint import fingerprints
from backend_advisor.report.places import findings_by_place

_VERSION = 2
_AS_NAMED = 1
"""The version whose fingerprints hold the files' names as they were given, with `./` before those of the folder `.`."""


class _Entry(msgspec.Struct, order=True):
    file: str
    code: str
    fingerprint: str


class _Baseline(msgspec.Struct):
    version: int
    findings: list[_Entry]


@dataclass(frozen=True, slots=True)
class Known:
    """The findings that a baseline holds."""

    version: int
    fingerprints: frozenset[str]


def write_baseline(path: Path, report: Report, address: Address, say: Wording) -> None:
    """Record all findings of a report, their files named from the repository's root."""
    named = renamed(report, addresses(report.case, address))
    findings = findings_by_place(named.findings)
    entries = [
        _Entry(file=finding.location.artifact, code=finding.code, fingerprint=fingerprint)
        for finding, fingerprint in zip(findings, fingerprints(named.case, findings), strict=True)
    ]
    encoded = msgspec.json.encode(_Baseline(version=_VERSION, findings=sorted(entries)))
    write_file(path, msgspec.json.format(encoded, indent=2).decode() + "\n", say)


def read_baseline(path: Path, say: Wording) -> Known:
    """The fingerprints in a baseline file."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_Baseline)
    except FileNotFoundError:
        raise click.ClickException(say("baseline_missing", path=path)) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise click.ClickException(say("file_unreadable", path=path, cause=error)) from None
    if read.version not in (_VERSION, _AS_NAMED):
        raise click.ClickException(say("baseline_version", path=path, version=read.version))
    return Known(read.version, frozenset(entry.fingerprint for entry in read.findings))


def without_known(case: Case, findings: Sequence[Finding], known: Known, address: Address) -> Iterator[Finding]:
    """The findings that the baseline does not hold."""
    ordered = findings_by_place(findings)
    ways: tuple[Address, ...] = (str, "./{}".format) if known.version == _AS_NAMED else (address,)
    told = [_fingerprints(case, ordered, way) for way in ways]
    for finding, *prints in zip(ordered, *told, strict=True):
        if known.fingerprints.isdisjoint(prints):
            yield finding


def _fingerprints(case: Case, findings: Sequence[Finding], address: Address) -> list[str]:
    names = addresses(case, address)
    return fingerprints(renamed(case, names), renamed(tuple(findings), names))
