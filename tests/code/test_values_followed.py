"""What the interpreter follows and what it lets go, one small program for each idea."""

import textwrap

import pytest

from backend_advisor.code.analysis import analyse

_HEAD = """
import os, subprocess, sqlite3, configparser
from flask import Flask, request
app = Flask(__name__)
ALLOWED = {"a": "x", "b": "y"}
"""


def sinks(*files: tuple[str, str]) -> set[str]:
    """The sink roles that client data reaches in these files."""
    analyses, _ = analyse({path: textwrap.dedent(text).encode() for path, text in files})
    flows = [flow for analysis in analyses for flow in analysis.seen.flows.values()]
    return {flow.sink for flow in flows if flow.source == "http.input"}


def handler(body: str, before: str = "") -> str:
    """A Flask handler with this body; `q` is client data and `run` a shell."""
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return f"{_HEAD}\n{textwrap.dedent(before)}\n@app.get('/x')\ndef x():\n    q = request.args.get('q')\n{lines}\n"


_REACHES = {
    "straight": "os.system(q)",
    "text": "os.system(f'ls {q}')",
    "concatenated": "os.system('ls ' + q)",
    "formatted": "os.system('ls {}'.format(q))",
    "percent": "os.system('ls %s' % q)",
    "joined": "os.system(' '.join(['ls', q]))",
    "method of text": "os.system(q.strip().lower())",
    "list element": "l = ['a', q]\nos.system(l[1])",
    "list after removal": "l = ['a']\nl.append(q)\nl.pop(0)\nos.system(l[0])",
    "map element": "d = {'a': 'x'}\nd['k'] = q\nos.system(d['k'])",
    "unpacked": "a, b = 'x', q\nos.system(b)",
    "loop over items": "for one in [q, 'x']:\n    os.system(one)",
    "grown in a loop": "s = ''\nfor c in q:\n    s += c\nos.system(s)",
    "comprehension": "os.system(' '.join([one for one in [q]]))",
    "conditional": "c = 'x' if app.debug else q\nos.system(c)",
    "one branch": "c = 'x'\nif app.debug:\n    c = q\nos.system(c)",
    "live branch": "c = 'x'\nif 3 * 4 > 10:\n    c = q\nos.system(c)",
    "matched case": "match 'abc'[1]:\n    case 'b':\n        c = q\n    case _:\n        c = 'x'\nos.system(c)",
    "exception path": "c = q\ntry:\n    c = int(q)\nexcept ValueError:\n    pass\nos.system(c)",
    "nested function": "def inner():\n    os.system(q)\ninner()",
    "lambda": "f = lambda v: 'ls ' + v\nos.system(f(q))",
    "configuration kept in memory": (
        "c = configparser.ConfigParser()\nc.add_section('s')\nc.set('s', 'k', q)\nos.system(c.get('s', 'k'))"
    ),
    "encoded and decoded": "import base64\nos.system(base64.b64decode(base64.b64encode(q.encode())).decode())",
    "wrong guard": "if 'x' in q:\n    os.system(q)",
    "assertion is no guard": "assert q in ('a', 'b')\nos.system(q)",
}
_STOPS = {
    "constant": "c = q\nc = 'x'\nos.system(c)",
    "list element beside it": "l = ['a', q]\nos.system(l[0])",
    "removed element": "l = [q]\nl.append('a')\nl.pop(0)\nos.system(l[0])",
    "map element beside it": "d = {'a': 'x'}\nd['k'] = q\nos.system(d['a'])",
    "dead branch": "c = 'x'\nif 3 * 4 > 20:\n    c = q\nos.system(c)",
    "dead conditional": "c = 'x' if 7 * 6 == 42 else q\nos.system(c)",
    "case not taken": "match 'abc'[0]:\n    case 'b':\n        c = q\n    case _:\n        c = 'x'\nos.system(c)",
    "number": "os.system('ls %d' % int(q))",
    "allow-list": "if q in ('a', 'b'):\n    os.system(q)",
    "allow-list left early": "if q not in ('a', 'b'):\n    return 'no'\nos.system(q)",
    "look-up in own constants": "os.system(ALLOWED[q])",
    "characters": "if not q.isalnum():\n    return 'no'\nos.system(q)",
    "whole pattern": "import re\nif not re.fullmatch(r'[a-z0-9]+', q):\n    return 'no'\nos.system(q)",
    "equal to a constant": "if q == 'a':\n    os.system(q)",
    "quoted": "import shlex\nos.system('ls ' + shlex.quote(q))",
    "escaped by hand": (
        "out = ''\nfor c in q:\n    if c.isalnum() or c in ['-', '_']:\n        out += c\n"
        "    else:\n        out += '_'\nos.system(out)"
    ),
    "kept guard": "ok = q in ('a', 'b')\nif not ok:\n    return 'no'\nos.system(q)",
}


