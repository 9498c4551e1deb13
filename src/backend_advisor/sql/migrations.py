"""Which statements of a migration lead back to where it began."""

import re
from functools import lru_cache

from backend_advisor.model import Artifact
from backend_advisor.sql.statement import Statement

_WAY_BACK_FILE = re.compile(
    r"(?:^|[/\\._-])(?:down|undo|rollback|revert)\.(?:\w+\.)?sql$|(?:^|[/\\])U[\d._]+__\w+\.sql$"
)
_MARK = re.compile(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)[ \t]+|migrate:|//@|rambler[ \t]+)(up|down|undo)\b"
    r"|^[ \t]*--[ \t]*-{4}[ \t]*(create above / drop below)[ \t]*-{4}",
    re.IGNORECASE | re.MULTILINE,
)
"""goose and sql-migrate, dbmate, MyBatis, rambler; and tern, whose one mark parts the two ways."""


def undoes(statement: Statement) -> bool:
    """Whether a statement stands in a migration's way back, by the file's name or the tool's own marks."""
    if _WAY_BACK_FILE.search(statement.artifact.name):
        return True
    way = "up"
    for position, marked in _marks(statement.artifact):
        if position > statement.offset:
            break
        way = marked
    return way != "up"


@lru_cache(maxsize=64)
def _marks(artifact: Artifact) -> tuple[tuple[int, str], ...]:
    return tuple((m.start(), (m.group(1) or "down").lower()) for m in _MARK.finditer(artifact.text))
