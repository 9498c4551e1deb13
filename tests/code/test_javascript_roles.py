"""What the interpreter sees in small JavaScript and TypeScript backends by the roles of their frameworks."""

import re
from importlib import resources

import pytest

from backend_advisor.code.analysis import Analysis, analyse
from backend_advisor.code.roles import roles_for
from backend_advisor.plain_yaml import load_plain_yaml

_FOLDER = resources.files("backend_advisor.code").joinpath("roles", "javascript")
_FILES = sorted(file.name for file in _FOLDER.iterdir() if file.name.endswith(".yaml"))


def seen(source: str, path: str = "app.js", **others: str) -> Analysis:
    """What is seen in a file, with others beside it."""
    files = {path: source.encode(), **{name.replace("_js", ".js"): text.encode() for name, text in others.items()}}
    found = analyse(files)[0]
    return found[0]


def flows(source: str, path: str = "app.js", **others: str) -> set[tuple[str, str]]:
    """Sources and sinks of the flows that are certain."""
    return {(one.source, one.sink) for one in seen(source, path, **others).seen.flows.values() if not one.unsure}


def acts(source: str, path: str = "app.js", **others: str) -> set[str]:
    """The acts of the calls."""
    return {act for call in seen(source, path, **others).seen.calls.values() for act in call.role.does}


_WITHOUT_NAME = re.compile(r"\*\.|\./")
"""Of any object, and a pattern of names."""


@pytest.mark.parametrize("name", _FILES)
def test_every_file_loads_with_each_of_its_packages(name: str) -> None:
    document = load_plain_yaml(_FOLDER.joinpath(name).read_text("utf-8"))
    for package in document["packages"]:
        roles = roles_for("typescript", {package}, pieces=package == "?")
        assert document["framework"] in roles.frameworks
        assert all(
            one in roles.calls
            for key in document.get("calls", {})
            if not _WITHOUT_NAME.search(key)
            for one in (name.strip('"') for name in key.split(", "))
        )


EXPRESS = "const express = require('express'); const app = express();\n"

FLOWS = {
    "pg, text put together": (
        "const {Pool} = require('pg'); const db = new Pool();\n"
        "app.get('/:id', (req, res) => db.query('SELECT * FROM t WHERE id = ' + req.params.id))",
        ("http.input", "sql.text"),
    ),
    "mysql2, template string in another function": (
        "const mysql = require('mysql2/promise'); const db = mysql.createPool({});\n"
        "const find = (name) => db.query(`SELECT * FROM t WHERE name = '${name}'`);\n"
        "app.post('/', async (req, res) => res.json(await find(req.body.name)))",
        ("http.input", "sql.text"),
    ),
    "sequelize": (
        "const {Sequelize} = require('sequelize'); const db = new Sequelize('x');\n"
        "app.get('/', (req, res) => db.query(`SELECT ${req.query.a}`))",
        ("http.input", "sql.text"),
    ),
    "knex raw": (
        "const db = require('knex')({}); app.get('/', (req, res) => db('t').whereRaw('a = ' + req.query.a))",
        ("http.input", "sql.text"),
    ),
    "mongoose filter of the body": (
        "const mongoose = require('mongoose'); const User = mongoose.model('User', new mongoose.Schema({}));\n"
        "app.post('/', async (req, res) => res.json(await User.findOne({email: req.body.email})))",
        ("http.input", "nosql.query"),
    ),
    "mass assignment": (
        "const mongoose = require('mongoose'); const User = mongoose.model('User', new mongoose.Schema({}));\n"
        "app.post('/', async (req, res) => { await User.create({...req.body, a: 1}); res.end() })",
        ("http.input", "model.fields"),
    ),
    "command": (
        "const {exec} = require('node:child_process'); app.get('/', (req, res) => exec('ping ' + req.query.host))",
        ("http.input", "command.text"),
    ),
    "path": (
        "const fs = require('fs').promises; const path = require('path');\n"
        "app.get('/', async (req, res) => res.send(await fs.readFile(path.join(__dirname, req.query.name))))",
        ("http.input", "path.file"),
    ),
    "sendFile without a root": (
        "app.get('/', (req, res) => res.sendFile('/srv/' + req.query.name))",
        ("http.input", "path.file"),
    ),
    "request forgery": (
        "const axios = require('axios');\n"
        "app.get('/', async (req, res) => res.json((await axios.get(req.query.url)).data))",
        ("http.input", "url.request"),
    ),
    "redirect": ("app.get('/', (req, res) => res.redirect(req.query.to))", ("http.input", "redirect.url")),
    "cross-site scripting": (
        "app.get('/', (req, res) => res.send('<p>' + req.query.name + '</p>'))",
        ("http.input", "html.text"),
    ),
    "code": ("app.get('/', (req, res) => res.json(eval(req.query.x)))", ("http.input", "code.text")),
    "error handler": (
        "app.use((err, req, res, next) => { res.status(500).json({message: err.stack}) })",
        ("exception.detail", "response.body"),
    ),
    "route of a router": (
        "const r = express.Router(); r.route('/x').post((req, res) => res.send(req.body.a)); app.use(r)",
        ("http.input", "html.text"),
    ),
}


@pytest.mark.parametrize("name", FLOWS)
def test_flows(name: str) -> None:
    source, wanted = FLOWS[name]
    assert wanted in flows(EXPRESS + source)


