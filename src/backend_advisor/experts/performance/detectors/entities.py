"""Entities of Spring Data repositories whose relations are loaded one by one while a list of them is gone through."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.performance.detectors.names import class_named, stands_for
from backend_advisor.experts.performance.detectors.relations import Relations
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import OVER_ITEMS, Spot, Survey
from backend_advisor.model import Confidence

_LISTS = frozenset({"List", "Collection", "Set", "Iterable", "Stream", "Page", "Slice", "ArrayList", "Streamable"})
_KEEPS_ITEMS = frozenset(
    {"stream", "parallelStream", "filter", "sorted", "distinct", "limit", "skip", "peek", "getContent", "toList"}
)
_FETCHES = re.compile(r"(?i)\bfetch\b")
_BATCHED = frozenset({"BatchSize", "Fetch", "LazyCollection"})
_REPOSITORY_READS = "org.springframework.data.repository.Repository.find"


@dataclass(frozen=True, slots=True)
class EntityTouch:
    """A relation loaded for each entity: where the loop goes over it, and the place that loads it."""

    info: FunctionInfo
    query: ir.Expr
    node: ir.Node
    loads: ir.Node
    loads_in: FunctionInfo
    confidence: Confidence = Confidence.MEDIUM


@dataclass(frozen=True, slots=True)
class Body:
    """What is run for each item, and the name of the item in it."""

    info: FunctionInfo
    item: str
    nodes: tuple[ir.Node, ...]
    at: ir.Node


def entity_touches(program: Program, seen: Survey, relations: Relations) -> Iterator[EntityTouch]:
    """Every relation that is loaded for each row of a repository's answer."""
    if program.language != "java":
        return
    told: set[int] = set()
    for spot in list_queries(seen):
        info = spot.info
        if info is None or is_by_hand(spot.unit, info):
            continue
        model = _model(program, spot, info)
        wanted = _lazy(program, model, relations) if model is not None else set()
        if model is None or not wanted:
            continue
        for body in bodies(program, spot, info, model):
            for touch in _touches(program, spot, info, body, wanted):
                if id(touch.node) not in told:
                    told.add(id(touch.node))
                    yield touch


_STATED = "org.springframework.data.jpa.repository.Query"
"""What a repository's method stands for that has a statement of its own, or one by its name."""


def list_queries(seen: Survey) -> Iterator[Spot]:
    """The calls of repositories that give many rows."""
    for spot in seen.of("db.read_all"):
        if spot.call is not None and spot.call.role.name.startswith(_REPOSITORY_READS):
            yield spot
    for spot in seen.of("db.query"):
        if spot.call is not None and spot.call.role.name == _STATED and "db.read" in spot.call.role.does:
            yield spot
    yield from seen.derived


def _model(program: Program, spot: Spot, info: FunctionInfo) -> ClassInfo | None:
    """The entity that a repository's method gives a list of, unless the method fetches its relations too."""
    call = spot.node
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr):
        return None
    kind = _stated(info, call.func.value)
    repository = class_named(program, info.unit, kind.name) if kind is not None else None
    if repository is None:
        return entity_of(program, info.unit, kind.name) if kind is not None else None
    for method in repository.methods.get(call.func.name, ()):
        returns = method.node.returns
        if returns is not None and returns.name.rpartition(".")[2] not in _LISTS:
            return None
        if any(name_of(note) == "EntityGraph" or _says_fetch(note) for note in method.node.decorators):
            return None
    if call.func.name not in repository.methods and not call.func.name.startswith("findAll"):
        return None
    for base in repository.node.base_types:
        for kind in base.args[:1]:
            return class_named(program, repository.unit, kind.name)
    return None


def entity_of(program: Program, unit: Unit, repository: str) -> ClassInfo | None:
    """The class that a repository outside of the program keeps, by its name: `Order` of `OrderRepository`."""
    name = re.sub(r"Repo(?:sitory)?$", "", repository)
    return class_named(program, unit, name) if stands_for(program, unit, repository) != repository else None


def _holder(program: Program, info: FunctionInfo, holder: ir.Expr) -> ClassInfo | None:
    """The class of the program that a parameter or field of this name is stated to be."""
    kind = _stated(info, holder)
    return class_named(program, info.unit, kind.name) if kind is not None else None


def _stated(info: FunctionInfo, holder: ir.Expr) -> ir.Type | None:
    name = name_of(holder)
    typed: list[ir.Param | ir.Field] = [param for param in info.node.params if param.name == name]
    if info.owner is not None and name in info.owner.fields:
        typed.append(info.owner.fields[name])
    return typed[0].type if typed else None


def _says_fetch(note: ir.Expr) -> bool:
    return any(
        isinstance(part, ir.Const) and isinstance(part.value, str) and _FETCHES.search(part.value)
        for part in within(note)
    )


def _lazy(program: Program, model: ClassInfo, relations: Relations) -> set[str]:
    """The relations that are loaded one entity at a time."""
    batched = {
        field.name
        for one in program.ancestry(model)
        for field in one.node.fields
        if any(name_of(note) in _BATCHED for note in (*field.decorators, *one.node.decorators))
    }
    return relations.of(model) - batched


