"""Which advice comes first, and what is said of another day."""

from datetime import date

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms

LOGIN = """\
```js
const express = require('express');
const { Pool } = require('pg');
const pool = new Pool();
const app = express();
app.post('/login', async (req, res) => {
  const { rows } = await pool.query(`SELECT id FROM users WHERE email = '${req.body.email}'`);
  res.json(rows);
});
```
"""


@pytest.mark.parametrize(
    "asked", ["Can you review this login for security?", "이 로그인 코드의 보안 문제를 봐 주세요."]
)
def test_whoever_asks_for_security_reads_of_it_first(asked: str) -> None:
    report = answer(f"{asked}\n\n{LOGIN}", terms=Terms(prove=False))
    assert report.advice[0].codes[0].startswith("SEC")


@pytest.mark.parametrize("asked", ["Please review this code.", "Is this handler ok?", "이 코드 리뷰해 주세요."])
def test_whoever_asks_for_a_review_reads_first_of_what_is_surely_wrong(asked: str) -> None:
    report = answer(f"{asked}\n\n{LOGIN}", terms=Terms())
    assert report.advice[0].codes[0] == "SEC201"


def test_a_download_that_runs_code_comes_before_its_missing_timeout() -> None:
    program = "import pickle\nimport requests\n\n\ndef load(url):\n    return pickle.loads(requests.get(url).content)"
    report = answer(f"Is this Python code OK?\n```python\n{program}\n```", terms=Terms(prove=False))
    assert [one.codes[0] for one in report.advice[:2]] == ["SEC216", "PERF211"]


def test_an_answer_for_another_day_says_what_follows_the_day() -> None:
    asked = "How fast must we report a breach of personal data in Korea?"
    then = answer(asked, terms=Terms(prove=False, day=date(2023, 1, 1)))
    assert any("2023-01-01" in notice for notice in then.notices)
    assert not any("--as-of" in notice for notice in answer(asked, terms=Terms(prove=False)).notices)


RETENTION = """\
A Korean online shop. When a member leaves we run

```sql
UPDATE users SET is_deleted = true;
```

and keep everything, because "commerce law says five years". What must we destroy and when, and what may we keep?
"""


def test_what_illustrates_a_question_stands_behind_its_answer() -> None:
    report = answer(RETENTION, terms=Terms(prove=False))
    assert report.advice[0].codes[0].startswith("KOR")
    assert any(one.findings for one in report.advice)


def test_what_was_found_of_the_very_subject_comes_first() -> None:
    query = "SELECT * FROM posts ORDER BY id LIMIT 20 OFFSET 99980;"
    asked = f"Page 5000 of GET /posts takes 6 s, how do we paginate?\n\n{query}"
    assert answer(asked, terms=Terms(prove=False)).advice[0].findings


SHOP = """\
```js
const express = require('express');
const { Pool } = require('pg');
const pool = new Pool();
const app = express();
app.use(requireLogin);
app.get('/orders/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM orders WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});
```
"""


@pytest.mark.parametrize("asked", ["PR 리뷰 부탁드려요.", "Could you review this, please?"])
def test_a_review_opens_with_what_is_wrong_and_not_with_what_was_measured(asked: str) -> None:
    report = answer(f"{asked}\n\n{SHOP}", terms=Terms())
    assert report.advice[0].codes[0] == "SEC401"
