"""Candidate indexes for a query, most promising first: equality, then sort, then range, and variants."""

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from backend_advisor.experts.database.remedies.access import Access, accesses
from backend_advisor.sql.schema import Index, Schema

MAX_KEYS = 4
MAX_INCLUDED = 5
MAX_CANDIDATES = 24
BRIN_ROWS = 1_000_000
"""Below this a B-tree is small enough that a block-range index has nothing to save."""

_KEYLESS_TYPES = ("json", "jsonb", "xml", "bytea", "blob")
"""What is never a B-tree key here: without an order, or as a rule too long for one."""

_SHORT_TYPE = re.compile(
    r"(small|big)?(int|integer|serial)\d?\b(?!.*\[)|(numeric|decimal|real|double|float|money|bool|date|time|interval|uuid|"
    r"inet|cidr|macaddr|oid)[\w ]*(\([\d, ]*\))?[\w ]*$|(n?varchar2?|n?char|character|character varying|bpchar) ?"
    r"\((\d\d?|1\d\d|2[0-4]\d|25[0-5])( char| byte)?\)$",
    re.IGNORECASE,
)
"""Types whose values stay far below the 2.7 kB that an entry of a B-tree may have."""

_IDENTITY_TYPES = ("bigint", "uuid", "bigserial", "serial")


def candidates(trees: Iterable[exp.Expr], schema: Schema) -> tuple[Index, ...]:
    """Indexes worth trying for these resolved queries; none that exists or that an existing one covers."""
    found: dict[tuple[object, ...], Index] = {}
    for tree in trees:
        for access in accesses(tree, schema):
            for index in _for_access(access, schema):
                if _fits(index, schema) and not _covered(index, schema.indexes):
                    found.setdefault(_shape(index), index)
    return tuple(found.values())[:MAX_CANDIDATES]


def _fits(index: Index, schema: Schema) -> bool:
    """Whether no row can be refused because its entry would be too long for a B-tree.

    A column that is only carried along must be short by its type. One that the query compares may be text.
    """
    if index.method != "btree":
        return True
    table = schema.table(index.table)
    types = {column.name.lower(): column.type.lower() for column in table.columns} if table is not None else {}
    carried = all(_SHORT_TYPE.match(types.get(name.lower(), "")) for name in index.include)
    keys = [types.get(key.split(" ")[0].strip('"').lower(), "") for key in index.keys]
    return carried and not any(type_.startswith(_KEYLESS_TYPES) for type_ in keys)


def _for_access(access: Access, schema: Schema) -> Iterator[Index]:
    table = access.table
    exact = [*access.equalities, *(name for name in access.joins if name not in access.equalities)]
    sort = [name + (" DESC" if descending else "") for name, descending in _uniform(access.sort)]
    ranges = [name for name in access.ranges if name not in exact]
    main = list(_composites(access.equalities, access.joins, sort, ranges))
    for keys in main:
        yield _index(table, keys)
    yield from _partials(access, schema, sort, ranges)
    for name in [*access.joins, *access.equalities, *ranges, *access.groups]:
        yield _index(table, [name])
    if access.groups:
        yield _index(table, [*access.equalities, *access.groups][:MAX_KEYS])
    yield from _special(access, schema)
    yield from _covering(access, main)


def _composites(
    equalities: Sequence[str], joins: Sequence[str], sort: Sequence[str], ranges: Sequence[str]
) -> Iterator[list[str]]:
    fixed = list(equalities)
    if sort:
        yield _distinct([*fixed, *sort])
    if ranges:
        yield _distinct([*fixed, ranges[0]])
    if sort and ranges:
        yield _distinct([*fixed, *sort, *ranges])
    for join in joins:
        yield [join]
        if fixed:
            yield _distinct([join, *fixed])
            yield _distinct([*fixed, join])
        if sort:
            yield _distinct([join, *sort])
        elif ranges:
            yield _distinct([join, ranges[0]])
    if len(fixed) > 1:
        yield fixed


