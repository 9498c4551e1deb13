"""What healthy backends of Node.js showed to be no finding, and beside each what still is one."""

import pytest

from backend_advisor.code.files import is_test
from backend_advisor.model import Confidence
from tests.rules.test_confidence import told, worth

_APP = (
    "import express from 'express';\nimport { resolve, sep } from 'path';\nimport * as fs from 'fs';\n"
    "const app = express();\n"
)


def _route(body: str, path: str = "/a/:name") -> str:
    return f"{_APP}app.get('{path}', async (req, res) => {{ {body} }});\n"


@pytest.mark.parametrize(
    "check",
    [
        "if (!['a', 'b'].includes(req.params.name)) return res.end();",
        "if (['a', 'b'].indexOf(req.params.name) === -1) return res.end();",
        "if (kinds.indexOf(req.params.name) < 0) return res.end();",
        "if (!/^[a-z]+$/.test(req.params.name)) return res.end();",
        "if (!files().includes(`${folder}/${req.params.name}`)) return res.end();",
    ],
)
def test_a_field_of_the_request_is_known_to_have_been_checked(check: str) -> None:
    sends = "res.sendFile('/data/' + req.params.name);"
    assert worth("SEC210", a_ts=_route(check + sends)) == 0
    assert worth("SEC210", a_ts=_route(sends)) == 1
    assert worth("SEC210", a_ts=_route(check + "req.params.name = req.query.other; " + sends)) == 1


def test_a_check_of_one_field_says_nothing_of_another() -> None:
    check = "if (!/^[a-z]+$/.test(req.query.kind)) return res.end();"
    assert worth("SEC210", a_ts=_route(check + "res.sendFile('/data/' + req.query.kind);")) == 0
    assert worth("SEC210", a_ts=_route(check + "res.sendFile('/data/' + req.query.name);")) == 1


_STORAGE = (
    "class Storage {\n  constructor(config) { this.config = config; }\n  full(name) {\n"
    "    const root = resolve(this.config.root); const full = resolve(root, name);\n"
    "    if (CHECK) throw new Error('x');\n    return full;\n  }\n"
    "  read(name) { return fs.createReadStream(this.full(name)); }\n}\n"
    "const storage = new Storage({ root: process.env.ROOT });\n"
    "app.get('/a/:name', (req, res) => { storage.read(req.params.name).pipe(res); });\n"
)


def test_a_path_may_be_the_folder_itself() -> None:
    both = _APP + _STORAGE.replace("CHECK", "full !== root && !full.startsWith(root + sep)")
    assert worth("SEC210", a_ts=both) == 0
    assert worth("SEC210", a_ts=_APP + _STORAGE.replace("CHECK", "full === root")) == 1


def test_letters_that_an_encoding_leaves_name_no_other_file() -> None:
    body = "const key = Buffer.from(req.query.src).toString('KIND'); res.sendFile('/cache/' + key);"
    assert worth("SEC210", a_ts=_route(body.replace("KIND", "base64url"))) == 0
    assert worth("SEC210", a_ts=_route(body.replace("KIND", "utf8"))) == 1


def test_a_check_that_is_not_known_makes_it_unlikely() -> None:
    check = "import { isValidName } from 'names';\n" + _APP
    body = "const name = req.params.name; CHECK res.sendFile('/data/' + name);"
    route = f"app.get('/a/:name', (req, res) => {{ {body} }});\n"
    other = "export const b = 1;\n"
    checked = check + route.replace("CHECK", "if (!isValidName(name)) return res.end();")
    assert worth("SEC210", a_ts=checked, b_ts=other) == 0
    assert worth("SEC210", a_ts=check + route.replace("CHECK", ""), b_ts=other) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "res.status(200).send(req.body);",
        "const given = req.query; res.send(given);",
        "const text = JSON.stringify({ id: req.body.id }); res.end(text);",
        "res.write(`data: ${JSON.stringify({ id: req.body.id })}\\n\\n`);",
        "res.send('<p>' + req.query.q.replace(/</g, '&lt;'));",
        "const a = JSON.stringify({ q: req.query.q }).replace(/</g, '\\\\u003c'); res.send(`<script>${a}</script>`);",
        "res.send('<a>' + new URL(req.url, 'http://x').search + '</a>');",
        "res.send('<p>' + req.get('x-base'));",
    ],
)
def test_answers_that_are_no_page_of_the_clients(answer: str) -> None:
    assert worth("SEC213", a_ts=_route(answer)) == 0


