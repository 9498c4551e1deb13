"""What a file beside a question says, by itself: where, in which words to show and in which to search by."""

import re
from dataclasses import dataclass

from backend_advisor.model import Artifact

_LONGEST_SHOWN = 300
_SECRET = re.compile(
    r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?=@)|"
    r"(\b(?:bearer|basic)[ ]+|\b\w*(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|authorization)[\"']?[ ]*[=:][ ]*[\"']?"
    r"(?:bearer[ ]+|basic[ ]+)?)[^\s\"',;&]{6,}"
)
"""What a line may hold that no answer repeats: logs are not examined for secrets."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a file says. `words` is what a page is searched by, `shown` what the reader knows it by."""

    artifact: str
    line: int
    words: str
    shown: str = ""
    count: int = 1
    sure: bool = True
    """Whether a page about it answers a question that only points at the file."""
    leads: bool = False
    """Whether it explains the rest of its file, whatever words the question shares with that."""
    remedy: str = ""
    """What serves just this, in a sentence of its own."""

    @property
    def seen(self) -> str:
        """Where it stands and what it says, to be read before a page's general explanation."""
        text = _SECRET.sub(lambda found: f"{found[1] or found[2]}***", self.shown or self.words)
        text = " ".join(text.replace("`", "'").split())
        text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
        told = f"{self.artifact}:{self.line}{f' (×{self.count:,})' if self.count > 1 else ''}: `{text}`"
        return f"{told}. {self.remedy}" if self.remedy else told


def told_in(artifact: Artifact, line: int, words: str, **more: object) -> Told:
    """Something told in a line of an artifact, counted from 0."""
    name = artifact.name.partition("#")[0] if artifact.origin == "file" else artifact.name
    return Told(name, artifact.first_line + line, words, **more)  # type: ignore[arg-type]