def _partials(access: Access, schema: Schema, sort: Sequence[str], ranges: Sequence[str]) -> Iterator[Index]:
    """Move a predicate on a state (never on an identity) into the WHERE of the index, and index the rest."""
    table = schema.table(access.table)
    for column, predicate in access.constants.items():
        known = table.column(column) if table is not None else None
        if known is not None and "NULL" not in predicate and _identifies(known.type):
            continue
        rest = [name for name in access.equalities if name != column]
        keys = _distinct([*rest, *(sort or ranges[:1] or access.joins[:1])])
        if keys:
            yield _index(access.table, keys, where=predicate)


def _identifies(type_: str) -> bool:
    return type_.startswith(_IDENTITY_TYPES)


def _special(access: Access, schema: Schema) -> Iterator[Index]:
    for expression in access.expressions:
        yield _index(access.table, [f"({expression})"])
    for column in access.patterns:
        yield Index(_name(access.table, [column], "trgm"), access.table, (f"{column} gin_trgm_ops",), "gin")
        yield Index(_name(access.table, [column], "prefix"), access.table, (f"{column} text_pattern_ops",))
    for column in access.contained:
        known = schema.table(access.table)
        type_ = known.column(column) if known is not None else None
        operators = " jsonb_path_ops" if type_ is not None and type_.type == "jsonb" else ""
        yield Index(_name(access.table, [column], "gin"), access.table, (column + operators,), "gin")
    table = schema.table(access.table)
    if table is not None and (table.rows or 0) >= BRIN_ROWS:
        for column in access.ranges[:1]:
            yield Index(_name(access.table, [column], "brin"), access.table, (column,), "brin")


def _covering(access: Access, main: Sequence[Sequence[str]]) -> Iterator[Index]:
    if access.needed is None:
        return
    for keys in main[:2]:
        rest = sorted(access.needed - {key.split(" ")[0] for key in keys})
        if rest and len(rest) <= MAX_INCLUDED:
            plain = _index(access.table, keys)
            yield Index(f"{plain.name}_covering"[:63], access.table, plain.keys, include=tuple(rest))


def _uniform(sort: Sequence[tuple[str, bool]]) -> Sequence[tuple[str, bool]]:
    """A B-tree is read in both directions, so directions matter only where they differ."""
    if len({descending for _, descending in sort}) == 1:
        return [(name, False) for name, _ in sort]
    return sort


def _index(table: str, keys: Sequence[str], where: str | None = None) -> Index:
    chosen = tuple(keys[:MAX_KEYS])
    return Index(_name(table, chosen, "partial" if where else ""), table, chosen, where=where)


def _name(table: str, keys: Sequence[str], suffix: str = "") -> str:
    words = "_".join(
        "".join(c if c.isalnum() else "_" for c in key).strip("_") for key in (table, *keys, suffix) if key
    )
    while "__" in words:
        words = words.replace("__", "_")
    return f"{words.lower()[:58]}_idx"


def _distinct(keys: Iterable[str]) -> list[str]:
    seen: dict[str, str] = {}
    for key in keys:
        seen.setdefault(key.split(" ")[0], key)
    return list(seen.values())


def _shape(index: Index) -> tuple[object, ...]:
    return (index.table, index.keys, index.method, index.where, index.include)


def _covered(index: Index, existing: Iterable[Index]) -> bool:
    """Whether an existing index has these keys as its first ones, so that the new one would add nothing."""
    return any(
        held.table == index.table
        and held.method == index.method
        and held.where in (None, index.where)
        and tuple(key.lower() for key in held.keys[: len(index.keys)]) == tuple(k.lower() for k in index.keys)
        and set(index.include) <= {*held.include, *held.keys}
        for held in existing
    )


def create_statement(index: Index, *, concurrently: bool = False) -> str:
    """The CREATE INDEX that makes this index."""
    words = ["CREATE", "UNIQUE" if index.unique else "", "INDEX", "CONCURRENTLY" if concurrently else ""]
    head = " ".join(word for word in [*words, index.name, "ON", index.table] if word)
    using = f" USING {index.method}" if index.method != "btree" else ""
    include = f" INCLUDE ({', '.join(index.include)})" if index.include else ""
    where = f" WHERE {index.where}" if index.where else ""
    return f"{head}{using} ({', '.join(index.keys)}){include}{where};"


def drop_statement(index: Index, *, concurrently: bool = False) -> str:
    """The DROP INDEX that takes it back."""
    return f"DROP INDEX {'CONCURRENTLY ' if concurrently else ''}IF EXISTS {index.name};"
