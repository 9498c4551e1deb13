"""What the rewrites ask of a query's tree: its sources, what is known of its columns, and how it is written out."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.sql.schema import Column, Schema, Table

FASTER_FORM = "DB140"
"""The playbook of forms that answer no other one: nothing is wrong with the original but its speed."""

_UNNAMED = "_col_"
_VOLATILE = {"random", "gen_random_uuid", "uuid_generate_v4", "clock_timestamp", "nextval", "setseed"}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Another form of a query.

    `codes` are the playbooks it answers. `assumptions` are codes of what must hold beyond the given DDL:
    `inferred_schema` (keys or types were guessed from the query), `valid_foreign_key`. `same_rows` is False for a
    keyset form, which needs values of the page before and is compared page by page. `tie_broken` is the original with
    a unique key at the end of an ORDER BY that leaves ties: one of the answers that the original allows, and the one
    that this form gives. It is what the form is compared with.
    """

    name: str
    sql: str
    codes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    same_rows: bool = True
    tie_broken: str | None = None


def conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    """The parts of a condition that AND joins, without parentheses around them."""
    if condition is None:
        return []
    bare = condition.unnest()
    return list(bare.flatten()) if isinstance(bare, exp.And) else [bare]


def where_parts(select: exp.Select) -> list[exp.Expr]:
    """The conjuncts of a SELECT's WHERE."""
    where = select.args.get("where")
    return conjuncts(where.this) if where is not None else []


def set_where(select: exp.Select, parts: list[exp.Expr]) -> None:
    """Give a SELECT these conjuncts, or no WHERE."""
    select.set("where", exp.Where(this=exp.and_(*parts, copy=True)) if parts else None)


def is_filter(node: exp.Expr) -> bool:
    """Whether NULL and false mean the same for this condition: only AND, OR and parentheses up to WHERE."""
    parent = node.parent
    while isinstance(parent, exp.And | exp.Or | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Where)


def in_condition(node: exp.Expr) -> bool:
    """Whether a node belongs to a WHERE or to the ON of a join, where an index could serve it."""
    parent = node.parent
    while parent is not None and not isinstance(parent, exp.Query):
        if isinstance(parent, exp.Where | exp.Join):
            return True
        parent = parent.parent
    return False


def sources(select: exp.Select) -> dict[str, exp.Expr]:
    """What a SELECT reads, by alias: tables and derived tables."""
    found: list[exp.Expr] = [select.args["from_"].this] if select.args.get("from_") else []
    found += [join.this for join in select.args.get("joins") or []]
    return {source.alias_or_name: source for source in found}


def aliases_inside(tree: exp.Expr) -> set[str]:
    """Every alias that a subquery brings with it, at any depth."""
    return {table.alias_or_name for table in tree.find_all(exp.Table, exp.Subquery) if table.alias_or_name}


def used(tree: exp.Expr) -> set[str]:
    """The aliases that the columns of a tree refer to."""
    return {column.table for column in tree.find_all(exp.Column)}


def is_plain(select: exp.Select) -> bool:
    """Whether a SELECT returns one row for each row that passes: no grouping, DISTINCT, window or lock."""
    if any(select.args.get(part) for part in ("group", "having", "distinct", "locks", "windows", "qualify", "into")):
        return False
    parts = [*select.expressions, *(select.args[p] for p in ("order",) if select.args.get(p))]
    return not any(_aggregates(part) or _returns_sets(part) for part in parts)


def _aggregates(tree: exp.Expr) -> bool:
    return any(
        isinstance(node, exp.AggFunc | exp.Window) or (isinstance(node, exp.Anonymous) and "agg" in node.name.lower())
        for node in tree.walk(prune=lambda node: isinstance(node, exp.Query))
    )


def _returns_sets(tree: exp.Expr) -> bool:
    return any(
        isinstance(node, exp.Explode | exp.Unnest | exp.GenerateSeries | exp.UDTF)
        or (isinstance(node, exp.Anonymous) and not isinstance(node, exp.AggFunc))
        for node in tree.walk(prune=lambda node: isinstance(node, exp.Query))
    )


def is_volatile(tree: exp.Expr) -> bool:
    """Whether evaluating a part another number of times could change the result; unknown functions count as such."""
    return any(
        isinstance(node, exp.Anonymous | exp.Rand) or getattr(node, "name", "").lower() in _VOLATILE
        for node in tree.find_all(exp.Func)
    )


