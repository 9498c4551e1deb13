"""Which file of a tree an import means."""

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends.python import locate, lower

TREE = {
    "app/__init__.py",
    "app/main.py",
    "app/db.py",
    "app/api/__init__.py",
    "app/api/views.py",
    "app/api/logging.py",
    "src/lib/__init__.py",
    "src/lib/core.py",
    "tests/test_core.py",
    "services/pay/pay/__init__.py",
    "services/pay/pay/client.py",
    "services/pay/run.py",
    "__init__.py",
}

CASES = [
    ("import app.db", "app/main.py", ["app/__init__.py", "app/db.py"]),
    ("from app import db", "app/main.py", ["app/db.py"]),
    ("from app import create_app", "wsgi.py", ["app/__init__.py"]),
    ("from app.db import session", "app/api/views.py", ["app/db.py"]),
    ("from . import views", "app/api/__init__.py", ["app/api/views.py"]),
    ("from .. import db", "app/api/views.py", ["app/db.py"]),
    ("from ..db import session as s", "app/api/views.py", ["app/db.py"]),
    ("from .views import *", "app/api/__init__.py", ["app/api/views.py"]),
    ("from . import x", "app/api/views.py", ["app/api/__init__.py"]),
    ("from ..... import x", "app/api/views.py", [None]),
    ("import logging", "app/api/views.py", [None]),
    ("import flask", "app/api/views.py", [None]),
    ("from lib.core import x", "tests/test_core.py", ["src/lib/core.py"]),
    ("from pay.client import Client", "services/pay/run.py", ["services/pay/pay/client.py"]),
    ("from pay.client import Client", "services/pay/pay/__init__.py", ["services/pay/pay/client.py"]),
]


@pytest.mark.parametrize(
    ("source", "path", "expected"), CASES, ids=[f"{source} in {path}" for source, path, _ in CASES]
)
def test_locate(source: str, path: str, expected: list[str | None]) -> None:
    tree = TREE - {"__init__.py"}
    found = [locate(one, path, tree) for one in lower(source.encode(), path).body if isinstance(one, ir.Import)]
    assert found == expected


def test_a_tree_that_is_itself_a_package() -> None:
    (statement,) = lower(b"from . import db", "main.py").body
    assert isinstance(statement, ir.Import)
    assert locate(statement, "main.py", TREE) == "__init__.py"
