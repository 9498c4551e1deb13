"""A change of tables in the steps in which it blocks nobody for long."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from backend_advisor.sql.schema import Schema

BATCH = 10_000
"""Keys that one step of a backfill covers."""

_CREATE_INDEX = re.compile(r"(create\s+(?:unique\s+)?index)\s+(?!concurrently\b)", re.IGNORECASE)
_INTEGERS = re.compile(r"(?i)^(?:int|integer|bigint|smallint|serial|bigserial|int[248])$")
_VARCHAR = re.compile(r"(?i)^(?:text|(?:varchar|character varying)(?:\s*\((\d+)\))?)$")
_FUNCTION = re.compile(r"\b[A-Z][A-Z0-9_]*(?=\()")
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a staged change, in a transaction of its own unless it is `concurrent`.

    `rest` is what follows a batch: the same for all other keys.
    """

    sql: str
    rollback: str = ""
    concurrent: bool = False
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A change as it is written, and in steps; no steps where none are known or none are needed.

    `demand` makes an empty table refuse rows that would break the change, so that it can be filled; `release` takes
    that back. One that `keeps_type` gives a limit by a CHECK where the change would have given a new type.
    """

    written: str
    steps: tuple[Step, ...] = ()
    demand: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    keeps_type: bool = False


def staged(text: str, tree: exp.Expression | None, schema: Schema) -> Staged:
    """The steps for an ALTER TABLE or CREATE INDEX of PostgreSQL, by its documentation (ALTER TABLE, Notes)."""
    if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Index):
        return _index(text, tree)
    if not isinstance(tree, exp.Alter) or not isinstance(tree.this, exp.Table):
        return Staged(text)
    actions = tree.args.get("actions") or ()
    parts = [_part(action, tree, schema) for action in actions]
    steps = tuple(
        step for action, part in zip(actions, parts, strict=True) for step in part.steps or (_alone(action, tree),)
    )
    return Staged(
        text,
        steps if any(part.steps for part in parts) else (),
        tuple(sql for part in parts for sql in part.demand),
        tuple(sql for part in reversed(parts) for sql in part.release),
        any(part.keeps_type for part in parts),
    )


def _alone(action: exp.Expression, tree: exp.Alter) -> Step:
    """An action of several that needs no steps."""
    adding = "ADD COLUMN " if isinstance(action, exp.ColumnDef) else ""
    return Step(f"ALTER TABLE {_sql(tree.this)} {adding}{_sql(action)}")


def _sql(node: exp.Expression) -> str:
    return _FUNCTION.sub(lambda name: name[0].lower(), node.sql("postgres"))


def _index(text: str, tree: exp.Create) -> Staged:
    name = _sql(tree.this.this) if tree.this.this is not None else ""
    concurrently = _CREATE_INDEX.sub(r"\1 CONCURRENTLY ", text, count=1)
    if concurrently == text:
        return Staged(text)
    rollback = f"DROP INDEX CONCURRENTLY {name}" if name else ""
    demands = bool(tree.args.get("unique")) and bool(name)
    return Staged(
        text,
        (Step(concurrently, rollback, concurrent=True),),
        (text,) if demands else (),
        (f"DROP INDEX {name}",) if demands else (),
    )


def _part(action: exp.Expression, tree: exp.Alter, schema: Schema) -> Staged:
    table = _sql(tree.this)
    if isinstance(action, exp.AddConstraint) and not tree.args.get("not_valid"):
        return _joined([_constraint(one, tree.this, schema) for one in action.expressions])
    if isinstance(action, exp.AlterColumn) and action.args.get("allow_null") is False:
        column = _sql(action.this)
        demand = f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"
        steps = tuple(_never_null(table, tree.this.name, [column]))
        return Staged("", steps, (demand,), (f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL",))
    if isinstance(action, exp.AlterColumn) and (limit := _limit_of(action, tree.this.name, schema)):
        return _limited(table, tree.this.name, _sql(action.this), limit)
    if isinstance(action, exp.ColumnDef):
        return Staged("", tuple(_filled(action, tree.this, schema)))
    return Staged("")


def _limit_of(action: exp.AlterColumn, table: str, schema: Schema) -> int | None:
    """The length that a text without one, or with a longer one, is to be given."""
    kind, known = action.args.get("dtype"), schema.table(table)
    column = known.column(action.name) if known is not None else None
    if (
        not isinstance(kind, exp.DataType)
        or kind.this is not exp.DType.VARCHAR
        or not kind.expressions
        or column is None
    ):
        return None
    limit, before = int(kind.expressions[0].name), _VARCHAR.match(column.type)
    if before is None:
        return None
    return limit if not before[1] or int(before[1]) > limit else None


def _limited(table: str, bare: str, column: str, limit: int) -> Staged:
    """The same limit as a CHECK: the type stays as it is, and with it the rows."""
    name = _name(bare, column.strip('"'), "length")
    body = f"CHECK (char_length({column}) <= {limit})"
    add, drop = f"ALTER TABLE {table} ADD CONSTRAINT {name} {body}", f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    steps = (Step(f"{add} NOT VALID", drop), Step(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))
    return Staged("", steps, (add,), (drop,), keeps_type=True)


def _joined(parts: Sequence[Staged]) -> Staged:
    joined = Staged("")
    for part in parts:
        joined = replace(
            joined,
            steps=joined.steps + part.steps,
            demand=joined.demand + part.demand,
            release=part.release + joined.release,
        )
    return joined


def _constraint(node: exp.Expression, target: exp.Table, schema: Schema) -> Staged:
    rule = node.expressions[0] if isinstance(node, exp.Constraint) else node
    table = _sql(target)
    if isinstance(rule, (exp.ForeignKey, exp.CheckColumnConstraint)):
        suffix = "fkey" if isinstance(rule, exp.ForeignKey) else "check"
        name = _given(node) or _name(target.name, *_columns(rule), suffix)
        body = _sql(rule)
        steps: tuple[Step, ...] = (
            Step(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} {body} NOT VALID",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            ),
            Step(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"),
        )
    elif isinstance(rule, (exp.UniqueColumnConstraint, exp.PrimaryKey)):
        own = ("pkey",) if isinstance(rule, exp.PrimaryKey) else (*_columns(rule), "key")
        name = _given(node) or _name(target.name, *own)
        body = _sql(rule)
        steps = tuple(_by_index(rule, name, target, schema))
    else:
        return Staged("")
    demand = f"ALTER TABLE {table} ADD CONSTRAINT {name} {body}"
    return Staged("", steps, (demand,), (f"ALTER TABLE {table} DROP CONSTRAINT {name}",))


def _by_index(rule: exp.Expression, name: str, target: exp.Table, schema: Schema) -> Iterator[Step]:
    """A key from an index that is built without blocking; a primary key's columns are proved never null before."""
    table, columns = _sql(target), _columns(rule)
    known = schema.table(target.name)
    nullable = [
        column for column in columns if known is None or (found := known.column(column)) is None or found.nullable
    ]
    if isinstance(rule, exp.PrimaryKey) and nullable:
        yield from _never_null(table, target.name, nullable)
    listed = ", ".join(columns)
    kind = "PRIMARY KEY" if isinstance(rule, exp.PrimaryKey) else "UNIQUE"
    yield Step(
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({listed})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        concurrent=True,
    )
    yield Step(f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}")


