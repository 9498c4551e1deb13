"""The changes of tables in a case's migrations that are written in code, each an artifact at its place."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.experts.database.migration_code.constants import Constants
from backend_advisor.experts.database.migration_code.database import dialect_of_migrations
from backend_advisor.experts.database.migration_code.files import Folder, migration_folders
from backend_advisor.experts.database.migration_code.models import models_of
from backend_advisor.experts.database.migration_code.walking import changes_up
from backend_advisor.experts.database.migration_code.wording import Made, Wording
from backend_advisor.model import Artifact, ArtifactKind, Case

_CHANGES_TABLES = re.compile(r"\b(?:alter\s+table|create\s+(?:\w+\s+)*(?:index|table))\b", re.IGNORECASE)
_QUOTES = re.compile(r"[A-Za-z]{0,2}(?:\"{3}|'{3}|[\"'`])")


def changes_in_code(case: Case) -> tuple[Artifact, ...]:
    """Each change of tables that the newest migrations of a folder make on their way up."""
    folders = list(migration_folders(case.artifacts))
    if not folders:
        return ()
    dialect = dialect_of_migrations(case, [one for folder in folders for one in folder.newest])
    return tuple(artifact for folder in folders for artifact in _of_folder(case, folder, dialect))


def _of_folder(case: Case, folder: Folder, dialect: str | None) -> Iterator[Artifact]:
    from backend_advisor.code.analysis import lowered  # most of the start-up time, for what few trees hold

    framework = folder.framework
    models = models_of(folder.files, case.artifacts) if framework.models else None
    for file in folder.newest:
        module = lowered(file.text.encode("utf-8", "surrogatepass"), file.kind.value, file.name)
        if module is None:
            continue
        wording = Wording(framework, Constants(module, framework.raw), models, "`" if dialect == "mysql" else '"')
        changes = changes_up(module, framework, asked=file.origin == "question")
        try:
            found = [made for change in changes for made in wording.statements(change)]
        except RecursionError:
            # Nested deeper, or named in circles more often, than a migration is.
            continue
        yield from (_artifact(file, module, made, dialect) for made in found if _CHANGES_TABLES.search(made.sql))


def _artifact(file: Artifact, module: ir.Module, made: Made, dialect: str | None) -> Artifact:
    start, code = made.start, _source(module, made.start, made.end)
    if made.literal is not None:
        written = _source(module, made.literal.start, made.literal.end)
        if written.count("\n") == made.sql.count("\n"):
            # The places in a statement that is written out in one piece are those of the file.
            opening = _QUOTES.match(written)
            start, code = made.literal.start + (opening.end() if opening else 0), ""
    before = _source(module, module.source.rfind(b"\n", 0, start) + 1, start)
    return Artifact(
        name=file.name,
        kind=ArtifactKind.DDL,
        text=" " * len(before) + made.sql,
        origin="code",
        dialect=dialect,
        first_line=file.first_line + module.source.count(b"\n", 0, start),
        above=file.above,
        written_as=code,
    )


def _source(module: ir.Module, start: int, end: int) -> str:
    return module.source[start:end].decode("utf-8", "replace")
