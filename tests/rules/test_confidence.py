"""What is true but not worth a reviewer's time stays a note: each case is a class found in healthy backends."""

import pytest

from backend_advisor import knowledge
from backend_advisor.advise import advise
from backend_advisor.code.files import is_test
from backend_advisor.code.reading import read_code
from backend_advisor.experts import Terms
from backend_advisor.intake.files import file_artifact
from backend_advisor.knowledge.detection import Failures
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.running import matches
from tests.rules import test_examples  # noqa: F401 (it loads the detectors)

_KINDS = {
    "py": ArtifactKind.PYTHON,
    "ts": ArtifactKind.TYPESCRIPT,
    "js": ArtifactKind.JAVASCRIPT,
    "java": ArtifactKind.JAVA,
}


def told(code: str, **files: str) -> list[Confidence]:
    """How sure a rule is of each of its findings in some files; the last part of a name is its suffix."""
    artifacts = tuple(
        Artifact(name=_path(name), kind=_KINDS[name.rpartition("_")[2]], text=text, origin="file")
        for name, text in files.items()
    )
    reading = read_code(artifacts)
    places, known = Places(reading.artifacts), knowledge.load()
    playbook = next(one for one in known.playbooks.values() if one.code == code)
    return [
        match.confidence or playbook.confidence
        for analysis in reading.analyses
        for rule, match in matches(CodeContext(analysis, places), known, playbook.expert, Failures())
        if rule.code == code
    ]


def _path(name: str) -> str:
    stem, _, suffix = name.rpartition("_")
    return f"{stem.removesuffix('____init__').replace('__', '/')}{'/__init__' * stem.endswith('____init__')}.{suffix}"


def worth(code: str, **files: str) -> int:
    """How many findings are told when notes are left out."""
    return sum(confidence != Confidence.LOW for confidence in told(code, **files))


_GUARDS = "def check(a):\n" + "".join(f"    if a.x{n} and a.y{n}:\n        raise ValueError\n" for n in range(25))
_FLASK = "from flask import Flask, redirect, request\nimport settings\napp = Flask(__name__)\n\n\n"


def test_guards_at_the_door_make_no_function_hard() -> None:
    assert told("QUA101", a_py=_GUARDS) == [Confidence.LOW]


def test_values_that_callers_name_are_not_mixed_up() -> None:
    params = ", ".join(f"p{n}" for n in range(11))
    given = ", ".join(f"p{n}={n}" for n in range(11))
    assert worth("QUA104", a_py=f"def f({params}):\n    return p0\n") == 1
    assert worth("QUA104", a_py=f"def f({params}):\n    return p0\n\n\nf({given})\n") == 0


@pytest.mark.parametrize(
    "body",
    [
        'return redirect(settings.BASE_URL + "/sso/" + request.args["slug"])',
        'return redirect(f"{settings.BASE_URL}{request.args["path"]}")'.replace('"path"', "'path'"),
        'return redirect(records.find_one(request.args["id"]).address)',
        'return redirect(get_safe_url(request.args["next"]))',
        'return redirect(request.headers["X-Base"])',
    ],
)
def test_redirects_whose_host_the_client_does_not_choose(body: str) -> None:
    helper = "def get_safe_url(url):\n    for host in settings.HOSTS:\n        url = url\n    return url\n\n\n"
    source = f'{_FLASK}{helper}@app.get("/go")\ndef go():\n    {body}\n'
    assert worth("SEC214", a_py=source) == 0


def test_a_redirect_that_the_client_chooses() -> None:
    source = f'{_FLASK}@app.get("/go")\ndef go():\n    return redirect(request.args["next"])\n'
    assert worth("SEC214", a_py=source) == 1


def test_a_hash_that_protects_nothing() -> None:
    source = "import hashlib\n\n\ndef etag(body):\n    return hashlib.md5(body).hexdigest()\n"
    assert told("SEC222", a_py=source) == [Confidence.LOW]
    assert worth("SEC222", a_py=source.replace("etag", "sign_token")) == 1


@pytest.mark.parametrize(
    "line",
    [
        'LEAKED_TOKEN = "leaked_token"',
        'CONNECTION_PASSWORD = "connection.password"',
        'MODULE_TOKEN = "{module}"',
        'ACCESS_TOKEN = "token_abc123"',
        'SECRET_KEY = "abcdefghijklmnopqrstuvwxyz0123456789"',
    ],
)
def test_names_and_placeholders_are_no_secrets(line: str) -> None:
    assert worth("SEC301", a_py=line + "\n") == 0


def test_koa_sets_its_cookies_safely_by_itself() -> None:
    source = "import Koa, { Context } from 'koa';\nconst app = new Koa();\n"
    source += "app.use(async (ctx: Context) => { ctx.cookies.set('session', 'a', {}); });\n"
    assert worth("SEC224", a_ts=source) == worth("SEC229", a_ts=source) == 0
    assert worth("SEC224", a_ts=source.replace("{}); }", "{ secure: false }); }")) == 1


_CONTAINED = """import java.io.*;
import java.util.zip.*;

class Unpack {
    void one(File dir, ZipEntry entry) throws IOException {
        File file = new File(dir, entry.getName());
        if (!file.toPath().normalize().startsWith(dir.toPath().normalize())) {
            throw new IOException("outside");
        }
        new FileOutputStream(file).close();
    }
}
"""


