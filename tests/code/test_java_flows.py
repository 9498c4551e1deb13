"""What is followed through Java as it is written with Spring, servlets and Lombok: one small program for each idea."""

import pytest

from backend_advisor.code.analysis import analyse

_HEAD = """package a;
import javax.servlet.http.*; import java.util.*; import java.io.*;
import org.springframework.web.bind.annotation.*; import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.http.ResponseEntity; import org.springframework.stereotype.*;
"""
_REST = _HEAD + '@RestController class C { JdbcTemplate t; Service s; @GetMapping("/x") %s }\n'
_SERVLET = (
    _HEAD
    + "class C extends HttpServlet { protected void doGet(HttpServletRequest r, HttpServletResponse o) { %s } %s }"
)


def sinks(*sources: str) -> set[str]:
    """The sinks that a client's data reaches for certain."""
    found, left_out = analyse({f"a/F{number}.java": source.encode() for number, source in enumerate(sources)})
    assert not left_out
    told: set[str] = set()
    for one in found:
        assert not one.seen.unread
        told |= {flow.sink for flow in one.seen.flows.values() if flow.source.startswith("http.") and not flow.unsure}
    return told - {"sql.bound", "response.body", "model.fields", "record.id"}


REST = {
    'public void f(String n) { t.execute("a" + n); }': {"sql.text"},
    'public void f(@RequestParam String n) { t.execute("a" + n); }': {"sql.text"},
    'public void f(@PathVariable Long n) { t.execute("a" + n); }': set(),
    'public void f(@RequestParam Kind n) { t.execute("a" + n); }': set(),
    'public void f(String n) { t.execute("a" + Kind.valueOf(n)); }': set(),
    'public void f(String n) { t.execute(String.format("a %s", n)); }': {"sql.text"},
    'public void f(String n) { t.update("a ?", n); }': set(),
    'public void f(@RequestBody D d) { t.execute("a" + d.getName()); }': {"sql.text"},
    'public void f(@RequestBody D d) { t.execute("a" + d.getAge()); }': set(),
    'public void f(@RequestBody D d) { t.execute("a" + d.total()); }': {"sql.text"},
    'public void f(R r) { t.execute("a" + r.name()); }': {"sql.text"},
    'public void f(R r) { t.execute("a" + r.age()); }': set(),
    'public void f(String n) { D d = new D(); d.setName(n); t.execute("a" + d.getName()); }': {"sql.text"},
    'public void f(String n) { D d = D.builder().name(n).build(); t.execute("a" + d.getName()); }': {"sql.text"},
    'public void f(String n) { D d = D.builder().name("b").build(); t.execute("a" + d.getName()); }': set(),
    'public void f(@RequestBody List<D> l) { l.stream().map(D::getName).forEach(n -> t.execute("a" + n)); }': {
        "sql.text"
    },
    'public void f(@RequestBody List<D> l) { for (D d : l) { t.execute("a" + d.getName()); } }': {"sql.text"},
    'public void f(String n) { if (!Set.of("a", "b").contains(n)) return; t.execute("a" + n); }': set(),
    'public void f(String n) { t.execute(switch (n) { case "a" -> "b"; default -> "c"; }); }': set(),
    "public void f(String n) { s.run(n); }": {"command.text"},
    'public void f(String n) { t.execute(new Text().add("a").add(n).text()); }': {"sql.text"},
    "public void f(String n) { Text x = new Text(); x.add(n); t.execute(x.text()); }": {"sql.text"},
    "public void f(String n) { Text x = new Text(); x.last(n); t.execute(x.ending()); }": {"sql.text"},
    "public void f(String n) { Text x = new Text(); x.shadowed(n); t.execute(x.ending()); }": set(),
    'public void f(String n) { Optional.of(n).filter(Codes::good).ifPresent(m -> t.execute("a" + m)); }': set(),
    'public void f(String n) { if (!Codes.good(n)) return; t.execute("a" + n); }': {"regex.input"},
    'public void f(String n) { if (!Codes.some(n)) return; t.execute("a" + n); }': {"regex.input", "sql.text"},
    'public String f(String n) { return "<b>" + n; }': {"html.text"},
    "public D f(String n) { D d = new D(); d.setName(n); return d; }": set(),
    'public ResponseEntity<?> f(String n) { return ResponseEntity.ok(Map.of("n", n)); }': set(),
    "public ResponseEntity<?> f(String n) { return ResponseEntity.ok(n); }": {"html.text"},
}
_SERVICE = """package a;
interface Service { void run(String n); }
class ServiceImpl implements Service {
  private final Dao dao = new Dao(); private Runner runner;
  @Override public void run(String n) { runner.go(dao.find(n)); }
}
class Runner { void go(String n) { try { Runtime.getRuntime().exec(n); } catch (Exception e) { } } }
class Dao { String find(String n) { return helper(n); } private String helper(String n) { return n.trim(); } }
class Text {
  private final StringBuilder parts = new StringBuilder(); private String end = "";
  Text add(String n) { parts.append(n).append(' '); return this; }
  String text() { return parts.toString(); }
  void last(String n) { end = n; } void shadowed(String n) { String end = n; } String ending() { return end; }
}
class Codes {
  private static final java.util.regex.Pattern GOOD = java.util.regex.Pattern.compile("[a-z]+");
  private static final java.util.regex.Pattern SOME = java.util.regex.Pattern.compile("[a-z]");
  static boolean good(String n) { return GOOD.matcher(n).matches(); }
  static boolean some(String n) { return SOME.matcher(n).find(); }
}
enum Kind { A, B }
record R(String name, int age) { }
@lombok.Data @lombok.Builder class D { private String name; private int age; String total() { return name + age; } }
"""


@pytest.mark.parametrize(("handler", "expected"), REST.items(), ids=REST)
def test_spring(handler: str, expected: set[str]) -> None:
    assert sinks(_REST % handler, _SERVICE) == expected


SERVLET = {
    (
        'new FileInputStream(pick("b", r.getParameter("a")));',
        "String pick(String a, String b) { return 42 > 1 ? a : b; }",
    ): set(),
    (
        'new FileInputStream(pick(r.getParameter("a"), "b"));',
        "String pick(String a, String b) { return 42 > 1 ? a : b; }",
    ): {"path.file"},
    (
        'new In().go(r.getHeader("a"));',
        "class In { void go(String a) { out(a); } } void out(String a) { new File(a).delete(); }",
    ): {"path.file"},
    ("for (Cookie c : r.getCookies()) { o.getWriter().print(c.getValue()); }", ""): {"html.text"},
    ('o.setContentType("application/json"); o.getWriter().print(r.getParameter("a"));', ""): set(),
    ('o.sendRedirect(r.getParameter("a"));', ""): {"redirect.url"},
    ('byte[] b = r.getParameter("a").getBytes(); new FileInputStream(new String(b));', ""): {"path.file"},
    (
        'List<String> l = new ArrayList<>(); l.add(r.getParameter("a")); l.add("b"); new FileReader(l.get(1));',
        "",
    ): set(),
    ('Runnable x = () -> go(r.getParameter("a")); x.run();', "void go(String a) { new File(a).delete(); }"): {
        "path.file"
    },
}


@pytest.mark.parametrize(("body", "members"), SERVLET, ids=[body for body, _ in SERVLET])
def test_servlets(body: str, members: str) -> None:
    assert sinks(_SERVLET % (body, members)) == SERVLET[body, members]
