"""Where the rows of a loop of Python come from: the model of an ORM, followed through names and functions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.callees import arguments, callee_of, class_of
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of
from backend_advisor.experts.performance.detectors.names import class_named

_NO_ROWS = frozenset(
    ["values", "values_list", "count", "exists", "aggregate", "first", "last", "get", "in_bulk", "dates", "datetimes",
     "with_entities", "mappings", "tuples", "partitions", "group_by", "pluck", "scalar", "one", "one_or_none", "items"]
)  # fmt: skip
"""What gives something else than objects of the model, or one object."""
_SENDS = frozenset({"scalars", "execute", "exec", "stream_scalars", "stream"})
"""A session's methods that are given the statement."""
_KEEPS = frozenset({"list", "sorted", "reversed", "set", "tuple", "Paginator", "iter", "aiter"})
_MANAGERS = frozenset({"objects", "query", "_default_manager"})
_LOADS = re.compile(rb"\b(?:select_related|prefetch_related|joinedload|selectinload|subqueryload|contains_eager)\b")
_FOLLOWED = 4
_CALLS_LOOKED_AT = 12
"""A name that is called in more places than this is seldom one function."""


@dataclass(slots=True)
class Rows:
    """What a query gives: objects of `model`; `calls` are those that the query is made of, slices among them."""

    model: ClassInfo
    calls: list[ir.Expr]


class RowSources:
    """Finds the query behind an expression; knows once which functions of the program load relations."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._loading: set[str] | None = None
        self._called: dict[str, list[tuple[FunctionInfo, ir.Call]]] | None = None

    def of(self, info: FunctionInfo, over: ir.Expr) -> Rows | None:
        """The rows that a loop goes over; None when it is not plain, or when their relations may be loaded."""
        rows = self.behind(info, over)
        if rows is None or any(name_of(one) in _NO_ROWS for one in rows.calls):
            return None
        loads = any(name_of(one) in self._loads_elsewhere() for one in rows.calls) or self._manager_loads(rows.model)
        return None if loads else rows

    def behind(self, info: FunctionInfo, over: ir.Expr) -> Rows | None:
        """The query behind an expression, whatever it gives."""
        calls: list[ir.Expr] = []
        model = self._follow(info, over, calls, _FOLLOWED)
        return Rows(model, calls) if model is not None else None

    def loads(self, query: ir.Expr, model: ClassInfo) -> bool:
        """Whether a method of the program that the query is made of, or the model's manager, loads relations."""
        return any(name_of(one) in self._loads_elsewhere() for one in _chain(query)) or self._manager_loads(model)

    def _follow(
        self, info: FunctionInfo, over: ir.Expr, calls: list[ir.Expr], depth: int, me: ClassInfo | None = None
    ) -> ClassInfo | None:
        """`me` is the class that the method is called on, which says what `self.model` of its base is."""
        me = me or info.owner
        while True:
            if isinstance(over, ir.Await | ir.Cast):
                over = over.value
            elif isinstance(over, ir.Index) and isinstance(over.key, ir.Slice):
                calls.append(over)
                over = over.value
            elif isinstance(over, ir.Attr):
                if over.name in _MANAGERS and isinstance(over.value, ir.Name):
                    return class_named(self._program, info.unit, over.value.id)
                over = over.value
            elif isinstance(over, ir.Conditional):
                # Of two ways to the same rows either may load their relations.
                self._follow(info, over.otherwise, calls, depth, me)
                over = over.then
            elif isinstance(over, ir.Name):
                return self._of_name(info, over.id, calls, depth, me)
            elif isinstance(over, ir.Call):
                made = self._made_by_function(info, over, calls, depth, me)
                if made is not None:
                    return made
                calls.append(over)
                asked = _asked(over)
                if asked is not None:
                    return self._model_named(info, asked, me)
                before = _before(over)
                if before is None:
                    return None
                over = before
            else:
                return None

    def _model_named(self, info: FunctionInfo, asked: ir.Name | ir.Attr, me: ClassInfo | None) -> ClassInfo | None:
        """The model that a name or `self.model` means."""
        if isinstance(asked, ir.Name):
            return class_named(self._program, info.unit, asked.id)
        for owner in self._program.ancestry(me) if me is not None and name_of(asked.value) in ("self", "cls") else ():
            stated = owner.fields.get(asked.name)
            if stated is not None and isinstance(stated.value, ir.Name):
                return class_named(self._program, owner.unit, stated.value.id)
        return None

    def _of_name(
        self, info: FunctionInfo, name: str, calls: list[ir.Expr], depth: int, me: ClassInfo | None
    ) -> ClassInfo | None:
        """What a variable was given first; what was added to the query later counts as well."""
        first: list[ir.Expr] = []
        for value in assigned(info, name):
            (first if _root(value) != name else calls).append(value)
        if not first and depth and any(one.name == name for one in info.node.params):
            return self._of_param(info, name, calls, depth)
        if len(first) != 1 or not depth:
            return None
        calls += [part for one in calls if _root(one) == name for part in _chain(one)]
        return self._follow(info, first[0], calls, depth - 1, me)

    def _of_param(self, info: FunctionInfo, name: str, calls: list[ir.Expr], depth: int) -> ClassInfo | None:
        """What the only caller in the program gives: `totals(session.scalars(statement))`."""
        callers = [
            (caller, call)
            for caller, call in self._calls_of(info.node.name)
            if caller is not info and callee_of(self._program, caller, call.func) is info
        ]
        if len(callers) != 1 or len(self._calls_of(info.node.name)) > _CALLS_LOOKED_AT:
            return None
        caller, call = callers[0]
        given = next((value for key, value in arguments(call, info) if key == name), None)
        return self._follow(caller, given, calls, depth - 1) if given is not None else None

    def _calls_of(self, name: str) -> list[tuple[FunctionInfo, ir.Call]]:
        if self._called is None:
            self._called = {}
            for info in self._program.functions():
                for call in (one for one in in_body(info.node) if isinstance(one, ir.Call)):
                    self._called.setdefault(name_of(call.func), []).append((info, call))
        return self._called.get(name, [])

    def _made_by_function(
        self, info: FunctionInfo, call: ir.Call, calls: list[ir.Expr], depth: int, me: ClassInfo | None
    ) -> ClassInfo | None:
        callee = callee_of(self._program, info, call.func) if depth else None
        if callee is None or callee is info:
            return None
        given = given_back(callee)
        if given is None:
            return None
        held = call.func.value if isinstance(call.func, ir.Attr) else None
        own = me if held is None or name_of(held) == "self" else class_of(self._program, info, held)
        return self._follow(callee, given, calls, depth - 1, own)

    def _loads_elsewhere(self) -> set[str]:
        """The functions of the program that load relations: `Order.objects.with_lines()`."""
        if self._loading is None:
            self._loading = {
                info.node.name
                for info in self._program.functions()
                if _LOADS.search(info.unit.module.source, info.node.start, info.node.end)
            }
        return self._loading

    def _manager_loads(self, model: ClassInfo) -> bool:
        """Whether the model's own manager may load relations with every query."""
        for one in self._program.ancestry(model):
            made = one.fields.get("objects")
            for name in names(made.value) if made is not None and made.value is not None else ():
                manager = class_named(self._program, one.unit, name)
                if manager is not None and _LOADS.search(
                    manager.unit.module.source, manager.node.start, manager.node.end
                ):
                    return True
        return False