def test_a_folder_that_the_caller_gives_contains_what_is_checked_against_it() -> None:
    assert worth("SEC211", Unpack_java=_CONTAINED) == 0
    assert worth("SEC211", Unpack_java=_CONTAINED.replace("if (!file", "if (file")) == 1


_SAVES = """from django.db import models


class Book(models.Model):
    def save(self, *args, **kwargs):
        self.slug = self.title
        super().save(*args, **kwargs)


def rename(ids, title):
    for book in Book.objects.filter(id__in=ids):
        book.title = title
        book.save()
"""


def test_models_that_look_after_themselves_are_saved_one_by_one() -> None:
    assert worth("PERF203", a_py=_SAVES) == 0


def test_one_loop_is_told_once() -> None:
    source = "import sqlite3\n\n\ndef f(db: sqlite3.Connection, ids):\n    for one in ids:\n"
    source += '        db.execute("SELECT a FROM t WHERE id = ?", (one,))\n' * 3
    assert sorted(told("PERF201", a_py=source)) == [Confidence.HIGH, Confidence.LOW, Confidence.LOW]


@pytest.mark.parametrize(
    ("path", "apart"),
    [
        ("core/framework/src/http/__fixtures__/route.ts", True),
        ("netbox/configuration_testing.py", True),
        ("server/load_tests/locust.py", True),
        ("app/testimonials.py", False),
        ("app/contest/views.py", False),
        ("app/tests_e2e/page.py", True),
        ("web/playwright/helper.ts", True),
        ("web/vitestSetup.ts", True),
        ("scripts/test-environments/idp.yml", True),
    ],
)
def test_what_is_there_for_tests(path: str, apart: bool) -> None:
    assert is_test(path) is apart


_LOOP = "from django.db import models\n\n\nclass Bundle(models.Model):\n    pass\n\n\n"


@pytest.mark.parametrize(
    ("path", "loop", "found"),
    [
        ("a_py", "for one in ids:\n        Bundle.objects.get(pk=one)", 1),
        ("app__bgtasks__mails_py", "for one in ids:\n        Bundle.objects.get(pk=one)", 0),
        ("a_py", "for one in Reason:\n        Bundle.objects.get(pk=one)", 0),
        ("a_py", "for one in Search.params:\n        Bundle.objects.get(pk=one)", 0),
        ("a_py", 'for one in ids:\n        if one == "bundle":\n            Bundle.objects.get(pk=one)', 0),
    ],
)
def test_loops_that_cost_nobody_anything(path: str, loop: str, found: int) -> None:
    files = {path: f"{_LOOP}def f(ids):\n    {loop}\n", "manage_py": ""}
    assert worth("PERF201", **files) == found


def test_work_left_to_a_queue_asks_nothing_here() -> None:
    source = f"{_LOOP}@task()\ndef load(one):\n    Bundle.objects.get(pk=one)\n\n\n"
    source += "def all_of_them(ids):\n    for one in ids:\n        load(one)\n"
    assert worth("PERF201", a_py=source) == 0
    assert worth("PERF201", a_py=source.replace("@task()\n", "")) == 1


def test_pages_ask_their_own_server() -> None:
    assert worth("PERF211", a_ts="export const load = async (id: string) => fetch(`/api/surveys/${id}`);\n") == 0
    assert worth("PERF211", a_ts="export const load = async (id: string) => fetch(`https://api.io/${id}`);\n") == 1


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("tG5$kLp9!wQz", 1),
        ("$argon2id$v=19$m=65536,t=3,p=4$t6SNxOtQ6wBnGZUbPu/MVQ", 0),
        ("$DB_PASSWORD", 0),
        ("secrets.DB_PASSWORD2", 0),
        ("填写你的SecretKey1", 0),
        ("mock-smtp-p4ssw0rd", 0),
    ],
)
def test_values_that_open_nothing(value: str, found: int) -> None:
    assert worth("SEC301", a_py=f'DB_PASSWORD = "{value}"\n') == found


def test_keys_of_breached_passwords_are_sha1() -> None:
    source = "import hashlib\n\n\ndef is_compromised(password):\n"
    source += "    return hashlib.sha1(password.encode()).hexdigest()[:5]\n"
    assert told("SEC222", a_py=source) == told("SEC311", a_py=source) == []
    assert told("SEC311", a_py=source.replace("is_compromised", "keep"))


def test_what_is_sent_is_signed_as_it_is_written() -> None:
    source = "import hashlib\nimport hmac\nimport json\n\n\ndef send_webhook(key, payload, event):\n"
    source += '    if event == "ping":\n        return None\n'
    source += "    return hmac.new(key, json.dumps(payload).encode(), hashlib.sha256).hexdigest()\n"
    assert told("SEC308", a_py=source) == []
    assert told("SEC308", a_py=source.replace("send_webhook", "check_webhook"))


def test_a_host_that_every_way_names_is_fixed() -> None:
    source = f"{_FLASK}import requests\n\n\n@app.get('/a')\ndef a():\n    query = request.args.get('q')\n"
    source += '    url = f"https://api.io/find?q={query}" if query else f"https://api.io/all?q={query}"\n'
    source += "    return requests.get(url, timeout=2).text\n"
    assert told("SEC212", a_py=source) == []
    assert told("SEC212", a_py=source.replace("https://api.io/find?q=", "https://"))


_RECORDS = """from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session
app = FastAPI()


@app.get("/forms/{form_id}")
def form(form_id: int, db: Session, user=Depends(current_user)):
    return db.query(Form).filter(Form.id == form_id).first()
"""
_OWNED = """

@app.get("/forms")
def mine(db: Session, user=Depends(current_user)):
    return db.query(Form).filter(Form.owner_id == user.id).all()
"""
_MODELS = "class Form(Base):\n    owner_id: int\n"


