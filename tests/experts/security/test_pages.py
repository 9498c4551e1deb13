"""Data of a request that a template prints, that a view's name redirects to, and that a mapper pastes into SQL."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

EXPRESS = "const express = require('express');\nconst app = express();\n"
SPRING = """package a;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.servlet.ModelAndView;
"""
CONTROLLER = SPRING + '@Controller\nclass C {{\n  @GetMapping("/a")\n  {body}\n}}\n'
FLASK = (
    "from flask import Flask, render_template, request\napp = Flask(__name__)\n@app.get('/a')\ndef a():\n    return "
)
DJANGO = "from django.shortcuts import render\ndef a(request):\n    return "

BAD = {
    "ejs": {
        "app.js": EXPRESS
        + "app.get('/a', (req, res) => {\n  const out = { q: req.query.q };\n  res.render('a', { out });\n});",
        "views/a.ejs": "<%- out.q %>",
    },
    "pug through a helper": {
        "app.js": EXPRESS
        + "const page = (res, q) => res.render('a', { q });\napp.get('/a', (req, res) => page(res, req.query.q));",
        "views/a.pug": "p!= q",
    },
    "flask": {"app.py": FLASK + "render_template('a.html', q=request.args['q'])\n", "templates/a.html": "{{ q|safe }}"},
    "django with a base": {
        "views.py": DJANGO + "render(request, 'x/a.html', {'q': request.GET['q']})\n",
        "templates/x/a.html": "{% extends 'x/base.html' %}",
        "templates/x/base.html": "{{ q|safe }}",
    },
    "spring model": {
        "a/C.java": CONTROLLER.format(
            body='String a(@RequestParam String q, Model m) { m.addAttribute("q", q); return "a"; }'
        ),
        "templates/a.html": '<p th:utext="${q}"></p>',
    },
    "spring model and view": {
        "a/C.java": CONTROLLER.format(
            body='ModelAndView a(@RequestParam String q) { return new ModelAndView("a").addObject("q", q); }'
        ),
        "webapp/WEB-INF/a.jsp": "<p>${q}</p>",
    },
    "jsp alone": {
        "a/C.java": CONTROLLER.format(body='String a() { return "a"; }'),
        "webapp/WEB-INF/a.jsp": "<p>${param.q}</p>",
    },
}
GOOD = {
    "escaped": {
        "app.js": EXPRESS + "app.get('/a', (req, res) => res.render('a', { q: req.query.q, html: clean() }));",
        "views/a.ejs": "<%= q %><%- html %>",
    },
    "escaped before": {
        "app.py": "from markupsafe import escape\n"
        + FLASK
        + "render_template('a.html', q=escape(request.args['q']))\n",
        "templates/a.html": "{{ q|safe }}",
    },
    "another template": {
        "app.py": FLASK + "render_template('b.html', q=request.args['q'])\n",
        "templates/a.html": "{{ q|safe }}",
        "templates/b.html": "{{ q }}",
    },
    "spring": {
        "a/C.java": CONTROLLER.format(
            body='String a(@RequestParam int q, Model m) { m.addAttribute("q", q); return "a"; }'
        ),
        "webapp/WEB-INF/a.jsp": "<p>${q}</p>",
    },
}
MAPPER = '<mapper namespace="a.M"><select id="all">select 1 from t order by {}</select></mapper>'
INTERFACE = "package a;\nimport java.util.List;\nimport org.apache.ibatis.annotations.*;\ninterface M {{ {} }}\n"
SERVICE = (
    SPRING
    + '@RestController\nclass C {{\n  private M m;\n  @GetMapping("/a")\n  Object a({given}) {{ return {call}; }}\n}}\n'
)


def found(folder: Path, files: dict[str, str], code: str) -> list[str]:
    """The files in which a rule finds something."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return sorted(Path(one.location.artifact).name for one in review([folder], select=(code,)).findings)


@pytest.mark.parametrize("name", BAD)
def test_what_a_template_prints_as_it_is_is_found(tmp_path: Path, name: str) -> None:
    assert len(found(tmp_path / "app", BAD[name], "SEC213")) == 1


