"""Migrations written in code: which statements their calls make, which are judged, and how surely."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_advisor.advise import answer, review
from backend_advisor.experts import Terms
from backend_advisor.experts.database.migration_code.frameworks import frameworks
from backend_advisor.experts.database.migration_code.gathering import changes_in_code
from backend_advisor.experts.database.workload import workload_of
from backend_advisor.intake.files import file_artifact
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence
from backend_advisor.plain_yaml import load_plain_yaml
from backend_advisor.sql.statement import Problem, parse

CODES = ("DB307", "DB308", "DB309", "DB310")
ALEMBIC = """\
from alembic import op
import sqlalchemy as sa
revision = "b"
down_revision = "a"


def upgrade():
{}
"""
DJANGO = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
{}
    ]
"""
TYPEORM = """\
import {{ MigrationInterface }} from 'typeorm';
export class A1 implements MigrationInterface {{
  async up(runner) {{
{}
  }}
}}
"""
KNEX = "// knex\nexports.up = async function (knex) {{\n{}\n}};\n"
SEQUELIZE = "module.exports = {{\n  async up(queryInterface, Sequelize) {{\n{}\n  }},\n}};\n"
NAMES = {
    "alembic": ("alembic/versions/b_x.py", ArtifactKind.PYTHON, ALEMBIC, "    "),
    "django": ("shop/migrations/0002_x.py", ArtifactKind.PYTHON, DJANGO, "        "),
    "typeorm": ("src/migrations/1700000000000-X.ts", ArtifactKind.TYPESCRIPT, TYPEORM, "    "),
    "knex": ("migrations/20260101000000_x.js", ArtifactKind.JAVASCRIPT, KNEX, "  "),
    "sequelize": ("migrations/20260101000000-x.js", ArtifactKind.JAVASCRIPT, SEQUELIZE, "    "),
}


def migration(framework: str, body: str) -> Artifact:
    name, kind, form, indent = NAMES[framework]
    text = form.format("\n".join(indent + line for line in body.split("\n")))
    return Artifact(name=name, kind=kind, text=text, origin="file")


def made(framework: str, body: str) -> list[str]:
    """The statements that a migration makes."""
    case = Case(question="", language="en", artifacts=(migration(framework, body),))
    return [" ".join(one.text.split()) for one in changes_in_code(case)]


def _calls() -> Iterator[pytest.param]:
    told = load_plain_yaml(Path(__file__).with_name("migration_calls.yaml").read_text("utf-8"))
    for framework, calls in told.items():
        for number, one in enumerate(calls, start=1):
            yield pytest.param(framework, one["call"], one["makes"], id=f"{framework}-{number}")


@pytest.mark.parametrize(("framework", "call", "statements"), list(_calls()))
def test_what_a_call_makes(framework: str, call: str, statements: list[str]) -> None:
    assert made(framework, call) == statements


def test_every_form_is_a_change_of_a_table_or_sql_as_it_is() -> None:
    for framework in frameworks():
        for name, call in framework.calls.items():
            for make in call.makes:
                worded = re.sub(r"\{[\w.]+\?[^}]*\}|\{[\w.]+[~%!^][^}]*\}", "", make.sql)
                worded = re.sub(r"\{[\w.]+&\}", "other (id)", re.sub(r"\{[\w.]+:\}", "text", worded))
                worded = re.sub(r"\{[\w.]+[=$]\}", "TRUE", re.sub(r"\{[\w.]+[*@]?\}", "x", worded))
                assert worded == "TRUE" or not isinstance(parse(worded, "postgres"), Problem), (framework.name, name)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def found(root: Path) -> list[tuple[str, str, int]]:
    said = review([root], select=CODES).findings
    return sorted(
        (one.code, one.location.artifact.rpartition("/")[2], one.location.span.line if one.location.span else 0)
        for one in said
    )


def test_the_last_revisions_are_judged_whatever_their_files_are_called(tmp_path: Path) -> None:
    chain = ["q", "c", "z", "a", "m", "b", "x"]
    before: str | None = None
    for name in chain:
        text = ALEMBIC.format(f'    op.create_index("i_{name}", "orders", ["{name}"])')
        text = text.replace('revision = "b"', f'revision: str = "{name}"', 1).replace(
            'down_revision = "a"', f"down_revision: str | None = {before!r}"
        )
        write(tmp_path, {f"alembic/versions/{name}_x.py": text})
        before = name
    assert {name for _, name, _ in found(tmp_path)} == {f"{name}_x.py" for name in chain[-5:]}


def test_the_way_back_and_tables_made_in_the_same_file_are_left_out(tmp_path: Path) -> None:
    one = SEQUELIZE.format('    await queryInterface.createTable("orders", {});\n'
                           '    await queryInterface.addIndex("orders", ["a"]);\n  },\n  async down(queryInterface) {\n'
                           '    await queryInterface.addIndex("users", ["a"]);')  # fmt: skip
    assert found(write(tmp_path, {"migrations/20260101000000-a.js": one})) == []


def test_a_finding_stands_at_the_call_and_at_the_statement_that_is_written_out(tmp_path: Path) -> None:
    body = '''\
    op.create_index(
        "i", "orders", ["a"]
    )
    op.execute("""
        ALTER TABLE orders
        ADD CONSTRAINT c CHECK (a > 0)
    """)'''
    root = write(tmp_path, {"alembic/versions/b_x.py": ALEMBIC.format(body)})
    said = {one.code: one.location.span for one in review([root], select=CODES).findings}
    index, check = said["DB307"], said["DB308"]
    assert index is not None
    assert check is not None
    assert (index.line, index.column, index.end_line, index.end_column) == (8, 5, 10, 6)
    assert (check.line, check.column) == (13, 24)