def test_records_are_somebodys_where_other_routes_say_so() -> None:
    imported = "from models import Form\n" + _RECORDS
    assert worth("SEC401", a_py=imported, models_py=_MODELS) == 0
    assert worth("SEC401", a_py=imported + _OWNED, models_py=_MODELS) == 1


_ENCODERS = """import java.util.*;
import org.springframework.security.crypto.password.*;
class Encoders {
    PasswordEncoder make() {
        Map<String, PasswordEncoder> encoders = new HashMap<>();
        encoders.put("noop", NoOpPasswordEncoder.getInstance());
        return new DelegatingPasswordEncoder("bcrypt", encoders);
    }
    PasswordEncoder plain() { return NoOpPasswordEncoder.getInstance(); }
}
"""


def test_encoders_that_read_old_hashes_make_none() -> None:
    assert len(told("SEC311", Encoders_java=_ENCODERS)) == 1


_CHAIN = """import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
class Security {
    SecurityFilterChain chain(HttpSecurity http) throws Exception {
        http.httpBasic(x -> {});
        http.csrf(csrf -> csrf.disable());
        return http.build();
    }
}
"""


def test_forged_requests_need_a_browser_that_signs_in_by_itself() -> None:
    assert worth("SEC314", Security_java=_CHAIN) == 0
    assert worth("SEC314", Security_java=_CHAIN.replace("httpBasic", "formLogin")) == 1


_SQUADS = """import functools
from flask import abort, request


def squad(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        if not current_user.is_admin:
            abort(403)
        return f(*args, **kwargs)
    return inner


def timed(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner
"""
_GUARDED = """from flask import Flask, request
from flask_login import login_required
from guards import squad, timed
app = Flask(__name__)


@app.get("/orders")
@login_required
def orders():
    return Order.query.all()


@app.post("/orders")
@squad
def create_order():
    Order.objects.create(name=request.json["name"])
    return "", 201
"""


def test_a_decorator_of_the_programs_own_may_ask_who_calls() -> None:
    assert told("SEC402", guards_py=_SQUADS, a_py=_GUARDED) == []
    assert len(told("SEC402", guards_py=_SQUADS, a_py=_GUARDED.replace("@squad", "@timed"))) == 1
    assert told("SEC402", guards_py=_SQUADS, a_py=_GUARDED.replace("@squad", "@admins_only")) == []


_EXPRESS = """import express from 'express';
import { squad, timed } from './guards';
import { requireAuth } from './auth';
const app = express();
app.get('/orders', requireAuth, async (req, res) => { res.json(await db.order.findMany()); });
app.post('/orders', squad, async (req, res) => {
  res.json(await prisma.order.create({ data: { name: req.body.name } }));
});
"""
_EXPRESS_GUARDS = """export function squad(req, res, next) {
  if (!req.session.user) { return res.status(403).json({}); }
  next();
}
export function timed(req, res, next) { next(); }
"""


def test_a_middleware_of_the_programs_own_may_ask_who_calls() -> None:
    assert told("SEC402", guards_ts=_EXPRESS_GUARDS, a_ts=_EXPRESS) == []
    assert len(told("SEC402", guards_ts=_EXPRESS_GUARDS, a_ts=_EXPRESS.replace("', squad", "', timed"))) == 1


_SCOPES = """import { FastifyInstance } from 'fastify';
import { registerApiKeyAuth } from './auth';
import things from './things';
export default async function routes(fastify: FastifyInstance) {
  registerApiKeyAuth(fastify);
  fastify.get('/orders', { preHandler: requireUser }, async (req, reply) => prisma.order.findMany());
  fastify.register(things);
  fastify.register(async (f) => {
    f.post('/orders', async (req, reply) => prisma.order.create({ data: { name: req.body.name } }));
  });
}
"""
_THINGS = """import { FastifyInstance } from 'fastify';
export default async function things(fastify: FastifyInstance) {
  fastify.get('/things', { preHandler: requireUser }, async (req, reply) => prisma.thing.findMany());
  fastify.post('/things', async (req, reply) => prisma.thing.create({ data: { name: req.body.name } }));
}
"""


def test_what_a_scope_registers_stands_before_its_routes() -> None:
    assert told("SEC402", routes_ts=_SCOPES, things_ts=_THINGS) == []
    opened = _SCOPES.replace("  registerApiKeyAuth(fastify);\n", "")
    assert len(told("SEC402", routes_ts=opened, things_ts=_THINGS)) == 2
    plugin = """import fp from 'fastify-plugin';
import { FastifyInstance } from 'fastify';
export default fp(async (fastify: FastifyInstance) => {
  fastify.addHook('onRequest', async (req, reply) => { if (!req.headers.apikey) { reply.code(401).send(); } });
});
"""
    registered = _SCOPES.replace("registerApiKeyAuth(fastify)", "fastify.register(registerApiKeyAuth)")
    registered = registered.replace("{ registerApiKeyAuth }", "registerApiKeyAuth")
    assert told("SEC402", routes_ts=registered, things_ts=_THINGS, auth_ts=plugin) == []
    assert len(told("SEC402", routes_ts=registered, things_ts=_THINGS, auth_ts=plugin.replace("401", "200"))) == 2


