"""What is followed through handlers of Express, Koa and Nest: collections, closures, callbacks, middleware, checks."""

import pytest

from backend_advisor.code.analysis import analyse

_FILE = """const express = require('express'); const { exec, spawn } = require('child_process'); const app = express();
function given(v, done) { done(v + '.'); }
function size(v) { return 'n' + v.length; }
app.get('/x', (req, res) => {
  const p = req.query.p;
  %s
  exec('ls ' + b);
});
"""
REACHED = [
    "let b = ''; given(p, (v) => { b = v; });",
    "const make = (v) => () => v; const b = make(p)();",
    "const b = new Map([['a', 'x'], ['b', p]]).get('b');",
    "const o = Object.assign({}, { a: p }); const b = o.a;",
    "const b = p.replace('<', '');",
    "const b = p.replace(/[^a-z]/, '');",
    "const b = new URL(req.url, 'http://h').searchParams.get('p');",
    "const parts = []; [p].forEach((v) => { parts.push(v); }); const b = parts.join();",
]
KEPT = [
    "let b = ''; given(p, (v) => { b = size(v); });",
    "const b = new Map([['a', 'x'], ['b', p]]).get('a');",
    "const o = Object.assign({ b: 'x' }, { a: p }); const b = o.b;",
    "const l = [p]; l.unshift('x'); const b = l[0];",
    "const o = { a: p }; delete o.a; const b = o.a ?? 'x';",
    "const b = p.replace(/[^a-z]/g, '');",
    "const b = [p].filter((v) => ['a', 'b'].includes(v))[0];",
    "const b = [p].map(() => 'x')[0];",
    "const b = size(p);",
]


def _sinks(code: str) -> set[str]:
    found, left_out = analyse({"app.js": code.encode()})
    assert not left_out
    assert not found[0].seen.unread
    return {flow.sink for flow in found[0].seen.flows.values() if flow.source == "http.input" and not flow.unsure}


@pytest.mark.parametrize("body", REACHED)
def test_data_reaches_the_command(body: str) -> None:
    assert "command.text" in _sinks(_FILE % body)


@pytest.mark.parametrize("body", KEPT)
def test_data_does_not_reach_the_command(body: str) -> None:
    assert "command.text" not in _sinks(_FILE % body)


OTHERS = {
    "spawn('ls', [p], { shell: true });": {"command.text", "command.argument"},
    "spawn('sh', ['-c', 'ls ' + p]);": {"command.text"},
    "spawn('ls', ['-l', p]);": {"command.argument"},
    "spawn('ls', [`--color=${p}`, '--', p]);": set(),
    "res.set('Location', p);": {"redirect.url"},
    "req.wanted = p; res.locals.id = p;": set(),
}


@pytest.mark.parametrize(("code", "expected"), OTHERS.items(), ids=OTHERS)
def test_other_sinks(code: str, expected: set[str]) -> None:
    assert _sinks(_FILE % f"{code} const b = 1;") == expected


@pytest.mark.parametrize("kept", ["req.wanted", "res.locals.id"])
def test_middleware_hands_on_what_it_keeps(kept: str) -> None:
    code = (
        "const express = require('express'); const { exec } = require('child_process'); const app = express();\n"
        f"app.get('/x', (req, res) => {{ exec('ls ' + {kept}); }});\n"
        f"app.use((req, res, next) => {{ {kept} = req.query.p; next(); }});\n"
    )
    assert "command.text" in _sinks(code)


def test_the_configuration_that_middleware_looks_up_is_the_programs() -> None:
    code = (
        "const express = require('express'); const { exec } = require('child_process'); const app = express();\n"
        "app.get('/x', (req, res) => { exec('ls ' + req.config.path); });\n"
        "app.use((req, res, next) => { req.config = settings[req.headers.app]; next(); });\n"
    )
    assert "command.text" not in _sinks(code)


def test_what_a_handler_keeps_is_not_seen_by_others() -> None:
    code = (
        "const express = require('express'); const { exec } = require('child_process'); const app = express();\n"
        "app.get('/x', (req, res) => { exec('ls ' + req.item.path); });\n"
        "app.post('/x', (req, res) => { req.item.path = req.body.p; res.json(req.item); });\n"
    )
    assert "command.text" not in _sinks(code)


def test_text_that_a_nest_handler_gives_is_a_page() -> None:
    code = (
        "import { Controller, Get, Query } from '@nestjs/common';\n"
        "@Controller() export class C { @Get('a') a(@Query('q') q: string) { return `<b>${q}</b>`; }\n"
        "@Get('b') b(@Query('q') q: string) { return { q }; } }"
    )
    found, _ = analyse({"c.ts": code.encode()})
    pages = [flow for flow in found[0].seen.flows.values() if flow.sink == "html.text"]
    assert len(pages) == 1


_CONDITIONS = (
    "const express = require('express'); const {{ exec }} = require('child_process'); const app = express();\n"
    "class Command {{ constructor() {{ this.parts = ['ls']; }}\n"
    "add(part) {{ this.parts.push(part); return this; }} toString() {{ return {said}; }} }}\n"
    "function run(command) {{ exec({text}); }}\n"
    "app.get('/x', (req, res) => {{ run(new Command().add(req.query.p)); }});\n"
)


def test_an_object_in_a_text_is_what_its_class_says() -> None:
    for text in ("`${command}`", "'nice ' + command", "String(command)", "command.toString()"):
        assert "command.text" in _sinks(_CONDITIONS.format(said="this.parts.join(' ')", text=text)), text
        assert "command.text" not in _sinks(_CONDITIONS.format(said="'ls ' + this.parts.length", text=text)), text


def test_the_default_of_a_parameter_tells_its_class() -> None:
    code = (
        "const express = require('express'); const { exec } = require('child_process');\n"
        "class Lister { list(path) { exec('ls ' + path); } }\n"
        "module.exports = (lister = new Lister()) => { const router = express.Router();\n"
        "router.get('/x', (req, res) => { lister.list(req.query.p); }); return router; };\n"
    )
    assert "command.text" in _sinks(code)