def _never_null(table: str, bare: str, columns: Sequence[str], *, is_new: bool = False) -> Iterator[Step]:
    """SET NOT NULL trusts a validated CHECK, from PostgreSQL 12 on. A new column is taken back as a whole."""
    for column in columns:
        name = _name(bare, column.strip('"'), "not_null")
        yield Step(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID",
            "" if is_new else f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL",
        )
        yield Step(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        yield Step(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
        yield Step(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def _filled(column: exp.ColumnDef, target: exp.Table, schema: Schema) -> Iterator[Step]:
    """A new column with a value for each row: the default after the column, the old rows in batches by their key."""
    table, name = _sql(target), _sql(column.this)
    key = _numeric_key(target.name, schema)
    rules = [constraint.args.get("kind") for constraint in column.args.get("constraints") or ()]
    default = next((rule for rule in rules if isinstance(rule, exp.DefaultColumnConstraint)), None)
    others = [
        rule
        for rule in rules
        if rule is not default
        and not (isinstance(rule, exp.NotNullColumnConstraint) and not rule.args.get("allow_null"))
    ]
    if key is None or default is None or others or not isinstance(column.args.get("kind"), exp.DataType):
        return
    value, kind = _sql(default.this), _sql(column.args["kind"]).lower()
    yield Step(
        f"ALTER TABLE {table} ADD COLUMN {name} {kind}",
        f"ALTER TABLE {table} DROP COLUMN {name}",
    )
    yield Step(f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {value}")
    fill = f"UPDATE {table} SET {name} = {value} WHERE"
    yield Step(f"{fill} {key} BETWEEN 1 AND {BATCH} AND {name} IS NULL", rest=f"{fill} {name} IS NULL")
    if len(rules) > 1:
        yield from _never_null(table, target.name, [name], is_new=True)


def _numeric_key(table: str, schema: Schema) -> str | None:
    known = schema.table(table)
    if known is None or len(known.primary_key) != 1:
        return None
    column = known.column(known.primary_key[0])
    return column.name if column is not None and _INTEGERS.match(column.type) else None


def _given(node: exp.Expression) -> str:
    return _sql(node.this) if isinstance(node, exp.Constraint) and node.this is not None else ""


def _columns(rule: exp.Expression) -> list[str]:
    if isinstance(rule, exp.CheckColumnConstraint):
        return []
    listed = rule.this.expressions if isinstance(rule.this, exp.Schema) else rule.expressions
    return [_sql(one.this) if isinstance(one, exp.Ordered) else _sql(one) for one in listed]


def _name(table: str, *parts: str) -> str:
    """A name as PostgreSQL itself would give it, within its length."""
    name = "_".join(part.strip('"') for part in (table, *parts))[:_LONGEST_NAME]
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else f'"{name}"'
