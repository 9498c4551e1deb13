"""What the synthetic rows assume, said in groups: a reader must be able to tell their own data from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.lab.postgres.catalogue import ColumnFacts, TableFacts
from backend_advisor.lab.postgres.quantities import OWNERS, ROWS_PER_NUMBER, YEARS, is_owner
from backend_advisor.lab.postgres.values import (
    MARKER_NULL_SHARE,
    NULL_SHARE,
    STATES,
    TOGETHER,
    Plan,
    compared_together,
    is_unique,
    null_share,
    referred_table,
)
from backend_advisor.quantities import percent

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that holds of the made rows, as the key of a phrase and its values."""

    key: str
    values: Mapping[str, object]


def assumed_values(plan: Plan) -> tuple[Assumption, ...]:
    """What is assumed of the values of the tables that are filled, each kind once and only where it occurs."""
    columns = [
        (column, table)
        for table in plan.tables.values()
        if plan.rows.get(table.name)
        for column in table.columns
        if not column.generated
    ]
    shares = {(table.name, column.name): null_share(column, table, plan) for column, table in columns}
    kinds = {_kind(column, table, plan) for column, table in columns}
    found = [Assumption(kind, values) for kind, values in _KINDS.items() if kind in kinds]
    if NULL_SHARE in shares.values():
        found.append(Assumption("nulls", {"share": percent(NULL_SHARE)}))
    together = [
        f"{table.name}.{name}"
        for table in plan.tables.values()
        if plan.rows.get(table.name)
        for name in compared_together(table, plan)
    ]
    owners = [
        f"{table.name}.{column.name}"
        for column, table in columns
        if is_owner(column.name)
        and column.category == "N"
        and referred_table(column, table, plan) is None
        and not is_unique(column, table)
    ]
    if owners:
        found.append(Assumption("owners", {"columns": _first(owners), "count": OWNERS}))
    if together:
        found.append(Assumption("together", {"columns": _first(together), "rows": TOGETHER}))
    marked = [f"{table}.{column}" for (table, column), share in shares.items() if share == MARKER_NULL_SHARE]
    if marked:
        found.append(Assumption("markers", {"columns": _first(marked), "share": percent(MARKER_NULL_SHARE)}))
    return tuple(found)


_KINDS: Mapping[str, Mapping[str, object]] = {
    "links": {},
    "states": {},
    "numbers": {"rows": ROWS_PER_NUMBER},
    "times": {"years": YEARS},
}


def _kind(column: ColumnFacts, table: TableFacts, plan: Plan) -> str:
    if referred_table(column, table, plan) is not None:
        return "links"
    if is_unique(column, table) or column.pieces:
        return ""
    asked = {wish.kind for wish in plan.wishes.get((table.name, column.name), ())}
    # What the query compares such a column with is as frequent as the share that is stated for it.
    if column.labels or (column.name in STATES and column.category == "S" and "equal" not in asked):
        return "states"
    ranged = "range" in asked
    bounded = column.allowed.low is not None or column.allowed.high is not None
    return {"N": "" if ranged else "numbers", "D": "" if bounded else "times"}.get(column.category, "")


def spread_over_partitions(table: TableFacts) -> Iterator[Assumption]:
    """How a partitioned table's rows are spread over the partitions that were declared."""
    if table.partitions is None or table.partitions.leaves < 1 or not table.partitions.pieces:
        return
    for column, pieces in table.partitions.pieces.items():
        ends = [end for piece in pieces for end in (piece.low, piece.high) if end is not None]
        if ends:
            values = {"table": table.name, "column": column, "count": len(pieces), "low": ends[0], "high": ends[-1]}
            yield Assumption("ranges", values)
        else:
            yield Assumption("lists", {"table": table.name, "column": column, "count": len(pieces)})


def _first(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
