"""Secrets in configuration (SEC301): environment files, YAML, JSON, properties, manifests, key files."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from backend_advisor.code.files import is_test
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Match, finding
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence, Finding, Location, Span
from backend_advisor.rules.secret_texts import is_example, is_secret, provider_secrets, shown

_CODE = "SEC301"
_K = ArtifactKind
_KINDS = (
    _K.CONFIGURATION, _K.YAML, _K.JSON, _K.XML, _K.COMPOSE, _K.KUBERNETES, _K.PIPELINE, _K.DOCKERFILE, _K.SHELL,
    _K.OTHER,
)  # fmt: skip
_TEMPLATE = re.compile(r"(?i)(?:^|[._-])(?:examples?|samples?|templates?|dist|tests?|defaults?|ci)(?:$|[._-])")
_LISTS = re.compile(r"(?i)(?:^|/)(?:[\w.-]*lock(?:file)?(?:\.json|\.ya?ml)?|npm-shrinkwrap\.json|checksums?\.\w+)$")
_MESSAGES = re.compile(
    r"(?:[Mm]essages?|[Rr]esources?|[Ll]abels?|[Ss]trings|[Tt]exts|[Bb]undle|[Ii]18[Nn])\w*\.properties$|_[a-z]{2}(?:_[A-Z]{2})?\.properties$"
)
"""Texts that a program shows, by the key that each has."""
_OTHER_TEXTS = re.compile(
    r"(?i)\.(?:po|pot|csv|tsv|html?|css|s[ac]ss|svg|map|lock|patch|diff|ipynb|txt|log|hbs|ejs|vue)$"
)
_LONGEST = 200_000
_LONGEST_DATA = 20_000
"""Characters beyond which a file holds data, not settings; JSON and XML are mostly data."""
_SET = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:export[ \t]+|ENV[ \t]+|ARG[ \t]+)?[\"']?(?P<name>[\w.\-]*?"
    r"(?:pass|PASS|Pass|pwd|PWD|secret|SECRET|Secret|token|TOKEN|Token|key|KEY|Key|redential|REDENTIAL)[\w.\-]*)[\"']?"
    r"[ \t]*[:=][ \t]*"
    r"(?P<quote>[\"']?)(?P<value>[^\s\"'#][^\"'\n]*?)(?P=quote)[ \t]*,?(?:[ \t]#.*)?$",
    re.MULTILINE,
)
_PAIRED = re.compile(
    r"\bname:[ \t]*[\"']?(?P<name>[\w.\-]+)[\"']?[ \t]*(?:,[ \t]*|\n[ \t]*)value:[ \t]*"
    r"(?P<quote>[\"']?)(?P<value>[^\s\"'#{][^\"'\n},]*?)(?P=quote)[ \t]*(?:[},]|#.*)?$",
    re.MULTILINE,
)
"""The environment of a container: `- name: DB_PASSWORD`, `value: …`."""
_AT_HOME = re.compile(r"(?i)(?:^|[/._-])(?:dev(?:elopment|container)?|local|ci|docker-compose|compose)(?:$|[/._-])")
_IN_PRODUCTION = re.compile(r"(?i)(?:^|[/._-])(?:prod(?:uction)?|prd|live|release)(?=$|[/._-])")
_NAMED = ("pass", "pwd", "secret", "token", "key", "credential")


def secrets_in_configuration(case: Case, knowledge: Knowledge) -> Iterator[Finding]:
    """Keys, tokens and passwords that are written into files of settings."""
    playbook = knowledge.playbooks.get(_CODE)
    if playbook is None:
        return
    told: set[str] = set()
    for artifact in case.of_kind(*_KINDS):
        if artifact.origin != "code" and not _is_apart(artifact):
            for match in _matches(artifact):
                known = match.confidence is Confidence.MEDIUM and match.location.excerpt in told
                if match.confidence is not Confidence.LOW:
                    told.add(match.location.excerpt or "")
                # One secret is changed everywhere at once; where else it stands is only noted.
                yield finding(playbook, replace(match, confidence=Confidence.LOW) if known else match, case.language)


def _is_apart(artifact: Artifact) -> bool:
    """Whether a file is an example, a template, a test's, or a list that a tool writes."""
    name = artifact.place
    base = name.rpartition("/")[2]
    return (
        is_test(name)
        or is_example(name)
        or _TEMPLATE.search(base) is not None
        or _LISTS.search(name) is not None
        or _MESSAGES.search(base) is not None
        or (artifact.kind is _K.OTHER and _OTHER_TEXTS.search(name) is not None)
        or len(artifact.text) > (_LONGEST_DATA if artifact.kind in (_K.JSON, _K.XML) else _LONGEST)
    )


def _matches(artifact: Artifact) -> Iterator[Match]:
    taken: list[tuple[int, int]] = []
    for start, end, kind in provider_secrets(artifact.text):
        taken.append((start, end))
        yield _match(artifact, start, end, kind)
    if artifact.kind is _K.OTHER:
        return
    lower = artifact.text.lower()
    if not any(word in lower for word in _NAMED):
        return
    paired = _PAIRED.finditer(artifact.text) if artifact.kind is _K.KUBERNETES else ()
    for found in chain(_SET.finditer(artifact.text), paired):
        start, end = found.span("value")
        name, value = found["name"].rpartition(".")[2], found["value"]
        if is_secret(name, value) and not any(a < end and start < b for a, b in taken):
            yield _match(artifact, start, end, name, Confidence.LOW if _is_thrown_away(artifact) else Confidence.MEDIUM)


def _is_thrown_away(artifact: Artifact) -> bool:
    """Whether a file sets up something that lives as long as a build, or on a developer's machine."""
    if artifact.kind is _K.COMPOSE and _IN_PRODUCTION.search(artifact.place):
        return False
    return artifact.kind in (_K.PIPELINE, _K.COMPOSE) or _AT_HOME.search(artifact.place) is not None


def _match(artifact: Artifact, start: int, end: int, kind: str, confidence: Confidence | None = None) -> Match:
    text = artifact.text
    line, last = (artifact.first_line + text.count("\n", 0, at) for at in (start, end))
    span = Span(
        line=line,
        column=start - text.rfind("\n", 0, start),
        end_line=last,
        end_column=end - text.rfind("\n", 0, end),
    )
    return Match(
        location=Location(artifact=artifact.name, span=span, excerpt=" ".join(text[start:end].split())),
        values={"kind": kind, "shown": shown(text[start:end])},
        confidence=confidence,
    )