def has_bare_star(select: exp.Select) -> bool:
    """Whether `*` without a table's name is selected, which any change of the sources would change."""
    return any(isinstance(one, exp.Star) for one in select.expressions)


def name_star(select: exp.Select) -> bool:
    """Write `*` as `alias.*`, so that another source may join; False where that would not be the same columns."""
    if not has_bare_star(select):
        return True
    found = sources(select)
    if len(found) != 1 or select.args.get("laterals"):
        return False
    for star in [one for one in select.expressions if isinstance(one, exp.Star)]:
        if star.args.get("except_") or star.args.get("replace") or star.args.get("rename"):
            return False
        star.replace(exp.Column(this=exp.Star(), table=exp.to_identifier(next(iter(found)))))
    return True


def new_name(tree: exp.Expr, wanted: str) -> str:
    """A name that nothing in the tree bears yet."""
    taken = aliases_inside(tree) | {table.name for table in tree.find_all(exp.Table)}
    taken |= {lateral.alias for lateral in tree.find_all(exp.Lateral)}
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def renamed(node: exp.Expr, old: str, new: str) -> exp.Expr:
    """A copy in which the columns of one alias belong to another."""
    copy = node.copy()
    for column in copy.find_all(exp.Column):
        if column.table == old:
            column.set("table", exp.to_identifier(new))
    return copy


def is_bare_table(source: exp.Expr) -> bool:
    """Whether a source is a whole table under its own column names: no sample, no renamed columns."""
    alias = source.args.get("alias")
    plain = isinstance(source, exp.Table) and not source.args.get("sample") and not source.args.get("joins")
    return plain and not (alias is not None and alias.args.get("columns"))


def joined_by_comma(select: exp.Select) -> bool:
    """Whether a source stands after a comma: a later ON cannot see what came before it."""
    return any(
        not join.args.get("on") and not join.args.get("using") and join.kind != "CROSS"
        for join in select.args.get("joins") or []
    )


class Known:
    """What the schema says about the columns of one tree."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def table(self, source: exp.Expr | None) -> Table | None:
        """The schema's table behind a source; None for derived tables, CTEs and the unknown."""
        if not isinstance(source, exp.Table) or source.db or _names_cte(source):
            return None
        return self._schema.table(source.name)

    def column(self, node: exp.Expr | None) -> Column | None:
        """The schema's column behind a reference."""
        found = self.source(node)
        table = self.table(found[1]) if found is not None else None
        return table.column(node.name) if table is not None and isinstance(node, exp.Column) else None

    def source(self, node: exp.Expr | None) -> tuple[exp.Select, exp.Expr] | None:
        """The SELECT and the source that a column refers to, looked for from the inside out."""
        if not isinstance(node, exp.Column) or not node.table:
            return None
        select = node.find_ancestor(exp.Select)
        while select is not None:
            source = sources(select).get(node.table)
            if source is not None:
                return select, source
            select = select.find_ancestor(exp.Select)
        return None

    def type(self, node: exp.Expr | None) -> str:
        """A column's type in lower case without its length, or nothing."""
        column = self.column(node)
        return column.type.lower().split("(")[0].strip() if column is not None and not column.inferred else ""

    def is_timestamp(self, node: exp.Expr | None) -> bool:
        """Whether a column is a timestamp, with or without time zone; a guess counts, and is an assumption."""
        column = self.column(node)
        return column is not None and column.type.lower().startswith("timestamp")

    def has_zone(self, node: exp.Expr | None) -> bool:
        """Whether a column's type carries a time zone."""
        column = self.column(node)
        text = column.type.lower() if column is not None else ""
        return "timestamptz" in text or "with time zone" in text

    def never_null(self, node: exp.Expr | None) -> bool:
        """Whether a column cannot be NULL here: declared so, and not on the optional side of a join."""
        found, column = self.source(node), self.column(node)
        if found is None or column is None or not isinstance(node, exp.Column):
            return False
        table = self.table(found[1])
        declared = not column.nullable or (table is not None and node.name in table.primary_key)
        return declared and not is_optional(found[0], node.table)

    def keys(self, table: Table) -> list[tuple[str, ...]]:
        """The sets of columns that are unique in a table."""
        indexes = [
            index.keys
            for index in self._schema.indexes
            if index.table == table.name and index.unique and index.where is None
        ]
        plain = [keys for keys in indexes if all(table.column(key) is not None for key in keys)]
        return [key for key in [table.primary_key, *table.unique, *plain] if key]

    def identity(self, table: Table) -> list[tuple[str, ...]]:
        """The sets of columns that tell any two rows apart: unique and never NULL."""
        return [
            key
            for key in self.keys(table)
            if key == table.primary_key or all(not c.nullable for c in table.columns if c.name in key)
        ]

    def assumptions(self, tree: exp.Expr) -> tuple[str, ...]:
        """`inferred_schema` when a table of the tree has no DDL."""
        tables = [self.table(table) for table in tree.find_all(exp.Table)]
        return ("inferred_schema",) if any(table is not None and table.inferred for table in tables) else ()