@pytest.mark.parametrize("body", _REACHES.values(), ids=_REACHES.keys())
def test_reaches(body: str) -> None:
    assert "command.text" in sinks(("app.py", handler(body)))


@pytest.mark.parametrize("body", _STOPS.values(), ids=_STOPS.keys())
def test_stops(body: str) -> None:
    assert "command.text" not in sinks(("app.py", handler(body)))


def test_through_functions_and_files() -> None:
    helper = (
        "import os\ndef run(what, where):\n    target = build(where)\n    os.system(what + target)\n"
        "def build(v):\n    return '/' + v\n"
    )
    bad = handler("tools.run('ls', q)", "from lib import tools")
    good = handler("tools.run('ls', 'x')", "from lib import tools")
    assert "command.text" in sinks(("lib/__init__.py", ""), ("lib/tools.py", helper), ("app.py", bad))
    assert "command.text" not in sinks(("lib/__init__.py", ""), ("lib/tools.py", helper), ("app.py", good))


def test_constants_of_the_caller_decide_branches() -> None:
    before = "def pick(v, safe):\n    return 'x' if safe else v\n"
    assert "command.text" in sinks(("app.py", handler("os.system(pick(q, False))", before)))
    assert "command.text" not in sinks(("app.py", handler("os.system(pick(q, True))", before)))


def test_through_constructors_fields_and_overrides() -> None:
    before = """
        class Base:
            def __init__(self, v):
                self.v = v
            def shown(self):
                return 'x'
        class Derived(Base):
            def shown(self):
                return self.v
    """
    assert "command.text" in sinks(("app.py", handler("os.system(Derived(q).shown())", before)))
    assert "command.text" not in sinks(("app.py", handler("os.system(Base(q).shown())", before)))


def test_a_changed_argument_is_changed_for_the_caller() -> None:
    before = "def fill(items, v):\n    items.append(v)\n"
    assert "command.text" in sinks(("app.py", handler("l = []\nfill(l, q)\nos.system(l[0])", before)))
    assert "command.text" not in sinks(("app.py", handler("l = []\nfill(l, 'x')\nos.system(l[0])", before)))


def test_a_nested_function_that_calls_itself_for_two_fields_ends() -> None:
    before = (
        "import ast\n\ndef evaluate(text):\n    def walk(node):\n"
        "        if isinstance(node, ast.Constant):\n            return node.value\n"
        "        if isinstance(node, ast.BinOp):\n            return walk(node.left) + walk(node.right)\n"
        "        return walk(node.operand)\n\n    return walk(ast.parse(text).body)\n"
    )
    assert "command.text" in sinks(("app.py", handler("os.system(evaluate(q))", before)))


def test_recursion_ends() -> None:
    before = "def f(v, n):\n    return v if n == 0 else g(v, n - 1)\ndef g(v, n):\n    return f(v, n)\n"
    assert "command.text" in sinks(("app.py", handler("os.system(f(q, 5))", before)))


def test_the_way_is_told() -> None:
    helper = "import os\ndef run(what):\n    os.system(what)\n"
    text = handler("tools.run('ls ' + q)", "import tools")
    analyses, _ = analyse({"tools.py": helper.encode(), "app.py": text.encode()})
    flow = next(f for f in analyses[0].seen.flows.values() if f.sink == "command.text")
    assert flow.trail is not None
    stations = [(one.what, one.path) for one in flow.trail.stations()]
    assert stations[0] == ("source", "app.py")
    assert ("call", "app.py") in stations
    assert flow.path == "tools.py"


