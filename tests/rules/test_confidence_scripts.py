"""What a seventh look at backends of Node.js showed to be seldom worth telling, and beside each what still is."""

from pathlib import Path

import pytest

from backend_advisor.advise import review
from backend_advisor.model import Confidence
from tests.rules.test_confidence import told, worth

_APP = (
    "import express from 'express';\nimport * as fs from 'fs';\nimport path from 'path';\nimport axios from 'axios';\n"
    "import { Pool } from 'pg';\nconst app = express();\nconst pool = new Pool();\n"
)
_NEXT = "export const b = 1;\n"


def _route(body: str, way: str = "/a/:name", verb: str = "get") -> str:
    return f"{_APP}app.{verb}('{way}', async (req, res) => {{ {body} }});\n"


def test_a_promise_takes_what_its_handler_throws() -> None:
    thrown = "await f().catch((e) => { if (e.code) { throw e; } });"
    assert worth("QUA133", a_ts=_route(thrown)) == 0
    assert worth("QUA133", a_ts=_route("fs.unlink('a', (err) => { if (err) throw err; });")) == 1


def test_an_empty_answer_is_mostly_meant() -> None:
    caught = "try { res.json(await read()); } catch (error) { console.error(error); res.json(ANSWER); }"
    assert worth("QUA132", a_ts=_route(caught.replace("ANSWER", "[]"))) == 0
    assert worth("QUA132", a_ts=_route(caught.replace("ANSWER", "{ ok: true }"))) == 1


@pytest.mark.parametrize(
    ("awaited", "found"),
    [
        ("const found = await pool.query('SELECT 1'); if (found.isErr()) return res.end();", 0),
        ("await pool.query('SELECT 1').andThen(check).mapErr(log);", 0),
        ("const [a] = await Promise.all([pool.query('SELECT 1').catch(() => null)]);", 0),
        ("await library.load(req.query.id);", 0),
        ("await pool.query('SELECT 1');", 1),
    ],
)
def test_results_hold_their_error(awaited: str, found: int) -> None:
    assert worth("QUA130", a_ts=_route(awaited + " res.end();")) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("await pool.query('UPDATE a SET b = 1');", 1),
        ("const sent = pool.query('UPDATE a SET b = 1'); return sent.catch((error) => log(error));", 0),
        ("return new Promise((resolve) => { pool.query('UPDATE a SET b = 1', () => resolve(1)); });", 0),
        ("await inner();", 0),
    ],
)
def test_what_catches_by_itself_may_be_left_alone(body: str, found: int) -> None:
    inner = "async function inner() { try { await pool.query('UPDATE a SET b = 1'); } catch (e) { log(e); } }\n"
    route = "app.post('/a', async (req, res) => { keep(); res.end(); });\n"
    code = f"{_APP}{inner}async function keep() {{ {body} }}\n{route}"
    assert worth("QUA109", a_ts=code) == found


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("fs.rmSync(req.params.name);", 0),
        ("fs.readdirSync('/a').map(show);", 0),
        ("fs.rmSync('/a/' + req.user.id, { recursive: true });", 1),
        ("fs.readFileSync('/a/' + req.user.id);", 1),
    ],
)
def test_one_entry_of_a_folder_blocks_nobody(call: str, found: int) -> None:
    assert worth("PERF206", a_ts=_route(call + " res.end();")) == found


def test_builders_ask_nothing_before_they_are_awaited() -> None:
    code = (
        "import knex from 'knex';\nconst db = knex({});\nexport async function all(ids) {\n"
        "  for (const id of ids) { USE }\n}\n"
    )
    assert worth("PERF201", a_ts=code.replace("USE", "parts.push(db.select('b').from('a').where({ id }));")) == 0
    assert worth("PERF201", a_ts=code.replace("USE", "use(await db.select('b').from('a').where({ id }).first());")) == 1


def test_what_is_done_seldom_need_not_be_quick() -> None:
    code = (
        "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
        "export async function NAME(team) {\n  const orders = await db.order.findMany({ where: { team } });\n"
        "  for (const one of orders) { use(await db.item.findMany({ where: { order: one.id } })); }\n}\n"
    )
    assert worth("PERF201", a_ts=code.replace("NAME", "listOrders")) == 1
    assert worth("PERF201", a_ts=code.replace("NAME", "deleteTeam")) == 0


