"""The roles of Python's frameworks: they load, agree with each other and do what they say in the interpreter."""

from importlib import resources

import pytest

from backend_advisor.code.analysis import analyse
from backend_advisor.code.roles import read_roles
from backend_advisor.plain_yaml import load_plain_yaml

_FOLDER = resources.files("backend_advisor.code.roles").joinpath("python")
_FILES = sorted(file.name for file in _FOLDER.iterdir() if file.name.endswith(".yaml"))


def _document(name: str) -> dict[str, dict[str, object]]:
    return load_plain_yaml(_FOLDER.joinpath(name).read_text("utf-8"))


@pytest.mark.parametrize("name", _FILES)
def test_every_file_is_understood(name: str) -> None:
    assert read_roles(_document(name), name).frameworks


@pytest.mark.parametrize("section", ["calls", "values", "types", "decorators", "classes"])
def test_no_name_is_described_twice(section: str) -> None:
    seen: dict[str, str] = {}
    for file in _FILES:
        for names in _document(file).get(section) or {}:
            for name in names.split(", "):
                if not name.startswith("*."):
                    assert name not in seen, f"{name} is in {file} and {seen[name]}"
                    seen[name] = file


def flows(source: str) -> set[tuple[str, str, bool]]:
    """The source, sink and line's doubt of every flow in one file."""
    (analysis,), _ = analyse({"app.py": source.encode()})
    return {(flow.source, flow.sink, flow.unsure) for flow in analysis.seen.flows.values()}


FLASK = "from flask import *\nimport os, subprocess\napp = Flask(__name__)\n@app.route('/x')\ndef view():\n    "

