"""Errors that are not described (API208), and that are described in several forms (API209)."""

import re
from collections import defaultdict
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import Document, Operation
from backend_advisor.knowledge.detection import Match
from backend_advisor.placed_yaml import Node
from backend_advisor.rules.lines import Seen, at, together

_ALIKE = 0.34
"""Forms that share more of their names than this are the same with something added."""
_TOLD = 4
_OTHERS = re.compile(r"(?i)oauth|openid|/token\b|saml|scim|health|ready|live|status|\.well-known")
"""Paths of which other standards say what an error looks like, or that answer machines."""


@detects("API208")
def undescribed(document: Document) -> Iterator[Match]:
    """Operations of which no answer is an error of the client."""
    seen = []
    for operation in document.operations:
        statuses = [status for status, _, _ in document.answers(operation)]
        if statuses and not any(one == "default" or one.startswith("4") for one in statuses) and _can_fail(operation):
            seen.append(Seen(at(document.artifact, operation.key), operation.name))
    if (match := together(seen, {"count": len(seen)})) is not None:
        yield match


def _can_fail(operation: Operation) -> bool:
    """Whether a client can ask wrongly at all."""
    return operation.changes or bool(operation.parameters) or not operation.is_whole


@detects("API209")
def differing(document: Document) -> Iterator[Match]:
    """Bodies of errors whose names have next to nothing in common."""
    forms: dict[frozenset[str], list[tuple[Operation, str, Node]]] = defaultdict(list)
    for operation in document.operations:
        if _OTHERS.search(operation.path):
            continue
        for status, key, answer in document.answers(operation):
            if status != "default" and not status.startswith(("4", "5")):
                continue
            for schema in document.answered(answer):
                names = frozenset(document.own_properties(schema))
                if names:
                    forms[names].append((operation, status, key))
                break
    kinds: list[frozenset[str]] = []
    for names in sorted(forms, key=lambda one: (-len(forms[one]), sorted(one))):
        if all(len(names & other) <= _ALIKE * min(len(names), len(other)) for other in kinds):
            kinds.append(names)
    if len(kinds) > 1:
        told = "; ".join(f"{{{', '.join(sorted(names)[:_TOLD])}}} × {len(forms[names])}" for names in kinds[:_TOLD])
        rare = [(forms[names][0], names) for names in kinds[1:]]
        seen = [Seen(at(document.artifact, key), f"{operation.name} {status}") for (operation, status, key), _ in rare]
        if (match := together(seen, {"count": len(kinds), "forms": told})) is not None:
            yield match
