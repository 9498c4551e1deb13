"""The scale model beside the real thing: the same statements planned on filled tables and on empty ones."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from backend_advisor.lab.postgres.address import SOCKET_PORT
from backend_advisor.lab.postgres.binaries import find_binaries
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.server import Server, running
from backend_advisor.lab.scale_model import Condition, scale_model
from backend_advisor.lab.statistics import (
    ColumnStatistics,
    RelationStatistics,
    Statistics,
    read_statistics,
    stated_statistics,
)
from backend_advisor.model import Artifact, ArtifactKind, PlanNode
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import statements

DDL = """
CREATE TABLE users (id bigint PRIMARY KEY, email text, country text, created_at timestamptz, score int);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, status text, total numeric, created_at timestamptz);
CREATE INDEX orders_created_at_idx ON orders (created_at);
CREATE INDEX users_country_idx ON users (country);
"""
FILL = (
    "INSERT INTO users SELECT g, 'user' || g || '@example.com', (ARRAY['KR','US','JP','DE'])[1 + g % 4], "
    "timestamptz '2024-01-01' + g * interval '1 minute', ((g * 7919) % 1000)::int "
    "FROM generate_series(1, 60000::bigint) g",
    "INSERT INTO orders SELECT g, 1 + (g * 7919) % 60000, (ARRAY['paid','open','void'])[1 + g % 3], g % 1000, "
    "timestamptz '2024-01-01' + ((g * 104729) % 525600) * interval '1 minute' "
    "FROM generate_series(1, 250000::bigint) g",
)
PARTITIONED = """
CREATE TABLE events (id bigint, day date, kind int) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
"""
FILL_EVENTS = (
    "INSERT INTO events SELECT g, date '2024-01-01' + (g % 60)::int, g % 7 FROM generate_series(1, 60000::bigint) g"
)
QUERIES = (
    "SELECT * FROM users WHERE id = 5",
    "SELECT * FROM users WHERE country = 'KR' AND score < 20",
    "SELECT * FROM orders WHERE created_at BETWEEN '2024-05-01' AND '2024-05-02'",
    "SELECT * FROM users u JOIN orders o ON o.user_id = u.id WHERE u.score = 7",
    "SELECT * FROM users u JOIN orders o ON o.user_id = u.id ORDER BY o.created_at DESC LIMIT 10",
    "SELECT status, count(*) FROM orders GROUP BY status",
    "SELECT * FROM orders WHERE user_id = 77 ORDER BY created_at DESC LIMIT 5",
)


def schema_of(ddl: str) -> Schema:
    return read_ddl(statements(Artifact(name="schema.sql", kind=ArtifactKind.DDL, text=ddl)))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def production(server: Server) -> Iterator[Database]:
    database = server.create_database("production")
    for statement in [*filter(str.strip, (DDL + PARTITIONED).split(";")), *FILL, FILL_EVENTS]:
        database.execute(statement)
    database.admin("VACUUM ANALYZE")
    yield database
    database.close()


def dumped(server: Server) -> str:
    command = [
        find_binaries().folder / "pg_dump",
        "-h",
        server.folder / "run",
        "-p",
        str(SOCKET_PORT),
        "-U",
        "postgres",
    ]
    done = subprocess.run([*command, "--statistics-only", "production"], capture_output=True, check=True)
    return done.stdout.decode()


def exported_json(database: Database) -> str:
    columns = "tablename, attname, inherited, null_frac, avg_width, n_distinct, correlation"
    lists = "most_common_vals::text, most_common_freqs::text, histogram_bounds::text"
    sizes = "SELECT json_agg(r)::text FROM (SELECT relname, relpages, reltuples, relallvisible FROM pg_class WHERE"
    stats = f"SELECT json_agg(r)::text FROM (SELECT {columns}, {lists} FROM pg_stats WHERE schemaname = 'public') r"
    classes = database.admin(f"{sizes} relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'i')) r")[0][0]
    return json.dumps({"pg_class": json.loads(classes), "pg_stats": json.loads(database.admin(stats)[0][0])})


def shape(node: PlanNode) -> list[object]:
    return [node.operation, node.relation, node.index, *(shape(child) for child in node.children)]


def assert_same_plans(real: PlanNode | None, modelled: PlanNode | None, costs_within: float = 0.02) -> None:
    assert real is not None and modelled is not None
    assert shape(real) == shape(modelled)
    assert modelled.estimated_rows == pytest.approx(real.estimated_rows, rel=0.02, abs=1)
    assert modelled.total_cost == pytest.approx(real.total_cost, rel=costs_within)


@pytest.mark.parametrize("form", ["pg_dump", "json"])
def test_plans_and_costs_equal_those_of_the_filled_tables(server: Server, production: Database, form: str) -> None:
    statistics = read_statistics(dumped(server) if form == "pg_dump" else exported_json(production))
    with scale_model(server, schema_of(DDL), statistics) as model, production.session() as session:
        assert model.conditions == [Condition("ends_from_histogram")]
        for query in QUERIES:
            assert_same_plans(session.explain(query, analyze=False).plan, model.plan(query).plan)


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE INDEX candidate ON orders (user_id, created_at)",
        "CREATE INDEX candidate ON orders (user_id)",
        "CREATE INDEX CONCURRENTLY candidate ON orders (created_at) WHERE status = 'open'",
        "CREATE INDEX candidate ON orders (status)",
        "CREATE UNIQUE INDEX candidate ON orders (total, id)",
    ],
)
def test_a_candidate_index_costs_what_the_real_one_costs(server: Server, production: Database, ddl: str) -> None:
    production.execute(ddl.replace("CONCURRENTLY", ""))
    try:
        size = production.admin("SELECT pg_relation_size('public.candidate')")[0][0]
        with scale_model(server, schema_of(DDL), read_statistics(dumped_without(server))) as model:
            name = model.add_index(ddl)
            assert model.index_bytes(name) == pytest.approx(size, rel=0.15)
            with production.session() as session:
                for query in (*QUERIES, "SELECT total, id FROM orders WHERE total = 3 AND id > 9"):
                    real = session.explain(query, analyze=False).plan
                    assert_same_plans(real, model.plan(query, [name]).plan, costs_within=0.1)
    finally:
        production.execute("DROP INDEX candidate")


def dumped_without(server: Server) -> str:
    """The export as it was before the candidate existed."""
    text = dumped(server)
    return text.replace("'relname', 'candidate'", "'relname', 'not_there'")


def test_partitions_are_planned_as_they_are(server: Server, production: Database) -> None:
    queries = (
        "SELECT * FROM events WHERE day = '2024-02-03' AND kind = 3",
        "SELECT kind, count(*) FROM events GROUP BY kind",
        "SELECT * FROM events e JOIN orders o ON o.id = e.id WHERE e.kind = 2",
    )
    schema, statistics = schema_of(DDL + PARTITIONED), read_statistics(dumped(server))
    with scale_model(server, schema, statistics) as model, production.session() as session:
        for query in queries:
            assert_same_plans(session.explain(query, analyze=False).plan, model.plan(query).plan)


def test_hidden_candidates_are_not_used(server: Server, production: Database) -> None:
    query = "SELECT * FROM orders WHERE user_id = 77"
    with scale_model(server, schema_of(DDL), read_statistics(dumped(server))) as model:
        name = model.add_index("CREATE INDEX ON orders (user_id)")
        without, with_it = model.plan(query, []), model.plan(query, [name])
        assert without.plan is not None and "Seq Scan" in without.plan.operation
        assert with_it.plan is not None and with_it.plan.operation != without.plan.operation
        assert without.cost is not None and with_it.cost is not None and with_it.cost < without.cost / 10
        assert model.plan(query, []).cost == without.cost


def test_a_huge_table_takes_no_disk_and_plans_at_once(server: Server) -> None:
    rows = 600_000_000
    huge = RelationStatistics(
        name="orders",
        rows=rows,
        pages=5_000_000,
        columns={"user_id": ColumnStatistics(avg_width=8, n_distinct=-0.1)},
    )
    with scale_model(server, schema_of(DDL), Statistics({"orders": huge})) as model:
        name = model.add_index("CREATE INDEX ON orders (user_id)")
        full = model.plan("SELECT * FROM orders", [])
        found = model.plan("SELECT * FROM orders WHERE user_id = 77", [name])
        assert full.plan is not None and full.plan.estimated_rows == pytest.approx(rows, rel=0.01)
        assert found.plan is not None and found.plan.estimated_rows == pytest.approx(10, abs=1)
        folder = server.data_directory
        used = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
        assert used < 500_000_000


def test_a_schema_of_twenty_tables_is_ready_in_five_seconds(server: Server) -> None:
    ddl = "".join(
        f"CREATE TABLE t{i} (id bigint PRIMARY KEY, parent_id bigint, name text, at timestamptz);"
        f"CREATE INDEX t{i}_parent_idx ON t{i} (parent_id);"
        for i in range(20)
    )
    schema = schema_of(ddl).with_rows({f"t{i}": 1_000_000 * (i + 1) for i in range(20)})
    with scale_model(server, schema, stated_statistics(schema)) as model:
        plan = model.plan("SELECT * FROM t19 WHERE parent_id = 4").plan
        assert plan is not None and plan.estimated_rows is not None and plan.estimated_rows > 1_000


def test_settings_of_production_are_taken_over_and_others_refused(server: Server, production: Database) -> None:
    settings = {"seq_page_cost": "2.0", "log_min_messages": "debug5"}
    with scale_model(server, schema_of(DDL), read_statistics(dumped(server)), settings) as model:
        with production.session() as session:
            plain = session.explain("SELECT * FROM orders", analyze=False)
        modelled = model.plan("SELECT * FROM orders")
        assert plain.plan is not None and plain.cost is not None
        # Twice the price of a page, the same price of a row.
        pages = production.admin("SELECT relpages FROM pg_class WHERE relname = 'orders'")[0][0]
        assert modelled.cost == pytest.approx(plain.cost + pages)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1, 2]",
        "[" * 100_000,
        '[{"relname": "orders", "reltuples": "many"}]',
        '[{"relname": "orders", "reltuples": 1e300, "relpages": -5}]',
        "SELECT pg_restore_relation_stats('relname', 'orders",
        "SELECT pg_restore_relation_stats('relname', 'orders'); DROP TABLE orders;",
        "a,b\n1,2",
        "\x00\x01",
    ],
)
def test_hostile_exports_give_statistics_of_nothing(text: str) -> None:
    assert read_statistics(text).relations == {}


def test_values_are_never_run_as_sql(server: Server) -> None:
    rows = [
        {"relname": "orders", "reltuples": 1000, "relpages": 10},
        {"tablename": "orders", "attname": "status", "most_common_vals": "{a'); DROP TABLE orders; --}"},
        {"tablename": "orders", "attname": "total'); DROP TABLE orders; --", "null_frac": 0.5},
        {"tablename": "orders", "attname": "created_at", "histogram_bounds": "{yesterday-ish,??}"},
    ]
    with scale_model(server, schema_of(DDL), read_statistics(json.dumps(rows))) as model:
        plan = model.plan("SELECT * FROM orders").plan
        assert plan is not None and plan.estimated_rows == pytest.approx(1000, rel=0.05)
