"""Modules that import each other (QUA111)."""

import re
from collections import deque
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Program, Unit
from backend_advisor.code.tree import children, everything
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_MODELS = re.compile(r"(?:entit(?:y|ies)|models?|schemas?|types?)[./]|[._-](?:entity|model|schema|type)s?\.[cm]?[jt]s$")
_MEANT = re.compile(rb"#.*(?:\bF401|\bE402|isort:\s*skip|cyclic-import|wrong-import-position|circular)", re.IGNORECASE)
_LONGEST_SHOWN = 6
_Edges = dict[str, dict[str, ir.Import]]


@detects_in_code("QUA111", trees_alone=True)
def import_cycle(context: CodeContext) -> Iterator[Match]:
    """Files that need each other while they are loaded; one match for each knot, its shortest cycle shown."""
    program = context.program
    if program.language == "java":
        return  # classes of Java are loaded when they are used
    edges = {path: _imported(program, unit) for path, unit in program.units.items() if not is_apart(unit)}
    for knot in _knots(edges):
        cycle = _shortest(edges, knot)
        if not cycle or all(_MODELS.search(path) for path in cycle):
            continue
        pairs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        first = edges[cycle[0]][pairs[0][1]]
        eager = [
            (path, use)
            for path, after in pairs
            if (use := _used_on_load(program.units[path], edges[path][after])) is not None
        ]
        if program.language != "python" and not eager:
            continue
        # Two modules of Python that only use each other in functions load in either order.
        harmless = program.language == "python" and len(knot) == 2 and not eager
        meant = (
            harmless
            or _is_own_package(cycle)
            or any(_is_meant(program.units[path], edges[path][after]) for path, after in pairs)
        )
        yield Match(
            location=context.location(program.units[cycle[0]], first),
            values={"cycle": " → ".join(_short(path) for path in (*cycle, cycle[0])), "files": len(knot)},
            confidence=Confidence.LOW if meant else Confidence.HIGH if eager else Confidence.MEDIUM,
            steps=(
                *(
                    (context.location(program.units[path], edges[path][after]), "step_import")
                    for path, after in pairs[:_LONGEST_SHOWN]
                ),
                *((context.location(program.units[path], use), "step_use") for path, use in eager[:1]),
            ),
        )


def _is_meant(unit: Unit, statement: ir.Import) -> bool:
    """Whether the import's line tells linters that its place is meant: `# noqa: E402`, as what registers itself has."""
    source = unit.module.source
    end = source.find(b"\n", statement.end)
    return _MEANT.search(source, statement.end, end if end >= 0 else len(source)) is not None


def _is_own_package(cycle: list[str]) -> bool:
    """Whether modules only take from their own package what it has loaded before them: `from . import Base`."""
    return len(cycle) == 2 and any(
        one.endswith("/__init__.py") and other.startswith(one.removesuffix("__init__.py"))
        for one, other in (cycle, cycle[::-1])
    )


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _imported(program: Program, unit: Unit) -> dict[str, ir.Import]:
    """The files that a file imports while it is loaded; imports for types only, and in functions, are none."""
    found: dict[str, ir.Import] = {}
    used = _names_used(unit)
    later = [] if unit.language == "python" else _functions(unit)
    for statement in unit.module.body:
        for one in (statement, *(statement.body if isinstance(statement, ir.Try) else ())):
            if not isinstance(one, ir.Import) or one.type_only:
                continue
            if used is not None and one.name not in (None, "*") and one.local not in used:
                continue
            if any(start < one.start < end for start, end in later):
                continue  # `init() { other = require("./other"); }`: it is loaded when the function is called
            target = program.locate(one, unit)
            if target is not None and target is not unit:
                found.setdefault(target.path, one)
    return found


def _functions(unit: Unit) -> list[tuple[int, int]]:
    """Where functions begin and end, but for those that are called where they are written."""
    nodes = list(everything(unit.module.body))
    at_once = {id(one.func) for one in nodes if isinstance(one, ir.Call)}
    return [
        (one.function.start, one.function.end) for one in nodes if isinstance(one, ir.Lambda) and id(one) not in at_once
    ] + [(info.node.start, info.node.end) for info in unit.functions if info.node.name]


def _names_used(unit: Unit) -> set[str] | None:
    """The names that code of a TypeScript file uses: imports of others are for types, and left out by the compiler."""
    if unit.language != "typescript":
        return None
    found: set[str] = set()
    waiting: list[ir.Node] = list(unit.module.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.Name):
            found.add(node.id)
        waiting += children(node)
    return found


def _used_on_load(unit: Unit, statement: ir.Import) -> ir.Node | None:
    """Where the imported name is used while the file is loaded: as a base, a decorator, in a call or a default."""
    if statement.name is None and unit.language == "python":
        return None
    waiting: list[ir.Node] = [one for one in unit.module.body if not isinstance(one, ir.Import | ir.Export)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.Name) and node.id == statement.local:
            return node
        if isinstance(node, ir.Function):
            waiting += [*node.decorators, *(param.default for param in node.params if param.default is not None)]
        elif not isinstance(node, ir.Lambda | ir.Type):
            waiting += children(node)
    return None


def _knots(edges: _Edges) -> list[list[str]]:
    """The groups of files that reach each other (Tarjan's algorithm without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in edges:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            path, rest = work[-1]
            after = next(rest, None)
            if after is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[path])
                if low[path] == index[path]:
                    found.append(_popped(stack, on_stack, path))
            elif after in edges and after not in index:
                index[after] = low[after] = len(index)
                stack.append(after)
                on_stack.add(after)
                work.append((after, iter(edges[after])))
            elif after in on_stack:
                low[path] = min(low[path], index[after])
    return [sorted(knot) for knot in found if len(knot) > 1]


def _popped(stack: list[str], on_stack: set[str], path: str) -> list[str]:
    knot: list[str] = []
    while True:
        one = stack.pop()
        on_stack.discard(one)
        knot.append(one)
        if one == path:
            return knot


def _shortest(edges: _Edges, knot: list[str]) -> list[str]:
    """A shortest cycle of a knot, from its first file by name; of two files when there is such a cycle."""
    inside = set(knot)
    for path in knot:
        for after in edges[path]:
            if after in inside and path in edges[after]:
                return [path, after]
    return _around(edges, inside, knot[0])


def _around(edges: _Edges, inside: set[str], start: str) -> list[str]:
    before: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        path = waiting.popleft()
        for after in edges[path]:
            if after == start:
                cycle = [path]
                while cycle[-1] != start:
                    cycle.append(before[cycle[-1]])
                return cycle[::-1]
            if after in inside and after not in before:
                before[after] = path
                waiting.append(after)
    return []