FLOWS = {
    "command": (FLASK + "os.system('ls ' + request.args.get('x'))", ("http.input", "command.text")),
    "split": (FLASK + "os.system(request.args['x'].split(',')[0].upper())", ("http.input", "command.text")),
    "json body": (FLASK + "os.system(request.get_json().get('x'))", ("http.parsed_body", "command.text")),
    "header": (FLASK + "redirect(request.headers.get('X'))", ("http.header", "redirect.url")),
    "upload": (FLASK + "f = request.files['f']\n    f.save('/up/' + f.filename)", ("http.input", "path.file")),
    "f-string": (FLASK + "open(f'/tmp/{request.args[\"x\"]}')", ("http.input", "path.file")),
    "path": (
        FLASK + "from pathlib import Path\n    (Path('/a') / request.args.get('x')).read_text()",
        ("http.input", "path.file"),
    ),
    "parameter of a route": (
        "from flask import Flask, render_template_string\napp = Flask(__name__)\n@app.get('/<name>')\n"
        "def view(name):\n    return render_template_string('Hi ' + name)",
        ("http.input", "template.text"),
    ),
    "sqlite3": (
        FLASK + "import sqlite3\n    c = sqlite3.connect('a').cursor()\n    c.execute('select ' + request.form['x'])",
        ("http.input", "sql.text"),
    ),
    "cursor of an unknown connection": (
        "import psycopg2\nfrom flask import request, Flask\nfrom db import get_db\napp = Flask(__name__)\n"
        "@app.route('/')\ndef view():\n    cur = get_db().cursor()\n    cur.execute('select %s' % request.args['x'])",
        ("http.input", "sql.text"),
    ),
    "SQLAlchemy text": (
        FLASK + "from sqlalchemy import text, create_engine\n    with create_engine('x').connect() as c:\n"
        "        c.execute(text('select ' + request.args['x']))",
        ("http.input", "sql.text"),
    ),
    "FastAPI": (
        "from fastapi import FastAPI\nimport requests\napp = FastAPI()\n@app.get('/')\n"
        "def view(url: str):\n    return requests.get(url).text",
        ("http.input", "url.request"),
    ),
    "FastAPI router and form": (
        "from fastapi import APIRouter, Form\nimport os\nrouter = APIRouter()\n@router.post('/')\n"
        "async def view(x: str = Form(...)):\n    os.system(x)",
        ("http.input", "command.text"),
    ),
    "Starlette request": (
        "from starlette.requests import Request\nfrom fastapi import FastAPI\nimport os\napp = FastAPI()\n"
        "@app.post('/')\nasync def view(request: Request):\n    body = await request.json()\n    os.system(body['x'])",
        ("http.parsed_body", "command.text"),
    ),
    "Django function": (
        "from django.urls import path\nfrom django.db import connection\ndef view(request):\n"
        "    with connection.cursor() as c:\n        c.execute('select ' + request.GET['x'])\n"
        "urlpatterns = [path('x', view)]",
        ("http.input", "sql.text"),
    ),
    "Django class": (
        "from django.views import View\nfrom django.http import HttpResponse\nclass A(View):\n"
        "    def get(self, request, name):\n        return HttpResponse('<b>' + name)",
        ("http.input", "html.text"),
    ),
    "Django raw": (
        "from django.db import models\nfrom django.views import View\nclass U(models.Model): pass\nclass A(View):\n"
        "    def get(self, request):\n        return U.objects.raw('select ' + request.GET.get('x'))",
        ("http.input", "sql.text"),
    ),
    "aiohttp": (
        "from aiohttp import web\nasync def view(request):\n    raise web.HTTPFound(request.query['x'])\n"
        "app = web.Application()\napp.router.add_get('/', view)",
        ("http.input", "redirect.url"),
    ),
    "pickle": (
        FLASK + "import pickle, base64\n    pickle.loads(base64.b64decode(request.data))",
        ("http.raw_body", "deserialize.data"),
    ),
    "LDAP": (
        FLASK + "import ldap3\n    ldap3.Connection('s').search('dc=x', f'(uid={request.args[\"x\"]})')",
        ("http.input", "ldap.filter"),
    ),
    "XPath": (
        FLASK + "from lxml import etree\n    etree.parse('a').xpath('//u[@n=\"' + request.args['x'] + '\"]')",
        ("http.input", "xpath.text"),
    ),
    "log": (FLASK + "app.logger.info('x %s', request.args['x'])", ("http.input", "log.text")),
    "session": (FLASK + "session[request.args['k']] = 1", ("http.input", "session.name")),
    "cookie": (FLASK + "make_response('').set_cookie('a', request.args['x'])", ("http.input", "cookie.value")),
    "shell as program": (
        FLASK + "subprocess.run(['sh', '-c', 'ls ' + request.args['x']])",
        ("http.input", "command.text"),
    ),
    "shell asked for": (
        FLASK + "subprocess.check_output('ls ' + request.args['x'], shell=True)",
        ("http.input", "command.text"),
    ),
    "unsafe loader": (
        FLASK + "import yaml\n    yaml.load(request.data, Loader=yaml.Loader)",
        ("http.raw_body", "deserialize.data"),
    ),
    "external entities": (
        FLASK + "from lxml import etree as e\n    e.fromstring(request.data, e.XMLParser(resolve_entities=True))",
        ("http.raw_body", "xml.text"),
    ),
    "rest of the address": (
        "from flask import Flask\napp = Flask(__name__)\n@app.get('/f/<path:name>')\n"
        "def view(name):\n    open('/data/' + name)",
        ("http.input", "path.file"),
    ),
    "set": (
        FLASK + "k = set()\n    k.add(request.args['x'])\n    for x in k: os.system(x)",
        ("http.input", "command.text"),
    ),
    "text written piece by piece": (
        FLASK
        + "import io\n    s = io.StringIO()\n    s.write('ls ')\n    s.write(request.args['x'])\n"
        + "    os.system(s.getvalue())",
        ("http.input", "command.text"),
    ),
    "Mongo": (
        FLASK + "import pymongo\n    db = pymongo.MongoClient()['a']['b']\n    db.find_one(request.get_json())",
        ("http.parsed_body", "nosql.query"),
    ),
}


@pytest.mark.parametrize(("source", "expected"), FLOWS.values(), ids=FLOWS)
def test_flows(source: str, expected: tuple[str, str]) -> None:
    assert (*expected, False) in flows(source)


def test_names_of_types_are_followed_into_their_file() -> None:
    dependencies = (
        "from typing import Annotated\nfrom fastapi import Depends, Query\nfrom sqlalchemy.orm import Session\n"
        "def get_session():\n    with Session() as session:\n        yield session\n"
        "SessionDep = Annotated[Session, Depends(get_session)]\nWord = Annotated[str, Query()]\n"
        "Number = Annotated[int, Query()]\n"
    )
    routes = (
        "from fastapi import APIRouter\nfrom .deps import SessionDep, Word, Number\nrouter = APIRouter()\n"
        "@router.get('/')\ndef view(session: SessionDep, word: Word, number: Number):\n"
        "    session.execute('select ' + word)\n    session.scalar(f'select {number}')\n"
    )
    (analysis,), _ = analyse({"app/deps.py": dependencies.encode(), "app/routes.py": routes.encode()})
    found = [(flow.sink, flow.callee.rpartition(".")[2]) for flow in analysis.seen.flows.values()]
    assert found == [("sql.text", "execute")]


