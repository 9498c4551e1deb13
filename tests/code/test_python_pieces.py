"""Pieces of Python that import nothing are read by what their names usually stand for."""

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms

N_PLUS_ONE = """
@app.get("/posts")
async def list_posts(db: Session = Depends(get_db)):
    posts = db.query(Post).limit(20).all()
    return [db.query(User).filter(User.id == post.author_id).first().name for post in posts]
"""
FLASK = """
@app.route("/users/<name>")
def user(name):
    cursor.execute("SELECT id FROM users WHERE name = '" + request.args["name"] + "'")
"""
FASTAPI = """
@router.get("/users/{name}")
def user(name: str):
    return db.execute(text(f"SELECT id FROM users WHERE name = '{name}'")).all()
"""


@pytest.mark.parametrize(("code", "found"), [(N_PLUS_ONE, "PERF201"), (FLASK, "SEC201"), (FASTAPI, "SEC201")])
def test_defects_are_found_without_imports(code: str, found: str) -> None:
    report = answer(f"What is wrong here?\n\n```python\n{code}\n```\n", terms=Terms(prove=False))
    assert found in {finding.code for finding in report.findings}
