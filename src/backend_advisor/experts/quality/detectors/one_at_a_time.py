"""What lets one at a time do something, or notices that another did: locks, versions, conditions."""

import re

from backend_advisor.code.program import FunctionInfo
from backend_advisor.rules.registry import CodeContext

_GUARDED = re.compile(
    rb"(?i)(?<![bc])lock|for[_ ]?(?:no_key_)?update|serializable|mutex|semaphore|synchronized|\bversion\b|etag|"
    rb"if[-_]?match|advisory|optimistic"
)
"""Words of a function that lets one at a time change the record, or notices that another did."""


def is_guarded(info: FunctionInfo) -> bool:
    """Whether a function, or one that it is written in, says such a word."""
    at: FunctionInfo | None = info
    while at is not None:
        starts = [at.node.start, *(note.start for note in at.node.decorators)]
        if _GUARDED.search(at.unit.module.source, min(starts), at.node.end):
            return True
        at = at.outer
    return False


def callers_of(context: CodeContext) -> dict[int, list[FunctionInfo]]:
    """The functions that call each function that reaches something, by its identity."""
    found: dict[int, list[FunctionInfo]] = {}
    for reach in context.seen.reaches.values():
        if reach.info is not None:
            found.setdefault(id(reach.callee), []).append(reach.info)
    return found
