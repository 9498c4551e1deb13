"""Pydantic's models that are filled from rows of an ORM: a field called like a relation loads it (part of PERF201)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of
from backend_advisor.experts.performance.detectors.names import class_named

VALIDATES = frozenset({"model_validate", "from_orm"})
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "tuple", "set", "Page", "LimitOffsetPage", "CursorPage"})
_ROUTES = frozenset({"get", "post", "put", "patch", "api_route"})
_DEPTH = 3


def shown_relations(program: Program, view: ClassInfo, wanted: set[str]) -> Iterator[ir.Field]:
    """The fields of a view model that read a relation of the row."""
    for owner in program.ancestry(view):
        for field in owner.node.fields:
            if field.name in wanted and field.type is not None and _of_classes(program, owner, field.type, _DEPTH):
                yield field


def view_named(program: Program, info: FunctionInfo, holder: ir.Expr) -> ClassInfo | None:
    """The model that `OrderView.model_validate(…)` fills."""
    return class_named(program, info.unit, holder.id) if isinstance(holder, ir.Name) else None


def answered_rows(program: Program, info: FunctionInfo) -> Iterator[tuple[ir.Expr, ClassInfo]]:
    """What a route returns, when its framework makes a list of view models of it: `response_model=list[OrderView]`."""
    view = _answer_model(program, info)
    if view is None:
        return
    for node in in_body(info.node):
        if isinstance(node, ir.Return) and isinstance(node.value, ir.Name | ir.Call | ir.Await):
            yield node.value, view


def _answer_model(program: Program, info: FunctionInfo) -> ClassInfo | None:
    routes = [
        one
        for one in info.node.decorators
        if isinstance(one, ir.Call) and isinstance(one.func, ir.Attr) and one.func.name in _ROUTES
    ]
    for route in routes:
        for key, value in route.keywords:
            if key == "response_model":
                inner = value.key if isinstance(value, ir.Index) and name_of(value.value) in _LISTS else None
                return class_named(program, info.unit, inner.id) if isinstance(inner, ir.Name) else None
    returns = info.node.returns if routes else None
    if returns is None or returns.name.rpartition(".")[2] not in _LISTS or len(returns.args) != 1:
        return None
    return class_named(program, info.unit, returns.args[0].name)


def _of_classes(program: Program, owner: ClassInfo, kind: ir.Type, depth: int) -> bool:
    """Whether a field's type is another class of the program, or a list of them."""
    if kind.name and class_named(program, owner.unit, kind.name) is not None:
        return True
    return depth > 0 and any(_of_classes(program, owner, one, depth - 1) for one in kind.args)
