"""Lines about another product than the asker's are left out."""

from backend_advisor.advice.foreign import is_foreign_code, own_lines
from backend_advisor.model import Technology

POSTGRES = "Queries by total time: `SELECT query FROM pg_stat_statements`."
INNODB = "`Innodb_buffer_pool_wait_free` above 0."
GENERAL = "The latency that your target names, per endpoint."
LINES = (POSTGRES, INNODB, GENERAL)


def stack(*names: str) -> list[Technology]:
    return [Technology(id=name, name=name, category="") for name in names]


def test_the_other_database_is_left_out() -> None:
    assert own_lines(LINES, stack("mysql")) == (INNODB, GENERAL)
    assert own_lines(LINES, stack("postgresql", "redis")) == (POSTGRES, GENERAL)


def test_without_a_database_in_the_stack_everything_stays() -> None:
    assert own_lines(LINES, stack("nodejs")) == LINES
    assert own_lines(LINES, stack("mysql", "postgresql")) == LINES


def test_a_runtime_counts_where_the_line_begins() -> None:
    java = "HikariCP: keep `maxLifetime` below the server's limit."
    example = (
        "Keep what a pool holds below the server's limit, that is, below `max_connections` less 3: in HikariCP 10."
    )
    both = "Gunicorn and PM2 workers each have a pool of their own."
    assert own_lines([java, example, both], stack("nodejs")) == (example, both)


def test_something_always_stays() -> None:
    assert own_lines([POSTGRES], stack("mysql")) == (POSTGRES,)


def test_code_is_of_the_runtime_and_the_database_of_the_stack() -> None:
    index = "CREATE INDEX CONCURRENTLY ON posts (created_at);"
    assert is_foreign_code("python", "x = 1", stack("spring-boot"))
    assert not is_foreign_code("kotlin", "val x = 1", stack("spring-boot"))
    assert not is_foreign_code("python", "x = 1", stack("go"))
    assert is_foreign_code("sql", index, stack("mysql"))
    assert not is_foreign_code("sql", index, stack("postgresql"))
    assert not is_foreign_code("sql", index, stack("spring-boot"))
    assert not is_foreign_code("sql", "CREATE INDEX i ON posts (created_at);", stack("mysql"))
