"""A migration that may have run already is not rewritten by `--fix`."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

DDL = """\
CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE INDEX users_name_idx ON users (name);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));
"""


@pytest.mark.parametrize(("name", "applicability"), [("schema.sql", "safe"), ("db/migration/V1__init.sql", "display")])
def test_what_mends_a_migration_is_shown_and_never_applied(name: str, applicability: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(DDL)
    (found,) = review([tmp_path], select=["DB301"]).findings
    assert found.fix is not None
    assert found.fix.applicability == applicability
