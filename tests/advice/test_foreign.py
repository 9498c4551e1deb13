"""Lines about another product than the asker's are left out."""

from backend_advisor.advice.foreign import family_of, is_foreign_code, own_lines, own_sentences
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


def test_sentences_that_begin_with_the_other_runtime_are_left_out() -> None:
    text = "List the fields of a request. In NestJS `@Body() body: any` switches validation off. Refuse unknown ones."
    assert own_sentences(text, stack("spring-boot")) == "List the fields of a request. Refuse unknown ones."
    assert own_sentences(text, stack("nestjs")) == text
    assert own_sentences(text, []) == text
    assert own_sentences(text, stack("spring-boot"), ["nestjs"]) == text, "the page is about it"


def test_what_the_next_sentence_leans_on_stays() -> None:
    text = "Close it on every path. Django does so by itself. It fails in threads of your own."
    assert own_sentences(text, stack("spring-boot")) == text


def test_the_first_sentence_stays() -> None:
    text = "Django's debug page shows settings. Others show less."
    assert own_sentences(text, stack("express")) == text


def test_an_aside_is_left_out_with_the_particle_of_what_it_followed() -> None:
    text = "웹훅 경로만 원본(`express.text`나 `express.raw`)으로 받습니다. `SET (max_slot_wal_keep_size)`은 둡니다."
    left = "웹훅 경로만 원본으로 받습니다. `SET (max_slot_wal_keep_size)`은 둡니다."
    assert own_sentences(text, stack("spring-boot", "mysql")) == left
    assert own_sentences("표(`pg_class`)는 봅니다.", stack("mysql")) == "표는 봅니다."
    listed = "Start both together (`Promise.all`, `asyncio.gather`)."
    assert own_sentences(listed, stack("fastapi")) == listed


def test_a_runtime_stands_for_all_that_runs_on_it() -> None:
    assert {"spring-boot", "quarkus"} <= family_of(["java"])
    assert family_of(["spring"]) == {"spring"}


def test_aurora_alone_says_neither() -> None:
    assert own_lines(LINES, stack("aurora")) == LINES
    assert own_lines(LINES, stack("aurora", "mysql")) == (INNODB, GENERAL)


def test_a_particle_ends_a_name_and_a_language_may_be_the_clients() -> None:
    text = "반납합니다. node-postgres는 헬퍼로 처리합니다. JavaScript는 숫자를 double로 읽습니다. MySQL은 다릅니다."
    assert (
        own_sentences(text, stack("spring-boot", "postgresql")) == "반납합니다. JavaScript는 숫자를 double로 읽습니다."
    )
