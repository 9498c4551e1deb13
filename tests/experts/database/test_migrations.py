"""Which migrations are judged, and how surely."""

from pathlib import Path

from backend_advisor.advise import answer, review
from backend_advisor.experts import Terms
from backend_advisor.model import Confidence, Finding

INDEX = "CREATE INDEX {name}_idx ON orders ({name});\n"


def found(root: Path, *codes: str) -> list[Finding]:
    return list(review([root], select=codes).findings)


def test_only_the_newest_are_judged_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for number in (1, 2, 9, 10, 11, 12, 13):
        (folder / f"V{number}__x.sql").write_text(INDEX.format(name=f"c{number}"))
    names = {one.location.artifact.rpartition("/")[2] for one in found(tmp_path, "DB307")}
    assert names == {f"V{number}__x.sql" for number in (9, 10, 11, 12, 13)}


def test_a_table_of_the_same_file_has_no_rows_and_one_of_an_earlier_file_perhaps(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    made = "CREATE TABLE orders (id bigint PRIMARY KEY, c1 text, j jsonb);\n"
    (folder / "V1__a.sql").write_text(made + INDEX.format(name="c1"))
    assert found(tmp_path, "DB307") == []
    (folder / "V1__a.sql").write_text(made)
    (folder / "V2__b.sql").write_text(INDEX.format(name="c1"))
    assert [one.confidence for one in found(tmp_path, "DB307")] == [Confidence.LOW]


def test_folders_that_are_named_by_time(tmp_path: Path) -> None:
    for number in range(7):
        folder = tmp_path / "prisma" / "migrations" / f"2026110{number}_x"
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(INDEX.format(name=f"c{number}"))
    assert len(found(tmp_path, "DB307")) == 5


def test_without_a_sign_of_the_product_it_is_a_guess(tmp_path: Path) -> None:
    for name, text, wanted in (
        ("plain", INDEX.format(name="a"), Confidence.LOW),
        ("postgres", "ALTER TABLE t ADD COLUMN j jsonb;\n" + INDEX.format(name="a"), Confidence.MEDIUM),
    ):
        folder = tmp_path / name / "migrations"
        folder.mkdir(parents=True)
        (folder / "V1__x.sql").write_text(text)
        assert [one.confidence for one in found(tmp_path / name, "DB307")] == [wanted]


def test_the_way_back_and_other_scripts_are_not_judged(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_x.down.sql").write_text(INDEX.format(name="a"))
    (tmp_path / "queries.sql").write_text(INDEX.format(name="b"))
    assert found(tmp_path, "DB307", "DB308", "DB309", "DB310") == []


def test_a_rename_counts_for_every_product(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "V1__x.sql").write_text("ALTER TABLE `orders` RENAME COLUMN memo TO remark;\n")
    assert [one.message for one in found(tmp_path, "DB310")] == [
        "`orders.memo` becomes `remark` at once: servers of the release before still ask for the old name"
    ]


def test_a_change_that_is_asked_about_is_judged_and_a_schema_is_not() -> None:
    change = "Is this safe to deploy?\n```sql\nALTER TABLE orders ALTER COLUMN amount TYPE bigint;\n```\n"
    schema = (
        "Why slow?\n```sql\nCREATE INDEX a_idx ON orders (a);\n```\n```sql\nSELECT * FROM orders WHERE b = 1;\n```\n"
    )
    for question, codes in ((change, {"DB309"}), (schema, set())):
        told = {one.code for one in answer(question, terms=Terms(prove=False)).findings}
        assert told & {"DB307", "DB308", "DB309", "DB310"} == codes
