"""How a query reaches each of its tables: by which equalities, ranges, joins, sort keys and expressions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from sqlglot import exp

from backend_advisor.sql.schema import Schema

_RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE)
_PATTERNS = (exp.Like, exp.ILike)
_CONTAINMENT = (exp.JSONBContains, exp.ArrayContainsAll, exp.JSONBContainsAnyTopKeys)


@dataclass
class Access:
    """What one mention of a table in a query asks of it. Columns are names; expressions are SQL text.

    `constants` are predicates on this table alone, as SQL text without the alias, that a partial index could
    carry. `scope` counts the SELECT, UPDATE or DELETE that mentions it.
    `sort` pairs a column with whether it descends. `needed` is None when every column is read.
    """

    table: str
    alias: str
    equalities: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    contained: list[str] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    needed: set[str] | None = field(default_factory=set)
    limited: bool = False
    scope: int = 0


def accesses(tree: exp.Expr, schema: Schema) -> list[Access]:
    """Every mention of a known table in a resolved query, with what is asked of it there."""
    found: list[Access] = []
    for number, scope in enumerate(tree.find_all(exp.Select, exp.Update, exp.Delete)):
        own = {table.alias_or_name: table.name for table in _own_tables(scope) if not _names_cte(table)}
        here = {
            alias: Access(name, alias, scope=number) for alias, name in own.items() if schema.table(name) is not None
        }
        for predicate in _predicates(scope):
            read = _read_row if isinstance(predicate.this, exp.Tuple) else _read_predicate
            read(predicate, here)
        _read_order(scope, here)
        _read_needs(scope, here)
        found += here.values()
    return found


def _own_tables(scope: exp.Expression) -> Iterator[exp.Table]:
    if isinstance(scope, (exp.Update, exp.Delete)) and isinstance(scope.this, exp.Table):
        yield scope.this
    source = scope.args.get("from_") or scope.args.get("from") or scope.args.get("using")
    sources = source if isinstance(source, list) else [source] if source else []
    for part in [*sources, *(scope.args.get("joins") or ())]:
        table = part if isinstance(part, exp.Table) else part.this
        if isinstance(table, exp.Table):
            yield table
            for join in table.args.get("joins") or ():
                if isinstance(join.this, exp.Table):
                    yield join.this


def _names_cte(table: exp.Table) -> bool:
    """Whether the name is that of a CTE, which hides any table of the same name, save within its own body."""
    node: exp.Expr = table
    while node.parent is not None:
        parent = node.parent
        with_ = parent.args.get("with_")
        if with_ is not None and node is not with_ and not table.db:
            if any(cte.alias == table.name for cte in with_.expressions):
                return True
        elif isinstance(parent, exp.With):
            named = [cte for cte in parent.expressions if cte.alias == table.name]
            position = next((i for i, cte in enumerate(parent.expressions) if cte is node), 0)
            visible = parent.expressions if parent.args.get("recursive") else parent.expressions[:position]
            if any(cte in visible for cte in named):
                return True
        node = parent
    return False


def _predicates(scope: exp.Expression) -> Iterator[exp.Expression]:
    """The conjuncts of WHERE and of the join conditions of this scope; branches of an OR count singly."""
    where = scope.args.get("where")
    conditions = [where.this] if where is not None else []
    conditions += [join.args["on"] for join in scope.args.get("joins") or () if join.args.get("on") is not None]
    pending = list(conditions)
    while pending:
        condition = pending.pop(0)
        if isinstance(condition, (exp.And, exp.Or)):
            pending = [condition.left, condition.right, *pending]
        elif isinstance(condition, exp.Paren):
            pending.insert(0, condition.this)
        else:
            yield condition


def _read_predicate(predicate: exp.Expression, here: dict[str, Access]) -> None:
    if isinstance(predicate, exp.EQ):
        for side, other in ((predicate.this, predicate.expression), (predicate.expression, predicate.this)):
            _read_equality(side, other, predicate, here)
    elif isinstance(predicate, (exp.In, exp.Is)):
        access = _access_of(predicate.this, here)
        if access is not None:
            _add(access.equalities, predicate.this.name)
            _note_constant(predicate, predicate.this, access)
    elif isinstance(predicate, (*_RANGES, exp.Between)):
        sides = [predicate.this] if isinstance(predicate, exp.Between) else [predicate.this, predicate.expression]
        for side in sides:
            _read_range(side, here)
    elif isinstance(predicate, _PATTERNS):
        access = _access_of(predicate.this, here)
        if access is not None:
            _add(access.patterns, predicate.this.name)
        else:
            _note_expression(predicate.this, here)
    elif isinstance(predicate, _CONTAINMENT):
        access = _access_of(predicate.this, here)
        if access is not None:
            _add(access.contained, predicate.this.name)
    else:
        _read_boolean(predicate, here)


def _read_row(predicate: exp.Expression, here: dict[str, Access]) -> None:
    """`(a, b) = (c, d)` and `(a, b) IN (…)`, column by column."""
    columns, other = predicate.this.expressions, predicate.args.get("expression")
    if isinstance(predicate, exp.EQ) and isinstance(other, exp.Tuple):
        for mine, theirs in zip(columns, other.expressions, strict=False):
            _read_predicate(exp.EQ(this=mine.copy(), expression=theirs.copy()), here)
    elif isinstance(predicate, (exp.EQ, exp.In)):
        for column in columns:
            access = _access_of(column, here)
            if access is not None:
                _add(access.equalities, column.name)


def _read_equality(
    side: exp.Expression, other: exp.Expression, predicate: exp.Expression, here: dict[str, Access]
) -> None:
    access = _access_of(side, here)
    if access is None:
        _note_expression(side, here)
        return
    far = {column.table for column in other.find_all(exp.Column)} - {access.alias}
    if far & set(here):
        _add(access.joins, side.name)
    else:
        _add(access.equalities, side.name)
        if not far:
            _note_constant(predicate, side, access)


def _read_range(side: exp.Expression, here: dict[str, Access]) -> None:
    access = _access_of(side, here)
    if access is not None:
        _add(access.ranges, side.name)
    else:
        _note_expression(side, here)


def _read_boolean(predicate: exp.Expression, here: dict[str, Access]) -> None:
    """`WHERE active` and `WHERE NOT deleted`, and the IS NOT NULL that sqlglot writes as NOT … IS NULL."""
    inner = predicate.this if isinstance(predicate, exp.Not) else predicate
    column = inner.this if isinstance(inner, exp.Is) else inner
    access = _access_of(column, here)
    if access is not None:
        _note_constant(predicate, column, access)


def _read_order(scope: exp.Expression, here: dict[str, Access]) -> None:
    order = scope.args.get("order")
    keys = order.expressions if order is not None else []
    group = scope.args.get("group")
    for column in group.expressions if group is not None else ():
        access = _access_of(column, here)
        if access is not None:
            _add(access.groups, column.name)
    for position, key in enumerate(keys):
        column = _behind_alias(key.this, scope)
        access = _access_of(column, here)
        if access is None or (position and not access.sort):
            break
        access.sort.append((column.name, bool(key.args.get("desc"))))
        access.limited = scope.args.get("limit") is not None


def _behind_alias(key: exp.Expression, scope: exp.Expression) -> exp.Expression:
    if isinstance(key, exp.Column) and not key.table and isinstance(scope, exp.Select):
        for projection in scope.expressions:
            if isinstance(projection, exp.Alias) and projection.alias == key.name:
                return cast(exp.Expression, projection.this)
    return key


def _read_needs(scope: exp.Expression, here: dict[str, Access]) -> None:
    if isinstance(scope, (exp.Update, exp.Delete)):
        for access in here.values():
            access.needed = None
        return
    for star in scope.find_all(exp.Star):
        if isinstance(star.parent, exp.Count):
            continue
        alias = star.parent.table if isinstance(star.parent, exp.Column) else ""
        for access in here.values():
            if alias in ("", access.alias):
                access.needed = None
    for column in scope.find_all(exp.Column):
        owner = here.get(column.table)
        if owner is not None and owner.needed is not None:
            owner.needed.add(column.name)


def _access_of(node: exp.Expression | None, here: dict[str, Access]) -> Access | None:
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        return here.get(node.table)
    return None


def _note_expression(node: exp.Expression, here: dict[str, Access]) -> None:
    """An expression over one table's columns that an expression index could answer."""
    columns = list(node.find_all(exp.Column))
    owners = {column.table for column in columns}
    if not columns or len(owners) != 1 or node.find(exp.Subquery, exp.Select, exp.AggFunc):
        return
    access = here.get(owners.pop())
    if access is not None:
        _add(access.expressions, _without_alias(node))


def _note_constant(predicate: exp.Expression, column: exp.Expression, access: Access) -> None:
    if not predicate.find(exp.Placeholder, exp.Parameter, exp.Subquery, exp.Select, exp.Anonymous):
        access.constants[column.name] = _without_alias(predicate)


def _without_alias(node: exp.Expression) -> str:
    copy = node.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return str(copy.sql(dialect="postgres"))


def _add(held: list[str], name: str) -> None:
    if name not in held:
        held.append(name)
