"""SQL of a page is shown as the asker's own server takes it."""

from backend_advisor.advice.dialects import own_client, own_sql, own_text, own_words
from backend_advisor.model import Technology

INDEX = "CREATE INDEX CONCURRENTLY ON posts (created_at DESC, id DESC);"
PLAN = "EXPLAIN (ANALYZE, BUFFERS) SELECT id FROM posts LIMIT 20;"


def stack(*names: str, version: str | None = None) -> list[Technology]:
    return [Technology(id=name, name=name, category="", version=version) for name in names]


def test_mysql_gets_its_own_statements() -> None:
    assert own_sql(INDEX, stack("mysql")) == (
        "ALTER TABLE posts ADD INDEX (created_at DESC, id DESC), ALGORITHM=INPLACE, LOCK=NONE;"
    )
    assert own_sql("CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);", stack("mysql")) == (
        "ALTER TABLE users ADD UNIQUE INDEX users_email (email), ALGORITHM=INPLACE, LOCK=NONE;"
    )
    assert own_sql(PLAN, stack("mysql")) == "EXPLAIN ANALYZE SELECT id FROM posts LIMIT 20;"
    assert own_sql(PLAN, stack("mysql", version="5.7")) == "EXPLAIN FORMAT=JSON SELECT id FROM posts LIMIT 20;"
    assert own_sql(PLAN, stack("mariadb")) == "ANALYZE SELECT id FROM posts LIMIT 20;"


def test_rows_are_compared_column_by_column() -> None:
    assert own_sql("SELECT id FROM posts WHERE (created_at, id) < ($1, $2)", stack("mysql")) == (
        "SELECT id FROM posts WHERE created_at <= ? AND (created_at < ? OR id < ?)"
    )


def test_what_cannot_be_translated_whole_stays() -> None:
    for text in (
        "CREATE INDEX CONCURRENTLY ON orders (user_id) WHERE done_at IS NULL;",
        "INSERT INTO t VALUES ($1) ON CONFLICT DO NOTHING;",
        "CREATE INDEX CONCURRENTLY ON users (lower(email));",
    ):
        assert own_sql(text, stack("mysql")) == f"-- PostgreSQL\n{text}"
    told = "-- PostgreSQL: who waits\nSELECT pid FROM pg_stat_activity;"
    assert own_sql(told, stack("mysql")) == told


def test_tables_are_written_for_mysql() -> None:
    table = (
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, key uuid NOT NULL DEFAULT gen_random_uuid(), "
        "kind text NOT NULL, body text, data jsonb NOT NULL, made_at timestamptz NOT NULL DEFAULT now(), "
        "PRIMARY KEY (id), UNIQUE (kind, key));"
    )
    assert own_sql(table, stack("mysql")) == (
        "CREATE TABLE t (id bigint AUTO_INCREMENT, key char(36) NOT NULL DEFAULT (uuid()), "
        "kind varchar(191) NOT NULL, body text, data json NOT NULL, made_at datetime(6) NOT NULL DEFAULT now(6), "
        "PRIMARY KEY (id), UNIQUE (kind, key));"
    )
    event = "INSERT INTO outbox (payload) VALUES (jsonb_build_object('userId', $1));"
    assert own_sql(event, stack("mysql")) == "INSERT INTO outbox (payload) VALUES (json_object('userId', ?));"
    rules = "CREATE TABLE rules (kind text PRIMARY KEY, keep interval NOT NULL);"
    assert own_sql(rules, stack("mysql")).startswith("-- PostgreSQL\n")


def test_small_differences_are_translated() -> None:
    assert own_sql(
        "SELECT count(*) FILTER (WHERE a = 1) FROM t WHERE b < now() - interval '90 days'", stack("mysql")
    ) == ("SELECT sum(a = 1) FROM t WHERE b < now() - interval 90 day")
    assert own_sql("SELECT id FROM t WHERE created_at::date = '2026-01-15' AND n ILIKE 'a%'", stack("mysql")) == (
        "SELECT id FROM t WHERE date(created_at) = '2026-01-15' AND n LIKE 'a%'"
    )


def test_others_see_the_page_as_it_is() -> None:
    assert own_sql(PLAN, stack("postgresql", "mysql")) == PLAN
    assert own_sql(PLAN, stack("spring-boot")) == PLAN
    assert own_words("`a < $1`", stack("postgresql")) == "`a < $1`"
    assert own_words("`a < $1` costs $100", stack("mysql")) == "`a < ?` costs $100"


def test_blocks_and_paragraphs_for_other_servers_are_left_out() -> None:
    text = (
        "Look:\n```sql for=postgresql\nSELECT 1;\n```\n```sql for=mysql\nSELECT 2;\n```\n"
        "`{postgresql}` Sort Method.\n\n`{mysql, mariadb}` Using filesort.\n\nFor all."
    )
    assert own_text(text, stack("mysql")) == "Look:\n```sql\nSELECT 2;\n```\nUsing filesort.\n\nFor all."
    assert own_text(text, stack("postgresql")) == "Look:\n```sql\nSELECT 1;\n```\nSort Method.\n\nFor all."
    assert "Sort Method" in own_text(text, []) and "Using filesort" in own_text(text, [])


def test_ioredis_takes_its_options_as_arguments() -> None:
    code = "await redis.set(key, JSON.stringify({ value }), { PX: Math.round(soft * 6) });"
    lock = "if (await redis.set(`lock:${key}`, '1', { NX: true, PX: 10_000 })) fill();"
    assert own_client(code, "javascript", stack("ioredis", "nestjs")) == (
        "await redis.set(key, JSON.stringify({ value }), 'PX', Math.round(soft * 6));"
    )
    assert own_client(lock, "javascript", stack("ioredis")) == (
        "if (await redis.set(`lock:${key}`, '1', 'PX', 10_000, 'NX')) fill();"
    )
    assert own_client(code, "javascript", stack("redis")) == code
