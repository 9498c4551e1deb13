"""The calls of a program that play a role, each with what stands around it: made once for a program."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.seen import CallSeen, Reach
from backend_advisor.code.tree import LEAVES, children, name_of
from backend_advisor.experts.performance.detectors.names import class_named, stands_for
from backend_advisor.rules.registry import CodeContext

_DERIVED = re.compile(r"^(?!getReferenceById$)(?:find|read|get|query|search|stream|count|exists)\w*By[A-Z]\w*$")
_REPOSITORY = "org.springframework.data.repository.Repository"
OVER_ITEMS = frozenset(
    ["map", "forEach", "filter", "some", "every", "flatMap", "reduce", "anyMatch", "allMatch", "noneMatch", "mapToObj",
     "mapToInt", "mapToLong", "mapToDouble", "peek", "removeIf", "forEachOrdered", "takeWhile", "dropWhile", "each"]
)  # fmt: skip
"""Methods that run a function on each item of what they are called on."""

_CLOSED = LEAVES | {ir.Define, ir.Class}


@dataclass(slots=True)
class Spot:
    """A call and everything around it in its function, outermost first (lambdas do not end it, functions do)."""

    unit: Unit
    info: FunctionInfo | None
    node: ir.Node
    path: tuple[ir.Node, ...]
    call: CallSeen | None = None
    reach: Reach | None = None

    def inner(self, number: int) -> ir.Node:
        """What of the node at this place of the path holds the call."""
        return self.path[number + 1] if number + 1 < len(self.path) else self.node


class Survey:
    """Calls that perform acts and calls of the program's functions that do, by act, in order of place."""

    def __init__(self, context: CodeContext) -> None:
        self.calls: dict[str, list[Spot]] = {}
        self.reaches: list[Spot] = []
        self.callbacks: list[Spot] = []
        self.derived: list[Spot] = []
        """Calls of a repository's methods that are queries by their name."""
        self.inside: dict[int, list[Spot]] = {}
        self.spots: dict[int, Spot] = {}
        self.reached: dict[int, list[Spot]] = {}
        """The calls of the program's own functions, by the identity of their nodes."""
        self.at: dict[tuple[str, int], list[CallSeen]] = {}
        wanted: dict[str, dict[int, list[CallSeen | Reach]]] = {}
        everything: list[CallSeen | Reach] = [*context.seen.calls.values(), *context.seen.reaches.values()]
        for seen in everything:
            if isinstance(seen, CallSeen):
                self.at.setdefault((seen.unit.path, seen.node.start), []).append(seen)
                if not seen.role.does:
                    continue
            wanted.setdefault(seen.unit.path, {}).setdefault(id(seen.node), []).append(seen)
        for path in _with_repositories(context.program):
            wanted.setdefault(path, {})
        for path, several in wanted.items():
            unit = context.program.units[path]
            for node, around in _found(unit, several.keys()):
                if id(node) not in several and not _names_callback(node):
                    spot = Spot(unit, _function_of(context.program, around), node, around)
                    if _is_repository(context.program, spot):
                        self.derived.append(spot)
                elif id(node) not in several:
                    self.callbacks.append(Spot(unit, _function_of(context.program, around), node, around))
                for seen in several.get(id(node), ()):
                    self._add(seen, node, around)

    def _add(self, seen: CallSeen | Reach, node: ir.Node, around: tuple[ir.Node, ...]) -> None:
        if isinstance(seen, Reach):
            self.reaches.append(Spot(seen.unit, seen.info, node, around, reach=seen))
            self.reached.setdefault(id(node), []).append(self.reaches[-1])
            self.inside.setdefault(id(seen.info), []).append(self.reaches[-1])
            return
        spot = Spot(seen.unit, seen.info, node, around, call=seen)
        self.spots[id(node)] = spot
        self.inside.setdefault(id(seen.info), []).append(spot)
        for act in seen.role.does:
            self.calls.setdefault(act, []).append(spot)

    def of_node(self, node: ir.Node) -> list[Spot]:
        """Every function of the program that a call may reach."""
        return self.reached.get(id(node), [])

    def asking(self, path: str) -> list[Spot]:
        """The calls of a file that ask the database, themselves or through others."""
        reaching = (spot for spot in self.reaches if spot.reach is not None and "db.query" in spot.reach.acts)
        return [spot for spot in (*self.calls.get("db.query", ()), *reaching) if spot.unit.path == path]

    def of(self, *acts: str) -> Iterator[Spot]:
        """Every call that performs one of these acts, each once."""
        told: set[int] = set()
        for act in acts:
            for spot in self.calls.get(act, ()):
                if id(spot.node) not in told:
                    told.add(id(spot.node))
                    yield spot


_surveys: WeakKeyDictionary[Program, Survey] = WeakKeyDictionary()


def survey(context: CodeContext) -> Survey:
    """The survey of the context's program."""
    known = _surveys.get(context.program)
    if known is None:
        known = _surveys[context.program] = Survey(context)
    return known


