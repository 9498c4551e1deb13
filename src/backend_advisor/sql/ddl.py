"""Read a schema from DDL: CREATE TABLE, CREATE INDEX and ALTER TABLE of any dialect we parse."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from backend_advisor.sql.draft import Draft, Drafts
from backend_advisor.sql.schema import Column, ForeignKey, Index, Schema, table_name
from backend_advisor.sql.statement import Statement

_OPAQUE_DEFINITION = re.compile(r"create\s+domain\b|alter\s+table\b.*\battach\s+partition\b", re.IGNORECASE | re.DOTALL)
_DROP = re.compile(
    r"drop\s+(table|index)\s+(?:concurrently\s+)?(?:if\s+exists\s+)?(.+?)(?:\s+(?:cascade|restrict))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_KEPT_KINDS = {"TABLE", "INDEX", "TYPE", "VIEW", "DOMAIN", "SEQUENCE", "SCHEMA", "MATERIALIZED VIEW"}

_NULLS_LAST_BY_DEFAULT = {"postgres", "oracle"}
"""Dialects where NULLs sort as the largest value, so that an index may say otherwise."""


def is_ddl(statement: Statement) -> bool:
    """Whether the statement defines structure rather than reading or writing rows."""
    return isinstance(statement.tree, (exp.Create, exp.Alter, exp.Drop, exp.Comment))


def read_ddl(statements: Sequence[Statement]) -> Schema:
    """The schema that these statements define; statements of other kinds are passed over."""
    drafts = Drafts()
    kept = _Kept()
    for statement in statements:
        tree = statement.tree
        if isinstance(tree, exp.Create):
            _read_create(tree, statement, drafts)
        elif isinstance(tree, exp.Alter):
            _read_alter(tree, statement.dialect, drafts)
        elif (dropped := _DROP.match(statement.text)) is not None:
            kept.drop(_read_drop(dropped, drafts))
            continue
        elif not _is_opaque_definition(statement):
            continue
        if not isinstance(tree, exp.Create) or str(tree.args.get("kind")).upper() in _KEPT_KINDS:
            kept.add(statement)
    _complete_references(drafts)
    indexes = tuple(index for draft in drafts.all() for index in draft.all_indexes())
    dialect = statements[0].dialect if statements else "postgres"
    tables = {draft.name: draft.table() for draft in drafts.all()}
    return Schema(tables, indexes, kept.texts(), dialect)


def _is_opaque_definition(statement: Statement) -> bool:
    """Whether the parser keeps it as an opaque command although tables depend on it."""
    return isinstance(statement.tree, exp.Command) and _OPAQUE_DEFINITION.match(statement.text) is not None


def _complete_references(drafts: Drafts) -> None:
    """A reference without columns means the other table's primary key."""
    for draft in drafts.all():
        draft.foreign_keys = [
            key if key.references else replace(key, references=drafts.primary_key(key.table))
            for key in draft.foreign_keys
        ]


def _read_create(tree: exp.Create, statement: Statement, drafts: Drafts) -> None:
    kind, dialect = str(tree.args.get("kind")).upper(), statement.dialect
    if kind == "TABLE" and isinstance(tree.this, exp.Schema):
        draft = drafts.of(tree.this.this.name)
        before = draft.begin_again() if draft.created_by not in ("", statement.artifact.name) else {}
        for part in tree.this.expressions:
            _read_table_part(part, dialect, draft, drafts)
        draft.doubt(before)
        draft.created_by = statement.artifact.name
    elif kind == "TABLE" and isinstance(tree.this, exp.Table):
        _read_derived_table(tree, drafts)
    elif kind == "INDEX" and isinstance(tree.this, exp.Index):
        index = _index(tree, dialect)
        if index is not None:
            draft = drafts.of(index.table)
            draft.indexes.append(replace(index, table=draft.name))


def _read_derived_table(tree: exp.Create, drafts: Drafts) -> None:
    """CREATE TABLE … AS and PARTITION OF: the columns come from a query or from the parent."""
    name = tree.this.name
    parent = tree.find(exp.PartitionedOfProperty)
    source = drafts.known(parent.this.name) if parent is not None else None
    if source is not None:
        drafts.add(Draft(name, columns=dict(source.columns), primary_key=source.primary_key))
    elif isinstance(tree.expression, exp.Query):
        columns = {c: Column(c, "text", inferred=True) for c in tree.expression.named_selects if c != "*"}
        drafts.add(Draft(name, columns=columns))


def _read_alter(tree: exp.Alter, dialect: str, drafts: Drafts) -> None:
    if str(tree.args.get("kind")).upper() != "TABLE":
        return
    draft = drafts.of(tree.this.name)
    for action in tree.args.get("actions") or ():
        column_to = next(iter(tree.find_all(exp.ToTableProperty)), None)
        if isinstance(action, exp.AlterRename) and column_to is not None:
            # RENAME a TO b: the word COLUMN may be left out, and the parser then takes `a` for the table's new name.
            draft.rename_column(action.this.name, column_to.this.name)
        elif isinstance(action, exp.AlterRename):
            drafts.rename(draft, action.this.name)
        elif isinstance(action, exp.RenameColumn):
            draft.rename_column(action.this.name, action.args["to"].name)
        elif isinstance(action, exp.AlterColumn):
            draft.alter_column(action, dialect)
        elif isinstance(action, exp.ModifyColumn):
            if action.args.get("rename_from"):
                draft.rename_column(action.args["rename_from"].name, action.this.name)
            _read_column(action.this, dialect, draft)
        elif isinstance(action, exp.Drop):
            for dropped in action.args.get("tables") or ():
                draft.drop(str(action.args.get("kind")).upper(), dropped.name)
        else:
            for part in action.expressions if isinstance(action, exp.AddConstraint) else [action]:
                _read_table_part(part, dialect, draft, drafts)


