"""Which statements are a migration's, and which of those lead back to where it began."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from backend_advisor.model import Artifact

if TYPE_CHECKING:
    from backend_advisor.sql.statement import Statement  # loads the SQL parser, which most reviews do without

NEWEST = 5
"""Migrations of a folder that are judged: older ones have long run, and what they locked is history."""

_WAY_BACK_FILE = re.compile(
    r"(?:^|[/\\._-])(?:down|undo|rollback|revert)\.(?:\w+\.)?sql$|(?:^|[/\\])U[\d._]+__\w+\.sql$"
)
_MIGRATION_FILE = re.compile(
    r"(?:^|[/\\])(?:db[_-])?(?:migrations?|migrate|alembic|"
    r"revisions(?:[/\\]\w+)?[/\\]versions|flyway|liquibase|changelogs?)[/\\]"
    r"|(?:^|[/\\])[VUR][\d._]*__\w+\.sql$|(?:^|[/\\])\d{4,}[_-][\w-]+(?:\.up|\.down)?\.sql$|\.(?:up|down)\.sql$"
    r"|(?:^|[/\\])migrations?\.(?:py|[cm]?[jt]s)$",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)[ \t]+|migrate:|//@|rambler[ \t]+)(up|down|undo)\b"
    r"|^[ \t]*--[ \t]*-{4}[ \t]*(create above / drop below)[ \t]*-{4}",
    re.IGNORECASE | re.MULTILINE,
)
"""goose and sql-migrate, dbmate, MyBatis, rambler; and tern, whose one mark parts the two ways."""
_ALIKE = re.compile(r"(?:migration|up|down)\.sql$", re.IGNORECASE)
"""One name for all migrations, each in a folder of its own (Prisma, Diesel)."""
_NUMBER = re.compile(r"(\d+)")
_NAME = re.compile(r"^[ \t]*(?:--|/\*|#)[ \t]*:?name:?[ \t]+\w", re.IGNORECASE | re.MULTILINE)


def undoes(statement: "Statement") -> bool:
    """Whether a statement stands in a migration's way back, by the file's name or the tool's own marks."""
    if _WAY_BACK_FILE.search(statement.artifact.name):
        return True
    way = "up"
    for position, marked in _marks(statement.artifact):
        if position > statement.offset:
            break
        way = marked
    return way != "up"


def runs_once(statement: "Statement") -> bool:
    """Whether a statement belongs to a migration: it runs once, on the schema of its day."""
    return _MIGRATION_FILE.search(statement.artifact.place) is not None or bool(_marks(statement.artifact))


def is_named(statement: "Statement") -> bool:
    """Whether a file of named queries holds it (sqlc, aiosql, goyesql, HugSQL): each runs on its own."""
    return any(start <= statement.offset for start in _names(statement.artifact))


@lru_cache(maxsize=64)
def _names(artifact: Artifact) -> tuple[int, ...]:
    return tuple(match.start() for match in _NAME.finditer(artifact.text))[:1]


@lru_cache(maxsize=64)
def _marks(artifact: Artifact) -> tuple[tuple[int, str], ...]:
    return tuple((m.start(), (m.group(1) or "down").lower()) for m in _MARK.finditer(artifact.text))


def folder_and_order(artifact: Artifact) -> tuple[str, tuple[tuple[int, int | str], ...]]:
    """The folder of a migration, and its place among those of the folder, by the number or time in its name."""
    folder, _, name = artifact.place.replace("\\", "/").rpartition("/")
    if _ALIKE.match(name):
        folder, _, parent = folder.rpartition("/")
        name = f"{parent}/{name}"
    pieces = _NUMBER.split(name)
    return folder, tuple((0, int(piece)) if piece.isdigit() else (1, piece) for piece in pieces if piece)