def test_what_is_quick_or_told_already_blocks_nothing_more() -> None:
    source = "import smtplib\nimport time\n\n\nasync def mail(host):\n    with smtplib.SMTP(host) as server:\n"
    source += "        server.login('a', 'b')\n        server.sendmail('a', ['b'], 'c')\n"
    assert worth("PERF206", a_py=source) == 1
    source = "from celery import shared_task\n\n\n@shared_task\ndef work(n):\n    return n\n\n\n"
    assert worth("PERF206", a_py=source + "async def start(n):\n    work.delay(n)\n") == 0


def test_a_limit_on_everything_limits_sign_ins() -> None:
    source = "from fastapi import FastAPI\nfrom slowapi.middleware import SlowAPIMiddleware\napp = FastAPI()\n"
    source += "app.add_middleware(SlowAPIMiddleware)\n\n\n@app.post('/login')\ndef login(name: str, password: str):\n"
    source += "    user = find(name)\n    if not bcrypt.checkpw(password, user.hash):\n        raise ValueError\n"
    source = "import bcrypt\n" + source
    assert told("SEC403", a_py=source) == []
    assert told("SEC403", a_py=source.replace("app.add_middleware(SlowAPIMiddleware)\n", ""))


def test_keys_made_of_keys_need_no_slow_hash() -> None:
    source = "from hashlib import pbkdf2_hmac\n\n\ndef derive(secret):\n"
    source += '    return pbkdf2_hmac("sha256", secret, b"purpose", 2048)\n'
    assert worth("SEC311", a_py=source) == 0
    assert worth("SEC311", a_py=source.replace("secret", "password")) == 1


_HANDLED = """from flask import Flask, jsonify
app = Flask(__name__)


@app.post("/solve")
def solve():
    try:
        store.save(1)
    except AlreadySolved:
        return jsonify({"success": True})
    return jsonify({"success": True})
"""


def test_an_outcome_with_a_name_of_its_own_may_be_a_success() -> None:
    assert worth("QUA132", a_py=_HANDLED) == 0
    assert worth("QUA132", a_py=_HANDLED.replace("AlreadySolved", "Exception")) == 1


_ITEMS = """from django.db import models, transaction


class Line(models.Model):
    pass


def move(ids):
    for one in ids:
        Line.objects.create(number=one)
"""


def test_writes_that_are_apart_on_purpose_or_few() -> None:
    assert worth("PERF203", a_py=_ITEMS) == 1
    apart = _ITEMS.replace("        Line", "        with transaction.atomic():\n            Line")
    assert worth("PERF203", a_py=apart) == 0
    assert worth("PERF203", a_py=_ITEMS.replace("in ids", "in User.admins()")) == 0


_JPA = """import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
class Item { Long id; }
interface Items extends JpaRepository<Item, Long> { List<Item> findByIdIn(List<Long> ids, Operation why); }
@Service
class Shop {
    private Items items;
    @Transactional
    public void move(List<Item> all) { moveAll(all); }
    private void moveAll(List<Item> all) { for (Item one : all) { items.save(one); } }
    List<Item> read(List<Long> ids) {
        List<Item> found = new ArrayList<>();
        for (List<Long> part : Lists.partition(ids, 500).stream().toList()) {
            found.addAll(items.findByIdIn(part, UPDATE));
        }
        return found;
    }
}
"""


def test_repositories_write_together_in_a_transaction() -> None:
    assert worth("PERF203", Shop_java=_JPA) == worth("PERF201", Shop_java=_JPA) == 0
    assert worth("PERF203", Shop_java=_JPA.replace("    @Transactional\n", "")) == 1


_NEST = """import { Body, Controller, Post } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { Model } from 'mongoose';
class Wanted { @IsString() name: string; @IsOptional() extra: any; }
@Controller('users')
export class Users {
  constructor(private readonly model: Model<any>) {}
  @Post() find(@Body() wanted: Wanted) { return this.model.find({ name: wanted.name }); }
  @Post('all') all(@Body() wanted: Wanted) { return this.model.find({ name: wanted.extra }); }
}
"""


def test_fields_that_are_checked_to_be_text_hold_no_operators() -> None:
    assert len(told("SEC202", a_ts=_NEST)) == 1
    assert len(told("SEC202", a_ts=_NEST.replace("@IsString()", "@IsOptional()"))) == 2


_QUIET = """class Work {
    private Logger log; private Orders orders;
    void run(Order one) {
        try { orders.save(one); } catch (EntityNotFoundException e) { log.trace("gone", e); }
    }
}
"""


def test_an_expected_failure_that_is_noted_is_not_swallowed() -> None:
    for kind, found in (("EntityNotFoundException", 0), ("Exception", 1)):
        assert worth("QUA107", Work_java=_QUIET.replace("EntityNotFoundException", kind)) <= found