def test_rows_that_were_read_are_written_one_by_one() -> None:
    code = (
        "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
        "export async function copy(team) {\n  const orders = LIST;\n"
        "  for (const one of orders) { await db.order.create({ data: { team, name: one.name } }); }\n}\n"
    )
    assert worth("PERF203", a_ts=code.replace("LIST", "await db.order.findMany({ where: { team } })")) == 1
    assert worth("PERF203", a_ts=code.replace("LIST", "missing(team).filter(isNew)")) == 0


def test_a_client_of_pages_has_the_browsers_limits() -> None:
    code = (
        "import axios from 'axios';\nexport const client = axios.create({ baseURL: 'BASE' });\n"
        "export const orders = () => client.get('orders');\n"
    )
    assert worth("PERF211", a_ts=code.replace("BASE", "/api")) == 0
    assert worth("PERF211", a_ts=code.replace("BASE", "https://orders.example.com")) == 1


def test_a_wrapper_of_transactions_runs_what_it_is_given() -> None:
    asks = "async function ask() { await axios.get('https://example.com/rates'); }\n"
    code = (
        "import axios from 'axios';\nimport knex from 'knex';\nconst db = knex({});\n" + asks + "export async function "
        "inside(fn) { return await db.transaction(async (tx) => { INNER }); }\nexport const all = () => inside(ask);\n"
    )
    assert worth("PERF210", a_ts=code.replace("INNER", "await fn(tx);")) == 0
    assert worth("PERF210", a_ts=code.replace("INNER", "await ask();")) == 1


def test_nobody_looks_at_what_nobody_waits_for() -> None:
    code = "export async function f(url) { %sfetch(url, { method: 'POST' }); }\n"
    assert worth("QUA136", a_ts=code % "") == 0
    assert worth("QUA136", a_ts=code % "await ") == 1


def test_a_few_answers_of_another_shape() -> None:
    shapes = {"{ error: 'no' }": 20, "{ message: 'no' }": 10, "'no'": 1}
    lines = "".join(f"res.status(404).json({shape});\n" * count for shape, count in shapes.items())
    assert worth("QUA113", a_js=f"function f(res) {{\n{lines}}}\n") == 0
    several = lines + "res.status(400).json('no');\n" * 4
    assert worth("QUA113", a_js=f"function f(res) {{\n{several}}}\n") == 1


def test_absence_that_is_expected() -> None:
    code = _route("try { fs.writeFileSync('/a', 'b'); } catch (e) { log.debug('SAID'); } res.end();")
    assert worth("QUA107", a_ts=code.replace("SAID", "picture not found")) == 0
    assert worth("QUA107", a_ts=code.replace("SAID", "oh")) == 1


def test_modules_that_load_each_other_when_they_are_called(tmp_path: Path) -> None:
    flow = "const Step = require('./step');\nclass Flow { next() { return new Step(); } }\nmodule.exports = Flow;\n"
    eager = "const Flow = require('./flow');\nclass Step extends Flow {}\nmodule.exports = Step;\n"
    lazy = "let Flow;\nmodule.exports = { init: function () { Flow = require('./flow'); return new Flow(); } };\n"
    (tmp_path / "flow.js").write_text(flow)
    for step, found in ((eager, 1), (lazy, 0)):
        (tmp_path / "step.js").write_text(step)
        assert len(review([tmp_path], select=("QUA111",)).findings) == found


def test_maps_that_no_request_fills() -> None:
    code = (
        _APP
        + "const kept = new Map();\nasync function keep(id) { kept.set(id, await pool.query('SELECT 1', [id])); }\n"
    )
    serves = "app.get('/a', async (req, res) => { await keep(req.query.id); res.end(); });\n"
    assert worth("PERF213", a_ts=code + serves) == 1
    assert worth("PERF213", a_ts=code + "for (const id of SECTIONS) keep(id);\n") == 0


def test_the_end_of_entries_stands_in_the_options() -> None:
    code = (
        "import cacheManager from 'cache-manager';\nconst cache = cacheManager.caching(GIVEN);\n"
        "export async function remember(user) { await cache.set(`user:${user.id}`, user); }\n"
    )
    assert worth("PERF217", a_ts=code.replace("GIVEN", "{ ...options, store: 'memory' }")) == 0
    assert worth("PERF217", a_ts=code.replace("GIVEN", "{ store: 'memory' }")) == 1


def test_requests_at_once_are_none_in_a_row() -> None:
    code = "import axios from 'axios';\nexport async function f(urls) { BODY }\n"
    at_once = "await Promise.all(urls.map(async (url) => use(await axios.get(url))));"
    assert worth("PERF220", a_ts=code.replace("BODY", at_once)) == 0
    assert worth("PERF220", a_ts=code.replace("BODY", "for (const url of urls) { use(await axios.get(url)); }")) == 1


