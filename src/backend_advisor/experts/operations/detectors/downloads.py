"""What a build fetches and runs without looking whether it is what was meant (OPS213)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.operations.detectors.registry import detects_in
from backend_advisor.experts.operations.dockerfiles import Dockerfile
from backend_advisor.experts.operations.places import Seen, on, together
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity

_ADDED = re.compile(r"(?:^|\s|\")(?P<url>https?://[^\s\"]+)")
_PIPED = re.compile(
    r"\b(?:curl|wget)\b[^|;&\n]*?(?P<url>(?:https?|ftp)://[^\s\"'|;&]+)[^|;&\n]*\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:env\s+\S+\s+|\w+=\S+\s+)*"
    r"(?:/(?:usr/)?bin/)?(?P<shell>(?:ba|da|z)?sh|python3?|node|perl)\b"
    r"|\b(?:ba)?sh\s+(?:-\w+\s+)?(?:<\(|\"?\$\()\s*(?:curl|wget)\b[^)]*?(?P<other>(?:https?|ftp)://[^\s\"')]+)"
)
_KNOWN = re.compile(
    r"^https://(?:deb\.nodesource\.com|rpm\.nodesource\.com|sh\.rustup\.rs|get\.docker\.com|astral\.sh|install\.python-poetry\.org|"
    r"bun\.sh|get\.pnpm\.io|getcomposer\.org|raw\.githubusercontent\.com/(?:nvm-sh|Homebrew|helm|aquasecurity|anchore)/|"
    r"pdm-project\.org|deno\.land|packages\.\w+\.com|dl\.google\.com|static\.rust-lang\.org|cli\.\w+\.com)"
)
"""Installers of well-known makers: unverified too, but not what a reviewer stops at."""


@detects_in("OPS213", Dockerfile)
def unverified(dockerfile: Dockerfile) -> Iterator[Match]:
    """Files fetched by ADD without a checksum, and scripts that go from the network into a shell."""
    seen = []
    for stage in dockerfile.stages:
        for one in stage.instructions:
            if one.word == "ADD" and "--checksum=" not in one.rest and (added := _ADDED.search(one.rest)):
                seen.append(Seen(on(dockerfile.artifact, one), added["url"], *_weight(added["url"])))
            elif one.word == "RUN" and (piped := _PIPED.search(one.rest)):
                url = piped["url"] or piped["other"]
                seen.append(Seen(on(dockerfile.artifact, one), url, *_weight(url)))
    if (match := together(seen)) is not None:
        yield match


def _weight(url: str) -> tuple[Severity | None, Confidence | None]:
    if not url.startswith("https://"):
        return Severity.ERROR, None
    return None, Confidence.LOW if _KNOWN.match(url) else None
