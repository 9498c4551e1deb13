"""Lists of a database's sessions beside a question: who holds what the others wait for."""

from pathlib import Path

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms

MYSQL = """\
mysql> SHOW FULL PROCESSLIST;
+-----+--------+------+----+---------+------+---------------------------------+----------------------------------------+
| Id  | User   | Host | db | Command | Time | State                           | Info                                   |
+-----+--------+------+----+---------+------+---------------------------------+----------------------------------------+
|   7 | report | a:1  | s  | Sleep   |  900 |                                 | NULL                                   |
|  12 | pool   | a:2  | s  | Sleep   |    1 |                                 | NULL                                   |
|  31 | deploy | a:3  | s  | Query   |   40 | Waiting for table metadata lock | ALTER TABLE members ADD COLUMN c INT   |
|  32 | app    | a:4  | s  | Query   |   39 | Waiting for table metadata lock | SELECT id FROM members WHERE id = 1    |
+-----+--------+------+----+---------+------+---------------------------------+----------------------------------------+
"""
POSTGRES = """\
  pid  | usename | state               | wait_event_type | xact_age    | query
-------+---------+---------------------+-----------------+-------------+------------------------------------------
 41802 | batch   | idle in transaction | Client          | 02:11:40.12 | SELECT * FROM users WHERE id = 1
 42011 | deploy  | active              | Lock            | 00:03:02.4  | ALTER TABLE users ADD COLUMN country text
 42019 | app     | active              | Lock            | 00:03:00.1  | SELECT id FROM users WHERE id = 7
"""


@pytest.mark.parametrize(
    ("text", "code", "holder", "kill", "change"),
    [
        (MYSQL, "DB531", "session 7 (report) has been idle for 900 s", "KILL 7;", "31: ALTER TABLE members"),
        (
            POSTGRES,
            "DB405",
            "session 41802 (batch) has been idle for 7,900 s",
            "pg_terminate_backend(41802)",
            "42011: ALTER TABLE users",
        ),
    ],
)
def test_the_idle_session_is_named(text: str, code: str, holder: str, kill: str, change: str, tmp_path: Path) -> None:
    file = tmp_path / "sessions.txt"
    file.write_text(text)
    first = answer("Why did every query hang during the deploy?", [file], terms=Terms(prove=False)).advice[0]
    assert code in first.codes
    assert all(one in first.root_cause for one in (holder, kill, change))


def test_sessions_of_which_none_waits_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "sessions.txt"
    file.write_text(POSTGRES.replace("Lock  ", "Client"))
    advice = answer("Why did every query hang?", [file], terms=Terms(prove=False)).advice
    assert not any("41802" in one.root_cause for one in advice)
