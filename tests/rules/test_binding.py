"""Values written into SQL become bound parameters, where that is certain to mean the same."""

import pytest

from backend_advisor import knowledge
from backend_advisor.code.reading import read_code
from backend_advisor.fixes import edited
from backend_advisor.knowledge.detection import Failures
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.running import matches

_PYTHON = """import {driver}
from flask import request


def find():
    name = request.args["name"]
    cursor = {driver}.connect("x").cursor()
    {statement}
"""
_NODE = """const {{ Pool }} = require('pg');
const mysql = require('mysql2/promise');
const express = require('express');
const pool = new Pool();
const my = mysql.createPool({{}});
const app = express();
app.get('/x', async (req, res) => {{
  const name = req.query.name;
  {statement}
}});
"""


def _fixed(kind: str, text: str) -> tuple[str, str]:
    """The text after its fix, and how safe the fix is."""
    suffix = {"python": "py", "javascript": "js"}[kind]
    artifact = Artifact(name=f"a.{suffix}", kind=ArtifactKind(kind), text=text, origin="file")
    reading = read_code((artifact,))
    places = Places(reading.artifacts)
    found = [
        match
        for analysis in reading.analyses
        for rule, match in matches(CodeContext(analysis, places), knowledge.load(), "security", Failures())
        if rule.code == "SEC201"
    ]
    assert len(found) == 1
    return edited(text, found[0].edits), found[0].applicability


@pytest.mark.parametrize(
    ("driver", "statement", "wanted", "applicability"),
    [
        ("sqlite3", """cursor.execute(f"SELECT 1 FROM t WHERE a = '{name}'")""",
         """cursor.execute("SELECT 1 FROM t WHERE a = ?", (name,))""", "safe"),
        ("sqlite3", """cursor.execute("SELECT 1 FROM t WHERE a = '" + name + "' AND b = 1")""",
         """cursor.execute("SELECT 1 FROM t WHERE a = ? AND b = 1", (name,))""", "safe"),
        ("sqlite3", """cursor.execute("SELECT 1 FROM t WHERE a = " + name)""",
         """cursor.execute("SELECT 1 FROM t WHERE a = ?", (name,))""", "unsafe"),
        ("sqlite3", """cursor.execute("SELECT 1 FROM t WHERE a = '%s' AND b = '%s'" % (name, name.lower()))""",
         """cursor.execute("SELECT 1 FROM t WHERE a = ? AND b = ?", (name, name.lower()))""", "safe"),
        ("psycopg2", """cursor.execute("INSERT INTO t (a, b) VALUES ('{}', '{}')".format(name, 1))""",
         """cursor.execute("INSERT INTO t (a, b) VALUES (%s, %s)", (name, 1))""", "safe"),
        ("pymysql", """sql = f"DELETE FROM t WHERE a='{name}'"
    cursor.execute(sql)""",
         """sql = "DELETE FROM t WHERE a=%s"
    cursor.execute(sql, (name,))""", "safe"),
        ("sqlite3", """cursor.execute('SELECT 1 FROM t WHERE a = \\'' + name + '\\'')""",
         """cursor.execute('SELECT 1 FROM t WHERE a = ?', (name,))""", "safe"),
    ],
)  # fmt: skip
def test_python(driver: str, statement: str, wanted: str, applicability: str) -> None:
    text = _PYTHON.format(driver=driver, statement=statement)
    assert _fixed("python", text) == (_PYTHON.format(driver=driver, statement=wanted), applicability)


@pytest.mark.parametrize(
    ("statement", "wanted", "applicability"),
    [
        ("res.json(await pool.query(`SELECT 1 FROM t WHERE a = '${name}' AND b = '${ name }'`));",
         "res.json(await pool.query(`SELECT 1 FROM t WHERE a = $1 AND b = $2`, [name, name]));", "safe"),
        ("""res.json(await my.query("SELECT 1 FROM t WHERE a = '" + name + "'"));""",
         """res.json(await my.query("SELECT 1 FROM t WHERE a = ?", [name]));""", "safe"),
        ("const sql = `SELECT 1 FROM t WHERE a = ${name}`;\n  res.json(await pool.query(sql));",
         "const sql = `SELECT 1 FROM t WHERE a = $1`;\n  res.json(await pool.query(sql, [name]));", "unsafe"),
    ],
)  # fmt: skip
def test_javascript(statement: str, wanted: str, applicability: str) -> None:
    text = _NODE.format(statement=statement)
    assert _fixed("javascript", text) == (_NODE.format(statement=wanted), applicability)


def test_sqlalchemy_text() -> None:
    text = """from flask import request
from sqlalchemy import create_engine, text

engine = create_engine("sqlite://")


def find():
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT 1 FROM t WHERE a = '{request.args['name']}'"))
"""
    wanted = text.replace(
        """text(f"SELECT 1 FROM t WHERE a = '{request.args['name']}'")""",
        """text("SELECT 1 FROM t WHERE a = :value").bindparams(value=request.args['name'])""",
    )
    assert _fixed("python", text) == (wanted, "safe")


@pytest.mark.parametrize(
    "statement",
    [
        """cursor.execute(f"SELECT 1 FROM t ORDER BY {name}")""",
        """cursor.execute(f"SELECT 1 FROM {name} WHERE a = 1")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a LIKE '%{name}%'")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a LIKE 'x{name}'")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a IN ({name})")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a = '{name}' AND b = ?", (1,))""",
        """cursor.execute(f"SELECT '?' FROM t WHERE a = '{name}'")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a = {name}.b")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a = '{name!r}'")""",
        """cursor.execute(f"SELECT 1 FROM t WHERE a = '{name:>9}'")""",
        """cursor.execute(f"SELECT 1 -- '{name}'")""",
        """cursor.execute("SELECT 1 FROM t WHERE a = '%(n)s'" % {"n": name})""",
        """sql = f"SELECT 1 FROM t WHERE a = '{name}'"
    print(sql)
    cursor.execute(sql)""",
    ],
)
def test_what_cannot_be_told_is_left(statement: str) -> None:
    text = _PYTHON.format(driver="sqlite3", statement=statement)
    assert _fixed("python", text) == (text, "display")