def _read_drop(match: re.Match[str], drafts: Drafts) -> set[str]:
    """Take away what DROP TABLE and DROP INDEX name."""
    names = {name.strip().split(".")[-1].strip('"`[]') for name in match.group(2).split(",")}
    if match.group(1).lower() == "table":
        for name in names:
            drafts.drop(name)
    else:
        for draft in drafts.all():
            draft.indexes = [index for index in draft.indexes if index.name not in names]
    return names


class _Kept:
    """The statements that still define something, found by what they define."""

    def __init__(self) -> None:
        self._statements: dict[int, Statement] = {}
        self._defining: dict[str, list[int]] = {}
        self._count = 0

    def add(self, statement: Statement) -> None:
        self._statements[self._count] = statement
        for name in _defined(statement.tree):
            self._defining.setdefault(name, []).append(self._count)
        self._count += 1

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            for number in self._defining.pop(name, ()):
                self._statements.pop(number, None)

    def texts(self) -> tuple[str, ...]:
        return tuple(statement.text for statement in self._statements.values())


def _defined(tree: exp.Expression | None) -> Iterator[str]:
    if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Index):
        yield tree.this.name
        yield table_name(tree.this.args.get("table"))
    elif isinstance(tree, (exp.Create, exp.Alter)):
        yield table_name(tree.this)


def _read_table_part(part: exp.Expression, dialect: str, draft: Draft, drafts: Drafts) -> None:
    if isinstance(part, exp.ColumnDef):
        _read_column(part, dialect, draft)
    elif isinstance(part, exp.Constraint):
        for inner in part.expressions:
            _read_table_part(inner, dialect, draft, drafts)
    elif isinstance(part, exp.PrimaryKey):
        draft.primary_key = _names(part.expressions)
    elif isinstance(part, exp.ForeignKey):
        reference = part.args.get("reference")
        if reference is not None:
            draft.foreign_keys.append(_foreign_key(_names(part.expressions), reference))
    elif isinstance(part, exp.UniqueColumnConstraint) and isinstance(part.this, exp.Schema):
        draft.unique.append(_names(part.this.expressions))
    elif isinstance(part, exp.IndexColumnConstraint):
        keys = tuple(_key(key, dialect) for key in part.expressions)
        draft.indexes.append(Index(part.name or f"{draft.name}_idx", draft.name, keys))
    elif isinstance(part, exp.LikeProperty) and (source := drafts.known(part.this.name)) is not None:
        draft.columns.update(source.columns)


def _read_column(part: exp.ColumnDef, dialect: str, draft: Draft) -> None:
    name, kind = part.name, part.args.get("kind")
    nullable, default = True, None
    for constraint in part.args.get("constraints") or ():
        rule = constraint.args.get("kind")
        if isinstance(rule, exp.PrimaryKeyColumnConstraint):
            draft.primary_key = (name,)
        elif isinstance(rule, exp.NotNullColumnConstraint):
            nullable = bool(rule.args.get("allow_null"))
        elif isinstance(rule, exp.UniqueColumnConstraint):
            draft.unique.append((name,))
        elif isinstance(rule, exp.Reference):
            draft.foreign_keys.append(_foreign_key((name,), rule))
        elif isinstance(rule, exp.DefaultColumnConstraint):
            default = rule.this.sql(dialect=dialect)
        elif isinstance(rule, exp.GeneratedAsIdentityColumnConstraint):
            nullable = False
    text = kind.sql(dialect=dialect).lower() if isinstance(kind, exp.Expression) else "text"
    draft.columns[name] = Column(name, text, nullable and "serial" not in text, default)


def _foreign_key(columns: tuple[str, ...], reference: exp.Expression) -> ForeignKey:
    target = reference.this
    if isinstance(target, exp.Schema):
        return ForeignKey(columns, target.this.name, _names(target.expressions))
    return ForeignKey(columns, target.name, ())


def _index(tree: exp.Create, dialect: str) -> Index | None:
    index, parameters = tree.this, tree.this.args.get("params")
    table = index.args.get("table")
    if table is None or parameters is None:
        return None
    keys = tuple(_key(key, dialect) for key in parameters.args.get("columns") or ())
    using, where = parameters.args.get("using"), parameters.args.get("where")
    return Index(
        name=index.name or f"{table.name}_idx",
        table=table.name,
        keys=keys,
        method=using.name.lower() if using is not None else "btree",
        unique=bool(tree.args.get("unique")),
        where=where.this.sql(dialect=dialect) if where is not None else None,
        include=_names(parameters.args.get("include") or ()),
    )


def _key(key: exp.Expression, dialect: str) -> str:
    """One index key as text; direction and NULLS are written only where they are not the default."""
    if not isinstance(key, exp.Ordered):
        return key.sql(dialect=dialect)
    text: str = key.this.sql(dialect=dialect)
    descending, nulls_first = bool(key.args.get("desc")), bool(key.args.get("nulls_first"))
    if descending:
        text += " DESC"
    if nulls_first is not descending and dialect in _NULLS_LAST_BY_DEFAULT:
        text += " NULLS FIRST" if nulls_first else " NULLS LAST"
    return text


def _names(parts: Iterable[exp.Expression]) -> tuple[str, ...]:
    return tuple(part.this.name if isinstance(part, exp.Ordered) else part.name for part in parts)
