"""Values for a query's placeholders, so that it can be run: taken from the middle of the lab's own data."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.sql.schema import Schema

_PLACEHOLDERS = (exp.Placeholder, exp.Parameter)
_PAGE, _SKIPPED = "20", "1000"
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike)

Sample = Callable[[str, str], object]
"""Gives a typical value of a table's column."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A query without placeholders, and what was put in for each, in order."""

    tree: exp.Expression
    values: tuple[tuple[str, str], ...]


def has_placeholders(tree: exp.Expression) -> bool:
    """Whether the query leaves values to be filled in."""
    return tree.find(*_PLACEHOLDERS) is not None


def bind(tree: exp.Expression, schema: Schema, sample: Sample) -> Bound:
    """Fill every placeholder of a resolved query: a typical value of the column it is compared with."""
    copy = tree.copy()
    owners = {table.alias_or_name: table.name for table in copy.find_all(exp.Table)}
    values: list[tuple[str, str]] = []
    for node in list(copy.find_all(*_PLACEHOLDERS)):
        if isinstance(node.parent, exp.Parameter):
            continue
        literal = _value(node, owners, schema, sample)
        values.append((str(node.sql(dialect="postgres")), str(literal.sql(dialect="postgres"))))
        node.replace(literal)
    return Bound(copy, tuple(dict.fromkeys(values)))


def _value(node: exp.Expression, owners: dict[str, str], schema: Schema, sample: Sample) -> exp.Expression:
    parent = node.parent
    if isinstance(parent, exp.Limit):
        return exp.Literal.number(_PAGE)
    if isinstance(parent, exp.Offset):
        return exp.Literal.number(_SKIPPED)
    column = _compared_with(node)
    if column is not None and schema.table(owners.get(column.table, "")) is not None:
        value = sample(owners[column.table], column.name)
        if value is not None:
            return exp.Literal.number(str(value)) if isinstance(value, int | float) else exp.Literal.string(str(value))
    return exp.Literal.number("1")


def _compared_with(node: exp.Expression) -> exp.Column | None:
    holder = node.find_ancestor(*_COMPARISONS, exp.In, exp.Between)
    sides = [holder.this, holder.args.get("expression")] if holder is not None else []
    return next((column for side in sides if side is not None for column in side.find_all(exp.Column)), None)