@pytest.mark.parametrize(
    "answer",
    [
        "res.send(req.query.body);",
        "res.end('<p>' + JSON.stringify(req.body));",
        "res.send('<p>' + req.query.q.replace(/x/g, '&lt;'));",
    ],
)
def test_answers_that_are_a_page_of_the_clients(answer: str) -> None:
    assert worth("SEC213", a_ts=_route(answer)) == 1


def test_an_address_is_asked_for_by_fetch_and_not_when_it_is_written_down() -> None:
    assert worth("SEC212", a_ts=_route("new Request(req.query.url);")) == 0
    assert worth("SEC212", a_ts=_route("await fetch(new Request(req.query.url));")) == 1
    joined = "await fetch(['HOST', `?code=${req.query.code}`].join(''));"
    assert worth("SEC212", a_ts=_route(joined.replace("HOST", "https://slack.com/api/x"))) == 0
    assert worth("SEC212", a_ts=_route(joined.replace("'HOST'", "req.query.host"))) == 1


def test_an_address_that_leads_inside_was_turned_away() -> None:
    body = (
        "const { host } = req.body; const name = new URL(host).hostname; "
        "if (isPrivateIp(name)) return res.end(); await fetch(`${host}/x`);"
    )
    assert worth("SEC212", a_ts=_route(body)) == 0
    assert worth("SEC212", a_ts=_route(body.replace("isPrivateIp", "isLong"))) == 1


def test_a_function_that_gives_an_address_begins_it() -> None:
    body = "res.redirect(302, `${buildUrl('done')}/${req.params.name}`);"
    assert worth("SEC214", a_ts=_route(body)) == 0
    assert worth("SEC214", a_ts=_route(body.replace("buildUrl('done')", "prefix"))) == 1


_GUARDED = (
    _APP + "const auth = (req, res, next) => { if (!req.user) return res.status(401).end(); next(); };\n"
    "app.post('/a', auth, (req, res) => { db.save(req.body); res.end(); });\n"
    "app.post('/b', auth, (req, res) => { db.save(req.body); res.end(); });\n"
)


@pytest.mark.parametrize(
    ("route", "found"),
    [
        ("app.post('/c', (req, res) => { db.save(req.body); res.end(); });", 1),
        ("app.post('/c', (req, res) => { if (!mine(req)) return res.status(401).end(); db.save(req.body); });", 0),
        (
            "app.post('/c', (req, res) => { void keep(req, res); });\n"
            "const keep = async (req, res) => { if (!mine(req)) return res.status(403).end(); db.save(req.body); };",
            0,
        ),
        ("app.post(this.pathOf('webhook'), (req, res) => { db.save(req.body); res.end(); });", 0),
    ],
)
def test_a_handler_turns_strangers_away_itself(route: str, found: int) -> None:
    assert worth("SEC402", a_ts=_GUARDED + route + "\n") == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("const tls = { rejectUnauthorized: false };", 1),
        ("const tls = query.get('rejectUnauthorized') === 'false' ? { rejectUnauthorized: false } : {};", 0),
        ("if (config.AllowSelfSigned === true) { options.tls = { rejectUnauthorized: false }; }", 0),
        ("switch (mode) { case 'no-verify': ssl = { rejectUnauthorized: false }; break; }", 0),
        ("_.defaults(this, attr, { name: '', rejectUnauthorized: false });", 0),
        ("const look = () => { const s = tls.connect({ rejectUnauthorized: false }, () => { s.destroy(); }); };", 0),
    ],
)
def test_certificates_that_the_operator_does_not_want_checked(code: str, found: int) -> None:
    assert worth("SEC306", a_ts=code + "\n") == found


