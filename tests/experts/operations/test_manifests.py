"""What manifests are for, templates and hostile files, and what a question about one is answered with."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from backend_advisor.advise import answer, review
from backend_advisor.cli.diff import on_added_lines
from backend_advisor.model import Confidence, Finding
from backend_advisor.placed_yaml import TooMuchError, read_documents
from backend_advisor.report.fingerprint import fingerprints

COMPOSE = """\
services:
  api:
    image: mycorp/api:1.4.2
    environment: [JWT_SECRET=changeme123]
    restart: always
  db:
    image: postgres:18
    restart: always
    volumes: [pg:/var/lib/postgresql]
"""


def found(folder: Path, name: str, text: str) -> list[Finding]:
    """What a review of one file finds."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return list(review([folder]).findings)


@pytest.mark.parametrize(
    ("name", "confidence"),
    [
        ("docker-compose.yml", Confidence.MEDIUM),
        ("docker-compose.prod.yml", Confidence.HIGH),
        ("production/compose.yaml", Confidence.HIGH),
        ("docker-compose.dev.yml", Confidence.LOW),
        ("docker-compose.local.yml", Confidence.LOW),
        ("compose.override.yaml", Confidence.LOW),
        ("tests/docker-compose.yml", Confidence.LOW),
        ("examples/docker-compose.yml", Confidence.LOW),
        (".devcontainer/docker-compose.yml", Confidence.LOW),
    ],
)
def test_files_for_development_are_only_noted(tmp_path: Path, name: str, confidence: Confidence) -> None:
    assert [(one.code, one.confidence) for one in found(tmp_path, name, COMPOSE)] == [("OPS201", confidence)]


@pytest.mark.parametrize(
    "more",
    [
        "    build: .\n    volumes: ['.:/app']\n",
        "    build: .\n    command: uvicorn app:app --reload\n",
        "  mail:\n    image: mailhog/mailhog:v1.0.1\n    restart: always\n",
    ],
)
def test_content_tells_development_as_well(tmp_path: Path, more: str) -> None:
    text = COMPOSE.replace("  db:\n", f"{more}  db:\n")
    assert {one.confidence for one in found(tmp_path, "docker-compose.yml", text)} == {Confidence.LOW}


def test_a_question_about_production_decides(tmp_path: Path) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(COMPOSE.replace("image: mycorp/api:1.4.2", "build: .\n    command: nodemon server.js"))
    told = answer("can u review this compose file before we go to prod", [file])
    assert told.advice[0].codes[0] == "OPS201"
    assert {one.confidence for one in told.findings if one.code == "OPS201"} == {Confidence.HIGH}
    assert not any("secrets" in notice for notice in told.notices)


def test_a_clean_file_is_said_to_be_examined(tmp_path: Path) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(COMPOSE.replace("changeme123", "${JWT_SECRET:?}"))
    assert list(answer("is this compose file ok?", [file]).findings) == []


def test_passwords_that_nobody_guesses_are_not_shown(tmp_path: Path) -> None:
    text = COMPOSE.replace("JWT_SECRET=changeme123", "DB_URL=postgres://app:tG5kLp9wQzX2@db:5432/app")
    file = tmp_path / "docker-compose.yml"
    file.write_text(text)
    (hidden,) = review([file]).secrets
    assert hidden.span is not None
    assert hidden.span.line == 4
    assert review([file]).findings[0].code == "OPS201"


def test_shared_parts_count_where_they_are_used(tmp_path: Path) -> None:
    text = (
        "x-common: &common\n  restart: always\n  environment: {DB_PASSWORD: postgres}\n"
        "services:\n  api:\n    <<: *common\n    image: a/b:1\n  worker:\n    <<: [*common]\n    image: a/b:1\n"
    )
    (finding,) = found(tmp_path, "compose.yaml", text)
    assert finding.code == "OPS201"
    assert finding.location.span is not None
    assert finding.location.span.line == 3


