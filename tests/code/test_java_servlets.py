"""What is followed through servlets as they are written by hand: names in full, collections, builders, reflection,
overloads, checks. Each body has the client's `p` and gives what it made of it as `b`."""

import pytest

from backend_advisor.code.analysis import analyse
from backend_advisor.code.beside import Beside

_FILE = """package org.shop;
import javax.servlet.http.*;
public class C extends HttpServlet {
  private static final java.util.regex.Pattern NAME = java.util.regex.Pattern.compile("^[a-z0-9_]+$");
  private static final java.util.Set<String> ALLOWED = java.util.Set.of("red", "green");
  private final int limit = 12;
  @Override public void doPost(HttpServletRequest request, HttpServletResponse response) throws Exception {
    String p = request.getParameter("p");
    %s
    Runtime.getRuntime().exec(new String[] {"sh", "-c", b});
  }
  private static String take(String a) { return "none"; }
  private static String take(String a, boolean keep) { return keep ? a : "none"; }
  private static String second(String... all) { return all[1]; }
  private static String undone(String a) { return new String(java.util.Base64.getDecoder().decode(a)); }
}
"""
_HELPERS = """package org.shop.help;
public interface Shape { String of(String text); default String loud(String text) { return text + "!"; } }
class Echo implements Shape { public String of(String text) { return text; } }
class Fixed implements Shape { public String of(String text) { return "fixed"; } }
"""
_REQUEST = """package org.shop.help;
public class Request {
  private final javax.servlet.http.HttpServletRequest request;
  public Request(javax.servlet.http.HttpServletRequest request) { this.request = request; }
  public String get(String name) { return request.getParameter(name); }
  public String fixed(String name) { return "bar"; }
}
"""
_REFLECTED = '((org.shop.help.Shape) Class.forName("org.shop.help.%s").getDeclaredConstructor().newInstance()).of(p);'
_LIST = (
    "java.util.List<String> l = new java.util.ArrayList<String>(); "
    'l.add("safe"); l.add(p); l.add("more"); l.remove(0); String b = l.get(%d);'
)
_NAMES = (
    "java.util.List<String> l = new java.util.ArrayList<String>(); "
    'l.add("one"); l.add("two"); l.add(p); l.remove("one"); String b = l.get(%d);'
)

REACHED = [
    'String b = new org.shop.help.Request(request).get("p");',
    _LIST % 0,
    'java.util.List<String> l = java.util.Arrays.asList("one", p); String b = l.get(1);',
    "java.util.ArrayDeque<String> q = new java.util.ArrayDeque<>(); q.push(p); String b = q.pop();",
    'java.util.Map<String, String> m = java.util.Map.of("a", p); String b = m.get("a");',
    'java.util.Map<String, String> m = new java.util.HashMap<>(); String b = m.computeIfAbsent("k", k -> p);',
    "String b = " + _REFLECTED % "Echo",
    'org.shop.help.Shape s = t -> "x"; String b = s.loud(p);',
    "String b = take(p, true);",
    'String b = second("a", p);',
    "java.util.function.Function<String, String> f = String::trim; String b = f.apply(p);",
    "StringBuilder s = new StringBuilder(); java.util.List.of(p).forEach(s::append); String b = s.toString();",
    "char[] c = new char[9]; p.getChars(0, 9, c, 0); String b = new String(c);",
    "String[] a = {p}; String[] c = new String[1]; System.arraycopy(a, 0, c, 0, 1); String b = c[0];",
    'request.setAttribute("k", p); String b = (String) request.getAttribute("k");',
    "java.io.StringWriter w = new java.io.StringWriter(); java.io.PrintWriter o = new java.io.PrintWriter(w); "
    "o.print(p); String b = w.toString();",
    "String b; try { throw new IllegalStateException(p); } catch (IllegalStateException e) { b = e.getMessage(); }",
    'String b = p.replaceAll("[^a-z;]", "");',
    "String b = undone(java.util.Base64.getEncoder().encodeToString(p.getBytes()));",
    _NAMES % 1,
]
KEPT = [
    'String b = new org.shop.help.Request(request).fixed("p");',
    _LIST % 1,
    'java.util.List<String> l = java.util.Arrays.asList("one", p); String b = l.get(0);',
    'java.util.ArrayDeque<String> q = new java.util.ArrayDeque<>(); q.push(p); q.push("x"); String b = q.pop();',
    'java.util.Map<String, String> m = java.util.Map.of("a", p, "b", "x"); String b = m.get("b");',
    "String b = " + _REFLECTED % "Fixed",
    "org.shop.help.Shape s = new org.shop.help.Fixed(); String b = s.of(p);",
    "String b = take(p);",
    'String b = second(p, "a");',
    'String b = java.util.Optional.of(p).map(String::length).map(n -> "n" + n).orElse("none");',
    'String b = java.util.stream.Stream.of(p).filter(s -> java.util.Set.of("a", "b").contains(s)).findFirst().get();',
    'request.setAttribute("k", p); request.setAttribute("o", "x"); String b = (String) request.getAttribute("o");',
    'String b = limit > 10 ? "many" : p;',
    'String b = p; for (String s : new String[] {"a", "b"}) { b = s; }',
    'StringBuilder s = new StringBuilder(p); s.setLength(0); s.append("x"); String b = s.toString();',
    "if (!NAME.matcher(p).matches()) { return; } String b = p;",
    'if (!p.matches("[a-z0-9.]+")) { return; } String b = p;',
    "if (!ALLOWED.contains(p)) { return; } String b = p;",
    'String b = p.replaceAll("[^a-zA-Z0-9]", "");',
    _NAMES % 0,
]


