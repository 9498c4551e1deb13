"""Guess the tables, columns, types and keys that queries imply, where no DDL was given.

What is guessed is marked as inferred, so that whoever builds on it can say so.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from backend_advisor.sql.schema import Column, ForeignKey, Schema, Table, merged, qualified
from backend_advisor.sql.statement import Statement

REST = "other_columns"
"""The column that stands for what a table inferred from `SELECT *` holds besides the columns named."""

_BY_NAME: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(^|_)uuid$"), "uuid"),
    (re.compile(r"^id$|_id$"), "bigint"),
    (re.compile(r"_at$|^(created|updated|deleted|timestamp|modified)$|time$"), "timestamptz"),
    (re.compile(r"date$|_on$|day$|birthday$"), "date"),
    (re.compile(r"^(is|has|can|was)_|^(active|enabled|deleted|verified|public)$"), "boolean"),
    (re.compile(r"(price|amount|total|balance|cost|fee|revenue|salary|rate)$"), "numeric(12,2)"),
    (
        re.compile(r"(count|qty|quantity|stock|age|year|month|score|level|rank|views?|likes?|size|number)$"),
        "integer",
    ),
    (re.compile(r"^(data|payload|metadata|meta|attributes|properties|settings|extra)$"), "jsonb"),
)
_TIMESTAMP = re.compile(r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?$")
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_JSON_OPERATORS = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBContains)
_TEXT_OPERATORS = (exp.Like, exp.ILike, exp.Lower, exp.Upper, exp.RegexpLike, exp.SimilarTo)
_SCOPES = (exp.Select, exp.Update, exp.Delete)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


@dataclass
class Guess:
    """A table while the queries that use it are being read: column types with how sure each is."""

    name: str
    types: dict[str, tuple[int, str]] = field(default_factory=dict)
    foreign_keys: dict[str, ForeignKey] = field(default_factory=dict)
    whole_rows: bool = False

    def note(self, column: str, type_: str = "", sureness: int = 0) -> None:
        """Take a column and its type, unless a surer one is held."""
        held = self.types.get(column, (-1, ""))
        if sureness > held[0]:
            self.types[column] = (sureness, type_ or _type_by_name(column))


def infer(statements: Sequence[Statement], given: Schema) -> Schema:
    """The given schema, with tables added that the statements use and it does not define."""
    guesses: dict[str, Guess] = {}
    for statement in statements:
        tree = qualified(statement, given) or statement.tree
        if tree is not None and not isinstance(tree, (exp.Create, exp.Alter, exp.Drop)):
            _read(tree, given, guesses)
    return merged(given, (guessed(guess) for guess in guesses.values()))


def _read(tree: exp.Expression, given: Schema, guesses: dict[str, Guess]) -> None:
    derived = {cte.alias for cte in tree.find_all(exp.CTE)}
    aliases: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        if table.name and table.name not in derived and isinstance(table.this, exp.Identifier):
            aliases[table.alias_or_name] = table.name
            if given.table(table.name) is None:
                guesses.setdefault(table.name, Guess(table.name))
    only = next(iter(aliases.values())) if len(set(aliases.values())) == 1 else None
    read_columns(tree, aliases, only, guesses)
    for comparison in tree.find_all(exp.EQ):
        _read_join(comparison, aliases, given, guesses)
    if any(isinstance(node.parent, (exp.Select, exp.Column)) for node in tree.find_all(exp.Star)):
        for guess in guesses.values():
            guess.whole_rows = True


def read_columns(tree: exp.Expression, aliases: dict[str, str], only: str | None, guesses: dict[str, Guess]) -> None:
    """Take the columns that a statement uses of guessed tables, with the types that their use tells."""
    near: dict[int, list[exp.Table]] = {}
    for table in tree.find_all(exp.Table):
        near.setdefault(id(table.find_ancestor(*_SCOPES)), []).append(table)
    for column in tree.find_all(exp.Column):
        owner = _owner(column, aliases, only, near)
        if owner in guesses and not isinstance(column.this, exp.Star):
            type_, sureness = _type_by_use(column)
            guesses[owner].note(column.name, type_, sureness)
    if isinstance(tree, exp.Insert) and isinstance(tree.this, exp.Schema):
        for name in tree.this.expressions:
            if tree.this.this.name in guesses:
                guesses[tree.this.this.name].note(name.name)


def _owner(
    column: exp.Column, aliases: dict[str, str], only: str | None, near: dict[int, list[exp.Table]]
) -> str | None:
    """The table that a column belongs to: the only one of its own query before any other of the statement."""
    if column.table:
        return aliases.get(column.table)
    scope = column.find_ancestor(*_SCOPES)
    own = near.get(id(scope), [])
    if scope is not None and len(own) == 1:
        return aliases.get(own[0].alias_or_name)
    return only or next(iter(aliases.values()), None)


def _read_join(comparison: exp.EQ, aliases: dict[str, str], given: Schema, guesses: dict[str, Guess]) -> None:
    left, right = comparison.this, comparison.expression
    if not (isinstance(left, exp.Column) and isinstance(right, exp.Column)):
        return
    for near, far in ((left, right), (right, left)):
        mine, other = aliases.get(near.table), aliases.get(far.table)
        if mine is None or other is None or mine not in guesses:
            continue
        known = given.table(other)
        column = known.column(far.name) if known is not None else None
        if column is not None:
            guesses[mine].note(near.name, key_type(column.type), 3)
        key = known.primary_key if known is not None else ("id",)
        if (far.name,) == key and near.name != far.name:
            guesses[mine].foreign_keys[near.name] = ForeignKey((near.name,), other, key)


def _type_by_use(column: exp.Column) -> tuple[str, int]:
    parent = column.parent
    if isinstance(parent, _JSON_OPERATORS):
        return "jsonb", 3
    if isinstance(parent, _TEXT_OPERATORS) and parent.this is column:
        return "text", 2
    if isinstance(parent, exp.Between):
        return _type_of_literal(column.name, parent.args.get("low"))
    if isinstance(parent, exp.In) and parent.expressions:
        return _type_of_literal(column.name, parent.expressions[0])
    if isinstance(parent, _COMPARISONS):
        return _type_of_literal(column.name, parent.expression if parent.this is column else parent.this)
    if isinstance(parent, exp.Is) and isinstance(parent.expression, exp.Boolean):
        return "boolean", 3
    if isinstance(parent, (exp.And, exp.Or, exp.Not, exp.Where)):
        return "boolean", 2
    if isinstance(parent, (exp.Sum, exp.Avg)):
        by_name = _type_by_name(column.name)
        return (by_name if by_name != "text" else "numeric(12,2)"), 1
    return "", 0


def _type_of_literal(column: str, other: exp.Expression | None) -> tuple[str, int]:
    by_name = _type_by_name(column)
    if isinstance(other, exp.Boolean):
        return "boolean", 3
    if isinstance(other, exp.Literal) and not other.is_string:
        numeric = by_name if by_name.startswith(("numeric", "integer", "bigint")) else "bigint"
        return ("numeric(12,2)" if "." in other.name else numeric), 2
    if isinstance(other, exp.Literal):
        return _type_of_string(by_name, other.name), 2
    if isinstance(other, exp.Cast):
        return other.to.sql(dialect="postgres").lower(), 2
    if other is not None and _is_point_in_time(other):
        return ("date" if by_name == "date" else "timestamptz"), 2
    return "", 0


def _type_of_string(by_name: str, value: str) -> str:
    if _UUID.match(value):
        return "uuid"
    if _TIMESTAMP.match(value):
        return by_name if by_name in ("date", "timestamptz") else "timestamptz"
    return "text" if not value.replace(".", "").isdigit() or by_name == "text" else by_name


def _is_point_in_time(node: exp.Expression) -> bool:
    kinds = (exp.CurrentTimestamp, exp.CurrentDate, exp.Interval)
    return any(isinstance(part, kinds) for part in node.walk())


def _type_by_name(column: str) -> str:
    lowered = column.lower()
    return next((type_ for pattern, type_ in _BY_NAME if pattern.search(lowered)), "text")


def key_type(type_: str) -> str:
    """The type of a column that refers to a key of this one."""
    return {"bigserial": "bigint", "serial": "integer", "smallserial": "smallint"}.get(type_, type_)


def guessed(guess: Guess) -> Table:
    """The table as far as it was guessed, with a key `id` of its own."""
    guess.note("id")
    columns = [Column(name, type_, nullable=name != "id", inferred=True) for name, (_, type_) in guess.types.items()]
    columns.sort(key=lambda column: column.name != "id")
    if guess.whole_rows:
        columns.append(Column(REST, "text", inferred=True))
    return Table(guess.name, tuple(columns), ("id",), foreign_keys=tuple(guess.foreign_keys.values()), inferred=True)


def sorted_by_reference(tables: Iterable[Table]) -> list[Table]:
    """The tables so that each comes after those it refers to; cycles keep the given order."""
    remaining = {table.name: table for table in tables}
    ordered: list[Table] = []
    while remaining:
        ready = [
            table
            for table in remaining.values()
            if not any(key.table in remaining and key.table != table.name for key in table.foreign_keys)
        ] or [next(iter(remaining.values()))]
        for table in ready:
            ordered.append(remaining.pop(table.name))
    return ordered