SAFE = {
    "number": FLASK + "os.system('ls %d' % int(request.args['x']))",
    "quoted": FLASK + "import shlex\n    os.system('ls ' + shlex.quote(request.args['x']))",
    "bound": FLASK + "import sqlite3\n    sqlite3.connect('a').execute('select ?', (request.args['x'],))",
    "secure file name": FLASK
    + "from werkzeug.utils import secure_filename as s\n    open('/t/' + s(request.args['x']))",
    "escaped": FLASK + "from html import escape\n    make_response('<b>' + escape(request.args['x']))",
    "query builder": (
        FLASK + "from sqlalchemy import select, create_engine\n    from m import User\n"
        "    create_engine('').connect().execute(select(User).where(User.name == request.args['x']).limit(3))"
    ),
    "Django filter": (
        "from django.db import models\nfrom django.views import View\nclass U(models.Model): pass\nclass A(View):\n"
        "    def get(self, request):\n        return U.objects.filter(name=request.GET.get('x')).first()"
    ),
    "typed parameter": (
        "from fastapi import FastAPI\nimport os\napp = FastAPI()\n@app.get('/')\n"
        "def view(n: int):\n    os.system(f'ls {n}')"
    ),
    "escaped filter": (
        FLASK + "import ldap3\n    from ldap3.utils.conv import escape_filter_chars as e\n"
        "    ldap3.Connection('s').search('dc=x', '(uid=' + e(request.args['x']) + ')')"
    ),
    "program without a shell": FLASK + "subprocess.run(['ls', request.args['x']])",
    "safe loader": FLASK + "import yaml\n    yaml.load(request.data, Loader=yaml.SafeLoader)",
    "entities off": (
        FLASK + "from lxml import etree\n    etree.fromstring(request.data, etree.XMLParser(resolve_entities=False))"
    ),
    "own address": FLASK + "redirect(request.url)",
    "text is no document": FLASK
    + "import pymongo\n    pymongo.MongoClient()['a']['b'].find_one({'n': request.args['x']})",
    "segment of the address": (
        "from flask import Flask\napp = Flask(__name__)\n@app.get('/f/<string:name>')\n"
        "def view(name):\n    open('/data/' + name)"
    ),
    "segment in braces": (
        "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/f/{name}')\n"
        "def view(name: str):\n    open('/data/' + name)"
    ),
    "last part of a path": FLASK + "from pathlib import Path\n    open('/t/' + Path(request.args['x']).name)",
    "folded": FLASK + "s = 'ok' if int('5') * 2 > len('four') else request.args['x']\n    os.system(s)",
    "other entry": FLASK + "d = dict(a='1', b=request.args['x'])\n    os.system(d['a'])",
    "safe XML": FLASK + "import defusedxml.ElementTree as E\n    E.fromstring(request.data)",
}


@pytest.mark.parametrize("source", SAFE.values(), ids=SAFE)
def test_no_flows(source: str) -> None:
    harmless = {"sql.bound", "response.body", "record.id", "regex.input"}
    assert {found for found in flows(source) if found[1] not in harmless} == set()


def test_types_of_another_file_are_read_with_it() -> None:
    """A file that gives values of a type of another file is read only together with that one."""
    documents = {name: _document(name) for name in _FILES}
    packages = {name: set(document["packages"]) for name, document in documents.items()}
    roles = {name: read_roles(document, name) for name, document in documents.items()}
    homes = {kind: name for name, made in roles.items() for kind in made.bases}
    for name, made in roles.items():
        results = [call.returns.type for call in made.calls.values() if call.returns is not None]
        for kind in [*results, *(value.type for value in made.values.values())]:
            home = homes.get(kind or "", name)
            # What is read for pieces of code is read with all other files.
            known = "*" in packages[home] or packages[name] == {"?"} or packages[name] <= packages[home]
            assert known, f"{name} needs {kind} of {home}"
