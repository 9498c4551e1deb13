"""A rule that breaks off is told, and what the others found stands."""

from collections.abc import Iterator

import pytest

from backend_advisor import advise
from backend_advisor.code.files import is_test
from backend_advisor.experts import Terms
from backend_advisor.intake import read
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules import registry
from backend_advisor.rules.registry import CodeContext

CODE = """Is this safe?

```python
import os
from flask import Flask, request

app = Flask(__name__)

@app.get("/ping")
def ping():
    return os.popen("ping -c1 " + request.args["host"]).read()
```
"""


def _broken(_context: CodeContext) -> Iterator[Match]:
    raise ZeroDivisionError("in a rule")
    yield


def test_the_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    advise.answer(CODE, terms=Terms(prove=False))
    monkeypatch.setitem(registry._detectors, "SEC301", _broken)
    monkeypatch.delenv("ADVISOR_DEBUG", raising=False)
    report = advise.advise(read(CODE, (), "ko"), Terms(prove=False))
    assert "SEC203" in {finding.code for finding in report.findings}
    (failed,) = (one for one in report.case.unread if one.name == "SEC301")
    assert "ZeroDivisionError: in a rule" in failed.reason
    assert "버그" in failed.reason
    monkeypatch.setenv("ADVISOR_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        advise.advise(read(CODE, (), "ko"), Terms(prove=False))


@pytest.mark.parametrize("path", ["src/test/java/A.java", "tests/test_a.py", "a.spec.ts", "src/AServiceTest.java"])
def test_files_of_tests(path: str) -> None:
    assert is_test(path)
