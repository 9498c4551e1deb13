"""Which language a question is in, and that it is in none that is read."""

import pytest

from backend_advisor.intake.language import is_foreign, language_of

FOREIGN = (
    "データベースの接続プールが枯渇します。どうすればいいですか",
    "PostgreSQLのクエリが遅い",
    "数据库连接池耗尽怎么办",
    "Почему запрос медленный",
    "¿Por qué mi consulta es lenta en PostgreSQL?",
    "pourquoi ma requête est lente avec mysql",
    "Wie kann ich meine PostgreSQL Abfrage schneller machen?",
    "Tại sao truy vấn của tôi chậm",
)
READ = (
    "",
    "why is my query slow",
    "HikariPool-1 - Connection is not available",
    "Hikari pool die when restart en production",
    "redis oom en prod",
    "café and naïve sort wrong in MySQL",
    "왜 쿼리가 느린가요?",
    "connection pool 고갈 HikariPool",
    'ERROR: duplicate key value violates unique constraint "주문_pkey"',
    "日本語 text sorts wrong in our PostgreSQL table, which collation should we use?",
)


@pytest.mark.parametrize("question", FOREIGN)
def test_another_language_is_told_apart(question: str) -> None:
    assert is_foreign(question)


@pytest.mark.parametrize("question", READ)
def test_english_and_korean_are_read(question: str) -> None:
    assert not is_foreign(question)


def test_korean_with_english_terms_is_korean() -> None:
    assert language_of("HikariCP connection pool이 자꾸 고갈됩니다") == "ko"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("NoSuchMethodError가 나요 gradle", "ko"),
        ("ECONNRESET은 redis cluster ioredis pipeline", "ko"),
        ("select for update 언제 쓰나요", "ko"),
        ("what does 개인정보 보호법 require for logs?", "en"),
        ("how do I store 주민등록번호 safely in PostgreSQL", "en"),
        ("resident registration number 주민등록번호 encryption", "en"),
    ],
)
def test_what_joins_the_names_decides(question: str, language: str) -> None:
    assert language_of(question) == language
