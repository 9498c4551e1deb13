"""Which database the migrations of a program are for, by what they and the program's settings show."""

from collections.abc import Iterable, Mapping
from re import Pattern

from backend_advisor.code.files import is_test
from backend_advisor.experts.database.migration_code.frameworks import products
from backend_advisor.model import Artifact, Case

_LONGEST = 100_000
_WORDS = ("postg", "psycopg", "asyncpg", "pg8000", "mysql", "MySQLdb", "mariadb", "asyncmy", "sqlite", "pg'", 'pg"')
"""One of these stands in whatever names a database or imports its driver."""


def dialect_of_migrations(case: Case, migrations: Iterable[Artifact]) -> str | None:
    """The dialect that the migrations themselves show, else the one that the program uses by its imports and settings.

    SQLite beside another is what tests and a developer's machine run on.
    """
    from backend_advisor.experts.database.workload import dialects_of  # loads the SQL parser: only with migrations

    shown = _shown((one.text for one in migrations), products().migration)
    if len(shown) != 1:
        shown = _shown(_settings(case), products().settings) | dialects_of(case)
    if len(shown) > 1:
        shown.discard("sqlite")
    return shown.pop() if len(shown) == 1 else None


def _settings(case: Case) -> Iterable[str]:
    for artifact in case.artifacts:
        text = artifact.text[:_LONGEST]
        if any(word in text for word in _WORDS) and not is_test(artifact.place):
            yield text


def _shown(texts: Iterable[str], signs: Mapping[str, Pattern[str]]) -> set[str]:
    shown: set[str] = set()
    for text in texts:
        shown |= {dialect for dialect, sign in signs.items() if dialect not in shown and sign.search(text)}
    return shown
