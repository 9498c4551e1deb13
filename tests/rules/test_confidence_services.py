"""What six backends that nobody had looked at showed to be no finding, and beside each what still is one."""

import pytest

from backend_advisor.model import Confidence
from tests.rules.test_confidence import told, worth

_NEST = (
    "import { Controller, Get, Param, Post, Body, UseGuards, Injectable } from '@nestjs/common';\n"
    "import { IsUUID, IsString, Matches, Length } from 'class-validator';\n"
    "import * as fs from 'fs';\nimport { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();\n"
)


@pytest.mark.parametrize(
    ("validator", "count"),
    [("@IsUUID()", 0), ("@Matches('^[a-zA-Z0-9_-]*$')", 0), ("@Matches(/^[\\w-]+$/)", 0), ("@Matches('[a-z]')", 1),
     ("@IsString()", 1), ("@Length(3, 50)", 1)],
)  # fmt: skip
def test_fields_whose_validator_leaves_no_path(validator: str, count: int) -> None:
    body = (
        f"class CreateShare {{ {validator} id: string; }}\n@Controller('shares')\nexport class Shares {{\n"
        "  @Post() create(@Body() body: CreateShare) { fs.mkdirSync(`/data/${body.id}`); }\n}\n"
    )
    assert worth("SEC210", a_ts=_NEST + body) == count


@pytest.mark.parametrize(
    ("lookup", "count"),
    [
        ("const found = await prisma.file.findUnique({ where: { id } }); if (!found) throw new Error('x');", 0),
        ("await prisma.file.findUniqueOrThrow({ where: { id } });", 0),
        ("const found = await prisma.file.findUnique({ where: { id } });", 1),
        ("const found = await prisma.file.findUnique({ where: { name: id } }); if (!found) throw new Error('x');", 1),
    ],
)
def test_keys_of_records_that_were_found(lookup: str, count: int) -> None:
    handler = f"@Get(':id') get(@Param('id') id: string) {{ {lookup} return fs.createReadStream(`/data/${{id}}`); }}"
    handler = handler.replace("get(", "async get(")
    assert worth("SEC210", a_ts=f"{_NEST}@Controller('files')\nexport class Files {{ {handler} }}\n") == count


@pytest.mark.parametrize(
    ("lookup", "count"),
    [
        ("    report = get_object_or_404(Report, pk=pk)\n", 0),
        ("    report = Report.objects.get(pk=pk)\n", 0),
        ("    report = Report.objects.filter(pk=pk).first()\n    if report is None:\n        raise Http404\n", 1),
        ("    report = Report.objects.filter(id=pk).first()\n    if not report:\n        raise Http404\n", 0),
        ("    report = Report.objects.get(title=pk)\n", 1),
    ],
)
def test_keys_of_records_that_were_found_in_python(lookup: str, count: int) -> None:
    views = (
        "from django.http import Http404, HttpResponse\nfrom django.shortcuts import get_object_or_404\n"
        "from a.models import Report\n\n\ndef show(request):\n    pk = request.GET['pk']\n"
        f"{lookup}    return HttpResponse(open(f'/data/{{pk}}').read())\n"
    )
    models = "from django.db import models\n\n\nclass Report(models.Model):\n    title = models.TextField()\n"
    assert worth("SEC210", a_py=views, b_py=models) == count


@pytest.mark.parametrize(("read", "count"), [("request.params.shareId", 0), ("request.params.id", 1)])
def test_parts_of_the_address_that_a_guard_reads(read: str, count: int) -> None:
    guarded = (
        "@Injectable()\nclass OwnerGuard {\n  async canActivate(context) {\n"
        f"    const request = context.switchToHttp().getRequest();\n    return this.owns({read});\n  }}\n}}\n"
        "@Controller('shares')\nexport class Shares {\n  @Get(':shareId') @UseGuards(OwnerGuard)\n"
        "  get(@Param('shareId') shareId: string) { return fs.createReadStream(`/data/${shareId}/all.zip`); }\n}\n"
    )
    assert worth("SEC210", a_ts=_NEST + guarded) == count


@pytest.mark.parametrize(("options", "count"), [("maxAge: -1", 0), ("maxAge: 0", 0), ("maxAge: 60", 1)])
def test_cookies_that_are_taken_back(options: str, count: int) -> None:
    route = (
        "import express from 'express';\nconst app = express();\napp.post('/out', (req, res) => {\n"
        f"  res.cookie('access_token', 'gone', {{ secure: true, {options} }}); res.end();\n}});\n"
    )
    assert worth("SEC229", a_ts=route) == count


def test_a_part_of_the_request_that_only_callers_know() -> None:
    find = (
        "const mongoose = require('mongoose');\nconst User = mongoose.model('User', schema);\n"
        "const app = require('express')();\n"
    )
    other = "module.exports = 1;\n"
    assert worth("SEC202", a_js=f"{find}app.get('/a', (req, res) => User.findOne({{ name: req.body.name }}));\n") == 1
    kind = f"{find}app.get('/a', (req, res) => {{ const part = pick(req.path); User.findOne(req[part]); }});\n"
    assert worth("SEC202", a_js=kind, b_js=other) == 0


