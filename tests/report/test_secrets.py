"""No output quotes a secret that was found."""

from pathlib import Path

import pytest

from backend_advisor.advise import review
from backend_advisor.report import MODULES, render

KEY = "AKIAQ3EGRT7PZ5LM2XVA"
PASSWORD = "s3cr3tPw9xx"
BODY = "MIIEowIBAAKCAQEA7bq1mJ2vX0c9kQz"
PROGRAM = f"""import requests

KEY = "{KEY}"
URL = "postgresql://app:{PASSWORD}@db.internal.corp:5432/app"


def read(id):
    return requests.get("https://example.com", headers={{"k": "{KEY}"}})
"""
KEY_FILE = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY[::-1]}\n-----END RSA PRIVATE KEY-----\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A program and settings that hold secrets."""
    (tmp_path / "app.py").write_text(PROGRAM)
    (tmp_path / ".env").write_text(f"AWS_ACCESS_KEY_ID={KEY}\nDB_PASSWORD={PASSWORD}\n")
    (tmp_path / "server.pem").write_text(KEY_FILE)
    return tmp_path


@pytest.mark.parametrize("format", MODULES)
@pytest.mark.parametrize("select", [(), ("PERF",)])
def test_secrets_are_hidden_in_every_format(tree: Path, format: str, select: tuple[str, ...]) -> None:
    report = review([tree], select=select)
    assert {Path(place.artifact).name for place in report.secrets} == {"app.py", ".env", "server.pem"}
    text = render(report, format, verbose=True)
    assert not [secret for secret in (KEY, PASSWORD, BODY, BODY[::-1]) if secret in text]


def test_columns_stay_as_they_are(tree: Path) -> None:
    report = review([tree / "app.py"], select=("SEC301",))
    lines = render(report, "review").split("\n")
    shown = next(number for number, line in enumerate(lines) if line.startswith("3 | KEY"))
    assert lines[shown] == '3 | KEY = "AKIA****************"'
    assert lines[shown + 1] == "  |       " + "^" * 22


def test_fixes_are_made_in_the_text_itself(tree: Path) -> None:
    report = review([tree / "app.py"])
    render(report, "json")
    assert KEY in report.case.artifacts[0].text


@pytest.mark.parametrize("format", ["json", "html", "sarif", "review", "markdown"])
def test_a_key_of_tokens_is_not_quoted_and_a_guessable_word_is_no_key(format: str, tmp_path: Path) -> None:
    key = "Zk4v9QpX2mLr8TnYwB7cHd"
    (tmp_path / "k.py").write_text(
        f'import jwt\n\n\ndef one(user, exp):\n    return jwt.encode({{"exp": exp}}, "{key}", algorithm="HS256")\n\n\n'
        'def two(user, exp):\n    return jwt.encode({"exp": exp}, "secret", algorithm="HS256")\n'
    )
    report = review([tmp_path / "k.py"], select=["SEC304"])
    assert len(report.findings) == 2
    text = render(report, format, verbose=True)
    assert key not in text and "secret" in text