@pytest.mark.parametrize("name", GOOD)
def test_what_is_escaped_is_not(tmp_path: Path, name: str) -> None:
    assert found(tmp_path / "app", GOOD[name], "SEC213") == []


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ('String a(@RequestParam String u) { return "redirect:" + u; }', 1),
        ('ModelAndView a(@RequestParam String u) { return new ModelAndView("redirect:" + u); }', 1),
        (
            'String a(@RequestParam String u) { String v = "redirect:/"; if (u != "") v = "redirect:" + u; return v; }',
            1,
        ),
        ('String a(@RequestParam String u) { return "redirect:/users/" + u; }', 0),
        ('String a(@RequestParam int u) { return "redirect:" + u; }', 0),
        ('String a(@RequestParam String u) { return "users"; }', 0),
        ("@ResponseBody String a(@RequestParam String u) { return u; }", 0),
    ],
)
def test_views_that_redirect(tmp_path: Path, body: str, count: int) -> None:
    files = {"a/C.java": CONTROLLER.format(body=body)}
    assert len(found(tmp_path / "app", files, "SEC214")) == count
    assert found(tmp_path / "app", files, "SEC207") == []


@pytest.mark.parametrize(
    ("text", "method", "given", "call", "where"),
    [
        ("${sort}", 'List all(@Param("sort") String s);', "@RequestParam String s", "m.all(s)", ["a.xml"]),
        ("${_parameter}", "List all(String s);", "@RequestParam String s", "m.all(s)", ["a.xml"]),
        ("${q.sort}", 'List all(@Param("q") Query q);', "@RequestBody Query q", "m.all(q)", ["a.xml"]),
        ("#{sort}", 'List all(@Param("sort") String s);', "@RequestParam String s", "m.all(s)", []),
        ("${sort}", 'List all(@Param("sort") Integer s);', "@RequestParam Integer s", "m.all(s)", []),
        (
            "${sort}",
            'List all(@Param("sort") String s, @Param("q") String q);',
            "@RequestParam String s",
            'm.all("a", s)',
            [],
        ),
        ("${q.size}", 'List all(@Param("q") Query q);', "@RequestBody Query q", "m.all(q)", []),
        (
            "1",
            '@Select("select ${s}") List own(@Param("s") String s);',
            "@RequestParam String s",
            "m.own(s)",
            ["M.java"],
        ),
    ],
)
def test_mappers(tmp_path: Path, text: str, method: str, given: str, call: str, where: list[str]) -> None:
    files = {
        "a/a.xml": MAPPER.format(text),
        "a/M.java": INTERFACE.format(method),
        "a/Query.java": "package a;\nclass Query { String sort; int size; }\n",
        "a/C.java": SERVICE.format(given=given, call=call),
    }
    assert found(tmp_path / "app", files, "SEC201") == where


def test_statements_run_by_name(tmp_path: Path) -> None:
    dao = """package a;
import org.apache.ibatis.session.SqlSession;
import org.springframework.web.bind.annotation.*;
@RestController
class C { private SqlSession session;
  @GetMapping("/a") Object a(@RequestParam String s) { return session.selectList("a.M.all", s); } }
"""
    files = {"a/a.xml": MAPPER.format("${value}"), "a/C.java": dao}
    assert found(tmp_path / "app", files, "SEC201") == ["a.xml"]


@pytest.mark.parametrize(
    ("text", "method", "caller", "where"),
    [
        ("${sort}", 'List all(@Param("sort") String s);', "", ["a.xml"]),
        ("${sort}", 'List all(@Param("sort") int s);', "", []),
        ("${tablePrefix}", 'List all(@Param("sort") String s);', "", []),  # a property of the configuration
        ("#{sort}", 'List all(@Param("sort") String s);', "", []),
        ("${sort}", 'List all(@Param("sort") String s);', 'class D { M m; Object a() { return m.all("id"); } }', []),
        ("1", '@Select("select 1 from t order by ${sort}") List by(@Param("sort") String s);', "", ["M.java"]),
        ("1", '@Select("select 1 from t order by ${sort}") List by(@Param("sort") Long s);', "", []),
    ],
)
def test_mappers_without_callers(tmp_path: Path, text: str, method: str, caller: str, where: list[str]) -> None:
    files = {"a/a.xml": MAPPER.format(text), "a/M.java": INTERFACE.format(method)}
    if caller:
        files["a/D.java"] = f"package a;\n{caller}\n"
    assert found(tmp_path / "app", files, "SEC201") == where


def test_mapper_whose_interface_is_not_in_view(tmp_path: Path) -> None:
    service = "package a;\nclass C { M m; Object a(String s) { return m.all(s); } }\n"
    files = {"a/a.xml": MAPPER.format("${sortColumn}"), "a/C.java": service}
    assert found(tmp_path / "app", files, "SEC201") == ["a.xml"]
