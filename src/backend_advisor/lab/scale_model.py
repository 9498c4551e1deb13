"""A model of a production database without its rows: real tables, imported statistics, files of the real size.

The planner multiplies the density of the statistics by the size of the relation's file. The file is stretched to
its real number of pages as a sparse file, which takes no disk, and plans come out as they would in production.
Nothing is ever executed in the model, and it must never be analyzed or vacuumed.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend_advisor.lab.btree_file import PAGE, aligned, tree_level, write_empty_tree
from backend_advisor.lab.errors import LabError
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.server import Server
from backend_advisor.lab.statistics import ColumnStatistics, RelationStatistics, Statistics
from backend_advisor.model import Measurement
from backend_advisor.sql.schema import Schema

SEGMENT_PAGES = 131_072
MAX_SEGMENTS = 4_096
"""4 TiB for one relation; beyond, the figures are taken at this size, which the conditions say."""
LEAF_FILL = 0.9
POSTING_TIDS = 130
"""Row places that one deduplicated entry of a B-tree holds at most, at eight-byte keys."""
PLANNER_SETTINGS = frozenset({
    "seq_page_cost", "random_page_cost", "cpu_tuple_cost", "cpu_index_tuple_cost", "cpu_operator_cost",
    "effective_cache_size", "work_mem", "hash_mem_multiplier", "default_statistics_target", "from_collapse_limit",
    "join_collapse_limit", "max_parallel_workers_per_gather", "parallel_setup_cost", "parallel_tuple_cost",
    "min_parallel_table_scan_size", "min_parallel_index_scan_size", "effective_io_concurrency", "geqo_threshold",
})  # fmt: skip
"""Settings of production that may be taken over: those that the planner's figures depend on."""

_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
_CASTS = {
    "null_frac": "real", "avg_width": "integer", "n_distinct": "real", "correlation": "real",
    "most_common_vals": "text", "most_common_freqs": "real[]", "histogram_bounds": "text",
    "most_common_elems": "text", "most_common_elem_freqs": "real[]", "elem_count_histogram": "real[]",
    "range_length_histogram": "text", "range_bounds_histogram": "text",
}  # fmt: skip
_INDEXES = """
SELECT c.relname, t.relname, am.amname, i.indisunique,
       array_to_string(array(SELECT coalesce(a.attname, '') FROM unnest(i.indkey::smallint[]) WITH ORDINALITY u(n, o)
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.n AND u.n > 0 ORDER BY u.o), E'\\x1f'),
       pg_get_expr(i.indpred, i.indrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_am am ON am.oid = c.relam
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'i'"""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a figure of the model rests on; the words stand in the room's phrases as `scale_KEY`."""

    key: str
    subject: str = ""