_NAMED = """from flask import Flask, request
import re
app = Flask(__name__)


@app.get("/files")
def files():
    name = request.args["name"]
    return open("/data/" + REPLACED).read()
"""
_READ = """import express from 'express';
import fs from 'fs';
const app = express();
app.get('/files', (req, res) => res.send(fs.readFileSync('/data/' + req.query.name.REPLACED)));
"""


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (r're.sub(r"[^a-zA-Z0-9_-]", "", name)', 0),
        (r're.sub(r"\W+", "-", name)', 0),
        (r're.compile(r"[^\w.]").sub("", name)', 0),
        (r're.sub(r"[/\\]", "_", name)', 0),
        (r'name.replace("/", "_")', 0),
        (r're.sub(r"[a-z]", "", name)', 1),
        (r're.sub(r"[^a-z/]", "", name)', 1),
        (r're.sub(r"\W+", name, name)', 1),
    ],
)
def test_characters_that_were_exchanged_do_no_harm(made: str, found: int) -> None:
    assert len(told("SEC210", a_py=_NAMED.replace("REPLACED", made))) == found


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (r"replace(/[^a-z0-9]/g, '')", 0),
        (r"replace(/\//g, '_')", 0),
        ("replaceAll('/', '_')", 0),
        (r"replace(/[^a-z0-9]/, '')", 1),
        ("replace('/', '_')", 1),
        (r"replace(/\.\./g, '')", 1),
    ],
)
def test_all_of_them_were_exchanged(made: str, found: int) -> None:
    assert len(told("SEC210", a_ts=_READ.replace("REPLACED", made))) == found


_REDIRECT = """from flask import Flask, redirect, request
from urllib.parse import urlparse
app = Flask(__name__)


def is_safe_url(target):
    return not urlparse(target).netloc


@app.get("/next")
def after():
    if request.args.get("next") and is_safe_url(request.args.get("next")):
        return redirect(request.args.get("next"))
    return ""
"""


def test_what_is_read_twice_was_checked_the_first_time() -> None:
    assert told("SEC214", a_py=_REDIRECT) == []
    assert told(
        "SEC214", a_py=_REDIRECT.replace('redirect(request.args.get("next"))', 'redirect(request.args.get("b"))')
    )
    unchecked = _REDIRECT.replace("        return redirect", "        print()\n    return redirect")
    assert told("SEC214", a_py=unchecked)


_BY_KEY = """from django.shortcuts import redirect


def upload(request, book_id):
    book = manager_of(Edition).get(pk=book_id)
    return redirect(f"{book.local_path}?error=1")
"""
_BY_KEY_URLS = """from django.urls import path
import views
urlpatterns = [path("upload/<book_id>", views.upload)]
"""


def test_a_record_is_not_what_it_was_asked_for_by() -> None:
    assert told("SEC214", views_py=_BY_KEY, urls_py=_BY_KEY_URLS) == []
    assert told("SEC214", views_py=_BY_KEY.replace("book.local_path", "book_id"), urls_py=_BY_KEY_URLS)


def test_files_that_are_closed_at_once() -> None:
    assert told("QUA110", a_py='def touch(path):\n    open(path, "a").close()\n') == []
    assert told("QUA110", a_py='def touch(path):\n    open(path, "a").write("x")\n')


_SHOP = "class Order:\n    price: float\n\n\nclass OrderStats:\n    price: float\n\n\nclass Refund:\n    price: float\n"


def test_how_money_is_kept_is_told_once() -> None:
    assert worth("QUA123", a_py=_SHOP) == 1
    assert len(told("QUA123", a_py=_SHOP)) == 3


def test_modules_take_from_their_own_package() -> None:
    package, part = (
        "from .part import Part\n\n\nclass Base:\n    pass\n",
        "from . import Base\n\n\nclass Part(Base):\n    pass\n",
    )
    assert worth("QUA111", app____init___py=package, app__part_py=part) == 0
    assert worth("QUA111", app__base_py=package, app__part_py=part.replace("from .", "from .base")) == 1


_COOKIES = """from fastapi import FastAPI
from fastapi.responses import JSONResponse
app = FastAPI()


@app.post("/login")
def login():
    response = JSONResponse({})
    response.set_cookie("token", "a", httponly=True)
    response.set_cookie("other_token", "b", httponly=True)
    return response
"""


def test_cookies_of_a_file_are_mended_together() -> None:
    assert (worth("SEC224", a_py=_COOKIES), len(told("SEC224", a_py=_COOKIES))) == (1, 2)


_INLINE = """import express from 'express';
import { z } from 'zod';
const app = express();
const Order = z.object({ name: z.string() });
app.post('/a', (req, res) => { res.json(Order.parse(req.body.order)); });
app.post('/b', (req, res) => { res.json(Order.parse(req.body.order)); });
app.post('/c', (req, res) => {
  const { name } = req.body;
  if (!isMigrationName(name)) { return res.status(400).send({}); }
  res.json(name);
});
"""


def test_what_is_refused_in_the_handler_is_checked() -> None:
    assert worth("QUA114", a_ts=_INLINE) == 0
    assert worth("QUA114", a_ts=_INLINE.replace("isMigrationName(name)", "name.length")) == 1


def test_opening_an_image_reads_its_head() -> None:
    source = (
        "from fastapi import FastAPI\nfrom PIL import Image\napp = FastAPI()\n\n\n@app.post('/i')\ndef add(file):\n"
    )
    source += "    image = Image.open(file)\n    return image.size\n"
    assert told("PERF218", a_py=source) == []
    assert told("PERF218", a_py=source.replace("image.size", "image.resize((9, 9))"))


_COUNTED = """import express from 'express';
import bcrypt from 'bcrypt';
const app = express();
app.post('/login', async (req, res) => {
  const user = await find(req.body.name);
  if (!(await checked(user, req.body.password))) { return res.status(401).json({}); }
  res.json(jwt.sign({ id: user.id }, KEY));
});
async function checked(user, password) {
  if (user.failedLogins > 5) { return false; }
  return bcrypt.compare(password, user.hash);
}
"""


def test_failures_may_be_counted_behind_the_route() -> None:
    assert told("SEC403", a_ts=_COUNTED) == []
    assert len(told("SEC403", a_ts=_COUNTED.replace("failedLogins", "age"))) == 1


