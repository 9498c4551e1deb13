"""What a patch brings is told apart from what stood there before it."""

from pathlib import Path

from backend_advisor.advise import answer, review
from backend_advisor.experts import Terms

PATCH = """\
--- a/src/routes/users.js
+++ b/src/routes/users.js
@@ -1,9 +1,14 @@
 const express = require('express');
 const { pool } = require('../db');
 const router = express.Router();
 router.get('/search', async (req, res) => {
   const rows = await pool.query("SELECT id FROM users WHERE name = '" + req.query.name + "'");
   res.json(rows);
 });
+router.get('/:id/orders', async (req, res) => {
+  const orders = await pool.query(`SELECT id FROM orders WHERE user_id = ${req.params.id}`);
+  res.json(orders.rows);
+});
 module.exports = router;
"""
TERMS = Terms(prove=False)


def test_findings_are_those_of_the_lines_that_it_adds() -> None:
    report = answer(f"Please review this patch\n```diff\n{PATCH}```\n", terms=TERMS)
    assert {one.location.span.line for one in report.findings if one.code == "SEC201" and one.location.span} == {9}
    (notice,) = [one for one in report.notices if "this patch" in one]
    assert "SEC201 (src/routes/users.js:5)" in notice


def test_a_question_that_only_points_at_a_patch_gets_no_general_page() -> None:
    clean = "--- a/src/money.py\n+++ b/src/money.py\n@@ -1 +1,3 @@\n from decimal import Decimal\n+ZERO = Decimal(0)\n"
    for question in ("Please review this patch", "이 패치 리뷰 부탁드려요"):
        report = answer(f"{question}\n```diff\n{clean}```\n", terms=TERMS)
        assert report.advice == ()
        assert any("src/money.py" in notice for notice in report.notices)


def test_a_review_tells_of_a_patch_what_an_answer_tells(tmp_path: Path) -> None:
    for name in ("change.diff", "change.patch"):
        file = tmp_path / name
        file.write_text(PATCH)
        asked = answer("Please review this patch", [file], terms=TERMS)
        reviewed = review([file], terms=TERMS)
        assert [one.code for one in reviewed.findings if one.code == "SEC201"] == ["SEC201"]
        assert {(one.code, one.location) for one in reviewed.findings} == {
            (one.code, one.location) for one in asked.findings
        }
        assert any("SEC201 (src/routes/users.js:5)" in notice for notice in reviewed.notices)


def test_a_patch_in_a_folder_is_a_file_of_it(tmp_path: Path) -> None:
    (tmp_path / "old.patch").write_text(PATCH)
    assert review([tmp_path], terms=TERMS).findings == ()
