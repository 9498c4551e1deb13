"""Relations of TypeORM that are loaded when they are awaited, `members: Promise<Member[]>`, awaited for each row
(part of PERF201)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.experts.performance.detectors.entities import EntityTouch
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import OVER_ITEMS

_RELATIONS = frozenset({"OneToMany", "ManyToOne", "ManyToMany", "OneToOne"})
_BATCH = re.compile(r"(?i)batch|chunk")
_JOINS = frozenset({"leftJoinAndSelect", "innerJoinAndSelect", "leftJoinAndMapMany", "leftJoinAndMapOne"})
_CLASS_OF_PROMISES = "Promise"


@dataclass(slots=True)
class _Loop:
    """What is run for each item: the name of the item and what its rounds consist of."""

    item: str
    over: ir.Expr
    body: list[ir.Node] = field(default_factory=list)


def promised_touches(program: Program) -> Iterator[EntityTouch]:
    """Every lazily loaded relation that is awaited for each item of a list."""
    relations = _promised(program)
    if not relations:
        return
    awaiting = _awaiting(program, relations)
    for info in program.functions():
        if is_by_hand(info.unit, info) or info.unit.language == "java":
            continue
        told: set[str] = set()
        for loop in _loops(info):
            for node, relation, loads, loads_in in _touched(program, info, loop, relations, awaiting):
                if relation not in told and not _is_loaded(info, relation):
                    told.add(relation)
                    yield EntityTouch(info, loop.over, node, loads, loads_in)


def _promised(program: Program) -> set[str]:
    """The names of the relations that another query fills when they are awaited."""
    found: set[str] = set()
    if program.language == "java":
        return found
    for owner in program.classes.values():
        for one in owner.node.fields:
            kinds = [note for note in one.decorators if name_of(note) in _RELATIONS]
            if kinds and ((one.type is not None and one.type.name == _CLASS_OF_PROMISES) or any(map(_is_lazy, kinds))):
                found.add(one.name)
    return found


def _is_lazy(note: ir.Expr) -> bool:
    """`@ManyToOne(() => Guest, { lazy: true })`."""
    return any(
        isinstance(key, ir.Const) and key.value == "lazy" and isinstance(value, ir.Const) and value.value is True
        for one in within(note)
        if isinstance(one, ir.Mapping)
        for key, value in one.pairs
    )


def _awaiting(program: Program, relations: set[str]) -> dict[str, list[tuple[FunctionInfo, int, str, ir.Node]]]:
    """The functions that await a relation of one of their parameters, by name: `static async of(booking)`."""
    found: dict[str, list[tuple[FunctionInfo, int, str, ir.Node]]] = {}
    for info in program.functions():
        if not info.node.name:
            continue
        for number, param in enumerate(info.node.params):
            for node, relation in _awaited([*info.node.body], param.name, relations):
                found.setdefault(info.node.name, []).append((info, number, relation, node))
                break
    return found


def _awaited(body: list[ir.Node], item: str, relations: set[str]) -> Iterator[tuple[ir.Node, str]]:
    """`await team.members`, `team.members.then(…)`, and what is handed to `Promise.all`."""
    last = {id(part) for one in within(*body) if isinstance(one, ir.Throw) for part in within(one)}
    for node in within(*body):
        held = None
        if isinstance(node, ir.Await) or (isinstance(node, ir.Attr) and node.name in ("then", "catch")):
            held = node.value
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and name_of(node.func.value) == "Promise":
            given = node.args[0] if node.args else None
            for one in given.items if isinstance(given, ir.Sequence) else ():
                if _is_of(one, item, relations):
                    yield one, one.name  # type: ignore[attr-defined]
        if held is not None and id(node) not in last and _is_of(held, item, relations):
            yield held, held.name  # type: ignore[attr-defined]


def _is_of(node: ir.Expr, item: str, relations: set[str]) -> bool:
    return (
        isinstance(node, ir.Attr)
        and isinstance(node.value, ir.Name)
        and node.value.id == item
        and node.name in relations
    )


def _loops(info: FunctionInfo) -> Iterator[_Loop]:
    for node in in_body(info.node):
        if isinstance(node, ir.For) and isinstance(node.target, ir.Name):
            if not _BATCH.search(node.target.id) and not _ends(node.body):
                yield _Loop(node.target.id, node.iterable, [*node.body])
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name in OVER_ITEMS:
            given = node.args[0] if node.args else None
            if isinstance(given, ir.Lambda) and given.function.params:
                body = given.function.body
                yield _Loop(given.function.params[0].name, node.func.value, [*body])
            elif given is not None and len(node.args) == 1 and isinstance(given, ir.Name | ir.Attr):
                # `teams.map(toView)` is a call of it with each.
                yield _Loop("", node.func.value, [ir.Call(given.start, given.end, given, [ir.Name(0, 0, "")])])


def _ends(body: list[ir.Stmt]) -> bool:
    """Whether the first round is the last."""
    return any(isinstance(one, ir.Return | ir.Break | ir.Throw) for one in body)


def _touched(
    program: Program,
    info: FunctionInfo,
    loop: _Loop,
    relations: set[str],
    awaiting: dict[str, list[tuple[FunctionInfo, int, str, ir.Node]]],
) -> Iterator[tuple[ir.Node, str, ir.Node, FunctionInfo]]:
    """The places of a loop that load a relation, themselves or in a function that they call with the item."""
    for node, relation in _awaited(loop.body, loop.item, relations):
        yield node, relation, node, info
    for node in within(*loop.body):
        if not isinstance(node, ir.Call):
            continue
        for called, number, relation, loads in awaiting.get(name_of(node.func), ()):
            given = node.args[number] if number < len(node.args) else None
            if isinstance(given, ir.Name) and given.id == loop.item and _means(program, info, node.func, called):
                yield node, relation, loads, called


def _means(program: Program, info: FunctionInfo, func: ir.Expr, called: FunctionInfo) -> bool:
    """Whether a call is most likely of this function: a class's by the class, any other by a name that is one's own."""
    holder = func.value if isinstance(func, ir.Attr) else None
    if isinstance(holder, ir.Name) and holder.id[:1].isupper():
        owner = class_named(program, info.unit, holder.id)
        return owner is None or owner is called.owner
    if isinstance(holder, ir.Name) and holder.id == "this":
        return called.owner is info.owner
    return (holder is None) == (called.owner is None)


def _is_loaded(info: FunctionInfo, relation: str) -> bool:
    """Whether the function asks for the relation with its rows: `relations: { members: true }`, a join, a query
    of its own before the loop."""
    for node in in_body(info.node):
        if isinstance(node, ir.Call) and name_of(node.func) in _JOINS and node.args:
            first = node.args[0]
            if isinstance(first, ir.Const) and str(first.value).rpartition(".")[2] == relation:
                return True
        for key, value in node.pairs if isinstance(node, ir.Mapping) else ():
            if isinstance(key, ir.Const) and key.value in ("relations", "join", "relationLoadStrategy"):
                texts = {str(one.value) for one in within(value) if isinstance(one, ir.Const)}
                if relation in {text.partition(".")[0] for text in texts} | names_in(value):
                    return True
    return False
