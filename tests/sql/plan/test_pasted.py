"""Plans as people paste them, and text that is no plan."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.sql.plan import PlanProblemKind, read_plan

FIXTURES = Path(__file__).parent / "fixtures"
TEXT = (FIXTURES / "join_three.full.text").read_text().rstrip("\n")
LINES = TEXT.split("\n")
EXPECTED = read_plan(TEXT)


def psql(lines: list[str]) -> str:
    width = max(map(len, lines)) + 2
    return "\n".join([" QUERY PLAN ".center(width), "-" * width, *(" " + x for x in lines), f"({len(lines)} rows)"])


def boxed(lines: list[str], left: str, middle: str, rule: str) -> str:
    width = max(map(len, lines))
    edge = left + rule * (width + 2) + left
    body = [f"{middle} {line.ljust(width)} {middle}" for line in lines]
    return "\n".join([edge, f"{middle} {'QUERY PLAN'.center(width)} {middle}", edge, *body, edge])


WRAPPINGS = {
    "psql": psql(LINES),
    "psql border 2": boxed(LINES, "+", "|", "-"),
    "unicode box": boxed(LINES, "├", "│", "─"),
    "pgAdmin": "\n".join('"' + line.replace('"', '""') + '"' for line in ["QUERY PLAN", *LINES]),
    "mail": "\n".join("> " + line for line in LINES),
    "markdown": "```\n" + TEXT + "\n```",
    "indented": "\n".join("      " + line for line in LINES),
    "first line trimmed": "\n".join("    " + line for line in LINES).lstrip(),
    "windows": TEXT.replace("\n", "\r\n"),
    "after a prompt": "shop=# EXPLAIN (ANALYZE, BUFFERS) SELECT 1\n" + psql(LINES),
    "auto_explain": "LOG:  duration: 12.3 ms  plan:\n\tQuery Text: select 1\n" + "\n".join("\t" + x for x in LINES),
    "non-breaking spaces": TEXT.replace("  ", "\u00a0\u00a0"),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_the_tree_survives_how_it_was_pasted(wrapping: str) -> None:
    plan = read_plan(WRAPPINGS[wrapping])
    assert not plan.problems
    nodes = [(n.operation, n.relation, n.total_cost, n.self_ms, len(n.children)) for n, _ in plan.walk()]
    assert nodes == [(n.operation, n.relation, n.total_cost, n.self_ms, len(n.children)) for n, _ in EXPECTED.walk()]
    assert plan.execution_ms == EXPECTED.execution_ms
    assert plan.settings == EXPECTED.settings


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_nodes_know_their_line(wrapping: str) -> None:
    text = WRAPPINGS[wrapping].replace("\r\n", "\n").split("\n")
    for node, _ in read_plan(WRAPPINGS[wrapping]).walk():
        assert node.line is not None and node.operation in text[node.line - 1]


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_a_structured_plan_from_psql_keeps_its_lines(format: str) -> None:
    text = (FIXTURES / f"join_three.full.{format}").read_text().rstrip("\n")
    wrapped = "\n".join(
        [
            "QUERY PLAN",
            "-" * 60,
            *(f" {line:<60}+" for line in text.split("\n")[:-1]),
            " " + text.split("\n")[-1],
            "(1 row)",
        ]
    )
    plan = read_plan(wrapped)
    assert plan.root == read_plan(text).root or [n.operation for n, _ in plan.walk()] == [
        n.operation for n, _ in EXPECTED.walk()
    ]
    for node, _ in plan.walk():
        assert node.line is not None and "Node Type" in wrapped.split("\n")[node.line - 1]


def test_json_in_a_quoted_cell_is_read() -> None:
    text = (FIXTURES / "join_three.full.json").read_text().strip()
    plan = read_plan('"' + text.replace('"', '""') + '"')
    assert [n.operation for n, _ in plan.walk()] == [n.operation for n, _ in EXPECTED.walk()]


def test_compact_json_and_a_bare_object_are_read() -> None:
    document = json.loads((FIXTURES / "join_three.full.json").read_text())
    assert read_plan(json.dumps(document)).root is not None
    assert read_plan(json.dumps(document[0], indent=1)).root is not None


def deep_text(depth: int) -> str:
    return "Limit  (cost=0.00..1.00 rows=1 width=4)\n" + "\n".join(
        " " * (2 + 6 * i) + "->  Limit  (cost=0.00..1.00 rows=1 width=4)" for i in range(depth)
    )


def deep_json(depth: int) -> str:
    node = '{"Node Type": "Limit", "Plans": ['
    return '[{"Plan": ' + node * depth + '{"Node Type": "Result"}' + "]}" * depth + "}]"


def deep_xml(depth: int) -> str:
    start, end = "<Plan><Node-Type>Limit</Node-Type><Plans>", "</Plans></Plan>"
    return f"<explain><Query>{start * depth}{end * depth}</Query></explain>"


def deep_yaml(depth: int) -> str:
    lines = ["- Plan:"]
    for i in range(depth):
        pad = "    " * (i + 1)
        lines += [("    " * i + "  - " if i else pad) + 'Node Type: "Limit"', pad + "Plans:"]
    return "\n".join(lines)


@pytest.mark.parametrize("make", [deep_text, deep_json, deep_xml, deep_yaml])
@pytest.mark.parametrize("depth", [400, 5_000])
def test_a_plan_nested_without_end_is_refused(make: object, depth: int) -> None:
    plan = read_plan(make(depth))  # type: ignore[operator]
    assert plan.root is None
    kinds = [problem.kind for problem in plan.problems]
    assert kinds in ([PlanProblemKind.TOO_DEEP], [PlanProblemKind.TOO_LARGE])


def test_a_wide_plan_is_read() -> None:
    text = "Append  (cost=0.00..1.00 rows=1 width=4)\n" + "\n".join(
        f"  ->  Seq Scan on part_{i}  (cost=0.00..1.00 rows=1 width=4)" for i in range(5_000)
    )
    root = read_plan(text).root
    assert root is not None and len(root.children) == 5_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", PlanProblemKind.EMPTY),
        ("   \n\t\n", PlanProblemKind.EMPTY),
        ("select * from users", PlanProblemKind.NOT_A_PLAN),
        ('[{"a": 1, "Plan": 3}]', PlanProblemKind.NOT_A_PLAN),
        ('[{"Plan": {"Node Type": "Limit", "Plans": [', PlanProblemKind.TRUNCATED),
        ('[{"Plan": {"Node Type" "Limit"}, "x": [1]}]', PlanProblemKind.SYNTAX),
        ("<explain><Query><Plan>", PlanProblemKind.TRUNCATED),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><explain>&a;</explain>', PlanProblemKind.SYNTAX),
        ("- Plan:\n    a: &x [1]\n    b: *x", PlanProblemKind.SYNTAX),
        ("Limit  (cost=0.00..1.00 rows=1 width=4)", PlanProblemKind.TRUNCATED),
        (
            "Limit  (cost=0..1 rows=1 width=4)\n->  Sort  (cost=0..1 rows=1 width=4)\n"
            "->  Seq Scan on a  (cost=0..1 rows=1 width=4)",
            PlanProblemKind.INDENTATION,
        ),
    ],
)
def test_what_cannot_be_read_says_why(text: str, kind: str) -> None:
    assert [problem.kind for problem in read_plan(text).problems] == [kind]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FIXTURES.iterdir())), st.data())
def test_damaged_plans_never_raise(path: Path, data: st.DataObject) -> None:
    text = path.read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 400)))
    middle = data.draw(st.text(max_size=10))
    damaged = text[:start] + middle + text[end:]
    plan = read_plan(damaged)
    assert plan.root is not None or plan.problems


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_a_plan_or_a_problem(text: str) -> None:
    plan = read_plan(text)
    assert plan.root is not None or plan.problems


LONG = 200_000
HOSTILE = {
    "a border and blanks": "|" + " " * LONG + "x",
    "open parentheses": "Limit  " + "(cost=" * LONG,
    "figures without end": "Hash  (cost=0..1 rows=1 width=1)\n  Buckets: " + "a: b  " * LONG,
    "a trigger's name": "Limit  (cost=0..1 rows=1 width=1)\nPlanning Time: 1 ms\nTrigger " + " on " * LONG,
    "settings": "Limit  (cost=0..1 rows=1 width=1)\nSettings: " + "a = '" * LONG,
    "a relation's name": "Seq Scan " + "on a " * LONG + " (cost=0..1 rows=1 width=1)",
    "a key": "Limit  (cost=0..1 rows=1 width=1)\n  " + "A" * LONG,
    "quotes": '"' * LONG,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_long_lines_cost_no_time(text: str) -> None:
    read_plan(text)


def test_a_damaged_count_of_loops_counts_as_one() -> None:
    text = '[{"Plan": {"Node Type": "Result", "Plan Rows": 3, "Actual Rows": 2, "Actual Loops": "?"}}]'
    root = read_plan(text).root
    assert root is not None
    assert (root.loops, root.actual_rows) == (1.0, 2.0)
