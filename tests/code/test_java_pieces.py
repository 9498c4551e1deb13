"""Java pasted without its import lines is read as if the usual ones stood there."""

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
