"""The text format of EXPLAIN: a tree drawn by indentation, read without recursion."""

import re
from dataclasses import dataclass, field

from backend_advisor.sql.plan.details import detail
from backend_advisor.sql.plan.document import PlanProblem, PlanProblemKind
from backend_advisor.sql.plan.fields import PRINTED_WHEN_POSITIVE
from backend_advisor.sql.plan.limits import check_count, check_depth
from backend_advisor.sql.plan.nodes import RawNode
from backend_advisor.sql.plan.unwrap import Line

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_FIGURES = re.compile(r"\s\((?=cost=|actual |never executed)")
_COST = re.compile(rf"cost={_NUMBER}\.\.{_NUMBER} rows={_NUMBER} width=\d+")
_TIMED = re.compile(rf"actual time={_NUMBER}\.\.{_NUMBER} rows={_NUMBER} loops={_NUMBER}")
_COUNTED = re.compile(rf"actual rows={_NUMBER} loops={_NUMBER}")
_LONGEST_NAME = 1_000
_ARROW = re.compile(r"^(\s*)->\s*(.*)$")
_SUBPLAN = re.compile(r"^(InitPlan|SubPlan) \S+( \(returns [^)]*\))?$|^CTE \S.*$")
_KEY = re.compile(r"^([A-Z][A-Za-z/ -]*?):(?: +(.*))?$")
_WORKER = re.compile(r"^Worker (\d+): +(.*)$")
_OPERATION = re.compile(
    r"^(?:(?:Parallel|Async|Partial|Finalize) )*"
    r"(?:Seq Scan|Index(?: Only)? Scan|Bitmap (?:Heap|Index) Scan|Bitmap(?:And|Or)|Sample Scan|"
    r"Tid (?:Range )?Scan|"
    r"Subquery Scan|Function Scan|Table Function Scan|Values Scan|CTE Scan|WorkTable Scan|"
    r"Named Tuplestore Scan|"
    r"Foreign (?:Scan|Insert|Update|Delete)|Custom Scan \([^)]*\)|Nested Loop|Hash(?:SetOp|Aggregate)?|"
    r"Merge(?: Append| Join)?|Append|Recursive Union|Materialize|Memoize|Sort|Incremental Sort|Group|"
    r"(?:Group|Mixed)?Aggregate|WindowAgg|Unique|Gather(?: Merge)?|SetOp|LockRows|Limit|Result|ProjectSet|"
    r"Insert|Update|Delete|ModifyTable)\b"
)
_TARGET = re.compile(r"^(?P<operation>.*?)(?: using (?P<index>\"(?:[^\"]|\"\")*\"|\S+))? on (?P<target>.+)$")
_IDENTIFIER = re.compile(r"\"((?:[^\"]|\"\")*)\"|([^\s.\"]+)")


@dataclass
class TextPlan:
    """What the text holds: the root, the lines that follow the tree, and what was odd."""

    root: RawNode | None = None
    summary: list[Line] = field(default_factory=list)
    problems: list[PlanProblem] = field(default_factory=list)


def read_text(lines: list[Line]) -> TextPlan:
    """Read the tree and hand back the lines after it."""
    start = next((i for i, line in enumerate(lines) if _is_root(line.text)), None)
    if start is None:
        return TextPlan(problems=[PlanProblem(PlanProblemKind.NOT_A_PLAN)])
    return _Reader(lines[start:]).read()


def _is_root(text: str) -> bool:
    stripped = text.strip()
    if stripped.startswith("->"):
        return False
    if _FIGURES.search(stripped):
        return _OPERATION.match(stripped) is not None
    match = _OPERATION.match(stripped)
    rest = stripped[match.end() :].strip() if match else "?"
    return rest == "" or rest.startswith(("on ", "using "))