@pytest.mark.parametrize(
    ("beside", "codes"),
    [
        ("", {"DB307": Confidence.LOW, "DB310": Confidence.MEDIUM}),
        ('URL = "postgresql+asyncpg://db/shop"\n', {"DB307": Confidence.MEDIUM, "DB310": Confidence.MEDIUM}),
        ('URL = "mysql+aiomysql://db/shop"\n', {"DB310": Confidence.MEDIUM}),
        ('URL = "sqlite:///shop.db"\n', {"DB310": Confidence.MEDIUM}),
        ("import psycopg\nimport sqlite3\n", {"DB307": Confidence.MEDIUM, "DB310": Confidence.MEDIUM}),
    ],
)  # fmt: skip
def test_the_product_is_read_in_the_program(tmp_path: Path, beside: str, codes: dict[str, Confidence]) -> None:
    body = '    op.create_index("i", "orders", ["a"])\n    op.rename_table("a", "b")'
    root = write(tmp_path, {"alembic/versions/b_x.py": ALEMBIC.format(body), "app/db.py": beside})
    assert {one.code: one.confidence for one in review([root], select=CODES).findings} == codes


def test_changes_in_code_are_no_schema_and_no_queries() -> None:
    file = migration(
        "alembic", 'op.create_foreign_key("f", "orders", "users", ["u"], ["id"])\nop.execute("ALTER TABEL x")'
    )
    case = Case(question="", language="en", artifacts=(file,))
    work = workload_of(Case(question="", language="en", artifacts=(file, *changes_in_code(case))))
    assert (work.definitions, work.queries, work.broken, work.schema.tables) == ((), (), (), {})
    assert len(work.changes) == 1


def test_a_required_column_without_a_value_is_told_once_and_on_the_way_up_only(tmp_path: Path) -> None:
    body = (
        '    op.add_column("orders", sa.Column("a", sa.Text(), nullable=False))\n'
        '    op.execute("ALTER TABLE orders ADD COLUMN b text NOT NULL")\n'
        '    op.execute("SELECT 1 FROM orders")\n\n\ndef downgrade():\n'
        '    op.execute("ALTER TABLE orders ADD COLUMN c text NOT NULL")'
    )
    root = write(tmp_path, {"alembic/versions/b_x.py": ALEMBIC.format(body)})
    said = review([root], select=("DB305",)).findings
    assert [one.location.span.line for one in said if one.location.span] == [8, 9]


def test_no_other_rule_speaks_of_them(tmp_path: Path) -> None:
    body = 'op.create_foreign_key("f", "orders", "users", ["u"], ["id"])\n    op.create_index("i", "orders", ["rrn"])'
    root = write(tmp_path, {"alembic/versions/b_x.py": ALEMBIC.format(f"    {body}")})
    assert {one.code for one in review([root]).findings if one.code.startswith("DB")} == {"DB307", "DB308"}


def test_an_app_goes_by_the_label_of_its_configuration(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "shop/apps.py": 'from django.apps import AppConfig\n\n\nclass Shop(AppConfig):\n    label = "store"\n',
            "shop/migrations/0002_x.py": DJANGO.format('        migrations.RenameField("order", "a", "b"),'),
        },
    )
    assert [one.message.partition("`")[2].partition("`")[0] for one in review([root], select=CODES).findings] == [
        "store_order.a"
    ]


def test_a_migration_that_is_asked_about_needs_no_function_around_it() -> None:
    for language, call in (
        ("python", 'op.create_index("i", "orders", ["a"])'),
        ("python", 'migrations.AddIndex("order", models.Index(fields=["a"], name="i"))'),
        ("javascript", 'await knex.schema.alterTable("orders", (t) => { t.index("a"); });'),
    ):
        question = f"Is this migration safe to run in production on PostgreSQL?\n```{language}\n{call}\n```\n"
        assert "DB307" in {one.code for one in answer(question, terms=Terms(prove=False)).findings}


@pytest.mark.parametrize(
    "body",
    [
        "    op.create_index(" + "(" * 3_000 + '"i"' + ")" * 3_000 + ', "orders", ["a"])',
        "    x = [x]\n    op.create_index('i', 'orders', x)",
        "    a = a + a\n    op.execute(a)",
        "\n".join(f"    a{n} = a{n + 1} + a{n + 1}" for n in range(60)) + "\n    a60 = 'x'\n    op.execute(a0)",
        "    op.create_index('i', 'orders'",
        "    op.rename_table('a;b', 'c\"d')\n    op.execute(op.execute(",
        "    " + "op.f(" * 2_000 + ")" * 2_000,
    ],
)
def test_hostile_files(body: str) -> None:
    file = Artifact(name="alembic/versions/b_x.py", kind=ArtifactKind.PYTHON, text=ALEMBIC.format(body), origin="file")
    start = time.monotonic()
    changes_in_code(Case(question="", language="en", artifacts=(file,)))
    assert time.monotonic() - start < 10


def test_a_tree_without_migrations_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("backend_advisor.code.analysis.lowered", unwanted)
    files = tuple(file_artifact("import knex\ndef upgrade():\n    pass\n", f"app/m{n}.py") for n in range(3))
    assert changes_in_code(Case(question="", language="en", artifacts=files)) == ()