def _sinks(body: str) -> set[str]:
    files = {
        "org/shop/C.java": _FILE % body,
        "org/shop/help/Shape.java": _HELPERS,
        "org/shop/help/Request.java": _REQUEST,
    }
    found, left_out = analyse({path: text.encode() for path, text in files.items()})
    assert not left_out
    assert not found[0].seen.unread
    return {flow.sink for flow in found[0].seen.flows.values() if flow.source == "http.input" and not flow.unsure}


@pytest.mark.parametrize("body", REACHED)
def test_data_reaches_the_command(body: str) -> None:
    assert "command.text" in _sinks(body)


@pytest.mark.parametrize("body", KEPT)
def test_data_does_not_reach_the_command(body: str) -> None:
    assert "command.text" not in _sinks(body)


PAGES = {
    'response.getWriter().append("<p>").append(p);': {"html.text"},
    "new java.io.PrintWriter(new java.io.OutputStreamWriter(response.getOutputStream())).println(p);": {"html.text"},
    'response.setHeader("Location", p);': {"header.value", "redirect.url"},
    'response.setHeader("Refresh", "3; url=" + p);': {"header.value", "redirect.url"},
    'response.setHeader("Refresh", "3; url=/home?from=" + p);': {"header.value"},
    'if (!p.startsWith("/") || p.startsWith("//") || p.contains("\\\\")) { return; } response.sendRedirect(p);': set(),
    'if (!p.startsWith("/")) { return; } response.sendRedirect(p);': {"redirect.url"},
    'String h = java.net.URI.create(p).getHost(); if (!java.util.Set.of("a.org").contains(h)) { return; } '
    "new java.net.URL(p).openStream();": set(),
    'new org.springframework.ldap.core.LdapTemplate().search("", "(cn=" + p + ")", (Object) null);': {"ldap.filter"},
    "com.fasterxml.jackson.databind.ObjectMapper m = new com.fasterxml.jackson.databind.ObjectMapper(); "
    "m.enableDefaultTyping(); m.readValue(p, Object.class);": {"deserialize.data"},
    "new com.fasterxml.jackson.databind.ObjectMapper().readValue(p, Object.class);": set(),
}
_PARSER = "javax.xml.parsers.DocumentBuilderFactory f = javax.xml.parsers.DocumentBuilderFactory.newInstance(); "
_PARSE = " f.newDocumentBuilder().parse(new java.io.ByteArrayInputStream(p.getBytes()));"
_NO_DTD = 'f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", %s);'
_ACCESS = (
    'f.setAttribute(javax.xml.XMLConstants.ACCESS_EXTERNAL_DTD, "");'
    'f.setAttribute(javax.xml.XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");'
)
_FEATURE = 'f.setFeature("http://xml.org/sax/features/external-%s-entities", false);'
PARSERS = {
    _FEATURE % "parameter": {"xml.text"},
    _FEATURE % "general": set(),
    "": {"xml.text"},
    _NO_DTD % "true": set(),
    _NO_DTD % "false": {"xml.text"},
    _ACCESS: set(),
}