def test_a_package_alone_imports_by_its_name() -> None:
    check = "def fits(target):\n    return target in ('/a', '/b')\n"
    source = (
        _FLASK + "from shop.utils import checks\n\n\n@app.get('/next')\ndef after():\n    to = request.args['next']\n"
    )
    source += "    if checks.fits(to):\n        return redirect(to)\n    return ''\n"
    assert told("SEC214", shop____init___py="", shop__a_py=source, shop__utils__checks____init___py=check) == []
    assert told("SEC214", shop____init___py="", shop__a_py=source, shop__utils__other____init___py=check)


_OVERLOADS = """import java.nio.file.*;
import org.springframework.web.bind.annotation.*;
@RestController
class Files2 {
    @PostMapping("/a") void a(@RequestParam String kind) throws Exception { store("x", kind); }
    private void store(String name, String kind) { log(kind); }
    private void store(String name, String path, int days) throws Exception { Files.delete(Paths.get(path)); }
}
"""


def test_a_call_means_the_method_that_takes_as_many_arguments() -> None:
    assert told("SEC210", Files2_java=_OVERLOADS) == []
    assert told("SEC210", Files2_java=_OVERLOADS.replace('"x", kind', '"x", kind, 1'))


def test_clients_of_a_program_are_told_once() -> None:
    source = "import httpx\nfrom fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/a')\nasync def a():\n"
    source += (
        "    async with httpx.AsyncClient() as client:\n        return (await client.get('https://a.io')).json()\n"
    )
    assert worth("PERF208", a_py=source) == 1
    assert worth("PERF208", a_py=source, b_py=source.replace("a()", "b()")) == 1


def test_items_of_which_each_is_applied_are_read_in_passing() -> None:
    source = "from django.db import models\n\n\nclass Change(models.Model):\n    pass\n\n\ndef one_of(pk):\n"
    source += (
        "    return Change.objects.get(pk=pk)\n\n\ndef all_of(ids, applier):\n    for pk in ids:\n        one_of(pk)\n"
    )
    assert worth("PERF201", a_py=source) == 1
    assert worth("PERF201", a_py=source + "        applier.applyChange.execute(pk)\n") == 0


_BUILT = """import { Knex } from 'knex';
export class Store {
  constructor(private readonly db: Knex) {}
  async find(filters: string[]) {
    const query = this.db('a');
    filters.forEach((one) => {
      const below = (inner: any) => this.db('b').select('id').where({ name: one });
      query.CALLED('id', below);
    });
    return query;
  }
}
"""


def test_parts_of_a_statement_are_not_sent() -> None:
    assert worth("PERF201", a_ts=_BUILT.replace("CALLED", "whereNotIn")) == 0


def test_commands_may_empty_a_table() -> None:
    source = 'def reset(cursor):\n    cursor.execute("DELETE FROM settings")\n'
    for name, confidence in (("app/commands.py", Confidence.LOW), ("app/store.py", Confidence.HIGH)):
        text = Artifact(name=name, kind=_KINDS["py"], text=source, origin="file")
        found = advise(Case(question="", language="en", artifacts=(text,)), Terms(prove=False), select=("DB124",))
        assert [one.confidence for one in found.findings] == [confidence]


_LOOKED_UP = """from flask import Flask, redirect, request
from models import Event
app = Flask(__name__)


@app.get("/events/<event_id>")
def show(event_id):
    event = Event.get(request.view_args["event_id"])
    return redirect(event.url)
"""


def test_a_class_gives_records_by_their_key() -> None:
    models = "from base import Model\n\n\nclass Event(Model):\n    pass\n"
    assert told("SEC214", a_py=_LOOKED_UP, models_py=models) == []
    assert told("SEC214", a_py=_LOOKED_UP.replace("event.url", "event_id"), models_py=models)


def test_checks_of_libraries_tell_by_their_name() -> None:
    source = _REDIRECT.replace(" is_safe_url(", " library.validate_next_url(")
    assert told("SEC214", a_py=source) == []
    assert told("SEC214", a_py=source.replace("validate_next_url", "validate"))


def test_colours_are_no_secrets() -> None:
    source = "import random\n\n\ndef random_COLOR():\n    return random.choice('abc')\n\n\n"
    source += "def start():\n    new_session = random_COLOR()\n    return new_session\n"
    assert told("SEC221", a_py=source) == []
    assert told("SEC221", a_py=source.replace("COLOR", "letter"))


def test_circles_that_are_meant_and_memories_of_a_function() -> None:
    other = "def x():\n    pass\n\n\nfrom a import y  # noqa: E402\n\ny()\n"
    source = "from b import x\n\n\ndef y():\n    return x\n"
    assert worth("QUA111", a_py=source, b_py=other) == 0
    assert worth("QUA111", a_py=source, b_py=other.replace("  # noqa: E402", "")) == 1
    kept = "def f(x, seen={}):\n    seen[x] = 1\n    return seen\n"
    assert (worth("QUA115", a_py=kept), worth("QUA115", a_py=kept.replace("seen", "_seen"))) == (1, 0)


_ORDERED = """import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function bill(orderId: string, code: string) {
  const order = await prisma.order.findUnique({ where: { id: orderId } });
  const country = await prisma.country.findUnique({ where: { code } });
  return [order, country];
}
"""


def test_what_may_end_the_function_is_waited_for() -> None:
    assert len(told("PERF207", a_ts=_ORDERED)) == 1
    assert not told("PERF207", a_ts=_ORDERED.replace("findUnique(", "findUniqueOrThrow("))