def _found(unit: Unit, wanted: Any) -> Iterator[tuple[ir.Node, tuple[ir.Node, ...]]]:
    """The wanted nodes of a file with what is around each, up to the function."""
    found: dict[int, tuple[ir.Node, tuple[ir.Node, ...]]] = {}
    path: list[ir.Node] = []

    def visit(node: ir.Node) -> None:
        if id(node) in wanted or (type(node) is ir.Call and (_names_callback(node) or _is_derived(unit, node))):
            found.setdefault(id(node), (node, tuple(path)))
        if type(node) in _CLOSED:
            return
        path.append(node)
        for child in children(node):
            visit(child)
        path.pop()

    for root in _roots(unit):
        path.clear()
        try:
            visit(root)
        except RecursionError:
            continue
    return iter(sorted(found.values(), key=lambda one: one[0].start))


def _is_derived(unit: Unit, node: ir.Call) -> bool:
    """`orders.findByCustomerId(id)`: Spring Data makes the query from the method's name."""
    return unit.language == "java" and isinstance(node.func, ir.Attr) and _DERIVED.match(node.func.name) is not None


def asks_by_name(program: Program, spot: Spot, given: ir.Reference) -> bool:
    """`orders::findByCustomerId`: a query of a repository by its name."""
    call = ir.Call(given.start, given.end, given, [])
    return _is_derived(spot.unit, call) and _is_repository(program, replace(spot, node=call))


def _is_repository(program: Program, spot: Spot) -> bool:
    holder = spot.node.func.value if isinstance(spot.node, ir.Call) and isinstance(spot.node.func, ir.Attr) else None
    name = holder.id if isinstance(holder, ir.Name) else holder.name if isinstance(holder, ir.Attr) else None
    if name is None or spot.info is None:
        return False
    typed: list[ir.Param | ir.Field] = [param for param in spot.info.node.params if param.name == name]
    if spot.info.owner is not None and name in spot.info.owner.fields:
        typed.append(spot.info.owner.fields[name])
    return any(_keeps_rows(program, spot.unit, one.type) for one in typed)


def _keeps_rows(program: Program, unit: Unit, kind: ir.Type | None) -> bool:
    """Whether a type is a repository of Spring Data."""
    if kind is None:
        return False
    owner = class_named(program, unit, kind.name)
    if owner is None:
        return stands_for(program, unit, kind.name) == _REPOSITORY
    return any(_REPOSITORY in program.roles.ancestry(base) for base in program.foreign_bases(owner))


def _with_repositories(program: Program) -> Iterator[str]:
    """The files whose classes hold a repository: their queries may have no other role than their name."""
    for unit in program.units.values() if program.language == "java" else ():
        owners = _classes(unit.module.body)
        if any(_keeps_rows(program, unit, one.type) for owner in owners for one in owner.fields):
            yield unit.path


def _names_callback(node: ir.Node) -> bool:
    """`items.map(load)`: a function of the program by its name, run for each item."""
    return (
        isinstance(node, ir.Call)
        and isinstance(node.func, ir.Attr)
        and node.func.name in OVER_ITEMS
        and len(node.args) == 1
        and isinstance(handed_over(node), ir.Name | ir.Attr)
    ) or _collects(node)


COLLECTORS = frozenset({"toMap", "toConcurrentMap", "toUnmodifiableMap", "groupingBy", "partitioningBy", "mapping"})


def _collects(node: ir.Node) -> bool:
    """`rows.stream().collect(Collectors.toMap(Row::id, details::load))`: Java's way to run a function for each row."""
    return (
        isinstance(node, ir.Call)
        and isinstance(node.func, ir.Attr)
        and node.func.name == "collect"
        and len(node.args) == 1
        and isinstance(handed_over(node), ir.Reference)
    )


def handed_over(node: ir.Call) -> ir.Expr:
    """The function that is run for each item, also where its answer is turned around: `Predicate.not(this::known)`,
    `known.negate()`."""
    given = node.args[0]
    if isinstance(given, ir.Call) and name_of(given.func) in COLLECTORS and given.args:
        # The key is mostly a field of the row; what asks for more stands last, before a function that merges.
        asked = [one for one in given.args[:2] if isinstance(one, ir.Reference)]
        return asked[-1] if asked else given
    if isinstance(given, ir.Call) and isinstance(given.func, ir.Attr) and given.func.name == "negate":
        return given.func.value
    turned = isinstance(given, ir.Call) and len(given.args) == 1 and isinstance(given.func, ir.Name | ir.Attr)
    if turned and isinstance(given, ir.Call):
        called = given.func.id if isinstance(given.func, ir.Name) else getattr(given.func, "name", "")
        return given.args[0] if called == "not" else given
    return given


def _function_of(program: Program, around: tuple[ir.Node, ...]) -> FunctionInfo | None:
    for node in reversed(around):
        found = program.infos.get(id(node))
        if isinstance(found, FunctionInfo):
            return found
    return None


def _roots(unit: Unit) -> Iterator[ir.Node]:
    yield from unit.module.body
    for info in unit.functions:
        if info.node.name:
            yield info.node
    for owner in _classes(unit.module.body):
        yield from owner.fields


def _classes(body: list[ir.Stmt]) -> Iterator[ir.Class]:
    waiting = [one.definition for one in body if isinstance(one, ir.Define) and isinstance(one.definition, ir.Class)]
    while waiting:
        owner = waiting.pop()
        yield owner
        waiting += owner.classes