def test_claims_that_are_only_noted_let_nobody_in() -> None:
    source = (
        "import jwt from 'jsonwebtoken';\nimport express from 'express';\nconst app = express();\n"
        "app.get('/me', (req, res) => { const who = jwt.decode(req.headers.authorization); res.json(who); });\n"
    )
    verifies = "import jwt from 'jsonwebtoken';\nexport const check = (t) => jwt.verify(t, process.env.KEY);\n"
    assert worth("SEC302", a_ts=source) == 1
    assert worth("SEC302", audit__log_ts=source) == 0
    assert worth("SEC302", a_ts=source, b_ts=verifies) == 0


def test_tokens_in_links_end_with_what_they_open() -> None:
    source = (
        "import { sign } from 'jsonwebtoken';\n"
        "export class A { NAME(id) { return sign({ id: id.value }, process.env.KEY, {}); } }\n"
    )
    assert worth("SEC303", a_ts=source.replace("NAME", "accessToken")) == 1
    assert worth("SEC303", a_ts=source.replace("NAME", "inviteToken")) == 0


def test_hashes_that_the_other_side_dictates() -> None:
    source = (
        "import crypto from 'crypto';\nexport function signBody(secret, body) {\n"
        "  return crypto.createHash('sha1').update(secret + body).digest('hex');\n}\n"
    )
    assert worth("SEC222", a_ts=source) == 1
    assert worth("SEC222", sellsy_webhook_ts=source) == 0
    answer = (
        "import crypto from 'crypto';\n"
        "export const f = (nonce, password) => crypto.createHash('sha1').update(nonce + password).digest();\n"
    )
    assert worth("SEC311", a_ts=answer) == 0
    assert worth("SEC311", a_ts=answer.replace("nonce", "pepper")) == 1


def test_accounts_that_stand_in_the_settings() -> None:
    source = (
        "export function find(login, password) {\n  const all = Object.values(FROM);\n"
        "  return all.find((user) => user.name === login && user.password === password);\n}\n"
    )
    assert worth("SEC311", a_ts=source.replace("FROM", "settings.users")) == 0
    assert worth("SEC311", a_ts=source.replace("FROM", "await users()")) == 1


def test_an_end_that_is_given_again_with_every_count() -> None:
    source = (
        "import Redis from 'ioredis';\nconst redis = new Redis();\nexport async function f(key) {\n"
        "  const count = await redis.incr(key);\n  await redis.expire(key, 60, 'NX');\n  return count;\n}\n"
    )
    assert worth("SEC317", a_ts=source) == 0
    assert worth("SEC317", a_ts=source.replace(", 'NX'", "")) == 1


def test_multer_for_forms_without_files() -> None:
    source = (
        "import multer from 'multer';\nconst upload = multer();\nexport default (a, b, c) => upload.none()(a, b, c);\n"
    )
    assert worth("SEC312", a_js=source) == 0
    assert worth("SEC312", a_js=source.replace("none()", "single('file')")) == 1


_LATER = (
    "import express from 'express';\nconst app = express();\n"
    "app.get('/a', async (req, res) => { await AWAITED; res.end(); });\n"
    "async function load(a) { try { await db.get(a); } catch (error) { log(error); } }\n"
    "async function plain(a) { await db.get(a); }\n"
)


@pytest.mark.parametrize(
    ("awaited", "found"),
    [
        ("plain(req.params.a)", 1),
        ("load(req.params.a)", 0),
        ("Promise.all([load(1), tryCatch(() => plain(2))])", 0),
        ("Promise.all([load(1), plain(2)])", 1),
    ],
)
def test_what_cannot_fail_rejects_no_handler(awaited: str, found: int) -> None:
    assert worth("QUA130", a_js=_LATER.replace("AWAITED", awaited)) == found


