"""Java pasted without its import lines is read as if the usual ones stood there."""

import pytest

from backend_advisor.advise import answer
from backend_advisor.experts import Terms

LOGIN = """\
@RestController
public class LoginController {
  private final JdbcTemplate jdbcTemplate;
  @PostMapping("/login")
  public String login(@RequestParam String id) {
    return jdbcTemplate.queryForObject("SELECT name FROM users WHERE id='" + id + "'", String.class);
  }
}
"""
OTHER = "import com.example.JdbcTemplate;\n" + LOGIN


def codes(code: str) -> set[str]:
    report = answer(f"What is wrong here?\n\n```java\n{code}```\n", terms=Terms(prove=False))
    return {finding.code for finding in report.findings}


def test_a_piece_without_imports_is_analysed() -> None:
    assert "SEC201" in codes(LOGIN)


def test_imports_that_are_written_are_the_only_ones() -> None:
    assert "SEC201" not in codes(OTHER)


METHODS = """\
@GetMapping("/users")
public List<User> find(@RequestParam String name) {
  return query(name);
}

private List<User> query(String name) {
  return jdbcTemplate.query("SELECT id FROM users WHERE name = '" + name + "'", mapper);
}
"""
STATEMENTS = """\
String name = request.getParameter("name");
Statement statement = connection.createStatement();
statement.executeQuery("SELECT id FROM users WHERE name = '" + name + "'");
"""


@pytest.mark.parametrize(("code", "line"), [(METHODS, 7), (STATEMENTS, 3)])
def test_methods_and_statements_without_a_class_are_analysed_where_they_stand(code: str, line: int) -> None:
    report = answer(f"```java\n{code}```\n", terms=Terms(prove=False))
    places = {one.location.span.line for one in report.findings if one.code == "SEC201" and one.location.span}
    assert places == {line + 1}


def test_the_class_that_is_implied_has_no_name_to_show() -> None:
    code = "public void all() { one(); }\n\n@Transactional\npublic void one() { orders.save(null); }\n"
    (finding,) = [one for one in answer(f"```java\n{code}```\n").findings if one.code == "QUA121"]
    assert "of `one` has" in finding.message


def test_what_looks_like_java_is_java_without_a_fence() -> None:
    code = 'try {\n  Thread.sleep(10);\n} catch (InterruptedException e) {\n  log.warn("x");\n}\n'
    assert "QUA122" in {one.code for one in answer(f"What is wrong with this?\n\n{code}").findings}
