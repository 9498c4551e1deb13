"""What rests on weak evidence in Python stays a note, and what the code itself bears out stays told."""

import pytest

from backend_advisor.model import Confidence
from tests.rules.test_confidence import told, worth

_APP = """import json
import os

import requests
from flask import Blueprint, Flask, make_response, redirect, request

app = Flask(__name__)


"""
_DJANGO = "from django.db import models\nfrom django.http import HttpResponse\n\n\n"
_ORDER = f"{_DJANGO}class Order(models.Model):\n    name = models.TextField()\n\n\n"
_URLS = "from django.urls import path\nfrom a import show\nurlpatterns = [path('show', show)]\n"


def test_what_is_tried_by_hand() -> None:
    send = "def send(url):\n    requests.get(url)\n"
    assert worth("PERF211", a_py="import requests\n\n\n" + send) == 1
    tried = "import requests\n\n\nif __name__ == '__main__':\n    requests.get('https://x.example')\n"
    assert told("PERF211", a_py=tried) == [Confidence.LOW]


def test_the_server_that_is_started_so_is_no_trial() -> None:
    run = "if __name__ == '__main__':\n    app.run(debug=True, host='0.0.0.0')\n"
    assert worth("SEC310", a_py=_APP + run) == 1


@pytest.mark.parametrize(
    ("mark", "count"), [("", 1), ("  # noqa: E501", 1), ("  # noqa: S113", 0), ("  # nosec B113", 0), ("  # noqa", 0)]
)
def test_what_a_linter_is_told(mark: str, count: int) -> None:
    assert worth("PERF211", a_py=f"import requests\n\n\ndef send(url):\n    requests.get(url){mark}\n") == count


def test_a_linter_told_of_an_injection_hides_nothing() -> None:
    query = '@app.get("/q")\ndef q():\n    db.session.execute(f"select {request.args[\'n\']}")  # nosec\n'
    source = (
        _APP.replace("\n\napp", "\nfrom flask_sqlalchemy import SQLAlchemy\n\napp") + "db = SQLAlchemy(app)\n" + query
    )
    assert worth("SEC201", a_py=source) == 1


def test_loops_of_queries_that_nobody_waits_for() -> None:
    loop = "def fill(names):\n    return [Order.objects.get(name=name) for name in names]\n\n\n"
    waited = loop + "def show(request):\n    return HttpResponse(fill(request.GET['names'].splitlines()))\n"
    beside = loop + "def show(request):\n    return HttpResponse('ok')\n"
    assert worth("PERF201", a_py=_ORDER + loop) == 1
    assert worth("PERF201", a_py=_ORDER + waited, urls_py=_URLS) == 1
    assert worth("PERF201", a_py=_ORDER + beside, urls_py=_URLS) == 0


def test_rounds_that_write_as_well() -> None:
    read = (
        "def fill(names):\n    for name in names:\n        order = Order.objects.get(name=name)\n        print(order)\n"
    )
    assert worth("PERF201", a_py=_ORDER + read) == 1
    assert worth("PERF201", a_py=_ORDER + read.replace("print(order)", "order.save()")) == 0


def test_rows_that_a_map_keeps() -> None:
    read = """def fill(names):
    known = {}
    for name in names:
        order = known.get(name)
        if not order:
            order = Order.objects.get(name=name)
            known[name] = order
        print(order)
"""
    assert worth("PERF201", a_py=_ORDER + read) == 0


def test_requests_in_a_loop_of_a_program_that_serves() -> None:
    loop = "def load(numbers):\n    for n in numbers:\n        requests.get(f'https://x.example/{n}', timeout=5)\n\n\n"
    route = "@app.post('/load')\ndef post():\n    load(request.json)\n    return 'ok'\n"
    assert worth("PERF220", a_py="import requests\n\n\n" + loop) == 1
    assert worth("PERF220", a_py=_APP + loop + route) == 0


def test_tables_of_few_rows() -> None:
    source = """from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy(app)


class {0}(db.Model):
    name = db.Column(db.Text)


@app.get("/all")
def everything():
    found = {0}.query.all()
    return str([one.name for one in found])
"""
    assert worth("PERF204", a_py=_APP + source.format("Event")) == 1
    assert worth("PERF204", a_py=_APP + source.format("Account")) == 0


def test_failures_that_are_named() -> None:
    source = (
        "import requests\n\n\ndef pull(url):\n    try:\n"
        "        requests.post(url, timeout=5)\n    except {}:\n"
        "        pass\n"
    )
    assert worth("QUA107", a_py=source.format("Exception")) == 1
    assert worth("QUA107", a_py=source.format("NotImplementedError")) == 0


