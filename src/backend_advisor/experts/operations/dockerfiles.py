"""Dockerfiles as stages of instructions, each with its place."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend_advisor.experts.operations.images import Image, parse_image
from backend_advisor.model import Artifact

_ESCAPE = re.compile(r"(?im)\A(?:#[^\n]*\n)*?#[ \t]*escape[ \t]*=[ \t]*`")
_INSTRUCTION = re.compile(r"[ \t]*(?:ONBUILD[ \t]+)?(?P<word>[A-Za-z]+)(?:[ \t]+(?P<rest>.*))?$", re.DOTALL)
_HEREDOC = re.compile(r"<<-?[ \t]*([\"']?)(\w+)\1")
_FROM = re.compile(r"(?i)^(?:--platform=\S+\s+)?(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*$")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?[-+](?P<default>[^{}]*))?\}|(?P<plain>\w+))")
_NOT_FINAL = re.compile(r"(?:^|[-_.])(?:dev|devel|development|local|tests?|testing|debug|lint|ci)(?:$|[-_.])")
_LONGEST, _LONGEST_INSTRUCTION = 200_000, 10_000


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word in capitals, what follows with lines joined, and the lines that it takes."""

    word: str
    rest: str
    line: int
    end_line: int
    text: str
    """Its first line as written."""

    @property
    def is_exec(self) -> bool:
        """Whether a command is given as a list, and so started without a shell."""
        return self.rest.startswith("[") and self.words is not None

    @property
    def words(self) -> list[str] | None:
        """The list that is given; None for the shell form."""
        try:
            read = json.loads(self.rest)
        except (ValueError, RecursionError):
            return None
        return [str(one) for one in read] if isinstance(read, list) else None


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands between one FROM and the next."""

    origin: Instruction
    base: str
    """The image or stage it begins from, with the defaults of variables."""
    name: str
    instructions: Sequence[Instruction]

    @property
    def image(self) -> Image | None:
        """The base as an image."""
        return parse_image(self.base)

    def last(self, *words: str) -> Instruction | None:
        """The last instruction of these, which is the one that counts."""
        return next((one for one in reversed(self.instructions) if one.word in words), None)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A Dockerfile; `locks` are the lock files that stand beside it."""

    artifact: Artifact
    stages: Sequence[Stage]
    before: Sequence[Instruction]
    """ARG before the first FROM."""
    locks: frozenset[str] = frozenset()

    @property
    def final(self) -> Stage | None:
        """The stage that becomes the image: the last one that is not for development or tests."""
        return next((one for one in reversed(self.stages) if not _NOT_FINAL.search(one.name)), None)

    def line_of(self, stage: Stage) -> list[Stage]:
        """A stage and those that it begins from, the last first."""
        chain, seen = [stage], {id(stage)}
        while True:
            base = chain[-1].base.lower()
            earlier = next((one for one in self.stages if one.name == base and base), None)
            if earlier is None or id(earlier) in seen:
                return chain
            seen.add(id(earlier))
            chain.append(earlier)


def read_dockerfile(artifact: Artifact, locks: frozenset[str] = frozenset()) -> Dockerfile:
    """The stages of a Dockerfile."""
    before: list[Instruction] = []
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    current: list[Instruction] = []
    for one in _instructions(artifact.text[:_LONGEST], artifact.first_line):
        if one.word == "FROM":
            found = _FROM.match(one.rest)
            if found is None:
                continue
            current = []
            base, name = _filled(found["image"], arguments), (found["name"] or "").lower()
            stages.append(Stage(one, base, name, current))
        elif stages:
            current.append(one)
        else:
            before.append(one)
            name, _, value = one.rest.partition("=")
            if one.word == "ARG" and value:
                arguments[name.strip()] = value.strip().strip("\"'")
    return Dockerfile(artifact, tuple(stages), tuple(before), locks)


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["plain"]
        return arguments.get(name) or found["default"] or found[0]

    return _VARIABLE.sub(value, text)


def _instructions(text: str, first: int) -> Iterator[Instruction]:
    mark = "`" if _ESCAPE.search(text) else "\\"
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        parts: list[str] = []
        while at < len(lines):
            line = lines[at].rstrip("\r")
            at += 1
            if parts and (line.lstrip().startswith("#") or not line.strip()):
                continue
            goes_on = line.rstrip().endswith(mark)
            parts.append(line.rstrip()[:-1] if goes_on else line)
            if not goes_on:
                break
        joined = " ".join(part.strip() for part in parts).strip()
        found = _INSTRUCTION.match(joined)
        if found is None:
            continue
        word, rest = found["word"].upper(), (found["rest"] or "").strip()
        if word in ("RUN", "COPY", "ADD"):
            for here in _HEREDOC.finditer(rest):
                body = []
                while at < len(lines) and lines[at].strip() != here[2]:
                    body.append(lines[at])
                    at += 1
                at += 1
                if word == "RUN":
                    rest += "\n" + "\n".join(body)
        yield Instruction(
            word, rest[:_LONGEST_INSTRUCTION], first + start, first + min(at, len(lines)) - 1, lines[start].rstrip()
        )