def test_what_an_operator_switches_in_directories() -> None:
    options = (
        "const options = {};\nif (!CHOICE) { options.tls = { rejectUnauthorized: false }; }\n"
        "module.exports = options;\n"
    )
    assert told("SEC306", a_js=options.replace("CHOICE", "settings.tlsVerifyServer")) == [Confidence.LOW]
    assert worth("SEC306", a_js=options.replace("CHOICE", "settings.first")) == 1


def test_checks_that_are_given_back_to_those_who_ask() -> None:
    context = (
        "import ssl\n\n\ndef made(mode):\n    context = ssl.create_default_context()\n"
        "    context.check_hostname = False\n"
    )
    raised = "    if mode == 'full':\n        context.check_hostname = True\n"
    assert worth("SEC306", a_py=context + "    return context\n") == 1
    assert told("SEC306", a_py=context + raised + "    return context\n") == [Confidence.LOW]


@pytest.mark.parametrize(("name", "count"), [("req.body.username", 0), ("`uid=${req.body.username},dc=example`", 1)])
def test_a_name_that_somebody_signs_in_with(name: str, count: int) -> None:
    route = (
        "const { Client } = require('ldapts');\nconst app = require('express')();\n"
        "app.post('/test', async (req, res) => {\n  const client = new Client({ url: process.env.LDAP });\n"
        f"  await client.bind({name}, req.body.password);\n  res.end();\n}});\n"
    )
    assert worth("SEC205", a_js=route) == count


def test_an_end_that_the_program_looks_at_itself() -> None:
    verify = (
        "const jwt = require('jsonwebtoken');\nfunction read(data, key) {\n"
        "  return jwt.verify(data, key, { ignoreExpiration: true, algorithms: ['ES256'] });\n}\n"
    )
    looks = "class Licence { constructor(claims) { this.until = new Date(claims.exp * 1000); } }\n"
    assert worth("SEC303", a_js=verify) == 1
    assert told("SEC303", a_js=verify + looks) == [Confidence.LOW]


@pytest.mark.parametrize(
    ("address", "count"),
    [("`assets/${path}`, process.env.SERVICE", 0), ("`/assets/${path}`, process.env.SERVICE", 0),
     ("path, process.env.SERVICE", 1), ("`${path}/assets`, process.env.SERVICE", 1)],
)  # fmt: skip
def test_a_path_below_a_folder_of_another_service(address: str, count: int) -> None:
    route = (
        "const axios = require('axios');\nconst app = require('express')();\n"
        "app.get('/assets', async (req, res) => {\n  const path = req.query.path;\n"
        f"  const target = new URL({address}).toString();\n  res.send((await axios.get(target)).data);\n}});\n"
    )
    assert worth("SEC212", a_js=route) == count


def test_a_password_that_the_client_has_just_sent() -> None:
    route = (
        "const app = require('fastify')();\nconst { User } = require('./models');\n"
        "app.post('/users', async (request, reply) => {\n"
        "  const made = await User.create({ name: request.body.name, password: PASSWORD });\n"
        "  reply.send(await profile(made));\n});\n"
    )
    assert worth("SEC405", a_js=route.replace("PASSWORD", "request.body.password")) == 0
    other = route.replace(
        "await User.create({ name: request.body.name, password: PASSWORD })", "{ password: request.user.password }"
    )
    assert worth("SEC405", a_js=other) == 1


_SESSIONS = "const session = require('express-session');\nconst app = require('express')();\n"
_LOGIN = "app.post('/login', async (req, res) => { if (await verify(req.body.password)) { KEEP } res.end(); });\n"


def test_who_is_kept_by_another_handler_than_the_one_that_checks() -> None:
    keep = "req.session.user = await find(req.body.name);"
    assert worth("SEC407", a_js=_SESSIONS + _LOGIN.replace("KEEP", keep)) == 1
    apart = _LOGIN.replace("KEEP", "") + f"app.use(async (req, res, next) => {{ {keep} next(); }});\n"
    plugin = f"{_SESSIONS}module.exports = function (app) {{ {apart} }};\n"
    assert worth("SEC407", a_js=plugin) == 0
    own = _LOGIN.replace("KEEP", "req.session = { owner: 1 }; " + keep)
    assert worth("SEC407", a_js=_SESSIONS + own) == 0


def test_a_request_that_nothing_tries_again() -> None:
    fetch = (
        "const axios = require('axios');\nasync function fetchAll(app) {\n"
        "  try {\n    await axios.get(app.url, { timeout: 5 });\n"
        "  } catch (err) {\n    app.log.error(err);\n  }\n}\n"
        "module.exports = { run: async function (app) { return fetchAll(app); } };\n"
    )
    assert worth("PERF212", a_js=fetch) == 0
    assert worth("PERF212", a_js=fetch.replace("app.log.error(err);", "return fetchAll(app);")) == 1


_SMS = """from django.db import transaction
from rest_framework import serializers
import requests


class Listed(serializers.ModelSerializer):
    pass


class Detailed(Listed):
    def create(self, validated):
        with transaction.atomic():
            made = super().create(validated)
            made.save()
        requests.post("https://sms.example", timeout=3)
        return made
"""


def test_super_does_not_come_back_to_the_method_itself() -> None:
    assert worth("PERF210", a_py=_SMS) == 0
    own = _SMS.replace(
        "    pass", "    def create(self, validated):\n        requests.post('https://sms.example', timeout=3)"
    )
    assert worth("PERF210", a_py=own) == 1