def test_files_that_are_read_where_they_are_opened() -> None:
    assert worth("QUA110", a_py="import json\n\n\ndef load(path):\n    return json.load(open(path))\n") == 0
    assert worth("QUA110", a_py="def load(path):\n    file = open(path)\n    return file.read()\n") == 1
    packed = (
        "import zipfile\nfrom io import BytesIO\n\n\ndef load(data):\n"
        "    z = zipfile.ZipFile(BytesIO(data))\n    return z.namelist()\n"
    )
    assert worth("QUA110", a_py=packed) == 0


_MODEL = """from fastapi import Body, FastAPI, HTTPException, Request
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


"""
_CHECKED = "".join(f"@app.post('/{n}')\ndef add_{n}(item: Item):\n    return item\n\n\n" for n in "abc")


def test_bodies_whose_values_are_stated() -> None:
    bare = "@app.post('/d')\ndef add_d(item: {}):\n    return item\n"
    assert worth("QUA114", a_py=_MODEL + _CHECKED + bare.format("dict")) == 1
    assert worth("QUA114", a_py=_MODEL + _CHECKED + bare.format("dict[str, str]")) == 0


def test_bodies_that_are_refused_when_a_field_is_missing() -> None:
    read = """@app.post('/d')
async def add_d(request: Request):
    try:
        body = await request.json()
        name = body['name']
    except Exception:
        raise HTTPException({})
    return name
"""
    assert worth("QUA114", a_py=_MODEL + _CHECKED + read.format("500")) == 1
    assert worth("QUA114", a_py=_MODEL + _CHECKED + read.format("400")) == 0


def test_one_file_one_certificate() -> None:
    calls = "".join(f"def load_{n}(url):\n    return requests.get(url, verify=False, timeout=5)\n\n\n" for n in "abc")
    assert worth("SEC306", a_py="import requests\n\n\n" + calls) == 1
    plain = "import requests\n\n\ndef load():\n    return requests.get('http://x.example', verify=False, timeout=5)\n"
    assert worth("SEC306", a_py=plain) == 0


def test_a_loader_made_from_the_safe_one() -> None:
    source = (
        "import yaml\n\n\nclass Quoting(yaml.{}):\n"
        "    pass\n\n\n@app.post('/y')\ndef y():\n"
        "    return str(yaml.load(request.data, Loader=Quoting))\n"
    )
    assert worth("SEC216", a_py=_APP + source.format("CSafeLoader")) == 0
    assert worth("SEC216", a_py=_APP + source.format("UnsafeLoader")) == 1


def test_modules_of_one_package() -> None:
    source = "import importlib\n\n\n@app.post('/m')\ndef m():\n    importlib.import_module({})\n    return 'ok'\n"
    assert worth("SEC227", a_py=_APP + source.format("request.form['m']")) == 1
    assert worth("SEC227", a_py=_APP + source.format("'plugins.' + request.form['m']")) == 0


def test_headers_that_a_setting_logs() -> None:
    source = "import logging\n\nlog = logging.getLogger()\n\n\n@app.get('/h')\ndef h():\n    {}\n    return 'ok'\n"
    line = "log.info('%s', request.headers)"
    assert worth("SEC320", a_py=_APP + source.format(line)) == 1
    assert worth("SEC320", a_py=_APP + source.format(f"if os.environ.get('LOG_PAYLOADS'):\n        {line}")) == 0
    assert worth("SEC320", a_py=_APP + source.format(line.replace("info", "debug"))) == 0


def test_sign_ins_without_a_password() -> None:
    view = (
        "from django.contrib.auth import authenticate, login as sign_in\n"
        "\n\ndef login(request):\n    user = authenticate({})\n"
        "    sign_in(request, user)\n    return HttpResponse('ok')\n"
    )
    urls = _URLS.replace("show", "login")
    by_password = "request, username=request.POST['u'], password=request.POST['p']"
    assert worth("SEC403", a_py=_DJANGO + view.format(by_password), urls_py=urls) == 1
    assert worth("SEC403", a_py=_DJANGO + view.format("request"), urls_py=urls) == 0


@pytest.mark.parametrize(("kind", "count"), [("int:", 0), ("uuid:", 0), ("uuid_str:", 0), ("", 1), ("string:", 1)])
def test_what_a_route_makes_a_number(kind: str, count: int) -> None:
    source = f"@app.get('/b/<{kind}number>')\ndef b(number):\n    return f'<p>{{number}}</p>'\n"
    assert worth("SEC213", a_py=_APP + source) == count