class ScaleModel:
    """A database that plans as production would. `conditions` say what its figures rest on."""

    def __init__(self, database: Database, statistics: Statistics) -> None:
        self._database = database
        self._statistics = statistics
        self._stretched: set[str] = set()
        self._heights = self._can_set_heights()
        self._candidates: set[str] = set()
        self.conditions = [Condition("ends_from_histogram")]
        for name in statistics.ignored:
            self._condition("statistics_ignored", name)
        for relation in self._tables():
            self._size_table(relation)
        self._size_indexes()

    @property
    def partitioned(self) -> set[str]:
        """Tables that have no size of their own."""
        statement = "SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace"
        return {name for (name,) in self._database.admin(statement)}

    def plan(self, sql: str, indexes_visible: Iterable[str] | None = None) -> Measurement:
        """Plan a statement, with only these candidates switched on when they are named."""
        if indexes_visible is not None:
            self.show(indexes_visible)
        with self._database.session() as session:
            return session.explain(sql, analyze=False)

    def add_index(self, ddl: str) -> str:
        """Build a candidate on the empty tables at the size it would have; returns its name."""
        before = set(self._index_names())
        with self._emptied():
            self._database.execute(_CONCURRENTLY.sub("", ddl))
        made = [name for name in self._index_names() if name not in before]
        if not made:
            raise LabError("the statement made no index")
        self._size_indexes()
        self._candidates.add(made[0])
        return made[0]

    def show(self, names: Iterable[str]) -> None:
        """Switch exactly these candidates on; indexes of the schema itself always stay."""
        wanted = set(names)
        for name in sorted(self._candidates):
            self._database.admin(
                "UPDATE pg_index SET indisvalid = $2::boolean WHERE indexrelid = "
                "(SELECT oid FROM pg_class WHERE relname = $1 AND relnamespace = 'public'::regnamespace)",
                name,
                name in wanted,
            )

    def index_bytes(self, name: str) -> int:
        """The size that an index has in the model."""
        rows = self._database.admin(
            "SELECT relpages FROM pg_class WHERE relname = $1 AND relnamespace = 'public'::regnamespace", name
        )
        return int(rows[0][0]) * PAGE if rows else 0

    @contextmanager
    def _emptied(self) -> Iterator[None]:
        """Tables at no pages at all, as an index build would otherwise read every stretched page."""
        for relation in self._tables():
            with contextlib.suppress(FileNotFoundError):
                # The server stops counting at the first segment that is not full.
                os.truncate(self._file(relation.name), 0)
        try:
            yield
        finally:
            for relation in self._tables():
                self._resize(relation.name, relation.pages, relation.rows, relation.all_visible)

    def _can_set_heights(self) -> bool:
        """Setting an index's height needs page checksums from the server and its cached page dropped."""
        with contextlib.suppress(LabError):
            self._database.admin("CREATE EXTENSION IF NOT EXISTS pageinspect")
            self._database.admin("CREATE EXTENSION IF NOT EXISTS pg_buffercache")
            rows = self._database.admin("SELECT 1 FROM pg_proc WHERE proname = 'pg_buffercache_evict_relation'")
            return bool(rows)
        return False

    def _tables(self) -> list[RelationStatistics]:
        names = {
            name
            for (name,) in self._database.admin(
                "SELECT relname FROM pg_class "
                "WHERE relkind IN ('r', 'm', 'p') AND relnamespace = 'public'::regnamespace"
            )
        }
        return [relation for name, relation in self._statistics.relations.items() if name in names]

    def _size_table(self, relation: RelationStatistics) -> None:
        self._resize(relation.name, relation.pages, relation.rows, relation.all_visible)
        for column, known in relation.columns.items():
            self._import_column(relation.name, column, known)

    def _import_column(self, table: str, column: str, known: ColumnStatistics) -> None:
        values: dict[str, object] = {"null_frac": known.null_frac, "n_distinct": known.n_distinct, **known.lists}
        if known.avg_width is not None:
            values["avg_width"] = known.avg_width
        if known.correlation is not None:
            values["correlation"] = known.correlation
        pairs = ", ".join(f"'{name}', ${i}::{_CASTS[name]}" for i, name in enumerate(values, start=3))
        try:
            # As the tables' owner: reading a value may run a domain's CHECK, which a stranger wrote.
            self._database.execute(
                "SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', $1::text, "
                f"'attname', $2::text, 'inherited', {str(known.inherited).lower()}, {pairs})",
                table,
                column,
                *(str(value) for value in values.values()),
            )
        except LabError:
            self._condition("statistics_refused", f"{table}.{column}")

    def _size_indexes(self) -> None:
        for name, table, method, unique, columns, predicate in self._database.admin(_INDEXES):
            relation = self._statistics.relations.get(table)
            if name in self._stretched or relation is None:
                continue
            known = self._statistics.relations.get(name)
            keys = columns.split("\x1f")
            width = _key_width(relation, keys)
            rows = known.rows if known else self._rows_matching(relation, predicate)
            pages = known.pages if known else _index_pages(relation, rows, keys, unique=unique)
            if method == "btree":
                self._raise_tree(name, tree_level(pages, width))
            elif known is None:
                self._condition("index_size_assumed", name)
            self._resize(name, pages, rows, 0)
            self._stretched.add(name)

    def _rows_matching(self, relation: RelationStatistics, predicate: str | None) -> float:
        """How many rows a partial index holds, by the planner's own estimate."""
        if predicate is None:
            return relation.rows
        with contextlib.suppress(LabError):
            plan = self.plan(f"SELECT FROM {_quoted(relation.name)} WHERE {predicate}").plan
            if plan is not None and plan.estimated_rows is not None:
                return plan.estimated_rows
        self._condition("partial_index_sized_in_full", relation.name)
        return relation.rows

    def _raise_tree(self, name: str, level: int) -> None:
        """Give an index its height; the planner reads it from the metapage, which must not be cached."""
        if self._heights:
            self._database.admin("SELECT pg_buffercache_evict_relation($1::text::regclass)", _in_public(name))
            write_empty_tree(self._file(name), level, self._checksum)
            seen = self._database.admin("SELECT root, level FROM bt_metap($1::text)", _in_public(name))
            if seen and int(seen[0][0]) == 1 and int(seen[0][1]) == level:
                return
        self._condition("index_height_zero", name)

    def _checksum(self, page: bytes, number: int) -> int:
        return int(
            self._database.admin("SELECT page_checksum(decode($1, 'hex'), $2::bigint)", page.hex(), str(number))[0][0]
        )

    def _resize(self, name: str, pages: int, rows: float, all_visible: int) -> None:
        if pages > SEGMENT_PAGES * MAX_SEGMENTS:
            self._condition("size_capped", name)
            rows, pages = rows * (SEGMENT_PAGES * MAX_SEGMENTS / pages), SEGMENT_PAGES * MAX_SEGMENTS
        self._database.admin(
            "UPDATE pg_class SET relpages = $2::integer, reltuples = $3::real, relallvisible = $4::integer "
            "WHERE relname = $1 AND relnamespace = 'public'::regnamespace",
            name,
            str(pages),
            str(rows),
            str(min(all_visible, pages)),
        )
        with contextlib.suppress(FileNotFoundError):
            stretch(self._file(name), pages)

    def _file(self, name: str) -> Path:
        rows = self._database.admin("SELECT pg_relation_filepath($1::text::regclass)", _in_public(name))
        if not rows or rows[0][0] is None:
            # A partitioned table has no file of its own; its partitions have.
            raise FileNotFoundError(name)
        return self._database.data_directory / str(rows[0][0])

    def _index_names(self) -> list[str]:
        return [row[0] for row in self._database.admin(_INDEXES)]

    def _condition(self, key: str, subject: str = "") -> None:
        condition = Condition(key, subject)
        if condition not in self.conditions:
            self.conditions.append(condition)


