"""Lists of a database's sessions beside a question: who holds what the others wait for."""

from pathlib import Path

from backend_advisor.advise import answer
from backend_advisor.experts import Terms

POSTGRES = """\
  pid  | usename | state               | wait_event_type | xact_age    | query
-------+---------+---------------------+-----------------+-------------+------------------------------------------
 41802 | batch   | idle in transaction | Client          | 02:11:40.12 | SELECT * FROM users WHERE id = 1
 42011 | deploy  | active              | Lock            | 00:03:02.4  | ALTER TABLE users ADD COLUMN country text
 42019 | app     | active              | Lock            | 00:03:00.1  | SELECT id FROM users WHERE id = 7
"""


def test_the_idle_session_is_named(tmp_path: Path) -> None:
    file = tmp_path / "sessions.txt"
    file.write_text(POSTGRES)
    first = answer("Why did every query hang during the deploy?", [file], terms=Terms(prove=False)).advice[0]
    assert "DB405" in first.codes
    assert "session 41802 (batch) has been idle for 7,900 s" in first.root_cause
    assert "pg_terminate_backend(41802)" in first.root_cause
    assert "42011: ALTER TABLE users" in first.root_cause


def test_nobody_is_named_where_two_may_hold_it(tmp_path: Path) -> None:
    file = tmp_path / "sessions.txt"
    file.write_text(POSTGRES + " 41803 | batch   | idle in transaction | Client          | 01:00:00.00 | SELECT 1\n")
    first = answer("Why did every query hang during the deploy?", [file], terms=Terms(prove=False)).advice[0]
    assert "pg_terminate_backend(4" not in first.root_cause


def test_sessions_of_which_none_waits_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "sessions.txt"
    file.write_text(POSTGRES.replace("Lock  ", "Client"))
    advice = answer("Why did every query hang?", [file], terms=Terms(prove=False)).advice
    assert not any("41802" in one.root_cause for one in advice)
