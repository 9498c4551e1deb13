"""Which file an import of Java means."""

import pytest

from backend_advisor.code import ir
from backend_advisor.code.frontends.java import locate, lower

_TREE = frozenset(
    [
        "shop/src/main/java/a/b/User.java",
        "shop/src/main/java/a/b/c/Names.java",
        "admin/src/main/java/a/b/User.java",
        "admin/src/main/java/a/b/Main.java",
        "shop/src/main/java/a/b/Main.java",
        "x/User.java",
        "User.java",
    ]
)
_FROM = "admin/src/main/java/a/b/Main.java"

IMPORTS = {
    "import a.b.User;": "admin/src/main/java/a/b/User.java",
    "import a.b.User.Role;": "admin/src/main/java/a/b/User.java",
    "import a.b.c.Names;": "shop/src/main/java/a/b/c/Names.java",
    "import static a.b.c.Names.of;": "shop/src/main/java/a/b/c/Names.java",
    "import static a.b.c.Names.*;": "shop/src/main/java/a/b/c/Names.java",
    "import static a.b.c.Names.Inner.*;": "shop/src/main/java/a/b/c/Names.java",
    "import a.b.*;": None,
    "import java.util.List;": None,
    "import b.User;": None,
    "import y.User;": None,
}


@pytest.mark.parametrize(("source", "expected"), IMPORTS.items(), ids=IMPORTS)
def test_locate(source: str, expected: str | None) -> None:
    (statement,) = lower(source.encode(), _FROM).body
    assert isinstance(statement, ir.Import)
    assert locate(statement, _FROM, _TREE) == expected
    assert locate(statement, _FROM, dict.fromkeys(_TREE).keys()) == expected


def test_the_nearest_file_is_meant() -> None:
    (statement,) = lower(b"import a.b.User;", "").body
    assert isinstance(statement, ir.Import)
    assert locate(statement, "shop/src/main/java/a/b/Main.java", _TREE) == "shop/src/main/java/a/b/User.java"
