"""Services of one tree whose tables have the same name."""

from pathlib import Path

from backend_advisor.advise import review

NAMES = ", ".join(f"c{number}" for number in range(12))
WIDE = ", ".join(f"c{number} text" for number in range(12))


def _write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_query_means_the_table_of_its_own_service(tmp_path: Path) -> None:
    _write(tmp_path, "shop/db/schema.sql", f"CREATE TABLE orders (id bigint PRIMARY KEY, {WIDE}, total numeric);")
    _write(tmp_path, "shop/app/orders.sql", "SELECT * FROM orders WHERE id = 1;")
    _write(tmp_path, "mail/db/schema.sql", "CREATE TABLE orders (id bigint PRIMARY KEY, address text, sent boolean);")
    (found,) = review([tmp_path], select=["DB120"]).findings
    assert found.fix is not None
    assert [edit.replacement for edit in found.fix.edits] == [f"id, {NAMES}, total"]


def test_indexes_of_another_service_serve_no_query_of_this_one(tmp_path: Path) -> None:
    query = "SELECT id FROM orders WHERE customer = 7;"
    columns = "id bigint PRIMARY KEY, customer bigint, "
    _write(tmp_path, "shop/schema.sql", f"CREATE TABLE orders ({columns}total numeric);")
    _write(tmp_path, "shop/orders.sql", query)
    _write(
        tmp_path,
        "mail/schema.sql",
        f"CREATE TABLE orders ({columns}sent boolean); CREATE INDEX i ON orders (customer);",
    )
    _write(tmp_path, "mail/orders.sql", query)
    found = {one.location.artifact for one in review([tmp_path], select=["DB101"]).findings}
    assert {name.rpartition("/")[0].rpartition("/")[2] for name in found} == {"shop"}


def test_a_definition_that_is_as_near_as_another_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "db/migrations/001.sql", "CREATE TABLE orders (id bigint PRIMARY KEY);")
    _write(tmp_path, "db/schema.sql", f"CREATE TABLE orders (id bigint PRIMARY KEY, {WIDE}, total numeric);")
    _write(tmp_path, "src/orders.sql", "SELECT * FROM orders WHERE id = 1;")
    (found,) = review([tmp_path], select=["DB120"]).findings
    assert found.fix is not None
    assert [edit.replacement for edit in found.fix.edits] == [f"id, {NAMES}, total"]
