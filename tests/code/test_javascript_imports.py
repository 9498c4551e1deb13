"""Which file an import of JavaScript or TypeScript means."""

import pytest

from backend_advisor.code.frontends.javascript import locate
from backend_advisor.code.ir import Import

TREE = {
    "app.ts",
    "src/db.ts",
    "src/routes/index.js",
    "src/users/users.service.ts",
    "src/users/user.entity.ts",
    "src/view.tsx",
    "lib/old.js",
    "packages/common/src/index.ts",
    "packages/common/src/errors.ts",
    "server/auth.ts",
    "web/src/api.ts",
    "web/src/main.ts",
}


@pytest.mark.parametrize(
    ("module", "path", "wanted"),
    [
        ("./db", "src/app.ts", "src/db.ts"),
        ("./src/db.js", "app.ts", "src/db.ts"),
        ("./view.js", "src/app.ts", "src/view.tsx"),
        ("../db", "src/users/users.service.ts", "src/db.ts"),
        ("./routes", "src/app.ts", "src/routes/index.js"),
        ("./routes/", "src/app.ts", "src/routes/index.js"),
        (".", "src/routes/users.js", "src/routes/index.js"),
        ("..", "src/routes/x/users.js", "src/routes/index.js"),
        ("./users.service", "src/users/users.controller.ts", "src/users/users.service.ts"),
        ("../lib/old.js", "src/app.ts", "lib/old.js"),
        ("./missing", "src/app.ts", None),
        ("../../../etc/x", "src/app.ts", None),
        ("@/db", "src/users/users.service.ts", "src/db.ts"),
        ("~/db", "src/users/users.service.ts", "src/db.ts"),
        ("@/api", "web/src/main.ts", "web/src/api.ts"),
        ("src/users/user.entity", "src/users/users.service.ts", "src/users/user.entity.ts"),
        ("users/user.entity", "src/users/users.service.ts", "src/users/user.entity.ts"),
        ("@server/auth", "server/routes/index.ts", "server/auth.ts"),
        ("@acme/common", "web/src/main.ts", "packages/common/src/index.ts"),
        ("@acme/common/errors", "web/src/main.ts", "packages/common/src/errors.ts"),
        ("express", "src/app.ts", None),
        ("node:fs/promises", "src/app.ts", None),
        ("@nestjs/core", "src/app.ts", None),
    ],
)
def test_located(module: str, path: str, wanted: str | None) -> None:
    assert locate(Import(0, 0, "x", module), path, TREE) == wanted
