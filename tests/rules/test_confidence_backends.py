"""Classes of findings that healthy backends of Python and Java showed to be not worth a reviewer's time."""

import pytest

from tests.rules.test_confidence import told, worth

_DJANGO = "from django.db import models\n\n\nclass Tag(models.Model):\n    name = models.TextField()\n\n\n"


_FIRST = "tag = Tag.objects.filter(name=name).first()"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("for name in names:\n        show(Tag.objects.get(name=name))", 1),
        ("for name in product.names:\n        show(Tag.objects.get(name=name))", 0),
        ("for name in data['names']:\n        show(Tag.objects.get(name=name))", 0),
        (f"for name in names:\n        {_FIRST}\n        if tag:\n            return tag", 0),
        (f"for name in names:\n        {_FIRST}\n        if not tag:\n            return 1", 1),
    ],
)  # fmt: skip
def test_a_loop_over_parts_of_one_object_or_until_something_is_found_is_short(body: str, found: int) -> None:
    assert worth("PERF201", a_py=f"{_DJANGO}def load(names, product, data):\n    {body}\n") == found


def test_what_keeps_in_step_with_a_service_takes_its_time() -> None:
    source = _DJANGO + "def NAME(names):\n    for name in names:\n        show(Tag.objects.get(name=name))\n"
    assert worth("PERF201", a_py=source.replace("NAME", "show_all")) == 1
    assert worth("PERF201", a_py=source.replace("NAME", "sync_tags")) == 0
    assert worth("PERF201", a_py=source.replace("def NAME", "@cli.command('prune')\ndef show_all")) == 0


_SPRING = """import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.web.bind.annotation.*;

interface TagRepository extends JpaRepository<Tag, Long> { }

@RestController
class Tags {
  private final TagRepository tags;

  @PostMapping("/tags")
  List<Tag> load(@RequestBody List<String> names) {
    return names.stream().map(name -> tags.findById(name)REST).toList();
  }
}
"""


def test_a_round_that_makes_what_is_missing_writes() -> None:
    assert worth("PERF201", a_java=_SPRING.replace("REST", ".orElseThrow()")) == 1
    assert worth("PERF201", a_java=_SPRING.replace("REST", ".orElseGet(() -> tags.save(new Tag(name)))")) == 0


@pytest.mark.parametrize(("kind", "more", "found"), [("Order", "", 1), ("Shelf", "", 0), ("Shelf", "PAGED", 1)])
def test_a_table_that_grows_says_so(kind: str, more: str, found: int) -> None:
    paged = "Page<X> findByName(String name, Pageable page);" if more else ""
    source = f"""import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.domain.Pageable;
import org.springframework.web.bind.annotation.*;

interface {kind}Repository extends JpaRepository<{kind}, Long> {{ {paged} }}

@RestController
class Shown {{
  private final {kind}Repository all;

  @GetMapping("/x")
  Object show() {{ return all.findAll(); }}
}}
"""
    assert worth("PERF204", a_java=source) == found


def test_a_query_narrowed_in_a_variable_is_no_whole_table() -> None:
    source = """from flask import Flask
from models import Entry

app = Flask(__name__)


@app.get("/entries")
def entries():
    query = Entry.queryFILTER
    return query.order_by(Entry.day).all()
"""
    assert worth("PERF204", a_py=source.replace("FILTER", ".filter(Entry.day == 1)")) == 0


_REDIS = """import redis
from fastapi import FastAPI
from rq import Queue

app = FastAPI()
store = redis.Redis()
queue = Queue("low", connection=store)


async def scan(name):
    return store.get(name)


"""


def test_a_worker_serves_nobody_meanwhile() -> None:
    direct = '@app.get("/scan")\nasync def start(name: str):\n    return await scan(name)\n'
    queued = '@app.get("/scan")\ndef start(name: str):\n    queue.enqueue(scan, name)\n'
    assert worth("PERF206", a_py=_REDIS + direct) == 1
    assert worth("PERF206", a_py=_REDIS + queued) == 0


def test_one_client_that_a_program_keeps_is_told_once() -> None:
    source = (
        "import requests\n\n\nclass Api:\n    def __init__(self):\n        self.session = requests.Session()\n\n"
        "    def read(self, url):\n        return self.session.get(url)\n"
    )
    other = source.replace("class Api", "class Other")
    assert worth("PERF211", a_py=source, b_py=other) == 1


