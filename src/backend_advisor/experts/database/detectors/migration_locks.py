"""Locks that a migration holds for as long as it reads or rewrites a table: DB307, DB308, DB309."""

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from backend_advisor.experts.database.detectors.registry import ChangeContext, detects_in_changes
from backend_advisor.experts.database.pending_changes import Pending, actions_of, change_tree
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.sql.statement import Statement

_SCANNING = (exp.ForeignKey, exp.CheckColumnConstraint)
_UNIQUE = (exp.UniqueColumnConstraint, exp.PrimaryKey)
_SERIAL = {exp.DType.SERIAL, exp.DType.BIGSERIAL, exp.DType.SMALLSERIAL}
_VOLATILE = re.compile(
    r"\b(?:gen_random_uuid|uuid_generate_v\d\w*|uuidv[47]|random|clock_timestamp|timeofday|nextval)\s*\(", re.IGNORECASE
)
_SOMETIMES = {
    exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.DECIMAL, exp.DType.BIT, exp.DType.VARBINARY, exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ, exp.DType.TIME,
}  # fmt: skip
"""Types that many a change to leaves as they are stored: longer texts and numbers, time zones in UTC."""
_KEPT_CHECK = re.compile(r"\bcheck\b|\bnot\s+valid\b", re.IGNORECASE)
_NEVER_NULL = re.compile(r"\b(\w+)\"?\s+is\s+not\s+null\b|\bnot\s+null\s+\"?(\w+)", re.IGNORECASE)


@detects_in_changes("DB307")
def index_built_under_lock(context: ChangeContext) -> Iterator[Match]:
    """CREATE INDEX without CONCURRENTLY on a table that exists."""
    for change, sure in _on_postgres(context):
        tree = change.statement.tree
        if isinstance(tree, exp.Create) and not tree.args.get("concurrently"):
            yield _match(change, sure, None)


@detects_in_changes("DB308")
def constraint_checked_under_lock(context: ChangeContext) -> Iterator[Match]:
    """A constraint that is checked against, or built from, all rows before the lock is let go."""
    checked = _checked_columns(context.statements)
    for change, sure in _on_postgres(context):
        tree = change_tree(change.statement)
        if isinstance(tree, exp.Alter):
            for action in actions_of(change.statement):
                yield from _constraints(change, sure, action, valid=not tree.args.get("not_valid"), checked=checked)


@detects_in_changes("DB309")
def table_rewritten(context: ChangeContext) -> Iterator[Match]:
    """A change of type, or a new column whose values differ from row to row, which writes the table anew."""
    for change, sure in _on_postgres(context):
        for action in actions_of(change.statement):
            if isinstance(action, exp.AlterColumn) and _is_rewriting(action):
                kind = action.args["dtype"].sql("postgres")
                yield _match(change, sure, action, "expand", f"ALTER COLUMN {action.name} TYPE {kind}")
            elif isinstance(action, exp.ColumnDef) and (value := _own_value(action)):
                yield _match(change, sure, action, "fill", f"ADD COLUMN {action.name} … {value}")


def _on_postgres(context: ChangeContext) -> Iterator[tuple[Pending, Confidence]]:
    return ((change, change.for_postgres) for change in context.pending if change.for_postgres is not None)


def _match(change: Pending, sure: Confidence, node: exp.Expression | None, step: str = "", what: str = "") -> Match:
    where = change.statement.location(node)
    return Match(
        location=where,
        values={"table": change.table, "what": what},
        confidence=sure,
        steps=((where, step),) if step else (),
    )


def _constraints(
    change: Pending, sure: Confidence, action: exp.Expression, *, valid: bool, checked: frozenset[str]
) -> Iterator[Match]:
    if isinstance(action, exp.AlterColumn):
        if action.args.get("allow_null") is False and action.name.lower() not in checked:
            yield _match(change, sure, action, "checked_first", f"SET NOT NULL ({action.name})")
        return
    if not isinstance(action, exp.AddConstraint):
        return
    for constraint in action.expressions:
        parts = constraint.expressions if isinstance(constraint, exp.Constraint) else [constraint]
        for part in parts:
            if isinstance(part, _SCANNING) and valid:
                yield _match(change, sure, constraint, "validate", _named(part))
            elif isinstance(part, _UNIQUE):
                yield _match(change, sure, constraint, "using_index", _named(part))


def _named(part: exp.Expression) -> str:
    names = {exp.ForeignKey: "FOREIGN KEY", exp.UniqueColumnConstraint: "UNIQUE", exp.PrimaryKey: "PRIMARY KEY"}
    if isinstance(part, exp.CheckColumnConstraint):
        return "CHECK"
    listed = part.this.expressions if isinstance(part.this, exp.Schema) else part.expressions
    return f"{names[type(part)]} ({', '.join(one.name for one in listed)})"


def _checked_columns(statements: Sequence[Statement]) -> frozenset[str]:
    """Columns of which a constraint of its own says already that they are never null, which spares the scan."""
    lines = (line for statement in statements for line in statement.text.split("\n") if _KEPT_CHECK.search(line))
    return frozenset(name.lower() for line in lines for pair in _NEVER_NULL.findall(line) for name in pair if name)


def _is_rewriting(action: exp.AlterColumn) -> bool:
    kind = action.args.get("dtype")
    return isinstance(kind, exp.DataType) and kind.this not in _SOMETIMES


def _own_value(column: exp.ColumnDef) -> str:
    """What gives each row that exists a value of its own: a serial, an identity, a volatile default, a stored value."""
    kind = column.args.get("kind")
    if isinstance(kind, exp.DataType) and kind.this in _SERIAL:
        return kind.sql("postgres").lower()
    for constraint in column.args.get("constraints") or ():
        part = constraint.args.get("kind")
        text = constraint.sql("postgres")
        if isinstance(part, exp.GeneratedAsIdentityColumnConstraint):
            return "GENERATED … AS IDENTITY"
        if isinstance(part, exp.DefaultColumnConstraint) and _VOLATILE.search(text):
            return str(text)
        if isinstance(part, exp.ComputedColumnConstraint) and "STORED" in text.upper():
            return "GENERATED … STORED"
    return ""