class _Reader:
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.plan = TextPlan()
        self.stack: list[tuple[int, RawNode]] = []
        self.label: tuple[int, str] | None = None
        self.worker: tuple[int, int] | None = None
        self.last_key: str | None = None
        self.arrows: list[int] = []

    def read(self) -> TextPlan:
        for position, line in enumerate(self.lines):
            if _starts_summary(line.text):
                self.plan.summary = self.lines[position:]
                break
            self._line(line)
        self._judge()
        return self.plan

    def _line(self, line: Line) -> None:
        arrow = _ARROW.match(line.text)
        text = line.text.strip()
        column = len(line.text) - len(line.text.lstrip())
        if self.plan.root is None:
            self.plan.root = _node(text, line.number)
            self.stack.append((-1, self.plan.root))
        elif arrow:
            self._child(len(arrow.group(1)), _node(arrow.group(2).strip(), line.number))
        elif _SUBPLAN.match(text):
            self.label = (column, text)
        elif text:
            self._detail(column, text)

    def _child(self, column: int, node: RawNode) -> None:
        self.arrows.append(column)
        if self.label is not None and self.label[0] < column:
            # A labelled node hangs where its label stands: siblings of the label may sit at that column.
            column, node.subplan = self.label
        self.label = self.worker = self.last_key = None
        while len(self.stack) > 1 and self.stack[-1][0] >= column:
            self.stack.pop()
        check_depth(len(self.stack), node.line)
        check_count(len(self.arrows), node.line)
        self.stack[-1][1].children.append(node)
        self.stack.append((column, node))

    def _detail(self, column: int, text: str) -> None:
        node = self.stack[-1][1]
        worker = _WORKER.match(text)
        if worker:
            self.worker = (column, int(worker.group(1)))
            text = worker.group(2)
        elif self.worker is not None and column <= self.worker[0]:
            self.worker = None
        key = _KEY.match(text)
        if self.worker is not None:
            self._worker_detail(node, self.worker[1], text)
        elif key:
            self.last_key = key.group(1)
            _merge(node.properties, detail(key.group(1), (key.group(2) or "").strip()))
        elif self.last_key in node.properties and self.last_key is not None:
            node.properties[self.last_key] += "\n" + text

    def _worker_detail(self, node: RawNode, number: int, text: str) -> None:
        figures = _TIMED.search(text) or _COUNTED.search(text)
        key = _KEY.match(text)
        if figures:
            names = ("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops")
            values = dict(zip(names[-len(figures.groups()) :], figures.groups(), strict=True))
        else:
            values = detail(key.group(1), (key.group(2) or "").strip()) if key else {}
        node.properties.update({f"Worker {number} {name}": value for name, value in values.items()})

    def _judge(self) -> None:
        problems = self.plan.problems
        if len(self.arrows) > 1 and not any(self.arrows):
            problems.append(PlanProblem(PlanProblemKind.INDENTATION))
            self.plan.root = None
        elif self.plan.root is not None and _lacks_children(self.stack[-1][1]) and not self.plan.summary:
            problems.append(PlanProblem(PlanProblemKind.TRUNCATED, line=self.lines[-1].number))


def _lacks_children(node: RawNode) -> bool:
    """Whether a node that always has a child ends the text without one."""
    always = (
        "Limit",
        "Sort",
        "Hash",
        "Gather",
        "Gather Merge",
        "Unique",
        "Materialize",
        "Memoize",
        "Nested Loop",
    )
    return node.operation in always and not node.children


def _merge(properties: dict[str, str], more: dict[str, str]) -> None:
    for name, value in more.items():
        # Grouping sets print one line for each set under the same name.
        repeated = name in ("Group Key", "Hash Key") and name in properties
        if name == "Inner Unique":
            continue  # the other formats say it of every join, this one only with VERBOSE
        if name in PRINTED_WHEN_POSITIVE and value == "0":
            continue  # an average below one half, which the other formats leave out as zero
        properties[name] = f"{properties[name]}; {value}" if repeated else value


def _starts_summary(text: str) -> bool:
    stripped = text.strip().lower()
    if stripped in ("planning:", "jit:", "serialization:"):
        return True
    heads = (
        "planning time:",
        "execution time:",
        "total runtime:",
        "settings:",
        "query identifier:",
        "trigger ",
    )
    return stripped.startswith((*heads, "serialization:", "planning memory:")) and ":" in stripped


def _node(text: str, line: int) -> RawNode:
    node = RawNode(line=line)
    parts = _FIGURES.split(text, maxsplit=1)
    figures = parts[1] if len(parts) > 1 else ""
    _name(node, parts[0].strip())
    cost = _COST.search(figures)
    if cost:
        node.startup_cost, node.total_cost, node.estimated_rows = (float(group) for group in cost.groups())
    timed, counted = _TIMED.search(figures), _COUNTED.search(figures)
    if timed:
        node.ms_per_loop, node.actual_rows, node.loops = (float(group) for group in timed.groups()[1:])
    elif counted:
        node.actual_rows, node.loops = (float(group) for group in counted.groups())
    elif "never executed" in figures:
        node.actual_rows, node.loops = 0.0, 0.0
    return node


def _name(node: RawNode, text: str) -> None:
    match = _TARGET.match(text) if len(text) <= _LONGEST_NAME else None
    if match is None:
        node.operation = text[:_LONGEST_NAME]
        return
    node.operation = match["operation"]
    node.index = _unquoted(match["index"]) if match["index"] else None
    target = match["target"]
    if node.operation.endswith("Bitmap Index Scan"):
        node.index = _unquoted(target)
        return
    node.relation, node.alias = _relation(target)
    if node.operation.endswith(("Subquery Scan", "Values Scan")):
        node.relation, node.alias = None, node.relation
    elif node.alias is None:
        node.alias = node.relation


def _relation(target: str) -> tuple[str, str | None]:
    """Split `schema.name alias`, where each part may be quoted."""
    names: list[str] = []
    position = 0
    dotted = False
    for match in _IDENTIFIER.finditer(target):
        dotted = target[position : match.start()] == "." and bool(names)
        name = match.group(1).replace('""', '"') if match.group(1) is not None else match.group(2)
        position = match.end()
        if dotted:
            names[-1] = name
        else:
            names.append(name)
    return (names[0] if names else target), (names[1] if len(names) > 1 else None)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') and name.endswith('"') else name
