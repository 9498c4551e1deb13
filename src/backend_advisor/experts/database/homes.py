"""Tables that several parts of a tree define otherwise: a statement means the definition that is nearest to it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from sqlglot import exp

from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement

Folder = tuple[str, ...]


class Homes:
    """The definitions of a tree, and the schema as each of its folders sees it."""

    def __init__(self, definitions: Sequence[Statement], whole: Schema) -> None:
        self._definitions = definitions
        self._whole = whole
        self._several = _defined_otherwise(definitions)
        self._seen: dict[Folder, Schema] = {}

    def schema_for(self, statement: Statement) -> Schema:
        """The whole schema, save for tables of which another definition is nearer to the statement."""
        if not self._several:
            return self._whole
        folder = folder_of(statement)
        if folder not in self._seen:
            self._seen[folder] = self._as_seen_from(folder)
        return self._seen[folder]

    def _as_seen_from(self, folder: Folder) -> Schema:
        schema = self._whole
        for table, homes in self._several.items():
            near = sorted(homes, key=lambda home: _shared(home, folder))
            shared = _shared(near[-1], folder)
            if shared == _shared(near[-2], folder):
                continue
            own = read_ddl([one for one in self._definitions if _shared(folder_of(one), folder) >= shared])
            if table in own.tables:
                indexes = [one for one in schema.indexes if one.table != table]
                indexes += [one for one in own.indexes if one.table == table]
                tables = {**schema.tables, table: own.tables[table]}
                schema = replace(schema, tables=tables, indexes=tuple(indexes))
        return schema


def folder_of(statement: Statement) -> Folder:
    """The folder of the file in which a statement stands."""
    return PurePosixPath(statement.artifact.place.replace("\\", "/")).parts[:-1]


def _defined_otherwise(definitions: Sequence[Statement]) -> Mapping[str, list[Folder]]:
    """The folders that create each table that has other columns in one than in another."""
    found: dict[str, dict[Folder, frozenset[str]]] = defaultdict(dict)
    for statement in definitions:
        tree = statement.tree
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema) and isinstance(tree.this.this, exp.Table):
            columns = frozenset(one.name.lower() for one in tree.this.find_all(exp.ColumnDef))
            found[tree.this.this.name].setdefault(folder_of(statement), columns)
    return {name: list(homes) for name, homes in found.items() if len(set(homes.values())) > 1}


def _shared(first: Folder, second: Folder) -> int:
    return next(
        (number for number, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
