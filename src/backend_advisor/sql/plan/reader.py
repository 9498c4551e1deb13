"""Reading the output of EXPLAIN of PostgreSQL in any of its four formats."""

from backend_advisor.sql.plan.document import MAX_CHARACTERS, Plan, PlanFormat, PlanProblem, PlanProblemKind
from backend_advisor.sql.plan.fields import read_nodes
from backend_advisor.sql.plan.limits import TooLargeError
from backend_advisor.sql.plan.nodes import RawNode, finished
from backend_advisor.sql.plan.structured import UnreadableError, load, node_lines, plans
from backend_advisor.sql.plan.summary import Summary, read_fields, read_lines
from backend_advisor.sql.plan.text import read_text
from backend_advisor.sql.plan.unwrap import Line, unwrap


def read_plan(text: str) -> Plan:
    """Read a plan in text, JSON, YAML or XML, however it was pasted.

    Never raises for bad input: what could not be read is a problem in the result, and `root` is None
    when there is no tree at all.
    """
    if len(text) > MAX_CHARACTERS:
        return Plan(problems=(PlanProblem(PlanProblemKind.TOO_LARGE, str(len(text))),))
    lines = unwrap(text)
    if not lines:
        return Plan(problems=(PlanProblem(PlanProblemKind.EMPTY),))
    format, lines = _format(lines)
    try:
        return _text(lines) if format == "text" else _structured(lines, format)
    except (TooLargeError, UnreadableError) as error:
        return Plan(format=format, problems=(error.problem,))


def _format(lines: list[Line]) -> tuple[PlanFormat, list[Line]]:
    """The format, and the lines from where it starts: a log prefix or the query may stand before it."""
    for position, line in enumerate(lines):
        head = line.text.lstrip()
        if head.startswith(("[", "{")) and (head[1:].strip(" {") == "" or '"Plan"' in head or '"Query' in head):
            return "json", lines[position:]
        if head.startswith(("<explain", "<?xml")):
            return "xml", lines[position:]
        if head.startswith(("- Plan:", "Plan:")) or head.startswith("- Query Text:"):
            return "yaml", _outdented(lines[position:])
        if "(cost=" in head or "(actual " in head:
            break
    return "text", lines


def _outdented(lines: list[Line]) -> list[Line]:
    """A first line that lost its blanks when it was copied would stand left of its siblings."""
    first = len(lines[0].text) - len(lines[0].text.lstrip())
    rest = [len(line.text) - len(line.text.lstrip()) for line in lines[1:]]
    shift = max(min(rest, default=first) - 2, 0) if rest and first < min(rest) - 2 else 0
    head = Line(lines[0].text.lstrip(), lines[0].number)
    cut = shift or first
    return [
        head,
        *(Line(line.text[cut:] if line.text[:cut].isspace() else line.text, line.number) for line in lines[1:]),
    ]


def _text(lines: list[Line]) -> Plan:
    read = read_text(lines)
    return _plan("text", read.root, read_lines(read.summary), read.problems)


def _structured(lines: list[Line], format: PlanFormat) -> Plan:
    found = plans(load(lines, format))
    if not found:
        return Plan(format=format, problems=(PlanProblem(PlanProblemKind.NOT_A_PLAN),))
    fields = found[0]
    plan = fields["Plan"]
    root = read_nodes(plan, node_lines(lines, format)) if isinstance(plan, dict) else None
    if root is None or not root.operation:
        return Plan(format=format, problems=(PlanProblem(PlanProblemKind.NOT_A_PLAN),))
    rest = {key: value for key, value in fields.items() if key != "Plan"}
    several = [PlanProblem(PlanProblemKind.SEVERAL_PLANS, str(len(found)))] if len(found) > 1 else []
    return _plan(format, root, read_fields(rest), several)


def _plan(format: PlanFormat, root: RawNode | None, summary: Summary, problems: list[PlanProblem]) -> Plan:
    return Plan(
        format=format,
        root=finished(root) if root is not None else None,
        planning_ms=summary.planning_ms,
        execution_ms=summary.execution_ms,
        settings=summary.settings,
        planning=summary.planning,
        summary=summary.summary,
        triggers=tuple(summary.triggers),
        jit=summary.jit,
        problems=tuple(problems),
    )