def bodies(program: Program, spot: Spot, info: FunctionInfo, model: ClassInfo | None) -> Iterator[Body]:
    """What is done for each row: of the query itself, or of the variable that it is kept in."""
    inner: ir.Node = spot.node
    for node in reversed(spot.path):
        if isinstance(node, ir.Assign):
            if node.value is inner and isinstance(node.target, ir.Name) and isinstance(inner, ir.Expr):
                yield from _of_variable(program, info, node.target.id, model)
            return
        if isinstance(node, ir.For):
            if node.iterable is inner and isinstance(node.target, ir.Name):
                yield Body(info, node.target.id, tuple(node.body), node.target)
            return
        if isinstance(node, ir.Call):
            found = _for_each(program, info, node, model)
            if found is not None:
                yield found
            if name_of(node.func) not in _KEEPS_ITEMS:
                return
        elif not isinstance(node, ir.Attr):
            return
        inner = node


def _of_variable(program: Program, info: FunctionInfo, name: str, model: ClassInfo | None) -> Iterator[Body]:
    for node in within(*info.node.body):
        if isinstance(node, ir.For) and isinstance(node.iterable, ir.Name) and node.iterable.id == name:
            if isinstance(node.target, ir.Name):
                yield Body(info, node.target.id, tuple(node.body), node.target)
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and _comes_from(node.func.value, name):
            found = _for_each(program, info, node, model)
            if found is not None:
                yield found


def _comes_from(expression: ir.Expr, name: str) -> bool:
    """Whether the items are still those of the variable: `orders.stream().filter(…)`."""
    while isinstance(expression, ir.Call) and isinstance(expression.func, ir.Attr):
        if expression.func.name not in _KEEPS_ITEMS:
            return False
        expression = expression.func.value
    return isinstance(expression, ir.Name) and expression.id == name


def _for_each(program: Program, info: FunctionInfo, call: ir.Call, model: ClassInfo | None) -> Body | None:
    """`….map(order -> …)`, `….map(OrderDto::new)`, `….forEach(this::send)`."""
    if name_of(call.func) not in OVER_ITEMS or len(call.args) != 1:
        return None
    given = call.args[0]
    if isinstance(given, ir.Lambda):
        params = given.function.params
        return Body(info, params[0].name, tuple(given.function.body), given) if len(params) == 1 else None
    if isinstance(given, ir.Attr):
        callee = _meant(program, info, given)
        if callee is not None and (model is None or callee.owner is not model) and len(callee.node.params) == 1:
            return Body(callee, callee.node.params[0].name, tuple(callee.node.body), given)
    return None


def _meant(program: Program, info: FunctionInfo, name: ir.Expr, count: int = 1) -> FunctionInfo | None:
    """The function of the program that is called: a constructor, a static or own method, a method of a field."""
    owner: ClassInfo | None
    if isinstance(name, ir.Attr):
        holder = name.value
        is_own = isinstance(holder, ir.Name) and holder.id == "this"
        owner = info.owner if is_own else _holder(program, info, holder)
        if owner is None and isinstance(holder, ir.Name):
            owner = class_named(program, info.unit, holder.id)
        wanted = owner.node.name if owner is not None and name.name == "new" else name.name
    elif isinstance(name, ir.Name):
        owner, wanted = class_named(program, info.unit, name.id), name.id
        if owner is None:
            owner = info.owner
    else:
        return None
    several = program.method(owner, wanted) if owner is not None else []
    fitting = [one for one in several if len(one.node.params) == count and one.node.body]
    return fitting[0] if len(fitting) == 1 else None


def _touches(program: Program, spot: Spot, info: FunctionInfo, body: Body, wanted: set[str]) -> Iterator[EntityTouch]:
    query = spot.node
    if not isinstance(query, ir.Expr):
        return
    here = body.info is info
    loads = _first_load(body, wanted)
    if loads is not None:
        yield EntityTouch(info, query, loads if here else body.at, loads, body.info)
        return
    for node in within(*body.nodes):
        if not isinstance(node, ir.Call):
            continue
        for number, argument in enumerate(node.args):
            if not isinstance(argument, ir.Name) or argument.id != body.item:
                continue
            callee = _meant(program, body.info, node.func, len(node.args))
            if callee is None or callee is body.info:
                continue
            inside = Body(callee, callee.node.params[number].name, tuple(callee.node.body), node)
            loads = _first_load(inside, wanted)
            if loads is not None:
                yield EntityTouch(info, query, node if here else body.at, loads, callee)
                return


def _first_load(body: Body, wanted: set[str]) -> ir.Node | None:
    """Where a relation of the item is really read: `item.getLines().size()`, `for (Line l : item.getLines())`, also
    through a variable: `User user = item.getUser(); user.getName()`."""
    kept = {
        one.target.id: one.value
        for one in within(*body.nodes)
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and isinstance(one.value, ir.Call)
    }
    for node in within(*body.nodes):
        got = node.value if isinstance(node, ir.Attr) else node.iterable if isinstance(node, ir.For) else None
        if got is None or (isinstance(node, ir.Attr) and node.name in ("id", "getId")):
            continue
        got = kept.get(got.id, got) if isinstance(got, ir.Name) else got
        if isinstance(got, ir.Call) and isinstance(got.func, ir.Attr) and not got.args:
            holder, name = got.func.value, got.func.name
            field = name[3:4].lower() + name[4:] if name.startswith("get") else name
            if isinstance(holder, ir.Name) and holder.id == body.item and field in wanted:
                return got
    return None
