"""The answer and the review as a stranger sees them on a terminal."""

import pytest
from rich.cells import cell_len

from backend_advisor.model import Language, Report
from backend_advisor.report import render
from tests.report.conftest import make_finding, make_report


def test_the_answer_opens_with_the_verdict_its_terms_and_the_target(report: Report) -> None:
    opening = " ".join(render(report, "text").split("\n\n")[0].split())
    assert "1.38 s → 0.153 ms, 9,033× faster" in opening
    assert "PostgreSQL 18.6" in opening
    assert "users 1,200,000 rows" in opening
    assert "median of 5 runs" in opening
    assert "Target <500 ms: met" in opening


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_plain_answer_fits_two_screens(language: Language, width: int) -> None:
    text = render(make_report(language), "text", width=width)
    assert text.count("\n") <= 100
    prose = [line for line in text.split("\n") if "INDEX" not in line and "https://" not in line]
    assert max(map(cell_len, prose)) <= width


def test_code_is_whole_on_a_narrow_terminal(korean_report: Report) -> None:
    text = render(korean_report, "text", width=50)
    assert "CREATE INDEX CONCURRENTLY users_created_at_idx ON users (created_at DESC);" in text


def test_everything_is_shown_when_wanted_and_named_when_not(report: Report) -> None:
    short, full = render(report, "text"), render(report, "text", verbose=True)
    assert "orders (user_id) WHERE total > 0" not in short
    assert "with --verbose" in short
    assert "orders (user_id) WHERE total > 0" in full
    assert "with --verbose" not in full


def test_the_costly_node_is_marked_with_its_condition(report: Report) -> None:
    lines = render(report, "text").split("\n")
    costly = next(number for number, line in enumerate(lines) if "◄ most of the cost" in line)
    assert "545 ms" in lines[costly]
    assert "Hash Right Join" in lines[costly]
    assert "estimated 12,000 rows" in lines[costly]
    assert "o.user_id = u.id" in lines[costly + 1]


def test_the_answer_carries_costs_rejections_and_what_is_missing(report: Report) -> None:
    text = render(report, "text")
    for wanted in ("25.7 MiB on disk", "built in 812 ms", "each insert 18 % slower", "1.46 s users (created_at)",
                   "✔ proved", "◆ detected", "Which PostgreSQL version", "dump.bin: not text", "batch job at night",
                   "39,870 (311 MiB)", "DROP INDEX CONCURRENTLY orders_user_id_idx;"):  # fmt: skip
        assert wanted in text


def test_every_number_in_a_shown_text_has_its_source(report: Report) -> None:
    from dataclasses import replace

    first = report.advice[0]
    many = tuple(replace(first.sources[0], id=f"s{n}", section=f"section {n}") for n in range(1, 10))
    advice = replace(first, sources=many, best_practices=("Cited late [9].",))
    text = render(replace(report, advice=(advice,)), "text")
    assert "section 9" in text
    assert "section 5" not in text
    assert "6 more with --verbose" in text


def test_colour_only_when_asked_for(report: Report) -> None:
    assert "\x1b[" not in render(report, "text")
    assert "\x1b[" in render(report, "text", colour=True)


def test_html_in_a_text_is_shown_not_dropped() -> None:
    report = make_report()
    first = report.advice[0]
    object.__setattr__(first, "root_cause", "The type List<String> is kept")
    assert "List<String>" in render(report, "text")


def test_out_of_scope_is_said_and_referred(referral_report: Report) -> None:
    text = render(referral_report, "text")
    assert "outside backend work" in text
    assert "See the React documentation." in text
    assert "https://www.postgresql.org" in text


def test_review_underlines_the_span_and_names_the_next_step(report: Report) -> None:
    lines = render(report, "review").split("\n")
    line = lines.index("6 | ORDER BY u.created_at DESC")
    assert lines[line + 1] == "  | " + "^" * 26
    assert (
        lines[line - 3] == "warning[DB116] sort-without-index: No index serves `ORDER BY u.created_at DESC LIMIT 100`"
    )
    assert lines[line - 2] == " --> queries/recent.sql:6:1"
    assert "6 findings in 1 file: 1 warning, 5 notes, 1 suppressed, 1 file could not be read." in lines
    assert "advisor explain DB116" in lines[-2]


