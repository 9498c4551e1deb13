"""Lines of manifests and settings that tell what a question which only points at them is about."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact

_MOST = 100_000


def signs_of(artifact: Artifact) -> Iterator[Told]:
    """What the lines of one artifact tell, in the order of the list."""
    text = artifact.text[:_MOST]
    for pattern, words in _signs().get(artifact.kind, ()):
        match = pattern.search(text)
        if match is not None:
            number = text.count("\n", 0, match.start())
            yield told_in(artifact, number, words, shown=match.group().strip())


@cache
def _signs() -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    import yaml  # only where files stand beside a question

    text = resources.files(__package__ or "").joinpath("signs.yaml").read_text("utf-8")
    read = yaml.load(text, Loader=yaml.CSafeLoader)
    return {kind: tuple((re.compile(p, re.MULTILINE), w) for p, w in signs.items()) for kind, signs in read.items()}