def test_a_for_each_of_its_own_may_wait() -> None:
    each = "await events(pool).forEach(async (one) => { await pool.query('SELECT 1', [one]); });"
    own = "function events(db) { return { forEach: (run) => db.stream(run) }; }\n"
    assert worth("PERF219", a_ts=_route(each)) == 1
    assert worth("PERF219", a_ts=_route(each) + own) == 0


_MODEL = "import mongoose from 'mongoose';\nconst Order = mongoose.model('Order', schema);\n"


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ("await Order.create(req.body);", 1),
        ("await Order.updateOne({ _id: 1 }, { $set: { [`flags.${req.body.flag}`]: req.body.version } });", 0),
        (
            "const given = { a: req.body.a, b: req.body.b };"
            " Object.keys(given).forEach((key) => given[key] === undefined && delete given[key]);"
            " await Order.updateOne({ _id: 1 }, given);",
            0,
        ),
        ("await Order.create(req.body.lines.map((line) => ({ text: line.text })));", 0),
    ],
)
def test_fields_that_the_program_names(stored: str, found: int) -> None:
    assert worth("SEC217", a_ts=_MODEL + _route(stored)) == found


def test_validators_stand_in_an_array_with_the_handler() -> None:
    handler = "const create = async (req, res) => { res.json(await Order.create(req.body)); };\n"
    valid = "import { celebrate } from 'celebrate';\nconst createValidator = celebrate({ body: shape });\n"
    listed = "const handle = [createValidator, create];\napp.post('/a', handle);\n"
    assert worth("SEC217", a_ts=valid + _MODEL + _APP + handler + listed) == 0
    assert worth("SEC217", a_ts=valid + _MODEL + _APP + handler + "app.post('/a', create);\n") == 1


_NEST = (
    "import { Body, Controller, Param, Post } from '@nestjs/common';\nimport { PrismaClient } from '@prisma/client';\n"
    "const db = new PrismaClient();\n@Controller('a')\nexport class A {\n  @Post(':id')\n"
    "  async add(NOTE) { return db.order.create({ data: given }); }\n}\n"
)


@pytest.mark.parametrize(
    ("note", "beside", "found"),
    [
        ("@Body() given: Order", _NEXT, 1),
        ("@Body(new ZodPipe(orderSchema)) given: Order", _NEXT, 0),
        ("@Body() given: Order", "app.useGlobalPipes(new ValidationPipe({ whitelist: true }));\n", 0),
        ("@Param('id') given: string", _NEXT, 0),
    ],
)
def test_only_declared_fields_come_through_a_pipe(note: str, beside: str, found: int) -> None:
    assert worth("SEC217", a_ts=_NEST.replace("NOTE", note), b_ts=beside) == found


def test_an_entity_made_of_named_fields() -> None:
    code = (
        "import { Repository } from 'typeorm';\n" + _APP + "class Store { constructor(private repo: Repository) {}\n"
        "  async add(body) { const made = this.repo.create(MADE); return this.repo.save(made); } }\n"
        "const store = new Store(repo);\napp.post('/a', async (req, res) => res.json(await store.add(req.body)));\n"
    )
    assert worth("SEC217", a_ts=code.replace("MADE", "{ name: body.name }")) == 0
    assert worth("SEC217", a_ts=code.replace("MADE", "body")) == 1


def test_a_part_of_a_text_holds_no_operators() -> None:
    find = "const { email } = req.body; await Order.findOne({ by: VALUE });"
    assert worth("SEC202", a_ts=_MODEL + _route(find.replace("VALUE", "email.split('@').pop()"))) == 0
    assert worth("SEC202", a_ts=_MODEL + _route(find.replace("VALUE", "email"))) == 1


def test_one_address_is_asked_in_several_places() -> None:
    two = "const url = req.body.url; await axios.head(url); await axios.get(url);"
    assert worth("SEC212", a_ts=_route(two)) == 1
    many = "".join(f"app.post('/{n}', async (req, res) => {{ await axios.get(req.body.u{n}); }});\n" for n in range(9))
    assert worth("SEC212", a_ts=_APP + many) == 6


def test_no_link_sends_a_body_of_json() -> None:
    body = "res.send('<p>' + req.body.name);"
    assert worth("SEC213", a_ts=_route(body, verb="post")) == 1
    assert worth("SEC213", a_ts=_route(body, verb="post") + "app.use(express.json());\n") == 0
    assert worth("SEC213", a_ts=_route("res.send('<p>' + req.query.name);") + "app.use(express.json());\n") == 1


