"""Guess the tables that a migration changes, where no DDL was given: as they must stand before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from backend_advisor.sql.inference import Guess, guessed, key_type, read_columns
from backend_advisor.sql.schema import Schema, Table, merged

BEFORE = {exp.DType.BIGINT: "integer", exp.DType.INT: "smallint"}
"""What a column is before it is given such a type, as good as always; of other types nothing is guessed."""


def before_changes(trees: Sequence[exp.Expression], given: Schema) -> Schema:
    """The given schema with the tables that these ALTER TABLE and CREATE INDEX statements change and it lacks."""
    reading = _Reading(given)
    for tree in trees:
        reading.read(tree)
    return merged(given, reading.tables())


@dataclass
class _Reading:
    """What the changes tell of tables that no DDL defines.

    `made` are columns that the changes themselves add; `keys` are the primary keys that references ask for, none
    where a change makes one.
    """

    given: Schema
    guesses: dict[str, Guess] = field(default_factory=dict)
    made: set[tuple[str, str]] = field(default_factory=set)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, tree: exp.Expression) -> None:
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Index):
            self._columns_of(tree, tree.this.args.get("table"))
        elif isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
            for action in tree.args.get("actions") or ():
                self._action(action, tree.this)

    def tables(self) -> list[Table]:
        return [self._table(guess) for guess in self.guesses.values()]

    def _table(self, guess: Guess) -> Table:
        table = guessed(guess)
        columns = tuple(column for column in table.columns if (guess.name, column.name) not in self.made)
        return replace(table, columns=columns, primary_key=self.keys.get(guess.name, table.primary_key))

    def _columns_of(self, tree: exp.Expression, table: exp.Expression | None) -> Guess | None:
        """Take the columns that a part of a change names, of the one table that it is about."""
        if not isinstance(table, exp.Table) or self.given.table(table.name) is not None:
            return None
        guess = self.guesses.setdefault(table.name, Guess(table.name))
        read_columns(tree, {table.name: table.name}, table.name, self.guesses)
        return guess

    def _action(self, action: exp.Expression, table: exp.Table) -> None:
        guess = self._columns_of(action, table)
        for key in action.find_all(exp.ForeignKey):
            self._foreign_key([one.name for one in key.expressions], key.args.get("reference"), guess)
        for reference in action.find_all(exp.Reference):
            if isinstance(reference.parent, exp.ColumnConstraint):
                self._foreign_key([action.name], reference, None)
        if guess is None:
            return
        if isinstance(action, exp.ColumnDef):
            self.made.add((table.name, action.name))
        elif isinstance(action, exp.AlterColumn):
            kind = action.args.get("dtype")
            guess.note(action.name, BEFORE.get(kind.this, "") if isinstance(kind, exp.DataType) else "", 3)
        elif isinstance(action, exp.RenameColumn):
            guess.note(action.this.name)
            self.made.add((table.name, action.args["to"].name))
        for rule in action.find_all(exp.UniqueColumnConstraint, exp.PrimaryKey):
            listed = rule.this.expressions if isinstance(rule.this, exp.Schema) else rule.expressions
            for one in listed:
                guess.note(one.name)
            if isinstance(rule, exp.PrimaryKey):
                self.keys[table.name] = ()

    def _foreign_key(self, columns: Sequence[str], reference: exp.Expression | None, guess: Guess | None) -> None:
        """Both ends of a reference: the table referred to gets that key, the column the key's type."""
        target = reference.this if reference is not None else None
        table = target.this if isinstance(target, exp.Schema) else target
        if not isinstance(table, exp.Table):
            return
        names = tuple(one.name for one in target.expressions) if isinstance(target, exp.Schema) else ()
        known = self.given.table(table.name)
        if known is None:
            names = names or ("id",)
            other = self.guesses.setdefault(table.name, Guess(table.name))
            for name in names:
                other.note(name)
            self.keys.setdefault(table.name, names)
        wanted = names or (known.primary_key if known is not None else ())
        for column, name in zip(columns, wanted, strict=False):
            if guess is not None:
                held = known.column(name) if known is not None else None
                type_ = held.type if held is not None else self.guesses[table.name].types[name][1]
                guess.note(column, key_type(type_), 3)
