"""Routes, and what was seen in a program by function and by place."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen, Handler, Reach
from backend_advisor.code.tree import of_kind
from backend_advisor.experts.security.detectors.words import IDENTITY_FIELD, REQUEST, dotted
from backend_advisor.rules.registry import CodeContext

_VERBS = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "del": "DELETE",
    "head": "GET",
}
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WRITES = frozenset({"db.write", "db.write_many", "orm.save"})
ASKING = frozenset({"jwt.verify", "auth.check", "hmac.verify", "webhook.verify"})


@dataclass(slots=True, eq=False)
class Route:
    """One function that answers requests. `methods` is empty when any method may reach it."""

    info: FunctionInfo
    unit: Unit
    node: ir.Node
    methods: frozenset[str]
    path: str
    handler: Handler | None
    guards: frozenset[str] = frozenset()
    """Names in its decorators, parameters and middleware, and those of its class."""
    asks: bool = False
    """Whether it, its class or its middleware asks who calls."""
    covered: bool = False
    """Whether the application asks who calls before it gets there."""
    is_left_open: bool = False
    """Whether the application says in one place, with the paths that it closes, that anybody may call it."""
    stopped: bool = False
    """Whether a middleware of the program given before it turns some people away, for who they are."""
    limited: bool = False
    idle: frozenset[str] = frozenset()
    """Parameters that hold the token of a request, and that its body never looks at."""
    asks_right: bool = False
    """Whether its middleware is given the name of a right: `auth("orders:read")`."""
    names: frozenset[str] = frozenset()
    """Names in its body."""
    acts: frozenset[str] = frozenset()

    @property
    def changes(self) -> bool:
        """Whether it is registered for a method that changes state."""
        return bool(self.methods & _CHANGING) if self.methods else bool(self.acts & _WRITES)

    @property
    def label(self) -> str:
        """How people call it: `POST /orders`, or its function's name."""
        verb = "/".join(sorted(self.methods)) if self.methods else ""
        place = self.path or self.info.node.name or self.info.name
        return f"{verb} {place}".strip()


@dataclass(slots=True)
class Facts:
    """What was seen, by function and by place."""

    calls: dict[int, list[CallSeen]] = field(default_factory=lambda: defaultdict(list))
    reaches: dict[int, list[Reach]] = field(default_factory=lambda: defaultdict(list))
    at: dict[tuple[str, int, int], list[CallSeen]] = field(default_factory=lambda: defaultdict(list))
    into: dict[tuple[str, int, int], list[FunctionInfo]] = field(default_factory=lambda: defaultdict(list))
    called: set[int] = field(default_factory=set)
    callers: dict[int, list[Reach]] = field(default_factory=lambda: defaultdict(list))

    def acts(self, info: FunctionInfo) -> frozenset[str]:
        """What a function does, itself or through the program's other functions."""
        own = {act for call in self.calls.get(id(info), ()) for act in call.role.does}
        return frozenset(own.union(*(reach.acts for reach in self.reaches.get(id(info), ()))))


def gather(context: CodeContext) -> Facts:
    facts = Facts()
    for call in context.seen.calls.values():
        facts.at[call.unit.path, call.node.start, call.node.end].append(call)
        for info in _outward(call.info):
            facts.calls[id(info)].append(call)
    for reach in context.seen.reaches.values():
        facts.into[reach.unit.path, reach.node.start, reach.node.end].append(reach.callee)
        facts.called.add(id(reach.callee))
        facts.callers[id(reach.callee)].append(reach)
        for info in _outward(reach.info):
            facts.reaches[id(info)].append(reach)
    return facts


def _outward(info: FunctionInfo | None) -> list[FunctionInfo]:
    found: list[FunctionInfo] = []
    while info is not None and len(found) < 8:
        found.append(info)
        info = info.outer
    return found


def verb_of(node: ir.Node | None) -> frozenset[str]:
    called = node.func if isinstance(node, ir.Call) else node
    name = called.name if isinstance(called, ir.Attr) else called.id if isinstance(called, ir.Name) else ""
    word = re.sub(r"_?mapping$|^require_|^api_", "", name.lower())
    verb = _VERBS.get(word)
    return frozenset({verb}) if verb is not None else frozenset()


def body_words(info: FunctionInfo) -> set[str]:
    """Names called or tested in a function's body."""
    function = info.node
    found = {node.id for node in of_kind(function, ir.Name)}
    for attribute in (*of_kind(function, ir.Attr), *of_kind(function, ir.Reference)):
        found.add(attribute.name)
        holder = attribute.value
        if isinstance(holder, ir.Name) and REQUEST.match(holder.id) and IDENTITY_FIELD.match(attribute.name):
            found.add("current_user")
    found.update(dotted(call.func).rpartition(".")[2] for call in of_kind(function, ir.Call))
    keys = (index.key for index in of_kind(function, ir.Index))
    found.update(key.value for key in keys if isinstance(key, ir.Const) and isinstance(key.value, str))
    return found


def file_of(expression: ir.Expr, unit: Unit, context: CodeContext) -> Unit | None:
    if isinstance(expression, ir.Attr):
        expression = expression.value
    if isinstance(expression, ir.Name):
        statement = unit.imports.get(expression.id)
        return context.program.locate(statement, unit) if statement is not None else None
    if isinstance(expression, ir.Call) and isinstance(expression.func, ir.Name) and expression.args:
        first = expression.args[0]
        if expression.func.id == "require" and isinstance(first, ir.Const) and isinstance(first.value, str):
            return context.program.locate(ir.Import(0, 0, "", first.value), unit)
        return file_of(expression.func, unit, context)
    return None