def _names_cte(table: exp.Table) -> bool:
    query: exp.Expr | None = table
    while query is not None:
        with_ = query.args.get("with_")
        if with_ is not None and any(cte.alias == table.name for cte in with_.expressions):
            return True
        query = query.parent
    return False


def is_optional(select: exp.Select, alias: str) -> bool:
    """Whether an outer join may leave this source without a row."""
    seen = False
    first = select.args.get("from_")
    if first is not None and first.this.alias_or_name == alias:
        seen = True
    for join in select.args.get("joins") or []:
        own = join.alias_or_name == alias
        if (own and join.side in ("LEFT", "FULL")) or (seen and join.side in ("RIGHT", "FULL")):
            return True
        seen = seen or own
    return False


def extended(order: list[exp.Expr], alias: str, key: tuple[str, ...]) -> list[exp.Expr]:
    """The same order with the missing columns of a key at its end, in the direction of its last key."""
    held = {one.this.name for one in order if isinstance(one.this, exp.Column)}
    descending = bool(order[-1].args.get("desc"))
    added = [
        exp.Ordered(this=exp.column(name, table=alias), desc=descending, nulls_first=descending)
        for name in key
        if name not in held
    ]
    return [*(one.copy() for one in order), *added]


def finds_one(join: exp.Join, known: Known) -> bool:
    """Whether a join finds at most one row: its equalities hold a unique key of the joined table."""
    table = known.table(join.this)
    if table is None or join.args.get("on") is None:
        return False
    fixed = {own.name for own, _ in join_equalities(join)}
    return any(set(key) <= fixed for key in known.keys(table))


def join_equalities(join: exp.Join) -> list[tuple[exp.Column, exp.Column]]:
    """Pairs of the joined table's column and another source's column that ON sets equal."""
    alias = join.alias_or_name
    pairs = []
    for part in conjuncts(join.args.get("on")):
        if not isinstance(part, exp.EQ):
            continue
        left, right = part.this, part.expression
        if isinstance(left, exp.Column) and left.table == alias and alias not in used(right):
            pairs.append((left, right))
        elif isinstance(right, exp.Column) and right.table == alias and alias not in used(left):
            pairs.append((right, left))
    return pairs


def selects(tree: exp.Expr) -> Iterator[exp.Select]:
    """Every SELECT of a tree, outermost first."""
    yield from list(tree.find_all(exp.Select))


def resolve_order(tree: exp.Expr) -> None:
    """Let ORDER BY name the columns behind the output names it uses."""
    for select in selects(tree):
        order = select.args.get("order")
        columns = {one.alias_or_name: one.unalias() for one in reversed(select.expressions)}
        for ordered in order.expressions if order is not None else []:
            behind = columns.get(ordered.this.name)
            if isinstance(ordered.this, exp.Column) and not ordered.this.table and isinstance(behind, exp.Column):
                ordered.set("this", behind.copy())


def written(tree: exp.Expr) -> str:
    """Readable SQL, without the aliases that qualification added."""
    tidy = tree.copy()
    for alias in list(tidy.find_all(exp.Alias)):
        if not isinstance(alias.parent, exp.Select):
            continue
        same = isinstance(alias.this, exp.Column) and alias.this.name == alias.alias
        if same or alias.alias.startswith(_UNNAMED):
            alias.replace(alias.this)
    for subquery in tidy.find_all(exp.Subquery):
        if subquery.alias.startswith(_UNNAMED):
            subquery.set("alias", None)
    for table in tidy.find_all(exp.Table):
        if table.alias == table.name and not table.args["alias"].args.get("columns"):
            table.set("alias", None)
    return tidy.sql("postgres", pretty=True)
