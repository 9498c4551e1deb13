"""Which version of Express runs is read from the manifests of the tree."""

import json
from pathlib import Path

import pytest

from backend_advisor.advise import review

PROGRAM = """const express = require('express');
const { Pool } = require('pg');
const app = express();
const pool = new Pool();

app.get('/users', async (req, res) => {
  const found = await pool.query('SELECT id FROM users WHERE team = $1', [req.query.team]);
  res.json(found);
});
"""


@pytest.mark.parametrize(
    ("version", "confidence"),
    [("^4.18.2", "high"), ("^5.1.0", None), (">=4", "high"), ("latest", "medium"), (None, "medium")],
)
def test_rejections_reach_the_error_handler_from_express_5_on(
    tmp_path: Path, version: str | None, confidence: str | None
) -> None:
    (tmp_path / "app.js").write_text(PROGRAM)
    if version is not None:
        (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"express": version}}))
    found = [one.confidence.value for one in review([tmp_path], select=("QUA130",)).findings]
    assert found == ([confidence] if confidence is not None else [])


def test_a_manifest_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text(PROGRAM)
    (tmp_path / "package.json").write_text('{"dependencies": ["express"')
    assert len(review([tmp_path], select=("QUA130",)).findings) == 1