_GRAPHQL = """import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Body, Controller, Post } from '@nestjs/common';
import { Repository } from 'typeorm';
@Resolver()
export class Users {
  constructor(private readonly users: Repository<User>) {}
  @Mutation() change(@Args('input') input: ChangeInput) { return this.users.save(input); }
}
"""


def test_a_schema_of_graphql_says_which_fields_there_are() -> None:
    assert told("SEC217", a_ts=_GRAPHQL) == []
    rest = (
        _GRAPHQL.replace("@Args('input')", "@Body()").replace("@Resolver", "@Controller").replace("@Mutation", "@Post")
    )
    assert told("SEC217", a_ts=rest)


def test_settings_beside_may_switch_debugging_off() -> None:
    common = "INSTALLED_APPS = []\nDEBUG = True\n"
    assert worth("SEC310", app__settings__common_py=common) == 1
    beside = {"app__settings__common_py": common, "app__settings__product_py": "from .common import *\nDEBUG = False\n"}
    assert worth("SEC310", **beside) == 0


_JDBI = """import org.jdbi.v3.core.Jdbi;
class Queues {
    private Jdbi jdbi;
    Object read() {
        Object found = jdbi.CALLED;
        if (found == null) { throw new IllegalStateException(); }
        return found.toString();
    }
}
"""


def test_what_lends_a_connection_takes_it_back() -> None:
    assert told("PERF209", Queues_java=_JDBI.replace("CALLED", "withHandle(this::queues)")) == []


def test_a_token_tells_whose_key_to_take() -> None:
    source = "import jwt\n\n\ndef claims(token):\n"
    source += "    issuer = jwt.decode(token, options={'verify_signature': False})['iss']\n"
    verified = "    return jwt.decode(token, key_of(issuer), algorithms=['RS256'])\n"
    assert told("SEC302", a_py=source + verified) == []
    assert told("SEC302", a_py=source + "    return issuer\n")
    assert told("SEC302", a_py=source + verified.replace("token", "other"))


def test_rows_that_are_counted_are_used() -> None:
    source = "def read(cursor):\n    cursor.execute("
    source += '"SELECT a.id, COUNT(*) FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.id")\n'
    for text, found in ((source, 0), (source.replace("COUNT(*)", "MAX(a.x)"), 1)):
        file = Artifact(name="app/store.py", kind=_KINDS["py"], text=text, origin="file")
        case = Case(question="", language="en", artifacts=(file,))
        assert len(advise(case, Terms(prove=False), select=("DB112",)).findings) == found


def test_settings_for_tests_are_apart() -> None:
    assert is_test("app/settings/test.py")
    assert not is_test("app/settings/product.py")


_BEHIND = (
    "export class Mailer {\n  async send(mail) { await this.server.send(mail); }\n"
    "  async later(mail) { await this.keep(mail); this.send(mail); }\n"
    "  async keep(mail) { await this.store.add(mail); }\n}\n"
    "export async function answer(req, res) { await a(); remind(req.body); res.json({}); }\n"
    "async function remind(mail) { await b(mail); }\n"
)


@pytest.mark.parametrize(
    ("handler", "found"),
    [("", 2), ("(error) => { log.error(error); }", 1), ("(error) => { log.error(error); process.exit(1); }", 2)],
)
def test_a_lost_promise_behind_an_answer_is_logged_by_the_process(handler: str, found: int) -> None:
    server = f"process.on('unhandledRejection', {handler});" if handler else "start();"
    assert worth("QUA109", mail_ts=_BEHIND, server_ts=server) == found


def _branches(count: int) -> str:
    return "".join(f"  if (a.x{n} && a.y{n}) {{ a.z += {n}; if (a.q) {{ a.z -= 1; }} }}\n" for n in range(count))


_WALK = f"export function walk(a) {{\n{_branches(14)}  return a;\n}}\n"


def test_a_function_called_where_it_is_written_is_no_tangle_of_those_in_it() -> None:
    parts = "".join(f"  function f{n}(a) {{\n{_branches(5)}    return a;\n  }}\n" for n in range(4))
    assert worth("QUA101", a_js=f"(function () {{\n{parts}  if (exports) {{ exports.f = f0; }}\n}})();\n") == 0
    assert worth("QUA101", a_js=_WALK) == 1


def test_earlier_versions_of_a_file_stay_as_they_are() -> None:
    assert worth("QUA101", flow__v1__walk_ts=_WALK, flow__v2__walk_ts=_WALK.replace("q", "r")) == 1
    copied = "export function f(a, b) {\n" + "".join(f"  const v{n} = a.g{n}(b.h{n}, v);\n" for n in range(20)) + "}\n"
    assert worth("QUA106", flow__v1__walk_ts=copied, flow__v2__walk_ts=copied) == 0
    assert worth("QUA106", flow__one_ts=copied, flow__two_ts=copied) == 1


def test_routes_of_a_controller_share_nothing() -> None:
    body = "".join(f"    const a{n} = b{n}(c{n}); if (a{n}) {{ d(a{n}); }}\n" for n in range(8))
    methods = "".join(f"  m{n}(PARAMS) {{\n{body}    return {n};\n  }}\n" for n in range(27))
    whole = f"export class Big {{\n{methods}}}\n"
    assert worth("QUA105", a_ts=whole.replace("PARAMS", "one")) == 1
    assert worth("QUA105", a_ts=whole.replace("PARAMS", "req, res")) == 0


