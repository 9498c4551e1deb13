"""The options that a read of an ORM of JavaScript is given, `findMany({ where, orderBy, take })`, as far as they are
written out: in the call, in a variable of the function, or in a function of the program that gives them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, names_in, own, within
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.survey import Spot
from backend_advisor.rules.registry import CodeContext

_LIMITS = frozenset({"take", "limit"})
_FOLLOWED = 2
_BOUNDS = frozenset({"min", "max", "clamp"})


@dataclass(slots=True)
class Options:
    """What a read is given, and whether that is all there may be."""

    given: dict[str, ir.Expr] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    """What is there only when the value that it is made from is there."""
    is_all: bool = True

    @property
    def has_limit(self) -> bool:
        """Whether a limit stands there, or may stand where it is not seen."""
        return not self.is_all or not _LIMITS.isdisjoint(self.given)

    @property
    def optional_limit(self) -> ir.Expr | None:
        """A limit that nobody but the caller sets, so that there may be none."""
        limits = _LIMITS.intersection(self.given)
        return self.given[next(iter(limits))] if self.is_all and len(limits) == 1 and limits <= self.optional else None


def options_of(context: CodeContext, spot: Spot) -> Options:
    """The options of a call: its arguments that are objects."""
    found = Options()
    body = list(in_body(spot.info.node)) if spot.info is not None else []
    reader = _Reader(context, spot, found)
    for one in spot.node.args if isinstance(spot.node, ir.Call) else ():
        if not isinstance(one, ir.Const | ir.Attr | ir.Text):
            reader.read(one, spot.info, body, _FOLLOWED)
    return found


class _Reader:
    def __init__(self, context: CodeContext, spot: Spot, found: Options) -> None:
        self._context = context
        self._spot = spot
        self._found = found

    def read(self, value: ir.Expr, info: FunctionInfo | None, body: list[ir.Node], depth: int) -> None:
        if isinstance(value, ir.Await | ir.Cast):
            self.read(value.value, info, body, depth)
        elif isinstance(value, ir.Mapping):
            self._written(value, info, body, depth)
        elif isinstance(value, ir.Name) and depth:
            self._variable(value.id, info, body, depth - 1)
        elif isinstance(value, ir.Call) and depth:
            self._made_by(value, info, depth - 1)
        else:
            self._found.is_all = False

    def _written(self, value: ir.Mapping, info: FunctionInfo | None, body: list[ir.Node], depth: int) -> None:
        for key, one in value.pairs:
            if isinstance(key, ir.Const) and isinstance(key.value, str):
                self._set(key.value, one, one, info, body)
            elif key is None and isinstance(one, ir.Conditional):  # `...(limit ? { take: limit } : {})`
                for way in (one.then, one.otherwise):
                    self._spread(way, one.test, info, body)
            elif key is None and isinstance(one, ir.Logic) and one.op == "and":
                self._spread(one.operands[-1], one.operands[0], info, body)
            elif key is None:
                self.read(one, info, body, depth)
            else:
                self._found.is_all = False

    def _spread(self, way: ir.Expr, test: ir.Expr, info: FunctionInfo | None, body: list[ir.Node]) -> None:
        if not isinstance(way, ir.Mapping) or any(not isinstance(key, ir.Const) for key, _ in way.pairs):
            self._found.is_all = False
            return
        for key, one in way.pairs:
            self._set(str(getattr(key, "value", "")), one, test, info, body)

    def _set(
        self, name: str, value: ir.Expr, decides: ir.Expr, info: FunctionInfo | None, body: Iterable[ir.Node]
    ) -> None:
        """An option, and what decides whether it is there: the value itself, or a test around it."""
        self._found.given[name] = value
        tested = decides is not value
        missing = bool(names_in(decides) & names_in(value)) if tested else _may_be_missing(value)
        if missing and not _has_default(names_in(value), info, body):
            self._found.optional.add(name)

    def _variable(self, name: str, info: FunctionInfo | None, body: list[ir.Node], depth: int) -> None:
        """`const options = { … }`, and what is set on it afterwards: `if (limit) options.limit = limit`."""
        assigned = [one for one in body if isinstance(one, ir.Assign) and one.value is not None]
        made = [one.value for one in assigned if isinstance(one.target, ir.Name) and one.target.id == name]
        if len(made) != 1 or made[0] is None:
            self._found.is_all = False
            return
        self.read(made[0], info, body, depth)
        tests = {id(part): one.test for one in body if isinstance(one, ir.If) for part in one.then}
        for one in assigned:
            target = one.target
            if isinstance(target, ir.Attr) and isinstance(target.value, ir.Name) and target.value.id == name:
                value = one.value or target
                self._set(target.name, value, tests.get(id(one), value), info, body)

    def _made_by(self, call: ir.Call, info: FunctionInfo | None, depth: int) -> None:
        """`findAll(optionsFor(query))`: the object that a function of the program gives."""
        called = function_named(self._context.program, self._spot.unit, call.func, info)
        gives = [one for one in own(*called.node.body) if isinstance(one, ir.Return)] if called is not None else []
        if called is None or len(gives) != 1 or gives[0].value is None:
            self._found.is_all = False
        else:
            self.read(gives[0].value, called, list(in_body(called.node)), depth)


def _may_be_missing(value: ir.Expr) -> bool:
    """`limit ? Number(limit) : undefined`; what a request holds has no value when it was not sent."""
    if isinstance(value, ir.Conditional):
        return any(isinstance(one, ir.Const) and one.value is None for one in (value.then, value.otherwise))
    if isinstance(value, ir.Logic):
        return value.op == "and"
    holder = value.value if isinstance(value, ir.Attr) else None
    return isinstance(holder, ir.Attr) and holder.name == "query"


def _has_default(names: set[str], info: FunctionInfo | None, body: Iterable[ir.Node]) -> bool:
    """Whether a name has a value in any case: `{ limit = 20 }`, `const limit = Number(query.limit) || 20`."""
    params = [part for param in (info.node.params if info is not None else ()) for part in within(param.pattern)]
    if info is not None and any(param.name in names and param.default is not None for param in info.node.params):
        return True
    for one in (*params, *body):
        if isinstance(one, ir.AssignExpr) and one.op is None and names & names_in(one.target):
            return True
        made = one.value if isinstance(one, ir.Assign) and names & names_in(one.target) else None
        if any(_bounds(part) for part in within(made)):
            return True
    return False


def _bounds(node: ir.Node) -> bool:
    if isinstance(node, ir.Logic | ir.Conditional):
        return True
    func = node.func if isinstance(node, ir.Call) else None
    return isinstance(func, ir.Attr) and func.name in _BOUNDS
