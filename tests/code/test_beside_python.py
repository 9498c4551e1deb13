"""What stands beside code of Python: pages that it fills, files of settings, what an application keeps."""

import pytest

from backend_advisor.code.analysis import analyse
from backend_advisor.code.beside import Beside
from backend_advisor.code.settings import is_settings, named_settings, read_settings
from backend_advisor.model import Artifact, ArtifactKind

PAGE = {"templates/card.html": "<p>{{ nick }}</p><p>{{ card.note|safe }}</p>"}
STARLETTE = (
    "from starlette.applications import Starlette\n"
    "from starlette.routing import Route\n"
    "from starlette.templating import Jinja2Templates\n"
    'pages = Jinja2Templates(directory="templates")\n'
    "async def show(request):\n"
    '    context = {"card": {"note": request.query_params.get("note")}, "nick": request.query_params.get("nick")}\n'
    "    return %s\n"
    'app = Starlette(routes=[Route("/card", show)])\n'
)
AIOHTTP = (
    "import aiohttp_jinja2\n"
    "from aiohttp import web\n"
    "routes = web.RouteTableDef()\n"
    '@routes.get("/card")\n'
    '@aiohttp_jinja2.template("card.html")\n'
    "async def show(request):\n"
    '    return {"card": {"note": request.query.get("note")}, "nick": request.query.get("nick")}\n'
)


@pytest.mark.parametrize(
    "source",
    [
        STARLETTE % 'pages.TemplateResponse(request, "card.html", context)',
        STARLETTE % 'pages.TemplateResponse("card.html", context)',
        STARLETTE % 'pages.TemplateResponse(request=request, name="card.html", context=context)',
        AIOHTTP,
    ],
)
def test_a_page_that_prints_what_the_client_sent(source: str) -> None:
    found, _ = analyse({"app.py": source.encode()}, beside=Beside(templates=PAGE))
    assert [flow.callee for flow in found[0].seen.flows.values() if flow.sink == "html.text"] == ["card.html:1"]


SETTINGS = "crypto:\n  digest: sha1\n  checksum: sha256\nhosts: [a, b]\n"
READS = 'import hashlib, yaml\nwith open("config/app.yaml") as f:\n    config = yaml.safe_load(f)\n'
ASKS = (
    "import hashlib, yaml\nfrom pathlib import Path\n"
    "def get(path, default=None):\n"
    '    node = yaml.safe_load(Path(__file__).with_name("app.yaml").read_text())\n'
    '    for part in path.split("."):\n'
    "        node = node[part] if part in node else default\n"
    "    return node\n"
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (READS + 'hashlib.new(config["crypto"]["digest"], b"x")\n', "sha1"),
        (READS + 'hashlib.new(config["crypto"].get("checksum", "md5"), b"x")\n', "sha256"),
        (READS + 'hashlib.new(config["crypto"].get("missing", "md5"), b"x")\n', ""),
        (ASKS + 'hashlib.new(get("crypto.digest"), b"x")\n', "sha1"),
        (ASKS + 'hashlib.new(get("crypto.missing"), b"x")\n', ""),
    ],
)
def test_an_algorithm_that_a_file_of_settings_names(source: str, expected: str) -> None:
    artifact = Artifact(kind=ArtifactKind.YAML, name="config/app.yaml", text=SETTINGS)
    assert is_settings(artifact, named_settings([source]))
    found, _ = analyse({"app.py": source.encode()}, beside=Beside(settings=read_settings([artifact])))
    (call,) = found[0].seen.performing("crypto.hash")
    assert (call.properties["algorithm"].text or ("",))[0] == expected


def test_what_is_set_elsewhere_decides_no_branch() -> None:
    artifact = Artifact(kind=ArtifactKind.YAML, name="config/app.yaml", text=SETTINGS)
    source = (
        READS + 'if config["crypto"]["digest"] == "sha256":\n    hashlib.md5(b"x")\nelse:\n    hashlib.sha256(b"x")\n'
    )
    found, _ = analyse({"app.py": source.encode()}, beside=Beside(settings=read_settings([artifact])))
    assert len(found[0].seen.performing("crypto.hash")) == 2


HANDLER = (
    "from fastapi import APIRouter, Request\n"
    "router = APIRouter()\n"
    '@router.get("/fetch")\n'
    "async def fetch(request: Request, url: str):\n"
    "    return await request.app.state.client.get(url)\n"
)
STARTS = (
    "import httpx\nfrom fastapi import FastAPI\nfrom handlers import router\n"
    "app = FastAPI()\n"
    '@app.on_event("startup")\n'
    "async def startup():\n"
    "    app.state.client = %s\n"
)


@pytest.mark.parametrize(("made", "count"), [("httpx.AsyncClient()", 1), ("dict()", 0)])
def test_what_an_application_keeps_is_known_where_it_is_read(made: str, count: int) -> None:
    found, _ = analyse({"handlers.py": HANDLER.encode(), "main.py": (STARTS % made).encode()})
    assert len([flow for flow in found[0].seen.flows.values() if flow.sink == "url.request"]) == count


def test_a_built_statement_keeps_its_text_apart_from_its_values() -> None:
    source = (
        "import sqlite3\nfrom flask import Flask, request\napp = Flask(__name__)\n"
        "class Select:\n"
        "    def __init__(self):\n"
        "        self._conditions = []\n"
        "        self.values = []\n"
        "    def equals(self, column, value):\n"
        "        self.values.append(value)\n"
        '        self._conditions.append("%s = ?" % column)\n'
        "    def build(self):\n"
        '        return "SELECT id FROM t WHERE " + " AND ".join(self._conditions)\n'
        '@app.get("/t")\n'
        "def t():\n"
        "    query = Select()\n"
        '    query.equals("a", request.args["a"])\n'
        '    if request.args.get("b"):\n'
        '        query.equals("b", request.args["b"])\n'
        '    return sqlite3.connect("x").execute(query.build(), query.values).fetchall()\n'
    )
    found, _ = analyse({"app.py": source.encode()})
    assert not [flow for flow in found[0].seen.flows.values() if flow.sink == "sql.text"]