_READS = (
    "const express = require('express'); const fs = require('fs'); const app = express();\nlet kept = '';\n"
    "app.get('/robots.txt', (req, res) => {\n%s  res.send(kept);\n});\n"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("  kept = fs.readFileSync('a').toString();\n", 1),
        ("  if (!kept) { kept = fs.readFileSync('a').toString(); }\n", 0),
        ("  if (!fs.existsSync('a')) { kept = ''; }\n", 0),
        ("  let own = '';\n  if (!own) { own = fs.readFileSync('a').toString(); }\n", 1),
    ],
)
def test_what_is_read_once_or_only_asked_for_holds_nobody_up(body: str, found: int) -> None:
    assert worth("PERF206", a_js=_READS % body) == found


def test_a_switch_that_the_operator_chooses_is_known() -> None:
    code = "export function options(settings) {\n  const made = {};\n  %s\n  return made;\n}\n"
    off = "made.tls = { rejectUnauthorized: false };"
    assert worth("SEC306", a_ts=code % off) == 1
    assert worth("SEC306", a_ts=code % f"if (settings.ssl) {{ {off} }}") == 1
    assert worth("SEC306", a_ts=code % f"if (!settings.rejectUnauthorized) {{ {off} }}") == 0


def test_two_queries_in_a_row_are_no_long_wait() -> None:
    code = (
        "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
        "export async function both(id) {\n%s  return [a, b];\n}\n"
    )
    read = "  const {0} = await db.user.findMany({{ where: {{ {0}: id }} }});\n"
    assert worth("PERF207", a_ts=code % "".join(read.format(name) for name in "ab")) == 0
    assert worth("PERF207", a_ts=code % "".join(read.format(name) for name in "abc")) == 0
    assert worth("PERF207", a_ts=code % "".join(read.format(name) for name in "abcd")) == 1


_LICENCE = "Copyright (c) {} {}\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, 1),
        ({"LICENSE": _LICENCE.format(2011, "Somebody Else")}, 0),
        ({"LICENSE": "All rights reserved."}, 1),
        ({"LICENSE": _LICENCE.format(2020, "Ourselves")}, 1),
        ({"LICENSE": _LICENCE.format(2011, "Somebody Else"), "package.json": "{}"}, 1),
    ],
)
def test_code_with_a_licence_of_its_own_is_not_ours(files: dict[str, str], found: int) -> None:
    texts = {
        "app/LICENSE": _LICENCE.format(2024, "Ourselves"),
        "app/server.js": "start();",
        "app/libs/form/a.js": _WALK,
    }
    texts |= {f"app/libs/form/{name}": text for name, text in files.items()}
    artifacts = tuple(file_artifact(text, name) for name, text in texts.items())
    case = Case(question="", language="en", artifacts=artifacts)
    assert len(advise(case, Terms(prove=False), select=("QUA101",)).findings) == found


def test_tables_of_a_schema_are_few() -> None:
    code = (
        "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
        "export async function all() {\n"
        "  for (const one of NAMES) { use(await db.user.findUnique({ where: { one } })); }\n}\n"
    )
    assert worth("PERF201", a_ts=code.replace("NAMES", "people()")) == 1
    assert worth("PERF201", a_ts=code.replace("NAMES", "allTableNames()")) == 0


_LAYERED = {
    "routes_ts": "import { add } from './service';\nexport const route = (req, res) => res.json(add(req.body));\n",
    "service_ts": "import { save } from './LAST';\nexport const add = (order) => save(order);\n",
    "between_ts": "import { save as keep } from './store';\nexport const save = (order) => keep(order);\n",
    "store_ts": (
        "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
        "export const save = (order) => db.order.create({ data: order });\n"
    ),
}


@pytest.mark.parametrize(("last", "found"), [("store", 1), ("between", 0)])
def test_what_went_through_every_layer_is_seldom_the_body(last: str, found: int) -> None:
    files = {name: text.replace("LAST", last) for name, text in _LAYERED.items()}
    start = "import express from 'express';\nimport { route } from './routes';\nexpress().post('/orders', route);\n"
    assert worth("SEC217", app_ts=start, **files) == found


def test_a_password_may_be_shortened_before_it_is_hashed_slowly() -> None:
    code = (
        "const crypto = require('crypto');\n"
        "exports.hash = async (rounds, password) => {\n"
        "  password = crypto.createHash('%s').update(password).digest('hex');\n"
        "  return pool.exec('hash', [password, %s]);\n};\n"
    )
    assert worth("SEC311", a_js=code % ("sha512", "rounds")) == 0
    assert worth("SEC311", a_js=code % ("md5", "rounds")) == 1
    assert worth("SEC311", a_js=(code % ("sha512", "1")).replace("rounds", "again")) == 1


def test_registrations_that_share_a_wrapper_are_not_told_apart() -> None:
    code = (
        "const express = require('express');\nconst router = express.Router();\n"
        "const caught = (fn) => async (req, res, next) => { try { await fn(req, res); } catch (e) { next(e); } };\n"
        "router.get('/me', ensureLoggedIn, (req, res) => res.json(req.user));\n"
        "router.get('/us', ensureLoggedIn, (req, res) => res.json(req.team));\n"
        "router.post('/a', caught(foreign.a));\n"
    )
    assert worth("SEC402", a_js=code) == 1
    assert worth("SEC402", a_js=code + "router.post('/b', ensureLoggedIn, caught(foreign.b));\n") == 0