def test_hostile_files_are_survived() -> None:
    deep = "(" * 9_000 + ")" * 9_000
    nested = "\n".join(" " * n + "if x:" for n in range(900)) + "\n" + " " * 900 + "y"
    calls = "x = " + "f(" * 3_000 + ")" * 3_000
    analyses, left_out = analyse(
        {
            "deep.py": deep.encode(),
            "nested.py": nested.encode(),
            "calls.py": calls.encode(),
            "binary.py": bytes(range(256)) * 40,
            "cp949.py": "이름 = '값'".encode("cp949"),
            "small.min.js": b"var a=1;" * 10_000,
            "static/vendor/grid.js": b"var a = 1;\n" * 10_000,
        }
    )
    assert ("small.min.js", "minified") in left_out
    assert ("static/vendor/grid.js", "minified") in left_out
    assert {analysis.program.language for analysis in analyses} <= {"python", "javascript"}


def test_a_key_does_not_flow_into_what_a_collection_gives() -> None:
    text = """
    import java.util.Map;
    import org.springframework.jdbc.core.JdbcTemplate;
    import org.springframework.web.bind.annotation.*;

    @RestController
    class C {
        private static final Map<String, String> ORDERS = Map.of("new", "created_at", "name", "name");
        private JdbcTemplate jdbc;

        @GetMapping("/x")
        void x(@RequestParam String sort) {
            jdbc.queryForList("SELECT 1 ORDER BY " + ORDERS.get%s);
        }
    }
    """
    assert sinks(("C.java", text % "(sort)")) == set()
    assert sinks(("C.java", text % 'OrDefault(sort, "id")')) == set()
    assert sinks(("C.java", text % "OrDefault(sort, sort)")) == {"sql.text"}


_CHECKS = """
from django.utils.http import url_has_allowed_host_and_scheme

def known(value):
    if not value:
        return False
    return value in ALLOWED

def inside(path):
    if ".." in path:
        raise ValueError

def held(path):
    if ".." not in path:
        return
    raise ValueError

def local(url):
    return url and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

def other(value):
    value = "fine"
    return value in ("fine",)

def wrong(value):
    if value in ALLOWED:
        return False
    return True
"""


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        ("if known(q):\n    os.system(q)", set()),
        ("if not known(q):\n    return\nos.system(q)", set()),
        ("known(q)\nos.system(q)", {"command.text"}),
        ("inside(q)\nopen('/srv/' + q)", set()),
        ("inside(q)\nos.system(q)", {"command.text"}),
        ("held(q)\nopen('/srv/' + q)", set()),
        ("if not local(q):\n    q = '/'\nreturn redirect(q)", set()),
        ("if other(q):\n    os.system(q)", {"command.text"}),
        ("if wrong(q):\n    os.system(q)", {"command.text"}),
    ],
)
def test_checks_in_functions_of_the_program(body: str, reached: set[str]) -> None:
    assert sinks(("app.py", handler(body, "from flask import redirect" + _CHECKS))) - {"html.text"} == reached


def test_a_check_that_throws_where_overloads_hand_on() -> None:
    text = """
    import java.nio.file.*;
    import org.springframework.web.bind.annotation.*;

    @RestController
    class C {
        static void check(Path base, Path path) {
            if (path.normalize().startsWith(base)) {
                return;
            }
            throw new SecurityException();
        }

        static void check(Path base, String path) {
            check(base, Path.of(path));
        }

        @GetMapping("/x")
        byte[] x(@RequestParam String name) throws java.io.IOException {
            Path path = Path.of("/srv").resolve(name);
            %s
            return Files.readAllBytes(path);
        }
    }
    """
    assert sinks(("C.java", text % 'check(Path.of("/srv"), path);')) == set()
    assert sinks(("C.java", text % "")) == {"path.file"}
