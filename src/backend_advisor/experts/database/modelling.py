"""Plan a query at production's size without its rows: which indexes the planner would use, and what it would save."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from backend_advisor.experts.database.remedies.candidates import candidates, create_statement
from backend_advisor.experts.database.remedies.shelf import used_indexes
from backend_advisor.lab.errors import LabError
from backend_advisor.lab.postgres.server import Server
from backend_advisor.lab.postgres.values import MARKER_NULL_SHARE, MARKERS
from backend_advisor.lab.scale_model import Condition, ScaleModel, can_stretch, scale_model
from backend_advisor.lab.statistics import ColumnStatistics, Statistics, stated_statistics
from backend_advisor.model import Artifact, ArtifactKind, Measurement
from backend_advisor.sql.schema import Index, Schema

MATTERS = 0.05
"""An index whose absence raises the plan's cost by less than this share is left out."""


@dataclass(frozen=True, slots=True)
class Modelled:
    """The plan without candidates, with those that the planner would use, and what it rests on."""

    before: Measurement
    after: Measurement
    indexes: tuple[Index, ...]
    bytes: Mapping[str, int]
    conditions: tuple[Condition, ...]
    rows: Mapping[str, int]
    markers: tuple[str, ...] = ()
    """Columns that were taken for empty in most rows."""


def statistics_of(artifacts: Iterable[Artifact], schema: Schema) -> Statistics | None:
    """The statistics that the asker gave as an export; None when there is none with a relation of the schema."""
    from backend_advisor.lab.statistics import read_statistics

    for artifact in artifacts:
        if artifact.kind is ArtifactKind.STATISTICS:
            found = read_statistics(artifact.text)
            if found.relations.keys() & schema.tables.keys():
                return found
    return None


def model(
    server: Server,
    sql: str,
    trees: Sequence[exp.Expr],
    schema: Schema,
    statistics: Statistics | None,
    preferred: Sequence[Index],
) -> Modelled | None:
    """Plan the query with the preferred indexes, or else with those candidates that lower its cost.

    None where nothing is known of the tables' size, where one is partitioned (its size lies in its partitions), and
    where files cannot be stretched.
    """
    known = statistics or stated_statistics(schema, _markers(schema))
    if not known.relations or not can_stretch():
        return None
    counted = {name: int(relation.rows) for name, relation in known.relations.items() if relation.rows >= 0}
    sized = schema.with_rows({name: rows for name, rows in counted.items() if name in schema.tables})
    with scale_model(server, sized, known) as made:
        if made.partitioned & {table.name for tree in trees for table in tree.find_all(exp.Table)}:
            return None
        before = made.plan(sql, ())
        named = _add(made, preferred or candidates(trees, sized))
        chosen = _pruned(made, sql, used_indexes(made.plan(sql, named).plan) & set(named))
        after = made.plan(sql, chosen)
        rows = {name: counted[name] for name in sized.tables if name in counted}
        sizes = {name: made.index_bytes(name) for name in chosen}
        indexes = tuple(named[name] for name in chosen)
        markers = () if statistics is not None else tuple(f"{table}.{column}" for table, column in _markers(schema))
        return Modelled(before, after, indexes, sizes, tuple(made.conditions), rows, markers)


def _markers(schema: Schema) -> dict[tuple[str, str], ColumnStatistics]:
    """Columns like `deleted_at` that few rows fill: the planner's default takes almost all rows for deleted."""
    return {
        (table.name, column.name): ColumnStatistics(null_frac=MARKER_NULL_SHARE)
        for table in schema.tables.values()
        for column in table.columns
        if column.nullable and column.name.startswith(MARKERS)
    }


def _add(made: ScaleModel, indexes: Iterable[Index]) -> dict[str, Index]:
    """The candidates that could be built, by name; one that cannot is left out."""
    named = {}
    for index in indexes:
        try:
            name = made.add_index(create_statement(index).rstrip(";"))
        except LabError:
            continue
        named[name] = replace(index, name=name)
    return named


def _pruned(made: ScaleModel, sql: str, used: Iterable[str]) -> tuple[str, ...]:
    chosen = sorted(used)
    while chosen:
        current = _cost(made.plan(sql, chosen))
        without = {name: _cost(made.plan(sql, [n for n in chosen if n != name])) for name in chosen}
        least = min(chosen, key=without.__getitem__)
        if without[least] > current * (1 + MATTERS):
            break
        chosen.remove(least)
    return tuple(chosen)


def _cost(measurement: Measurement) -> float:
    return measurement.cost if measurement.cost is not None else float("inf")


def condition_keys(conditions: Iterable[Condition]) -> Iterator[tuple[str, str]]:
    """Each condition once, as its phrase's key and subject."""
    yield from dict.fromkeys((f"scale_{condition.key}", condition.subject) for condition in conditions)