def test_the_route_holds_its_parameters() -> None:
    sends = "const { name } = req.params; res.redirect(name);"
    assert worth("SEC214", a_ts=_route(sends, "/a/:name([a-f0-9]{24})")) == 0
    assert worth("SEC214", a_ts=_route(sends, "/a/:name(.*)")) == 1


def test_a_tag_keeps_the_beginning_of_an_address() -> None:
    assert worth("SEC214", a_ts=_route("res.redirect(adminUrl`/orders/${req.query.id}`);")) == 0
    assert worth("SEC214", a_ts=_route("res.redirect(adminUrl`${req.query.id}/orders`);")) == 1
    base = _route("const baseHref = config.site.base; res.redirect(baseHref + 'orders/' + req.query.id);")
    assert worth("SEC214", a_ts=base) == 0
    located = "res.setHeader('Location', path.posix.join(req.baseUrl, req.body.id)); res.end();"
    assert worth("SEC214", a_ts=_route(located)) == 0
    assert worth("SEC214", a_ts=_route("res.setHeader('Location', req.body.id); res.end();")) == 1


def test_text_is_no_page() -> None:
    code = (
        "import Hapi from '@hapi/hapi';\nconst server = Hapi.server();\n"
        "server.route({ method: 'GET', path: '/a', handler: (request, h) => h.response(request.query.token)TYPE });\n"
    )
    assert worth("SEC213", a_ts=code.replace("TYPE", ".header('Content-Type', 'text/plain')")) == 0
    assert worth("SEC213", a_ts=code.replace("TYPE", "")) == 1


def test_origins_that_the_operator_lists() -> None:
    code = (
        _APP + "const ALLOWED = [LISTED];\nconst leadsTo = (target) => {\n  const url = new URL(target);\n"
        "  if (!ALLOWED.includes(url.origin)) return 'https://example.com';\n  return target;\n};\n"
        "app.get('/a', (req, res) => { res.redirect(leadsTo(req.query.to)); });\n"
    )
    assert worth("SEC214", a_ts=code.replace("LISTED", "new URL(process.env.CLIENT).origin")) == 0
    assert worth("SEC214", a_ts=code.replace("!ALLOWED.includes(url.origin)", "!url")) == 1


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ("const checked = validateFileName(req.body.name); if (checked.error) return res.end();", 0),
        ("const checked = validateFileName(req.body.name); if (checked.size) return res.end();", 1),
        ("", 1),
    ],
)
def test_a_check_that_answers_with_an_object(check: str, found: int) -> None:
    body = check + "res.sendFile('/data/' + req.body.name);"
    assert worth("SEC210", a_ts="import { validateFileName } from 'names';\n" + _route(body), b_ts=_NEXT) == found


def test_names_that_were_made_harmless() -> None:
    code = "import sanitize from 'sanitize-filename';\n" + _route("res.sendFile('/data/' + GIVEN);")
    assert worth("SEC210", a_ts=code.replace("GIVEN", "sanitize(req.body.name)")) == 0
    assert worth("SEC210", a_ts=code.replace("GIVEN", "req.body.name")) == 1


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("bcrypt.hash(apiKey, 2)", 0),
        ("bcrypt.hash(password, 2)", 1),
        ("bcrypt.hash(req.body.password, 2)", 1),
        ("bcrypt.hash(value, 2)", 1),
    ],
)
def test_hashes_of_what_nobody_chose(code: str, found: int) -> None:
    assert worth("SEC311", a_js=f"const bcrypt = require('bcrypt');\nexports.keep = (x) => {code};\n") == found


def test_forms_of_fields_only() -> None:
    code = "import multer from 'multer';\n" + _route("multer({ limits: GIVEN });")
    assert worth("SEC312", a_ts=code.replace("GIVEN", "{ fieldSize: 10, files: 0 }")) == 0
    assert worth("SEC312", a_ts=code.replace("GIVEN", "{ fieldSize: 10 }")) == 1


def test_cookies_that_say_yes_or_no() -> None:
    assert worth("SEC224", a_ts=_route("res.cookie('failed', true);")) == 0
    assert worth("SEC224", a_ts=_route("res.cookie('state', req.query.state);")) == 1
    assert worth("SEC229", a_ts=_route("res.cookie('x-auth-header', 'true');")) == 0
    assert worth("SEC229", a_ts=_route("res.cookie('x-auth-header', token);")) == 1
    asks = "import * as cookie from 'cookie';\nexport const f = (v) => cookie.serialize('sid', v%s);\n"
    assert worth("SEC224", a_ts=asks % "") == 0
    assert worth("SEC224", a_ts=asks % ", { path: '/' }") == 1


