"""What the languages of templates print as it is, and how templates are found by name."""

import time

import pytest

from backend_advisor.code.template_languages import may_print_unescaped, read_template
from backend_advisor.code.templates import Templates

PRINTED = {
    ("a.ejs", "<%= q %> <%- out.term %> <%- include('head') %> <%- clean(q) %>"): ["out.term"],
    ("a.ejs", "<% for (const p of rows) { %><%- p.name %><% } %>"): ["rows.*.name"],
    ("a.ejs", "<% out.rows.forEach(function (p) { %><%- p.name -%><% }) %>"): ["out.rows.*.name"],
    ("a.ejs", "<%- rows[i].name || other %>"): ["rows.*.name", "other"],
    ("a.html", "{{ q }} {{ q|safe }} {{ q|bleach|safe }} {{ t.title | upper | safe }}"): ["q", "t.title"],
    ("a.html", "{% for k, v in all.items %}{{ v|safe }}{% endfor %}"): ["all.items.*"],
    ("a.html", "{% autoescape off %}{{ q }}{{ r|escape }}{% endautoescape %}{{ s }}"): ["q"],
    ("a.html", "{{ request.GET.q|safe }}"): ["request.GET.q"],
    ("a.hbs", "{{q}} {{{q}}} {{#each rows}}{{{this.name}}}{{{../t}}}{{/each}} {{&r}}"): ["q", "rows.*.name", "t", "r"],
    ("a.pug", "p= q\np!= q\np.\n  !{row.name}\neach x in rows\n  li!= x.name"): ["q", "row.name", "rows.*.name"],
    ("a.html", '<p th:text="${q}" th:utext="${q}"></p><b th:each="x : ${rows}">[(${x.name})]</b>'): [
        "q",
        "rows.*.name",
    ],
    ("a.jsp", '${q} <c:out value="${r}"/> <c:if test="${s}">${fn:escapeXml(t)}</c:if>'): ["q"],
    ("a.jsp", '<c:forEach items="${rows}" var="x">${x.name}</c:forEach>'): ["rows.*.name"],
    ("a.jsp", '<% String e = (String) request.getAttribute("err"); %><%= e %><%= request.getParameter("p") %>'): [
        "err",
        "p",
    ],
    ("a.jsp", "<%= post.getAuthor().getName() %>"): ["post.author.name"],
    ("a.jsp", '<fmt:message key="k" var="t"><fmt:param>${q}</fmt:param></fmt:message>${r}'): ["r"],
    ("a.ftl", "${q} ${r?html} <#list rows as x>${x.name}</#list>"): ["q", "rows.*.name"],
    ("a.ftlh", "${q} ${r?no_esc}"): ["r"],
    ("a.vm", "$q $!{r.name} #foreach($x in $rows)$x.name#end"): ["q", "r.name", "rows.*.name"],
}


@pytest.mark.parametrize(("name", "text"), PRINTED)
def test_what_is_printed_as_it_is(name: str, text: str) -> None:
    assert [".".join(one.path) for one in read_template(name, text).outputs] == PRINTED[name, text]


def test_places_are_bytes_and_lines() -> None:
    text = "<p>한글</p>\n<%- q %>"
    (output,) = read_template("a.ejs", text).outputs
    assert output.line == 2
    assert text.encode()[output.start : output.end] == b"<%- q %>"


def test_templates_are_found_by_name_and_nearness() -> None:
    paths = ["shop/views/index.ejs", "blog/views/index.ejs", "blog/views/user/index.ejs", "web/WEB-INF/jsp/login.jsp"]
    templates = Templates(read_template(path, "") for path in paths)

    def found(name: str, near: str) -> str | None:
        one = templates.named(name, near)
        return one.path if one is not None else None

    assert found("index", "shop/app.js") == "shop/views/index.ejs"
    assert found("index", "blog/app.js") == "blog/views/index.ejs"
    assert found("user/index", "shop/app.js") == "blog/views/user/index.ejs"
    assert found("/WEB-INF/jsp/login.jsp", "src/A.java") == "web/WEB-INF/jsp/login.jsp"
    assert found("login", "src/A.java") == "web/WEB-INF/jsp/login.jsp"
    assert found("ndex", "a.js") is None
    assert found("", "a.js") is None


def test_templates_are_put_together() -> None:
    page = read_template("t/page.html", "{% extends 'base.html' %}{% include 'x.html' %}")
    templates = Templates(
        [page, read_template("t/base.html", "{{ q|safe }}"), read_template("t/x.html", "{{ r|safe }}")]
    )
    assert [output.path for _, output in templates.printed("page.html", "a.py")] == [("q",), ("r",)]


@pytest.mark.parametrize(
    ("name", "text"), [("a.py", "{{ q|safe }}"), ("a.html", "{{ q }}"), ("a.pug", "p= q"), ("a.ejs", "<%= q %>")]
)
def test_other_files_are_left_out(name: str, text: str) -> None:
    assert not may_print_unescaped(name, text)


@pytest.mark.parametrize(
    "text",
    [
        "{{{" * 20_000,
        "<%-" * 20_000,
        "${" * 20_000,
        "{% for " * 9_000,
        "<c:forEach " * 9_000,
        "<%= q %>" * 20_000,
        "x!= q\n" * 20_000,
        '<c:set var="x">${q}' * 20_000,
        '<c:import url="a.jsp">' * 20_000,
    ],
)
@pytest.mark.parametrize("name", ["a.ejs", "a.html", "a.hbs", "a.jsp", "a.pug", "a.vm", "a.ftl"])
def test_hostile_files_take_no_time(name: str, text: str) -> None:
    start = time.process_time()
    read_template(name, text)
    assert time.process_time() - start < 3


def test_parameters_of_included_pages() -> None:
    page = '<c:import url="row.jsp"><c:param name="id" value="${row.id}"/></c:import><jsp:include page="/x/foot.jsp"/>'
    assert read_template("list.jsp", page).handed == {("row.jsp", "id")}


def test_a_mail_without_a_tag_is_text() -> None:
    assert read_template("a.jinja", "{% autoescape off %}Hello {{ user.name }}{% endautoescape %}").is_text
    assert not read_template("a.jinja", "{% autoescape off %}<b>{{ user.name }}</b>{% endautoescape %}").is_text
    assert not read_template("a.jinja", "{{ user.name|safe }}").is_text