def _asked(call: ir.Call) -> ir.Name | ir.Attr | None:
    """The class that `select(Order)` or `session.query(Order)` asks for, also as `select(self.model)`."""
    given = call.args[0] if len(call.args) == 1 else None
    by_name = name_of(call.func) == ("select" if isinstance(call.func, ir.Name) else "query")
    if not by_name or not isinstance(given, ir.Name | ir.Attr):
        return None
    return given if isinstance(given, ir.Name) or name_of(given.value) in ("self", "cls") else None


def _before(call: ir.Call) -> ir.Expr | None:
    """What a call goes on from: the query before it in the chain, or the one that it is given."""
    if isinstance(call.func, ir.Attr) and not (call.func.name in _SENDS and call.args):
        return call.func.value
    given = call.args[0] if call.args else None
    return given if isinstance(call.func, ir.Attr) or name_of(call.func) in _KEEPS else None


def given_back(info: FunctionInfo) -> ir.Expr | None:
    """What a function returns, when it is one thing; `Order.objects.none()` is what it returns to nobody."""
    given = [one.value for one in in_body(info.node) if isinstance(one, ir.Return) and one.value is not None]
    rows = [one for one in given if not isinstance(one, ir.Const | ir.Sequence) and name_of(one) != "none"]
    return rows[0] if len(rows) == 1 else None


def names(expression: ir.Expr) -> Iterator[str]:
    """The names along an expression: `OrderManager.from_queryset(OrderQuerySet)()`."""
    waiting: list[ir.Expr] = [expression]
    while waiting:
        at = waiting.pop()
        if isinstance(at, ir.Name):
            yield at.id
        elif isinstance(at, ir.Attr):
            waiting.append(at.value)
        elif isinstance(at, ir.Call):
            waiting += [at.func, *at.args]


def assigned(info: FunctionInfo, name: str) -> list[ir.Expr]:
    """Everything that a variable is given in a function."""
    return [
        one.value
        for one in in_body(info.node)
        if isinstance(one, ir.Assign)
        and isinstance(one.target, ir.Name)
        and one.target.id == name
        and one.value is not None
    ]


def _chain(expression: ir.Expr) -> Iterator[ir.Expr]:
    """The calls that an expression is chained of."""
    while isinstance(expression, ir.Call | ir.Attr | ir.Await):
        if isinstance(expression, ir.Call):
            yield expression
            expression = expression.func
        else:
            expression = expression.value


def _root(expression: ir.Expr) -> str:
    while isinstance(expression, ir.Call | ir.Attr | ir.Await | ir.Index):
        expression = expression.func if isinstance(expression, ir.Call) else expression.value
    return expression.id if isinstance(expression, ir.Name) else ""
