"""Rules on how many rows and columns a query fetches."""

import re
from collections.abc import Iterator
from itertools import combinations

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from backend_advisor.experts.database.detectors.query_shape import (
    Role,
    equalities,
    insertion,
    is_aggregate,
    is_base_table,
    is_limited,
    known_table,
    offset_value,
    only_table,
    own,
    role,
    selects,
    sources,
    stated_rows,
    text_of,
    tokens,
    unique_keys,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Location, Severity
from backend_advisor.sql.migrations import is_named

DEEP_OFFSET = 1_000
SMALL_TABLE_ROWS = 1_000
LARGE_TABLE_ROWS = 100_000
NARROW_TABLE_COLUMNS = 3
WIDE_TABLE_COLUMNS = 15
MAX_BRANCHES = 30
_OUT_OF_LINE = re.compile(
    r"(?:jsonb?|bytea|xml|(?:tiny|medium|long)?blob|n?clob|(?:medium|long)text|vector)\b", re.IGNORECASE
)

_REFERENCE_TABLE = re.compile(
    r"^(countr(y|ies)|currenc(y|ies)|languages?|locales?|time_?zones?|regions?|roles?|permissions?|settings?"
    r"|configs?|configurations?|categor(y|ies)|status(es)?|types?|units?|common_codes?|codes?|features?"
    r"|feature_flags?|schema_migrations|migrations?|flyway_schema_history|databasechangelog|plans?|weekdays?)$"
    r"|_(migrations?|types?|status(es)?|codes?|categor(y|ies)|settings?|configs?|kinds?)$",
    re.IGNORECASE,
)


@detects_in_query("DB120", in_migrations=False)
def select_star(query: QueryContext) -> Iterator[Match]:
    """`*` over a stored table where its columns leave the statement."""
    for select in selects(query.tree):
        place = role(select)
        if place not in (Role.RESULT, Role.INSERT):
            continue
        for projection in select.expressions:
            if not projection.is_star or not isinstance(projection, (exp.Star, exp.Column)):
                continue
            tables = _covered(projection, select)
            if not tables or all(_is_narrow(query, table) for table in tables):
                continue
            location = query.statement.location(projection)
            yield Match(
                location=location,
                values={"table": ", ".join(table.name for table in tables)},
                confidence=None if place is Role.INSERT or _is_costly(query, tables) else Confidence.LOW,
                steps=((location, "insert"),) if place is Role.INSERT else (),
                edits=_named_columns(query, select, projection, location) if place is Role.RESULT else (),
                applicability="unsafe",
            )


def _covered(star: exp.Expr, select: exp.Select) -> list[exp.Table]:
    """The stored tables whose columns a star stands for."""
    tables = [node for node in sources(select) if isinstance(node, exp.Table) and is_base_table(node)]
    qualifier = star.args.get("table")
    if qualifier is None:
        return tables
    return [table for table in tables if table.alias_or_name == qualifier.name]


def _is_narrow(query: QueryContext, table: exp.Table) -> bool:
    known = known_table(query, table)
    return known is not None and len(known.columns) <= NARROW_TABLE_COLUMNS


def _is_costly(query: QueryContext, tables: list[exp.Table]) -> bool:
    """Whether DDL shows what the star drags along: many columns, or values kept out of line.

    In a file of named queries a generator makes the star a list of the columns that the program reads.
    """
    if is_named(query.statement):
        return False
    for table in tables:
        known = known_table(query, table)
        columns = known.columns if known is not None else ()
        if any(column.inferred for column in columns):
            return False
        if len(columns) >= WIDE_TABLE_COLUMNS or any(_OUT_OF_LINE.match(column.type) for column in columns):
            return True
    return False


def _named_columns(query: QueryContext, select: exp.Select, star: exp.Expr, location: Location) -> tuple[Edit, ...]:
    table = only_table(select)
    known = known_table(query, table)
    if table is None or known is None or isinstance(star, exp.Column):
        return ()
    prefix = f"{table.alias}." if table.alias else ""
    columns = ", ".join(prefix + column.name for column in known.columns)
    return (Edit(location=location, replacement=columns),)


@detects_in_query("DB121", in_migrations=False)
def deep_offset(query: QueryContext) -> Iterator[Match]:
    """An OFFSET that skips many rows, or one whose depth the caller chooses."""
    for node in query.tree.find_all(exp.Query):
        offset = offset_value(node)
        if offset is None:
            continue
        location = query.statement.location(offset)
        values = {"offset": text_of(offset, query.statement)}
        if isinstance(offset, exp.Literal):
            if offset.is_int and int(offset.name) >= DEEP_OFFSET:
                yield Match(location=location, values=values)
        elif _is_open(offset):
            yield Match(location=location, values=values, severity=Severity.NOTE, confidence=Confidence.LOW)


def _is_open(offset: exp.Expr) -> bool:
    return offset.find(exp.Parameter, exp.Placeholder, exp.Column, exp.SessionParameter) is not None


@detects_in_query("DB125", in_migrations=False)
def unbounded_result(query: QueryContext) -> Iterator[Match]:
    """Every row of a stored table sent to the client."""
    tree = query.tree
    if not isinstance(tree, exp.Select) or not _returns_every_row(tree):
        return
    tables = [node for node in sources(tree) if isinstance(node, exp.Table)]
    if len(tables) != len(sources(tree)) or not tables or not all(map(is_base_table, tables)):
        return
    driving = tables[0]
    rows = stated_rows(query, driving)
    if rows is None and any(_REFERENCE_TABLE.search(table.name) for table in tables):
        return
    if rows is not None and rows <= SMALL_TABLE_ROWS:
        return
    large = rows is not None and rows >= LARGE_TABLE_ROWS
    yield Match(
        location=query.statement.location(driving),
        values={"table": driving.name},
        severity=Severity.WARNING if large else None,
        confidence=Confidence.MEDIUM if large else None,
    )


def _returns_every_row(select: exp.Select) -> bool:
    narrowing = ("where", "group", "having", "qualify", "locks", "distinct", "into", "for_", "connect")
    if any(select.args.get(name) for name in narrowing) or is_limited(select) or is_aggregate(select):
        return False
    if any(own(select, exp.TableSample)):
        return False
    joins = select.args.get("joins") or ()
    return all(join.args.get("on") is not None or join.args.get("using") for join in joins)


@detects_in_query("DB129", in_migrations=False)
def count_of_whole_table(query: QueryContext) -> Iterator[Match]:
    """COUNT over all rows of one stored table."""
    for select in selects(query.tree):
        counts = [projection.unalias() for projection in select.expressions]
        if len(counts) != 1 or not _counts_rows(counts[0]) or role(select) is Role.EXISTS:
            continue
        table = only_table(select)
        narrowing = ("where", "group", "having", "joins")
        if table is None or any(select.args.get(name) for name in narrowing):
            continue
        rows = stated_rows(query, table)
        if rows is not None and rows < LARGE_TABLE_ROWS:
            continue
        yield Match(
            location=query.statement.location(counts[0]),
            values={"table": table.name},
            # The count may be just what is asked for; it costs only where the table is large.
            confidence=Confidence.LOW if rows is None else None,
        )


def _counts_rows(node: exp.Expr) -> bool:
    return isinstance(node, exp.Count) and isinstance(node.this, (exp.Star, exp.Literal))


@detects_in_query("DB128")
def union_of_disjoint_branches(query: QueryContext) -> Iterator[Match]:
    """UNION whose branches cannot share a row, so that removing duplicates between them finds nothing."""
    for union in query.tree.find_all(exp.Union):
        if isinstance(union.parent, exp.Union):
            continue
        branches = _branches(union)
        if branches is None or not all(_are_disjoint(a, b) for a, b in combinations(branches, 2)):
            continue
        within = all(_has_no_duplicates(query, branch) for branch in branches)
        places = [token for token in tokens(query.statement) if token.token_type is TokenType.UNION]
        whole = len(places) == len(branches) - 1
        statement = query.statement
        yield Match(
            location=statement.location_at(places[0].start, places[0].end + 1)
            if whole
            else statement.location(branches[1]),
            values={"branches": len(branches)},
            confidence=None if within else Confidence.MEDIUM,
            severity=None if within else Severity.NOTE,
            edits=tuple(Edit(location=insertion(statement, place.end + 1), replacement=" ALL") for place in places)
            if whole
            else (),
            applicability="safe" if within else "unsafe",
        )


def _branches(union: exp.Union) -> list[exp.Select] | None:
    """The SELECTs of a chain of plain UNIONs, or None when something else is among them."""
    found: list[exp.Select] = []
    waiting: list[exp.Expr] = [union]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.Select):
            found.append(node)
        elif isinstance(node, (exp.Subquery, exp.Paren)) and isinstance(node.this, exp.Query):
            waiting.append(node.this)
        elif type(node) is exp.Union and node.args.get("distinct"):
            waiting += [node.expression, node.this]
        else:
            return None
        if len(found) + len(waiting) > MAX_BRANCHES:
            return None
    return found