def test_a_handler_beside_its_validator_of_the_same_name_is_wrapped() -> None:
    source = (
        "const express = require('express');\nconst router = express.Router();\n"
        "async function login(req, res) { await db.get(1); res.end(); }\n"
    )
    assert worth("QUA130", a_js=source + "router.post('/login', validators.login, wrap(login));\n") == 0
    assert worth("QUA130", a_js=source + "router.post('/login', login);\n") == 1


def test_rejections_are_logged_by_a_function_of_the_program() -> None:
    mailer = (
        "export class A {\n  async send(a) { await b(a); }\n"
        "  async later(a) { this.send(a); this.send(a); await c(); }\n}\n"
    )
    handler = "export function listen() { process.addListener('unhandledRejection', (error) => { log(error); }); }\n"
    assert worth("QUA109", mail_ts=mailer) == 1
    assert worth("QUA109", mail_ts=mailer, config__error_config_ts=handler) == 0


def test_two_shapes_of_errors_are_two_kinds_of_callers() -> None:
    text = "res.status(404).send('no');\n" * 4
    several = "res.status(404).json({ error: 'no' });\n" * 4 + "res.status(400).json({ message: 'no' });\n" * 3
    assert told("QUA113", a_js=f"function f(res) {{\n{text}{several[:160]}}}\n") in ([], [Confidence.LOW])
    assert worth("QUA113", a_js=f"function f(res) {{\n{text}{several}}}\n") == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("try { await fetch(url, { method: 'PUT' }); } catch {}", 0),
        ("try { await fetch(url, { method: 'PUT' }); } catch (error) { log(error); }", 1),
    ],
)
def test_a_request_whose_failure_is_let_pass(body: str, found: int) -> None:
    assert worth("QUA136", a_ts=f"export async function f(url) {{ {body} }}\n") == found


def test_failures_that_nobody_misses() -> None:
    source = (
        "export class Sites {\n  async NAME() {\n"
        "    try { await fetch('https://example.org'); } catch (error) { }\n  }\n}\n"
    )
    assert worth("QUA107", a_ts=source.replace("NAME", "load")) == 1
    assert worth("QUA107", a_ts=source.replace("NAME", "getLatestVersion")) == 0


def test_files_that_are_read_once() -> None:
    cached = (
        "import express from 'express';\nimport fs from 'fs';\nconst app = express();\nlet page = null;\n"
        "app.get('/', (req, res) => { CHECK page = fs.readFileSync('a.html'); res.send(page); });\n"
    )
    assert worth("PERF206", a_ts=cached.replace("CHECK", "")) == 1
    assert worth("PERF206", a_ts=cached.replace("CHECK", "if (page) return page;")) == 0
    assert worth("PERF206", a_ts=cached.replace("CHECK", "").replace("readFileSync", "mkdirSync")) == 0


_MONTHS = (
    "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();\n"
    "export async function total(expenses) {\n  const byMonth = new Map();\n  for (const one of expenses) {\n"
    "    if (byMonth.has(one.month)) { byMonth.get(one.month).push(one); }\n"
    "    else { byMonth.set(one.month, [await prisma.staff.findFirst({ where: { month: one.month } })]); }\n  }\n}\n"
)


def test_a_query_that_a_map_keeps() -> None:
    assert worth("PERF201", a_ts=_MONTHS) == 0
    assert worth("PERF201", a_ts=_MONTHS.replace("byMonth.has(one.month)", "one.month")) == 1


def test_what_is_drawn_is_how_long_a_password_is() -> None:
    source = (
        "import crypto from 'crypto';\nexport function makePassword() {\n"
        "  const length = Math.floor(Math.random() * 9);\n"
        "  return crypto.randomBytes(length).toString('hex');\n}\n"
    )
    assert worth("SEC221", a_ts=source) == 0
    assert worth("SEC221", a_ts="export function makePassword() { return Math.random().toString(36); }\n") == 1


@pytest.mark.parametrize(
    ("path", "test"),
    [("src/utils/tests.ts", True), ("src/fixtures.ts", True), ("src/contests.ts", False), ("src/latest.ts", False)],
)
def test_helpers_of_tests(path: str, test: bool) -> None:
    assert is_test(path) is test
