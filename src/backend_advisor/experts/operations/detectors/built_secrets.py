"""Secrets that stay in an image: ARG, ENV and copied files (OPS212)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile, Instruction
from backend_advisor.experts.operations.places import Seen, on, together
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.secret_texts import is_literal, is_secret, names_secret, provider

_PAIR = re.compile(r"(?P<name>\w+)=(?P<value>\"[^\"]*\"|'[^']*'|\S*)")
_SPACED = re.compile(r"^(?P<name>\w+)\s+(?P<value>[^=]\S*)$")
_FILES = re.compile(
    r"(?:^|/)(?:\.env(?:\.(?!example|sample|template|dist|test)[\w-]+)*|\.npmrc|\.pypirc|\.netrc|id_(?:rsa|ed25519|ecdsa)|"
    r"credentials\.json|service-account[\w-]*\.json|[\w-]+\.pem|[\w-]*private[\w-]*\.key|\.aws/credentials)$"
)
_DUMMY = re.compile(
    r"(?i)dummy|placeholder|build(?:-?time)?|not-?used|unused|fake|ignore|^x+$|^(?:test|ci)$|collectstatic|^none$"
)
_NO_SECRETS = re.compile(
    r"(?i)(?:^|_)(?:PUBLIC|PUBLISHABLE|ANON|SITE|CLIENT_ID)(?:_|$)|^NEXT_PUBLIC_|^VITE_|^REACT_APP_"
)


@detects_in("OPS212", Dockerfile)
def kept_in_image(dockerfile: Dockerfile) -> Iterator[Match]:
    """Values that everyone who can pull the image can read."""
    seen: list[Seen] = []
    final = dockerfile.final
    of_image = dockerfile.line_of(final) if final is not None else []
    for stage in dockerfile.stages:
        last = any(one is stage for one in of_image)
        used = " ".join(one.rest for one in stage.instructions if one.word in ("RUN", "ENV"))
        for one in stage.instructions:
            if one.word in ("ARG", "ENV"):
                seen += _of_variables(dockerfile, one, used, last=last)
            elif one.word in ("COPY", "ADD") and "--from=" not in one.rest:
                seen += _of_files(dockerfile, one, last=last)
    if (match := together(seen)) is not None:
        yield match


def _of_variables(dockerfile: Dockerfile, one: Instruction, used: str, *, last: bool) -> Iterator[Seen]:
    pairs = [(found["name"], found["value"].strip("\"'")) for found in _PAIR.finditer(one.rest)]
    if one.word == "ENV" and not pairs and (spaced := _SPACED.match(one.rest)):
        pairs = [(spaced["name"], spaced["value"].strip("\"'"))]
    if one.word == "ARG" and not pairs:
        pairs = [(name, "") for name in one.rest.split()]
    for name, value in pairs:
        if not names_secret(name) or _NO_SECRETS.search(name) or provider(value) is not None:
            continue
        if is_literal(value):
            # A secret that nobody guesses is told of as such (SEC301).
            if not _DUMMY.search(value) and not is_secret(name, value):
                # What another stage is given stays on the machine that builds.
                severity = Severity.ERROR if last and one.word == "ENV" else None
                yield Seen(on(dockerfile.artifact, one), name, severity, None if last else Confidence.LOW)
        elif one.word == "ARG" and not value and re.search(rf"\$\{{?{re.escape(name)}\b", used):
            yield Seen(on(dockerfile.artifact, one), name, None, None if last else Confidence.LOW)
        elif one.word == "ENV" and last and re.fullmatch(r"\$\{?\w+\}?", value):
            yield Seen(on(dockerfile.artifact, one), name)


def _of_files(dockerfile: Dockerfile, one: Instruction, *, last: bool) -> Iterator[Seen]:
    words = one.words or [word for word in one.rest.split() if not word.startswith("--")]
    for word in words[:-1]:
        if _FILES.search(word):
            yield Seen(on(dockerfile.artifact, one), word.rpartition("/")[2], None, None if last else Confidence.LOW)