def test_json_is_no_page() -> None:
    source = "@app.get('/j')\ndef j():\n    found = {}\n    return make_response(found)\n"
    assert worth("SEC213", a_py=_APP + source.format("request.args['q']")) == 1
    assert worth("SEC213", a_py=_APP + source.format("json.dumps([request.args['q']])")) == 0
    assert worth("SEC213", a_py=_APP + source.format("'<b>' + json.dumps([request.args['q']])")) == 1


def test_names_that_no_folder_has() -> None:
    source = "@app.get('/f')\ndef f():\n    return open(os.path.join('data', {})).read()\n"
    assert worth("SEC210", a_py=_APP + source.format("request.args['f']")) == 1
    assert worth("SEC210", a_py=_APP + source.format("f\"summary-{request.args['f']}.txt\"")) == 0
    assert worth("SEC210", a_py=_APP + source.format("f\"{request.args['f']}.txt\"")) == 1


def test_a_guard_before_the_routes_that_is_guarded_itself() -> None:
    pages = """from flask import Blueprint, g
from flask_login import login_required

bp = Blueprint("bp", __name__)


@bp.get("/mine")
@login_required
def mine():
    return "ok"


@bp.route("/<name>", methods=["DELETE"])
def remove(name):
    shelves.remove(name)
    return "ok"
"""
    before = (
        "from pages import bp\nfrom guards import user_required\n"
        "\n\n@bp.before_request\n@user_required\ndef before():\n"
        "    g.started = 1\n"
    )
    assert worth("SEC402", pages_py=pages) == 1
    assert worth("SEC402", pages_py=pages, before_py=before) == 0


def test_tasks_that_catch_what_fails() -> None:
    source = """import asyncio


async def run(message):
    {}


async def handle(message):
    asyncio.create_task(run(message))
"""
    assert worth("QUA109", a_py=source.format("await send(message)")) == 1
    caught = "try:\n        await send(message)\n    except Exception:\n        log.exception('failed')"
    assert worth("QUA109", a_py=source.format(caught)) == 0


def test_food_is_no_money() -> None:
    source = "class {}(models.Model):\n    amount = models.FloatField()\n"
    assert worth("QUA123", a_py=_DJANGO + source.format("Feeding")) == 0
    assert worth("QUA123", a_py=_DJANGO + source.format("Payment")) == 1


def test_a_package_comes_before_a_module_of_its_name() -> None:
    start = "from shop.main import main\n\nmain()\n"
    inside = "from . import create\n\n\ndef main():\n    create()\n"
    assert worth("QUA111", shop_py=start, shop____init___py="def create():\n    pass\n", shop__main_py=inside) == 0


def test_vectors_that_only_tests_fix() -> None:
    lock = "from cryptography.hazmat.primitives.ciphers import modes\n\n\ndef lock(iv):\n    return modes.CBC(iv)\n"
    used = "from a import lock\n\n\ndef test_lock():\n    lock(b'1234567890123456')\n"
    assert worth("SEC232", a_py=lock, b_py=used.replace("test_lock", "seal")) == 1
    assert worth("SEC232", a_py=lock, tests__test_a_py=used) == 0


def test_keys_that_only_tests_give() -> None:
    sign = "import jwt\n\n\ndef sign(key, payload):\n    return jwt.encode(payload, key, algorithm='HS256')\n"
    used = "from a import sign\n\n\ndef test_sign():\n    sign('supersecret', {'exp': 1})\n"
    assert worth("SEC304", a_py=sign, b_py=used.replace("test_sign", "issue")) == 1
    assert worth("SEC304", a_py=sign, tests__test_a_py=used) == 0


def test_what_is_tidied_up_before_an_error_goes_on() -> None:
    source = """import requests


def check(file):
    try:
        load(file)
    except ValueError as error:
        try:
            requests.post("https://x.example", timeout=5)
        except Exception:
            pass
        {}
"""
    assert worth("QUA107", a_py=source.format("print(error)")) == 1
    assert worth("QUA107", a_py=source.format("raise error")) == 0


def test_records_that_a_secret_opens() -> None:
    source = f"""{_DJANGO}from django.shortcuts import get_object_or_404
from django.contrib.auth.decorators import login_required


class Watch(models.Model):
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)


@login_required
def mine(request):
    return HttpResponse(Watch.objects.filter(user=request.user))


@login_required
def show(request, pk, secret):
    watch = get_object_or_404(Watch, pk=pk{{}})
    watch.delete()
    return HttpResponse("ok")
"""
    urls = (
        "from django.urls import path\nfrom a import mine, show\n"
        "urlpatterns = [path('mine', mine), path('show/<int:pk>/<str:secret>', show)]\n"
    )
    assert worth("SEC401", a_py=source.format(""), urls_py=urls) == 1
    assert worth("SEC401", a_py=source.format(", secret=secret"), urls_py=urls) == 0