def test_an_entry_with_a_constant_key_never_becomes_many() -> None:
    head = "import redis\n\ncache = redis.Redis()\nLAST = 'cache:last'\n\n\n"
    source = f"{head}def keep(user, day):\n    cache.set(KEY, day)\n"
    assert worth("PERF217", a_py=source.replace("KEY", "f'user:{user}'")) == 1
    assert worth("PERF217", a_py=source.replace("KEY", "LAST")) == 0


def test_pages_are_asked_for_one_after_another() -> None:
    asks = "requests.get(f'https://x.example/{n}', timeout=5)"
    source = f"import requests\n\n\ndef load(RANGE):\n    for n in RANGE:\n        {asks}\n"
    assert worth("PERF220", a_py=source.replace("RANGE", "numbers")) == 1
    assert worth("PERF220", a_py=source.replace("(RANGE)", "(pages)").replace("RANGE", "range(1, pages + 1)")) == 0


_RESOLVER = """import org.springframework.core.MethodParameter;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;

class StoreResolver implements HandlerMethodArgumentResolver {
  private final Stores stores;

  public boolean supportsParameter(MethodParameter parameter) {
    return parameter.getParameterType().equals(KIND.class);
  }

  public Object resolveArgument(MethodParameter parameter, Object container, NativeWebRequest request, Object factory) {
    return stores.byCode(request.getParameter("store"));
  }
}
"""
_FILES = """import java.nio.file.Files;
import java.nio.file.Paths;
import org.springframework.web.bind.annotation.*;

class Store { String code; String getCode() { return code; } }

@RestController
class Logos {
  @DeleteMapping("/logo")
  void remove(Store store) throws Exception { Files.delete(Paths.get("/logos/" + store.getCode())); }
}
"""


def test_a_parameter_that_a_resolver_looks_up_is_the_programs() -> None:
    assert worth("SEC210", Logos_java=_FILES, StoreResolver_java=_RESOLVER.replace("KIND", "Other")) == 1
    assert worth("SEC210", Logos_java=_FILES, StoreResolver_java=_RESOLVER.replace("KIND", "Store")) == 0


_VIEW = """from flask import Blueprint, send_file
from flask.views import MethodView


class Download(MethodView):
    def get(self, name):
        return send_file("/srv/" + name)


ROUTES = [("/files/<ROUTE>", Download)]
"""


def test_a_segment_of_an_address_holds_no_slash() -> None:
    assert worth("SEC210", a_py=_VIEW.replace("ROUTE", "path:name")) == 1
    assert worth("SEC210", a_py=_VIEW.replace("ROUTE", "name")) == 0


def test_places_in_a_list_are_numbers() -> None:
    source = """from flask import Flask, request
from sqlalchemy import text

app = Flask(__name__)


@app.get("/search")
def search(session):
    for place, word in enumerate(request.args["q"].split()):
        session.execute(text(f"select 1 where word = :w{PART}"), {f"w{place}": word})
"""
    assert worth("SEC201", a_py=source.replace("PART", "word")) == 1
    assert worth("SEC201", a_py=source.replace("PART", "place")) == 0


def test_a_cost_that_only_some_callers_lower() -> None:
    source = (
        "import bcrypt\n\n\ndef keep(password, rounds=ROUNDS):\n"
        "    return bcrypt.hashpw(password, bcrypt.gensalt(rounds))\n\n\n"
        "def quick(password):\n    return keep(password, rounds=4)\n"
    )
    assert worth("SEC311", a_py=source.replace("=ROUNDS", "")) == 1
    assert worth("SEC311", a_py=source.replace("ROUNDS", "12")) == 0


def test_the_first_bytes_of_a_file_are_no_secret() -> None:
    source = (
        "import settings\n\n\ndef read(request):\n    header = request.body\n    return PART != settings.SIGNATURE\n"
    )
    assert worth("SEC307", a_py=source.replace("PART", "request.headers['x-api-key']").replace("SIG", "API_SIG")) == 1
    assert worth("SEC307", a_py=source.replace("PART", "header[:8]")) == 0