HARMLESS = {
    "bound parameter": (
        "const {Pool} = require('pg'); const db = new Pool();\n"
        "app.get('/', (req, res) => db.query('SELECT * FROM t WHERE id = $1', [req.query.id]))",
        "sql.text",
    ),
    "object form of a statement": (
        "const {Pool} = require('pg'); const db = new Pool();\n"
        "app.get('/', (req, res) => db.query({text: 'SELECT $1', values: [req.query.id]}))",
        "sql.text",
    ),
    "number": (
        "const {Pool} = require('pg'); const db = new Pool();\n"
        "app.get('/', (req, res) => db.query('SELECT * FROM t LIMIT ' + parseInt(req.query.n, 10)))",
        "sql.text",
    ),
    "path parameter is a string": (
        "const mongoose = require('mongoose'); const User = mongoose.model('User', new mongoose.Schema({}));\n"
        "app.get('/:name', async (req, res) => res.json(await User.findOne({name: req.params.name})))",
        "nosql.query",
    ),
    "fields named one by one": (
        "const mongoose = require('mongoose'); const User = mongoose.model('User', new mongoose.Schema({}));\n"
        "app.post('/', async (req, res) => { await User.create({name: req.body.name}); res.end() })",
        "model.fields",
    ),
    "json answer": ("app.get('/', (req, res) => res.send({name: req.query.name}))", "html.text"),
    "escaped": (
        "const escapeHtml = require('escape-html'); app.get('/', (req, res) => res.send(escapeHtml(req.query.name)))",
        "html.text",
    ),
    "file name only": (
        "const fs = require('fs'); const path = require('path');\n"
        "app.get('/', (req, res) => res.send(fs.readFileSync(path.join('/srv', path.basename(req.query.name)))))",
        "path.file",
    ),
    "own path on a fixed host": (
        "app.get('/', async (req, res) => res.json(await (await fetch(`https://api.example.com/u/${req.query.id}`)).json()))",
        "url.request",
    ),
    "tagged query": (
        "const {PrismaClient} = require('@prisma/client'); const prisma = new PrismaClient();\n"
        "app.get('/', (req, res) => prisma.$queryRaw`SELECT * FROM t WHERE id = ${req.query.id}`)",
        "sql.text",
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_no_flow_into(name: str) -> None:
    source, sink = HARMLESS[name]
    assert sink not in {role for _, role in flows(EXPRESS + source)}


def test_handlers_in_other_files_and_around_other_functions() -> None:
    found = flows(
        EXPRESS + "const c = require('./controller'); const wrap = require('./wrap');\n"
        "app.get('/a', wrap(c.a)); app.get('/b', wrap(c.b));",
        controller_js="exports.a = async (q, s) => { s.json(1) };\nexports.b = async (q, s) => { eval(q.query.x) };",
        wrap_js="module.exports = fn => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next);",
    )
    assert ("http.input", "code.text") in found


def test_objects_that_functions_make_through_this() -> None:
    found = flows(
        EXPRESS + "const Handler = require('./handler'); const h = new Handler(); app.get('/', h.show);",
        handler_js="function Handler() { const run = x => eval(x); this.show = (q, s) => { run(q.query.x) } }\n"
        "module.exports = Handler;",
    )
    assert ("http.input", "code.text") in found


NEST = """
import {Controller, Get, Post, Param, Body, ParseIntPipe} from '@nestjs/common';
import {Repository} from 'typeorm';
@Controller('users')
export class UsersController {
  constructor(private readonly users: Repository<User>) {}
  @Get(':id') one(@Param('id') id: string) { return this.users.query(`SELECT * FROM users WHERE id = ${id}`) }
  @Get('n/:id') number(@Param('id', ParseIntPipe) id: number) { return this.users.query('SELECT ' + id, []) }
  @Post() add(@Body() body: Dto) { return this.users.save(body) }
}
"""


def test_nest_controllers_with_injected_repositories() -> None:
    found = seen(NEST, "users.controller.ts")
    pairs = {(one.source, one.sink) for one in found.seen.flows.values()}
    assert {("http.input", "sql.text"), ("http.input", "model.fields")} <= pairs
    assert len([one for one in found.seen.flows.values() if one.sink == "sql.text"]) == 1
    handlers = {one.info.node.name: one for one in found.seen.handlers.values()}
    assert handlers.keys() == {"one", "number", "add"}
    assert handlers["one"].properties["path"].consts == (":id",)


def test_assignments_that_are_calls() -> None:
    koa = "const Koa = require('koa'); const app = new Koa(); app.use(async ctx => { ctx.body = '<p>' + ctx.query.a })"
    assert ("http.input", "html.text") in flows(koa)
    assert ("http.input", "html.text") not in flows(koa.replace("'<p>' + ctx.query.a", "{a: ctx.query.a}"))
    off = seen("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';").seen.calls.values()
    assert [call.properties["verify"].consts for call in off if "tls.configure" in call.role.does] == [("0",)]


def test_prisma_models_and_transactions() -> None:
    source = (
        "import {PrismaClient} from '@prisma/client'; const prisma = new PrismaClient();\n"
        "export async function f(id: string) { await prisma.$transaction(async tx => { await tx.user.findMany();\n"
        "  for (const a of [1, 2]) await tx.post.create({data: {a}}) }) }"
    )
    found = seen(source, "a.ts")
    calls = {call.role.name: call for call in found.seen.calls.values()}
    assert calls["prisma.Model.create"].loops and not calls["prisma.Model.findMany"].loops
    assert "db.transaction" in acts(source, "a.ts")


PIECES = {
    "app.get('/:id', async (req, res) => { const u = await User.findById(req.params.id); res.json(u) })": "record.id",
    "const query = `SELECT * FROM users WHERE email = '${req.body.email}'`; await pool.query(query)": "sql.text",
    "router.post('/', (req, res) => db.collection('users').findOne({name: req.body.name}))": "nosql.query",
}


@pytest.mark.parametrize("source", PIECES)
def test_pieces_of_code_need_no_imports(source: str) -> None:
    assert ("http.input", PIECES[source]) in flows(source)