def can_stretch() -> bool:
    """Whether a file takes no disk where nothing was written; on Windows it would."""
    return os.name == "posix"


def stretch(file: Path, pages: int) -> None:
    """Make a relation's file as long as `pages` pages, in segments of 1 GiB, without taking disk."""
    owner = file.stat()
    for segment in range(max(-(-pages // SEGMENT_PAGES), 1)):
        part = file if segment == 0 else file.with_name(f"{file.name}.{segment}")
        length = min(pages - segment * SEGMENT_PAGES, SEGMENT_PAGES) * PAGE
        if segment > 0:
            part.touch(mode=0o600)
            if hasattr(os, "chown") and os.geteuid() == 0:
                os.chown(part, owner.st_uid, owner.st_gid)
        if part.stat().st_size < length:
            os.truncate(part, length)


@contextmanager
def scale_model(
    server: Server, schema: Schema, statistics: Statistics, settings: Mapping[str, str] | None = None
) -> Iterator[ScaleModel]:
    """A model of this schema at the size that the statistics state; gone afterwards."""
    database = server.create_database()
    try:
        build(database, schema)
        for name, value in (settings or {}).items():
            if name in PLANNER_SETTINGS:
                escaped = value.replace("'", "''")
                database.admin(f"ALTER DATABASE {_quoted(database.name)} SET {name} = '{escaped}'")
        yield ScaleModel(database, statistics)
    finally:
        database.close()
        server.drop_database(database.name)


def _key_width(relation: RelationStatistics, columns: list[str]) -> int:
    """Bytes of an index key: average widths, one byte of length for text, aligned as tuples are."""
    widths = [(relation.columns[c].avg_width if c in relation.columns else None) or 8 for c in columns]
    return aligned(sum(widths))


def _index_pages(relation: RelationStatistics, rows: float, columns: list[str], *, unique: bool) -> int:
    """Pages of a B-tree freshly built on so many rows, duplicates stored once for many rows."""
    entry = _key_width(relation, columns) + 8 + 4
    known = [relation.columns[c] for c in columns if c in relation.columns]
    repeats = 1.0
    if not unique and len(known) == len(columns):
        distinct = 1.0
        for column in known:
            values = column.n_distinct if column.n_distinct >= 0 else -column.n_distinct * relation.rows
            distinct *= max(values, 1.0)
        repeats = max(rows / max(min(distinct, rows), 1.0), 1.0)
    size = entry if repeats < 2 else entry / min(repeats, POSTING_TIDS) + 6
    return max(int(rows * size / (LEAF_FILL * (PAGE - 40))) + 2, 2)


def _in_public(name: str) -> str:
    return f"public.{_quoted(name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
