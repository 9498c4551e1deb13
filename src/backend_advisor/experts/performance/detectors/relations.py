"""Relations that an ORM loads when they are touched, touched in a loop over what a query gave (part of PERF201)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.names import candidates, class_named
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Survey
from backend_advisor.rules.registry import CodeContext

_FETCHES = re.compile(rb"(?i)\bjoin\s+fetch\b|entity_?graph|fetchgraph|loadgraph")
_EAGER_WORDS = ("select_related", "prefetch_related", "joinedload", "selectinload", "subqueryload", "contains_eager")
_ALREADY = frozenset(
    {"values", "values_list", "count", "exists", "aggregate", "first", "last", "get", "in_bulk", "dates"}
)
_SAFE_PARTS = frozenset({"id", "pk", "getId"})


@dataclass(slots=True)
class Touch:
    """A relation read for each item of a loop."""

    unit: Unit
    node: ir.Node
    over: ir.Expr
    relation: str
    model: ClassInfo
    around: ir.Node
    """The loop."""


def relations_of(program: Program, model: ClassInfo, reverse: Mapping[str, set[str]]) -> set[str]:
    """The fields of a class that another query fills when they are read."""
    found: set[str] = set()
    for one in program.ancestry(model):
        for field in one.node.fields:
            if _is_lazy(program, one.unit, field):
                found.add(field.name)
    if found or model.node.fields:
        found |= reverse.get(model.node.name, set())
    return found


def _is_lazy(program: Program, unit: Unit, field: ir.Field) -> bool:
    calls, decorators = program.roles.calls, program.roles.decorators
    for name in candidates(unit, field.value) if isinstance(field.value, ir.Call) else ():
        role = calls.get(name)
        if role is not None and "db.lazy" in role.does and not _is_eager(field.value):
            return True
    for note in field.decorators:
        for name in candidates(unit, note):
            role = decorators.get(name)
            if role is not None and "db.lazy" in role.does:
                return not _is_eager(note) and ("db.eager" not in role.does or _says(note, "LAZY"))
    return False


def _reverse(program: Program) -> dict[str, set[str]]:
    """What the foreign keys of all classes add to the classes they name: their `related_name`, or `…_set`."""
    found: dict[str, set[str]] = {}
    for other in program.classes.values():
        for field in other.node.fields:
            call = field.value
            if not isinstance(call, ir.Call) or not call.args or not _is_lazy(program, other.unit, field):
                continue
            target = call.args[0]
            name = target.value if isinstance(target, ir.Const) else name_of(target)
            if not isinstance(name, str) or not any(key in ("related_name", "on_delete") for key, _ in call.keywords):
                continue
            stated = next((value for key, value in call.keywords if key == "related_name"), None)
            if isinstance(stated, ir.Const) and isinstance(stated.value, str):
                found.setdefault(name, set()).add(stated.value)
            elif stated is None:
                found.setdefault(name, set()).add(f"{other.node.name.lower()}_set")
    return found


def _is_eager(node: ir.Expr | None) -> bool:
    if not isinstance(node, ir.Call):
        return False
    for key, value in node.keywords:
        if key == "lazy" and isinstance(value, ir.Const):
            return value.value in (
                "joined",
                "selectin",
                "subquery",
                "immediate",
                "raise",
                "write_only",
                "noload",
                False,
            )
    return _says(node, "EAGER")


def _says(node: ir.Expr, word: str) -> bool:
    return any(isinstance(part, ir.Attr) and part.name == word for part in within(node)) or any(
        isinstance(part, ir.Name) and part.id == word for part in within(node)
    )


class Relations:
    """Finds the touches in a program; knows the relations of each class once."""

    def __init__(self, context: CodeContext, seen: Survey) -> None:
        self._program = context.program
        self._seen = seen
        self._known: dict[str, set[str]] = {}
        self._reverse = _reverse(context.program)

    def touches(self) -> Iterator[Touch]:
        """Every relation touched in a loop over a query that did not load it."""
        if not any(self._has(model) for model in self._program.classes.values()):
            return
        for info in self._program.functions():
            if not is_by_hand(info.unit, info):
                yield from self._in_function(info)

    def _has(self, model: ClassInfo) -> bool:
        return bool(self.of(model))

    def of(self, model: ClassInfo) -> set[str]:
        """The relations of a class."""
        if model.name not in self._known:
            self._known[model.name] = relations_of(self._program, model, self._reverse)
        return self._known[model.name]

    def _in_function(self, info: FunctionInfo) -> Iterator[Touch]:
        if info.unit.language == "java" and _FETCHES.search(info.unit.module.source, info.node.start, info.node.end):
            return  # which of several queries it was, and what that one loaded, is not followed
        nodes = list(in_body(info.node))
        given = {
            one.target.id: one
            for one in nodes
            if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.value is not None
        }
        for node in nodes:
            if isinstance(node, ir.For) and isinstance(node.target, ir.Name):
                yield from self._in_loop(info, node, node.target.id, node.iterable, node.body, given)
            elif isinstance(node, ir.Comprehension) and isinstance(node.clauses[0][0], ir.Name):
                target, over, conditions = node.clauses[0]
                body: list[ir.Node] = [node.element, *conditions, *(clause[1] for clause in node.clauses[1:])]
                yield from self._in_loop(info, node, target.id, over, body, given)  # type: ignore[attr-defined]

    def _in_loop(
        self,
        info: FunctionInfo,
        loop: ir.Node,
        item: str,
        over: ir.Expr,
        body: list[ir.Node] | list[ir.Stmt],
        given: dict[str, ir.Assign],
    ) -> Iterator[Touch]:
        query, stated = query_of(over, given)
        model = self._model(info, query, stated)
        if model is None or query is None:
            return
        loaded, everything = eager_relations(query, self._seen)
        wanted = {name for name in self.of(model) if name not in loaded}
        if not wanted or everything:
            return
        written = {id(one.target) for one in within(*body) if isinstance(one, ir.Assign)}
        # What a round that ends the loop touches is loaded once.
        last = [one for one in within(*body) if isinstance(one, ir.Throw | ir.Return)]
        written |= {id(part) for one in last for part in within(one)}
        told: set[str] = set()
        for node in within(*body):
            relation = _touched(node, item, wanted)
            if relation is not None and relation not in told and id(node) not in written:
                told.add(relation)
                yield Touch(info.unit, node, over, relation, model, loop)

    def _model(self, info: FunctionInfo, query: ir.Expr | None, stated: ir.Type | None) -> ClassInfo | None:
        """The class of the items that a query gives."""
        for kind in stated.args if stated is not None else ():
            found = class_named(self._program, info.unit, kind.name)
            if found is not None:
                return found if self.of(found) and _runs_query(query, self._seen) else None
        if query is None or _calls(query) & _ALREADY:
            return None
        for node in within(query):
            if isinstance(node, ir.Name) and node.id[:1].isupper():
                found = class_named(self._program, info.unit, node.id)
                if found is not None and self.of(found):
                    return found
        return None


def _runs_query(query: ir.Expr | None, seen: Survey) -> bool:
    for node in within(query):
        spot = seen.spots.get(id(node))
        if spot is not None and spot.call is not None and "db.query" in spot.call.role.does:
            return not spot.call.properties.get("fetch") and "db.eager" not in spot.call.role.does
    return False


def query_of(over: ir.Expr, given: dict[str, ir.Assign]) -> tuple[ir.Expr | None, ir.Type | None]:
    """The query behind what a loop goes over: it itself, or what its name was given."""
    stated: ir.Type | None = None
    for _ in range(4):
        while isinstance(over, ir.Await | ir.Cast) or (isinstance(over, ir.Index) and isinstance(over.key, ir.Slice)):
            over = over.value
        root = _root(over)
        if isinstance(root, ir.Name) and root.id in given:
            assigned = given[root.id]
            stated = stated or assigned.type
            if assigned.value is None or root.id in {n.id for n in within(assigned.value) if isinstance(n, ir.Name)}:
                return None, stated
            if over is not root and _calls(over):
                return (ir.Sequence(over.start, over.end, "tuple", [over, assigned.value]), stated)
            over = assigned.value
            continue
        break
    return (over if isinstance(over, ir.Call | ir.Attr | ir.Index) else None), stated


def _root(expression: ir.Expr) -> ir.Expr:
    at = expression
    while True:
        if isinstance(at, ir.Call):
            at = at.func
        elif isinstance(at, ir.Attr | ir.Await | ir.Cast | ir.Index):
            at = at.value
        else:
            return at


def _calls(query: ir.Expr) -> set[str]:
    return {name_of(node.func) for node in within(query) if isinstance(node, ir.Call)}


def eager_relations(query: ir.Expr, seen: Survey) -> tuple[set[str], bool]:
    """The relations that a query loads with its rows, and whether it may load all."""
    loaded: set[str] = set()
    for node in within(query):
        if not isinstance(node, ir.Call):
            continue
        name = name_of(node.func)
        spot = seen.spots.get(id(node))
        does = spot.call.role.does if spot is not None and spot.call is not None else ()
        if name in _EAGER_WORDS or "db.eager" in does:
            if not node.args:
                return loaded, True
            for argument in node.args:
                for part in within(argument):
                    if isinstance(part, ir.Const) and isinstance(part.value, str):
                        loaded.add(part.value.split("__")[0])
                    elif isinstance(part, ir.Attr):
                        loaded.add(part.name)
                    elif isinstance(part, ir.Name) and isinstance(argument, ir.Spread):
                        return loaded, True
    return loaded, False


def _touched(node: ir.Node, item: str, relations: set[str]) -> str | None:
    """The relation that an expression loads: `item.author.name`, `item.tags.all()`, `order.getItems().size()`."""
    if isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == item:
        return node.name if node.name in relations else None
    if not isinstance(node, ir.Attr) or node.name in _SAFE_PARTS:
        return None
    got = node.value
    if isinstance(got, ir.Call) and isinstance(got.func, ir.Attr) and not got.args:
        holder, name = got.func.value, got.func.name
        field = name[3:4].lower() + name[4:] if name.startswith("get") else name
        if isinstance(holder, ir.Name) and holder.id == item and field in relations:
            return field
    return None
