"""Secrets in files of settings."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

BAD = {
    ".env": "export STRIPE_KEY='sk_live_4eC39HqLyjWDarjtT1zdp7dc'  # live\nDB_PASSWORD=tG5$kLp9!wQz\n",
    "application-prod.yml": "spring:\n  datasource:\n    password: tG5$kLp9!wQz\n",
    "application.properties": "spring.datasource.password=tG5$kLp9!wQz\n",
    "config/production.json": '{\n  "db": {\n    "password": "tG5$kLp9!wQz",\n    "port": 5432\n  }\n}\n',
    "docker-compose.yml": (
        "services:\n  db:\n    image: postgres\n    environment:\n      - POSTGRES_PASSWORD=tG5$kLp9!wQz\n"
    ),
    "Dockerfile": "FROM node:22\nENV AWS_ACCESS_KEY_ID=AKIAQ3EGRT7PZ5LM2XVA\nRUN ls\n",
    "deploy.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  env:\n    - name: A\n      value: AKIAQ3EGRT7PZ5LM2XVA\n"
    ),
    "api.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  env:\n    - name: DB_PASSWORD\n      value: tG5$kLp9!wQz\n"
        '    - {name: JWT_SECRET, value: "xK3$mQp8!vRt"}\n'
    ),
}
GOOD = {
    ".env.example": "STRIPE_KEY=sk_live_4eC39HqLyjWDarjtT1zdp7dc\n",
    ".env": "DB_PASSWORD=changeme\nJWT_SECRET=\nAPI_KEY=${API_KEY}\nPASSWORD_MIN_LENGTH=12\nTOKEN_URL=https://a.example/token\n",
    "application.yml": "spring:\n  datasource:\n    password: ${DB_PASSWORD}\n    driver: x\nlogging:\n  level: info\n",
    "docker-compose.yml": (
        "services:\n  db:\n    image: postgres\n    environment:\n"
        "      POSTGRES_PASSWORD: postgres\n      MYSQL_ROOT_PASSWORD: root\n"
    ),
    "deploy.yaml": (
        "apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n    - secret:\n        secretName: api-credentials\n  env:\n"
        "    - name: DB_PASSWORD\n      valueFrom:\n        secretKeyRef:\n"
        "          name: db-secret\n          key: password\n"
        "    - name: PASSWORD_FILE\n      value: /run/secrets/db\n    - name: DB_NAME\n      value: orders-of-2026\n"
    ),
    ".github/workflows/ci.yml": (
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo\n        env:\n"
        "          NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n"
    ),
    "package-lock.json": '{"packages": {"a": {"integrity": "sha512-AKIAQ3EGRT7PZ5LM2XVA"}}}\n',
}


def found(folder: Path, name: str, text: str) -> list[int]:
    """The lines on which a secret is found."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return sorted(one.location.span.line for one in review([folder], select=("SEC301",)).findings if one.location.span)


@pytest.mark.parametrize(
    ("name", "lines"),
    list(zip(BAD, [[1, 2], [3], [1], [3], [5], [2], [6], [6, 7]], strict=True)),
)
def test_secrets_in_settings_are_found(tmp_path: Path, name: str, lines: list[int]) -> None:
    assert found(tmp_path / "app", name, BAD[name]) == lines


@pytest.mark.parametrize("name", GOOD)
def test_placeholders_references_and_examples_are_not(tmp_path: Path, name: str) -> None:
    assert found(tmp_path / "app", name, GOOD[name]) == []