def test_carets_stand_under_wide_characters() -> None:
    from dataclasses import replace

    from backend_advisor.model import Artifact, ArtifactKind, Case, Location, Span

    text = "SELECT '한글', *\tFROM 표;"
    column = text.index("*") + 1
    finding = make_finding(
        location=Location(artifact="q.sql", span=Span(line=41, column=column, end_line=41, end_column=column + 1))
    )
    report = make_report()
    advice = replace(report.advice[0], findings=(finding,))
    case = Case(
        question="", language="ko", artifacts=(Artifact(name="q.sql", kind=ArtifactKind.SQL, text=text, first_line=41),)
    )
    lines = render(replace(report, case=case, advice=(advice,)), "review").split("\n")
    frame = next(number for number, line in enumerate(lines) if line.startswith("41 | "))
    before = lines[frame][: lines[frame].index("*")]
    assert cell_len(lines[frame + 1].rstrip("^")) == cell_len(before)
    assert lines[frame + 1].endswith("^")


def test_a_long_line_is_cut_around_its_span() -> None:
    from dataclasses import replace

    from backend_advisor.model import Artifact, ArtifactKind, Case, Location, Span

    text = "x" * 5000 + " MARK " + "y" * 5000
    finding = make_finding(
        location=Location(artifact="q.sql", span=Span(line=1, column=5002, end_line=1, end_column=5006))
    )
    report = make_report()
    case = Case(question="", language="en", artifacts=(Artifact(name="q.sql", kind=ArtifactKind.SQL, text=text),))
    lines = render(
        replace(report, case=case, advice=(replace(report.advice[0], findings=(finding,)),)), "review", width=80
    ).split("\n")
    frame = next(number for number, line in enumerate(lines) if "MARK" in line)
    assert cell_len(lines[frame]) <= 80
    start = lines[frame + 1].index("^")
    assert lines[frame][start : start + 4] == "MARK"


def test_nothing_found_is_a_result_of_its_own(report: Report) -> None:
    from dataclasses import replace

    text = render(replace(report, advice=()), "review")
    assert "Nothing found in 1 file. 1 suppressed. 1 file could not be read." in text


def test_numbers_of_sources_count_from_one_without_gaps_in_what_is_shown(report: Report) -> None:
    import re
    from dataclasses import replace

    first = report.advice[0]
    many = tuple(replace(first.sources[0], id=f"s{n}", section=f"section {n}.") for n in range(1, 10))
    step = replace(first.solution[0], text="Do it [9]. Leave `x[4]` alone.")
    texts = {"root_cause": "Because [7].\n\nAnd [3].", "diagnosis": "", "best_practices": (), "monitoring": ()}
    advice = replace(first, sources=many, solution=(step,), findings=(), proofs=(), **texts)
    text = render(replace(report, advice=(advice,)), "text")
    assert re.findall(r"(?:Because|And|Do it) \[(\d)\]", text) == ["1", "2", "3"]
    assert re.findall(r"\[(\d)\] .*section (\d)\.", text) == [("1", "7"), ("2", "3"), ("3", "9")]
    assert "x[4]" in text
    assert "6 more with --verbose" in text


def test_what_is_shown_in_brief_cites_nothing_that_is_not_listed(report: Report) -> None:
    from dataclasses import replace

    first = report.advice[0]
    steps = (replace(first.solution[0], text="Second advice [2]."),)
    second = replace(first, findings=(), proofs=(), solution=steps)
    text = render(replace(report, advice=(first, *(second for _ in range(3)))), "text")
    assert "Second advice." in text


@pytest.mark.parametrize("width", range(40, 121))
def test_no_letter_of_a_list_is_lost_at_any_width(width: int) -> None:
    from backend_advisor.report.console import item, to_text
    from backend_advisor.report.style import Style

    sentence = (
        "트랜잭션 블록 안에서는 실행할 수 없지만 쓰기를 막지 않습니다. 실패하면 INVALID 상태의 인덱스가 남습니다."
    )
    shown = to_text(item("3.", sentence), Style(language="ko", width=width))
    assert "".join(shown.split()) == "3." + "".join(sentence.split())


def test_a_heading_is_whole_on_a_narrow_terminal(korean_report: Report) -> None:
    title = korean_report.advice[0].title
    assert "".join(title.split()) in "".join(render(korean_report, "text", width=40).split())


@pytest.mark.parametrize("width", [40, 60, 100, 250])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_bars_are_drawn_to_the_width_and_never_cut(language: Language, width: int) -> None:
    text = render(make_report(language), "text", width=width)
    assert "█…" not in text
    assert any(line.count("█") >= 6 for line in text.split("\n"))