def test_a_switch_that_the_caller_chooses() -> None:
    source = (
        "import requests\n\n\ndef open_session(verify):\n    session = requests.Session()\nREST    return session\n"
    )
    assert worth("SEC306", a_py=source.replace("REST", "    session.verify = False\n")) == 1
    chosen = "    if not verify:\n        session.verify = False\n"
    assert worth("SEC306", a_py=source.replace("REST", chosen)) == 0


def test_classes_that_repeat_a_services_json_choose_no_numbers() -> None:
    plain = "class Order {\n  private double totalPrice;\n}\n"
    assert worth("QUA123", a_java=plain) == 1
    assert worth("QUA123", a_java="@JsonNaming(Strategies.UpperCamelCaseStrategy.class)\n" + plain) == 0
    typed = "from typing import TypedDict\n\n\nclass Price(TypedDict):\n    price: float\n"
    assert worth("QUA123", a_py=typed) == 0


def test_modules_that_use_each_other_in_functions_load_in_either_order() -> None:
    one, other = (
        "from . import b\n\n\ndef f():\n    return b.g()\n",
        "from . import a\n\n\ndef g():\n    return a.f()\n",
    )
    assert "high" not in told("QUA111", p____init___py="", p__a_py=one, p__b_py=other)
    assert worth("QUA111", p____init___py="", p__a_py=one, p__b_py=other) == 0


def test_a_body_that_a_validator_of_its_own_checks() -> None:
    source = """import org.springframework.web.bind.annotation.*;
import jakarta.validation.constraints.NotNull;

class Order { @NotNull private String name; }

@RestController
class Orders {
  private final OrderValidator validator;
  private final OrderService orders;

  @PostMapping("/orders")
  Object add(@RequestBody Order order) {
    CHECK
    return orders.add(order);
  }
}
"""
    assert worth("QUA114", a_java=source.replace("CHECK", "")) == 1
    assert worth("QUA114", a_java=source.replace("CHECK", "validator.validate(order);")) == 0


_SIGN_IN = """from django.contrib.auth import authenticate, login
from django.http import HttpResponse
from django.urls import path
EXTRA

def NAME(request):
    user = authenticate(username=request.POST["name"], password=request.POST["password"])
    login(request, user)
    return HttpResponse("ok")


urlpatterns = [path("PATH", NAME)]
"""


@pytest.mark.parametrize(
    ("name", "path", "extra", "found"),
    [
        ("sign_in", "login", "", 1),
        ("register", "register", "", 0),
        ("entries", "demo-entries", "", 0),
        ("sign_in", "login", "\n\nclass LoginAttempt:\n    pass\n", 0),
    ],
)
def test_routes_that_sign_in_whom_they_just_made(name: str, path: str, extra: str, found: int) -> None:
    source = _SIGN_IN.replace("NAME", name).replace("PATH", path).replace("EXTRA", extra)
    assert worth("SEC403", a_py=source) == found


def test_a_record_found_by_a_preference_of_the_caller_is_not_the_callers() -> None:
    source = """from django.shortcuts import redirect
from django.contrib.auth.decorators import login_required
from django.db import models
from django.urls import path


class Place(models.Model):
    code = models.TextField()


@login_required
def home(request):
    return redirect(Place.objects.filter(KEY=request.user).first().code)


@login_required
def show(request, number):
    return redirect(Place.objects.filter(id=number).first().code)


urlpatterns = [path("home", home), path("place/<number>", show)]
"""
    assert worth("SEC401", a_py=source.replace("KEY", "visitor")) == 1
    assert worth("SEC401", a_py=source.replace("KEY=request.user", "code=request.user.place")) == 0


@pytest.mark.parametrize("first", [True, False])
def test_a_role_is_asked_for_before_the_record_is_fetched(first: bool) -> None:
    fetch = "    note = Note.objects.get(id=request.POST['id'])\n"
    ask = "    if not request.user.has_perm('notes.change'):\n        return HttpResponse(status=403)\n"
    source = f"""from django.contrib.auth.decorators import login_required
from django.db import models
from django.http import HttpResponse
from django.urls import path


class Note(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)


@login_required
def mine(request):
    return HttpResponse(Note.objects.filter(owner=request.user).count())


@login_required
def pin(request):
{ask + fetch if first else fetch + ask}    note.pinned = True
    note.save()
    return HttpResponse("ok")


urlpatterns = [path("mine", mine), path("pin", pin)]
"""
    assert worth("SEC401", a_py=source) == (0 if first else 1)