@pytest.mark.parametrize(("code", "expected"), PAGES.items(), ids=PAGES)
def test_other_sinks(code: str, expected: set[str]) -> None:
    assert _sinks(code + " String b = null;") - {"response.body"} == expected


@pytest.mark.parametrize(("settings", "expected"), PARSERS.items(), ids=PARSERS)
def test_parsers_keep_every_setting(settings: str, expected: set[str]) -> None:
    assert _sinks(_PARSER + settings + _PARSE + " String b = null;") == expected


SETTINGS = {"one": "DES/ECB/PKCS5Padding", "two": "AES/GCM/NoPadding"}


@pytest.mark.parametrize(
    ("entry", "default", "expected"),
    [("one", "AES/GCM/NoPadding", "DES"), ("two", "DES", "AES"), ("three", "RC4", "RC4")],
)
def test_settings_come_from_the_file_that_is_loaded(entry: str, default: str, expected: str) -> None:
    body = (
        "java.util.Properties s = new java.util.Properties(); "
        's.load(this.getClass().getClassLoader().getResourceAsStream("shop.properties")); '
        f'javax.crypto.Cipher.getInstance(s.getProperty("{entry}", "{default}")); String b = null;'
    )
    files = {"org/shop/C.java": (_FILE % body).encode()}
    found, _ = analyse(files, beside=Beside(settings={"src/main/resources/shop.properties": SETTINGS}))
    from backend_advisor.code.values import words

    ciphers = found[0].seen.performing("crypto.cipher")
    assert [(words(one.properties["algorithm"]) or ("",))[0].partition("/")[0] for one in ciphers] == [expected]


_GETTER = """package org.shop;
public class Settings {
  private static final java.util.Properties ALL = load();
  private static java.util.Properties load() {
    java.util.Properties all = new java.util.Properties();
    all.load(Settings.class.getResourceAsStream("shop.properties"));
    return all;
  }
  public static String get(String name, String other) { return ALL.getProperty(name, other).trim(); }
  public static boolean flag(String name) { return Boolean.parseBoolean(ALL.getProperty(name)); }
}
"""


def test_settings_are_known_behind_a_getter_that_is_called_with_many_names() -> None:
    from backend_advisor.code.values import words

    others = " ".join(f'Settings.get("other{number}", "x");' for number in range(20))
    body = (
        f'{others} javax.crypto.Cipher.getInstance(Settings.get("one", "x")); send(response, Settings.flag("secure")); '
        "String b = null;"
    )
    sends = (
        "private void send(HttpServletResponse response, boolean secure) "
        '{ Cookie c = new Cookie("a", "b"); c.setSecure(secure); response.addCookie(c); }'
    )
    servlet = (_FILE % body).replace(
        "  private static String take(String a)", f"  {sends}\n  private static String take(String a)"
    )
    files = {"org/shop/C.java": servlet.encode(), "org/shop/Settings.java": _GETTER.encode()}
    settings = {"org/shop/shop.properties": {**SETTINGS, "secure": "FALSE"}}
    found, _ = analyse(files, beside=Beside(settings=settings))
    known = [(one.role.name, one.properties) for one in found[0].seen.performing("crypto.cipher", "cookie.set")]
    assert [words(given.get("algorithm", given.get("secure"))) for _, given in known] == [  # type: ignore[arg-type]
        ("DES/ECB/PKCS5Padding",),
        ("false",),
    ]


def test_an_inner_class_is_the_one_of_its_file() -> None:
    handler = (
        "package org.shop; import org.springframework.web.bind.annotation.*; import java.util.*;\n"
        '@RestController class %s { org.springframework.jdbc.core.JdbcTemplate t; @PostMapping("/x") '
        'void f(@RequestBody Form form) { t.execute("a" + form.getAge()); } '
        "static class Form { private int age; public int getAge() { return age; } } }"
    )
    found, _ = analyse({f"org/shop/{name}.java": (handler % name).encode() for name in ("A", "B")})
    assert not [flow for flow in found[0].seen.flows.values() if flow.sink == "sql.text"]