def test_a_value_that_says_its_name() -> None:
    assert worth("SEC301", a_ts="export const Kind = { UserAndPassword: 'user+password' };\n", b_ts=_NEXT) == 0
    assert worth("SEC301", a_ts="export const Kind = { dbPassword: 'kS8+fLqz2mPa' };\n", b_ts=_NEXT) == 1


def test_a_secret_is_told_once() -> None:
    check = "if (req.headers.apikey === process.env.API_SECRET) return res.end();"
    code = _route(f"{check} {check}")
    assert worth("SEC307", a_ts=code) == 1


def test_a_server_says_so_of_its_clients_certificates() -> None:
    code = "import https from 'https';\nexport const f = (o) => https.METHOD({ GIVENrejectUnauthorized: false }, o);\n"
    server = code.replace("METHOD", "createServer").replace("GIVEN", "requestCert: false, ")
    assert worth("SEC306", a_ts=server) == 0
    assert worth("SEC306", a_ts=code.replace("METHOD", "request").replace("GIVEN", "")) == 1


def test_what_a_record_gets_that_is_not_found() -> None:
    find = "await User.findOrCreate({ where: { email: req.body.email }, PLACE: { password: req.body.password } });"
    other = "app.get('/b', (req, res) => res.end());\n"
    assert worth("SEC311", a_ts=_route(find.replace("PLACE", "defaults")) + other) == 0


def test_a_route_stands_out_where_nearly_all_have_a_guard() -> None:
    guarded = "".join(f"app.post('/{n}', auth, (req, res) => {{ db.save(req.body); res.end(); }});\n" for n in "abcd")
    bare = "app.post('/{}', (req, res) => {{ db.save(req.body); res.end(); }});\n"
    assert worth("SEC402", a_ts=_APP + guarded + bare.format("x")) == 1
    assert worth("SEC402", a_ts=_APP + guarded + bare.format("x") + bare.format("y")) == 0
    ready = "app.post('/x', [(req, res, next) => { req.body.kind = 1; next(); }, auth]);\n"
    assert worth("SEC402", a_ts=_APP + guarded + ready) == 0


def test_an_errors_log_tells_what_it_was() -> None:
    steps = "const a = await pool.query('SELECT 1'); const b = two(a); three(b); four(b);"
    code = _route(f"try {{ {steps} res.json(b); }} catch (err) {{ SAID res.status(400).send('no'); }}")
    assert worth("QUA108", a_ts=code.replace("SAID", "")) == 1
    assert worth("QUA108", a_ts=code.replace("SAID", "log.error(err);")) == 0


def test_a_handler_that_looks_at_what_it_was_sent() -> None:
    checked = "".join(f"app.post('/{n}', validate(schema), (req, res) => res.json(req.body.a));\n" for n in "abc")
    bare = "app.post('/x', (req, res) => { BODY res.json(add(req.body.name)); });\n"
    assert worth("QUA114", a_ts=_APP + checked + bare.replace("BODY", "")) == 1
    looks = bare.replace("BODY", "if (!req.body.name) return res.end();")
    assert worth("QUA114", a_ts=_APP + checked + looks) == 0


def test_a_mail_that_a_helper_sends_need_not_be_waited_for() -> None:
    mail = "import nodemailer from 'nodemailer';\nconst mailer = nodemailer.createTransport({});\n"
    helper = "async function welcome(to) { await mailer.sendMail({ to }); }\n"
    assert worth("PERF218", a_ts=mail + helper + _route("welcome(req.body.to); res.end();")) == 0
    assert worth("PERF218", a_ts=mail + _route("await mailer.sendMail({ to: req.body.to }); res.end();")) == 1


def test_keys_in_a_loop_are_mostly_few() -> None:
    code = (
        "import Redis from 'ioredis';\nconst redis = new Redis();\nexport async function names(ids) {\n"
        "  const found = [];\n  for (const id of ids) { found.push(await redis.get(`name:${id}`)); }\n"
        "  return found;\n}\n"
    )
    assert told("PERF215", a_ts=code) == [Confidence.LOW]


def test_handlers_that_read_files_are_told_a_few_times() -> None:
    reads = _route("res.end(fs.readFileSync('/a/' + req.user.id));")
    assert worth("PERF206", **{f"{name}_ts": reads for name in "abcdef"}) == 3
