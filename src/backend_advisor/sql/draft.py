"""Tables while the statements that define and change them are being read, one after the other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from backend_advisor.sql.schema import Column, ForeignKey, Index, Table


@dataclass
class Draft:
    """A table while its statements are being read."""

    name: str
    created_by: str = ""
    columns: dict[str, Column] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)

    def begin_again(self) -> dict[str, Column]:
        """Another file creates a table of this name: its columns so far. Its key so far still counts as an index."""
        if self.primary_key:
            self.indexes.append(Index(f"{self.name}_pkey", self.name, self.primary_key, constraint=True))
        return dict(self.columns)

    def doubt(self, before: Mapping[str, Column]) -> None:
        """Count columns as guesses where another file created a table of this name with other columns."""
        for name, column in self.columns.items():
            if name in before and before[name].type != column.type:
                self.columns[name] = replace(column, inferred=True)

    def rename_column(self, old: str, new: str) -> None:
        """Call a column by another name wherever it is a key."""

        def renamed(keys: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if key == old else key for key in keys)

        self.columns = {
            new if name == old else name: replace(column, name=new) if name == old else column
            for name, column in self.columns.items()
        }
        self.primary_key, self.unique = renamed(self.primary_key), [renamed(keys) for keys in self.unique]
        self.foreign_keys = [replace(key, columns=renamed(key.columns)) for key in self.foreign_keys]
        self.indexes = [replace(index, keys=renamed(index.keys)) for index in self.indexes]

    def alter_column(self, action: exp.AlterColumn, dialect: str) -> None:
        """Take over a changed type, NOT NULL or default."""
        column = self.columns.get(action.name)
        if column is None:
            return
        kind, allow_null = action.args.get("dtype"), action.args.get("allow_null")
        if isinstance(kind, exp.Expression):
            column = replace(column, type=kind.sql(dialect=dialect).lower())
        if allow_null is not None:
            column = replace(column, nullable=bool(allow_null))
        default = action.args.get("default")
        if isinstance(default, exp.Expression):
            column = replace(column, default=default.sql(dialect=dialect))
        self.columns[action.name] = column

    def drop(self, kind: str, name: str) -> None:
        """Lose a column with the keys and indexes that hold it, or a constraint that is known by its usual name."""
        if kind == "COLUMN":
            self.columns.pop(name, None)
            self.primary_key = () if name in self.primary_key else self.primary_key
            self.unique = [keys for keys in self.unique if name not in keys]
            self.foreign_keys = [key for key in self.foreign_keys if name not in key.columns]
            self.indexes = [index for index in self.indexes if name not in index.keys]
        elif kind == "CONSTRAINT":
            if name == f"{self.name}_pkey":
                self.primary_key = ()
            self.unique = [keys for keys in self.unique if name != f"{self.name}_{'_'.join(keys)}_key"]
            self.foreign_keys = [key for key in self.foreign_keys if name != f"{self.name}_{key.columns[0]}_fkey"]

    def table(self) -> Table:
        """The table as read so far."""
        required = set(self.primary_key)
        columns = tuple(
            replace(column, nullable=column.nullable and column.name not in required)
            for column in self.columns.values()
        )
        return Table(self.name, columns, self.primary_key, tuple(self.unique), tuple(self.foreign_keys))

    def all_indexes(self) -> Iterator[Index]:
        """Its indexes, those of keys first."""
        if self.primary_key:
            yield Index(f"{self.name}_pkey", self.name, self.primary_key, unique=True, constraint=True)
        for keys in self.unique:
            name = f"{self.name}_{'_'.join(keys)}_key"
            yield Index(name, self.name, keys, unique=True, constraint=True)
        yield from self.indexes


class Drafts:
    """The drafts by name; names that differ only in case are one table, as most servers fold them."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def known(self, name: str) -> Draft | None:
        """The table of that name, if there is one."""
        return self._drafts.get(name.lower())

    def of(self, name: str) -> Draft:
        """The table of that name, begun if it is new."""
        return self._drafts.setdefault(name.lower(), Draft(name))

    def add(self, draft: Draft) -> None:
        """Put a table in the place of any of its name."""
        self._drafts[draft.name.lower()] = draft

    def drop(self, name: str) -> None:
        """Forget a table."""
        self._drafts.pop(name.lower(), None)

    def rename(self, draft: Draft, name: str) -> None:
        """Let a table go by another name, in the references of other tables too."""
        old = draft.name.lower()
        self.drop(old)
        for other in (draft, *self.all()):
            other.foreign_keys = [
                replace(key, table=name) if key.table.lower() == old else key for key in other.foreign_keys
            ]
        draft.indexes = [replace(index, table=name) for index in draft.indexes]
        draft.name = name
        self.add(draft)

    def primary_key(self, name: str) -> tuple[str, ...]:
        """The primary key of the table of that name; nothing when it is not known."""
        draft = self.known(name)
        return draft.primary_key if draft is not None else ()

    def all(self) -> Iterable[Draft]:
        """Every table, in the order in which they came."""
        return self._drafts.values()