def test_one_more_line_of_a_cause_is_news(tmp_path: Path) -> None:
    more = COMPOSE.replace("[JWT_SECRET=changeme123]", "\n      - JWT_SECRET=changeme123\n      - DB_PASSWORD=postgres")
    made = review([_written(tmp_path, "docker-compose.yml", more)])
    (finding,) = made.findings
    path = Path(finding.location.artifact).resolve()
    assert on_added_lines([finding], {path: [range(6, 7)]}) == [finding]
    assert on_added_lines([finding], {path: [range(3, 4)]}) == []
    assert fingerprints(made.case, [finding]) != fingerprints(made.case, [replace(finding, steps=())])


def test_settings_beside_a_workload_hold_no_secrets(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  DB_PASSWORD: postgres\n  DB_HOST: db\n"
    assert [one.code for one in found(tmp_path, "config.yaml", text)] == ["OPS201"]
    assert [one.confidence for one in found(tmp_path / "x", "vendor/a/config.yaml", text)] == [Confidence.LOW]


TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "api.fullname" . }}
spec:
  selector: {matchLabels: {app: api}}
  template:
    spec:
      containers:
        - name: api
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          ports: [{containerPort: 8080}]
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
"""


def test_templates_are_passed_over(tmp_path: Path) -> None:
    made = review([_written(tmp_path, "templates/deployment.yaml", TEMPLATE)])
    assert list(made.findings) == []
    assert made.case.unread == ()


def test_a_patch_lacks_nothing(tmp_path: Path) -> None:
    patch = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - {name: api, ports: [{containerPort: 80}]}\n"
    )
    assert found(tmp_path, "patch.yaml", patch) == []


def test_what_is_no_yaml_is_told(tmp_path: Path) -> None:
    made = review([_written(tmp_path, "docker-compose.yml", "services:\n  api:\n    image: [a\n  db: }\n")])
    assert len(made.case.unread) == 1


def _written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


HOSTILE = {
    "deep": "services:\n  a:\n    image: " + "[" * 5000 + "]" * 5000,
    "laughs": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12))
    + "services:\n  api:\n    image: a:1\n    ports: *m\n    environment: *m\n",
    "merges": "a: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 40)}], k{n}: 1}}\n" for n in range(1, 200))
    + "services:\n  api:\n    <<: *a199\n    image: a:1\n",
    "itself": "services: &s\n  api: &a\n    image: a:1\n    depends_on: *a\n    environment: *s\n",
    "long": "services:\n  api:\n    image: " + "a/" * 50_000 + "!\n    ports: ['" + ":" * 50_000 + "']\n",
    "wide": "services:\n  api:\n    environment:\n" + "".join(f"      - A{n}=${{B:-x}}\n" for n in range(30_000)),
    "urls": "services:\n  api:\n    image: a:1\n    environment:\n      A: " + "a." * 100_000 + "\n",
    "null": "services:\n  api: ~\n  b: []\n  c: text\n  d:\n    ports: x\n    volumes: {a: b}\n    environment: 3\n"
    "    image: {}\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_compose_files_cost_little(tmp_path: Path, name: str) -> None:
    begun = time.monotonic()
    review([_written(tmp_path, "docker-compose.yml", HOSTILE[name])])
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "text",
    [
        "FROM node:24\nRUN curl " + "http://a " * 20_000 + "\n",
        "FROM " + "a" * 100_000 + "\nCMD x\n",
        "FROM node:24\nRUN <<EOF\n" + "npm install\n" * 20_000,
        "FROM a AS b\nFROM b AS a\nFROM a\nCMD " + "[" * 50_000 + "\n",
        "FROM node:24\nRUN " + "\\\n" * 50_000,
        "FROM node:24\nENV " + "A=" * 20_000 + "\nCOPY " + "x " * 20_000 + "\n",
    ],
)
def test_hostile_dockerfiles_cost_little(tmp_path: Path, text: str) -> None:
    begun = time.monotonic()
    review([_written(tmp_path, "Dockerfile", text)])
    assert time.monotonic() - begun < 5


def test_places_and_limits() -> None:
    (one, two) = read_documents("a: 1\n---\nb:\n  - 'x'\n  - y: z\n")
    assert one.text_at("a") == "1"
    node = two.at("b")
    assert node is not None
    assert [(item.line, item.column) for item in node.items] == [(4, 5), (5, 5)]
    with pytest.raises(TooMuchError):
        list(read_documents("a: " + "[" * 100 + "]" * 100))
