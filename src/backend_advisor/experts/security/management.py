"""Settings of Spring Boot that open debugging and management to whoever asks (SEC310)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code.files import is_test
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Match, finding
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence, Finding, Location, Span

_CODE = "SEC310"
_FILE = re.compile(r"(?:^|/)(?:application|bootstrap)(?:-(?P<profile>[\w.-]+))?\.(?P<kind>ya?ml|properties)$")
_FOR_DEVELOPERS = re.compile(
    r"(?i)^(?:.*[-_.])?(?:dev\w*|local\w*|test\w*|it|ci|demo|sample\w*|example\w*|h2|docker)(?:[-_.].*)?$"
)
_IN_PRODUCTION = re.compile(r"(?i)^(?:.*[-_.])?(?:prod\w*|prd|live|real|release)(?:[-_.].*)?$")
_PROPERTY = re.compile(r"^[ \t]*(?P<key>[\w.\[\]-]+)[ \t]*[=:][ \t]*(?P<value>[^\n]*?)[ \t\r]*$", re.MULTILINE)
_ENTRY = re.compile(
    r"^(?P<indent> *)(?P<item>- +)?(?:(?P<key>[\w.\[\]\"'*-]+):(?=[ \t\r\n]|$))?[ \t]*"
    r"(?P<value>[^\n#]*?)[ \t\r]*(?:#[^\n]*)?$",
    re.MULTILINE,
)
_EVERYTHING = re.compile(r"^(?:.*[\s,\[])?[\"']?\*[\"']?(?:[\s,\]].*)?$")
_ON = re.compile(r"(?i)^[\"']?true[\"']?$")
_ALWAYS = re.compile(r"(?i)^[\"']?always[\"']?$")
_OPENS = {
    "management.endpoints.web.exposure.include": _EVERYTHING,
    "spring.h2.console.enabled": _ON,
    "server.error.includestacktrace": _ALWAYS,
    "spring.web.error.includestacktrace": _ALWAYS,
}
_APART = frozenset({"management.server.port", "management.server.address"})


@dataclass(frozen=True, slots=True)
class _Setting:
    """One key with its value, and where they stand."""

    key: str
    value: str
    start: int
    end: int


def open_management(case: Case, knowledge: Knowledge) -> Iterator[Finding]:
    """Endpoints and pages for developers that a file of settings opens."""
    playbook = knowledge.playbooks.get(_CODE)
    if playbook is None:
        return
    for artifact in case.of_kind(ArtifactKind.YAML, ArtifactKind.CONFIGURATION):
        named = _FILE.search(artifact.name)
        if named is None or is_test(artifact.place) or _FOR_DEVELOPERS.match(named["profile"] or "x"):
            continue
        for match in _matches(artifact, named["profile"] or ""):
            yield finding(playbook, match, case.language)


def _matches(artifact: Artifact, profile: str) -> Iterator[Match]:
    is_properties = artifact.name.endswith(".properties")
    for settings in _documents(artifact.text, is_properties=is_properties):
        stated = next((one.value.strip("\"'") for one in settings if one.key.endswith("onprofile")), profile)
        if _FOR_DEVELOPERS.match(stated or "x"):
            continue
        is_apart = any(one.key in _APART for one in settings)
        for one in settings:
            opens = _OPENS.get(one.key)
            if opens is None or not opens.match(one.value):
                continue
            far = (is_apart and one.key.startswith("management.")) or (
                one.key == "spring.h2.console.enabled"
                and any(
                    other.key == "spring.h2.console.settings.weballowothers" and other.value.strip("\"'") == "false"
                    for other in settings
                )
            )
            sure = Confidence.HIGH if _IN_PRODUCTION.match(stated) else Confidence.MEDIUM
            yield _match(artifact, one, Confidence.LOW if far else sure)


def _documents(text: str, *, is_properties: bool) -> Iterator[list[_Setting]]:
    """The settings of each document of a file."""
    if is_properties:
        yield [
            _Setting(_plain(one["key"]), one["value"], one.start("key"), one.end("value"))
            for one in _PROPERTY.finditer(text)
        ]
        return
    settings: list[_Setting] = []
    around: list[tuple[int, str]] = []
    for one in _ENTRY.finditer(text):
        if one[0].startswith("---"):
            yield settings
            settings, around = [], []
        elif one["key"] is not None or one["item"] is not None:
            depth = len(one["indent"])
            while around and around[-1][0] >= depth + (one["item"] is not None and one["key"] is None):
                around.pop()
            names = [name for _, name in around]
            key = one["key"].strip("\"'") if one["key"] is not None else None
            if key is not None:
                around.append((depth, key))
                names.append(key)
            if one["value"]:
                start = one.start("key") if key is not None else one.start("value")
                settings.append(_Setting(_plain(".".join(names)), one["value"], start, one.end("value")))
    yield settings


def _plain(key: str) -> str:
    """A key as Spring's relaxed binding compares it."""
    return re.sub(r"[-_]|\[\d+\]", "", key).lower()


def _match(artifact: Artifact, setting: _Setting, confidence: Confidence) -> Match:
    text = artifact.text
    span = Span(
        line=artifact.first_line + text.count("\n", 0, setting.start),
        column=setting.start - text.rfind("\n", 0, setting.start),
        end_line=artifact.first_line + text.count("\n", 0, setting.end),
        end_column=setting.end - text.rfind("\n", 0, setting.end),
    )
    excerpt = " ".join(text[setting.start : setting.end].split())
    return Match(
        location=Location(artifact=artifact.name, span=span, excerpt=excerpt),
        values={"text": excerpt},
        confidence=confidence,
    )