def _are_disjoint(first: exp.Select, second: exp.Select) -> bool:
    ours, theirs = _constants(first), _constants(second)
    return any(
        position in theirs and value[0] == theirs[position][0] and value[1] != theirs[position][1]
        for position, value in ours.items()
    )


def _constants(select: exp.Select) -> dict[int, tuple[bool, str]]:
    """The projections that hold one literal in every row; text is folded as a lax collation would."""
    fixed = equalities(select)
    found: dict[int, tuple[bool, str]] = {}
    for position, projection in enumerate(select.expressions):
        if projection.is_star:
            break
        value = projection.unalias()
        if isinstance(value, exp.Column) and len(sources(select)) == 1:
            value = fixed.get(value.name, value)
        if isinstance(value, exp.Literal):
            found[position] = (value.is_string, value.name.rstrip().casefold())
    return found


def _has_no_duplicates(query: QueryContext, select: exp.Select) -> bool:
    """Whether one branch alone can be shown to repeat no row."""
    if select.args.get("distinct") is not None or not sources(select):
        return True
    if is_aggregate(select) and select.args.get("group") is None:
        return True
    table = only_table(select)
    known = known_table(query, table)
    if known is None:
        return False
    shown = {p.unalias().name for p in select.expressions if isinstance(p.unalias(), exp.Column)}
    required = {column.name for column in known.columns if not column.nullable}
    fixed = set(equalities(select))
    return any(set(key) - fixed <= shown & required for key in unique_keys(query.schema, known))
