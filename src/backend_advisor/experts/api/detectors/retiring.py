"""Operations that are deprecated and do not say what is used instead (API216)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import TRUE, Document
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.lines import Seen, at, together

_INSTEAD = re.compile(
    r"(?i)\b(?:use|using|instead|replac\w*|supersed\w*|favou?r|migrat\w*|moved?|see|prefer\w*|switch|successor|newer|"
    r"sunset|remov\w*|retire\w*|no (?:alternative|replacement))\b|/v\d|대신|대체|이전|전환|종료|중단"
)


@detects("API216")
def without_successor(document: Document) -> Iterator[Match]:
    """One note for a document."""
    seen = []
    for operation in document.operations:
        flag = operation.node.key("deprecated")
        if flag is None or operation.node.text_at("deprecated") != TRUE:
            continue
        said = " ".join((operation.node.text_at(one) or "")[:5_000] for one in ("summary", "description"))
        extended = any(name.startswith("x-") and "sunset" in name.lower() for name in operation.node.entries)
        if not extended and _INSTEAD.search(said) is None:
            seen.append(Seen(at(document.artifact, flag), operation.name))
    if (match := together(seen, {"count": len(seen)})) is not None:
        yield match
