"""Page sizes of Python that the client says and that nothing keeps down: `limit: int = 50` that reaches `.limit(limit)`
(PERF204)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import arguments, callee_of
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.experts.performance.detectors.python_rows import RowSources
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_SIZES = re.compile(r"(?i)^(?:limit|size|page_?size|per_?page|count|take|top|rows|max_?results|page_?limit|n)$")
_ASKED = re.compile(r"^(?:args|query|query_params|GET|rel_url|values|get_query_argument|get_argument)$")
_BOUNDS = frozenset({"min", "clamp", "clip", "range", "in", "validate"})
_ORDERS = frozenset({"<", ">", "<=", ">="})
_COMPARES = _ORDERS | {"in", "not in"}
_CAPS = frozenset({"le", "lt"})
_FOLLOWED = 3


def unlimited_sizes(context: CodeContext) -> Iterator[Match]:
    """Reads that return as many rows as the client asks for."""
    if context.program.language != "python":
        return
    sources = RowSources(context.program)
    told: set[int] = set()
    for info in context.program.functions():
        if not serves(context, info) or is_by_hand(info.unit, info):
            continue
        for holder, name, origin in (*_sizes(info), *_handed_on(context, info)):
            for where, node in _limits(context, sources, holder, name, _FOLLOWED):
                if id(node) in told:
                    continue
                told.add(id(node))
                yield Match(
                    location=context.location(where.unit, node),
                    values={"call": short(context.text(where.unit, node))},
                    confidence=Confidence.MEDIUM,
                    steps=((context.location(info.unit, origin), "step_size"),),
                )


def _handed_on(context: CodeContext, info: FunctionInfo) -> Iterator[tuple[FunctionInfo, str, ir.Node]]:
    """`store.page(int(request.args.get("limit", 20)))`."""
    for node in in_body(info.node):
        given = [*node.args, *(value for _, value in node.keywords)] if isinstance(node, ir.Call) else []
        if isinstance(node, ir.Call) and any(map(_is_asked, given)):
            callee = callee_of(context.program, info, node.func)
            for param, value in arguments(node, callee) if callee is not None else ():
                if callee is not None and _is_asked(value) and not _has_bound(value):
                    yield callee, param, value


def _sizes(info: FunctionInfo) -> Iterator[tuple[FunctionInfo, str, ir.Node]]:
    """The variables of a handler that hold a size as the client says it."""
    for param in info.node.params:
        if _SIZES.match(param.name) and _is_query_number(param):
            yield info, param.name, param
    for node in in_body(info.node):
        value = node.value if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) else None
        if value is not None and _is_asked(value) and not _has_bound(value):
            yield info, node.target.id, node  # type: ignore[attr-defined]


def _is_query_number(param: ir.Param) -> bool:
    """`limit: int = 50`, `size: Annotated[int, Query(ge=1)] = 20`: a number in the address with no greatest value."""
    kind = param.type
    notes: list[ir.Expr] = [param.default] if isinstance(param.default, ir.Call) else []
    if kind is not None and kind.name == "Annotated":
        notes += kind.metadata
        kind = kind.args[0] if kind.args else None
    if kind is None or kind.name != "int" or (param.default is None and not notes):
        return False
    if isinstance(param.default, ir.Const) and not isinstance(param.default.value, int):
        return False
    if any(not isinstance(one, ir.Call) or name_of(one.func) != "Query" for one in notes):
        return False
    return not any(key in _CAPS for one in notes if isinstance(one, ir.Call) for key, _ in one.keywords)


def _is_asked(value: ir.Expr) -> bool:
    """`int(request.args.get("limit", 20))`, `request.args.get("size", 20, type=int)`."""
    calls = [one for one in within(value) if isinstance(one, ir.Call) and name_of(one.func) in ("get", "getlist")]
    named = any(isinstance(one.args[0], ir.Const) and _SIZES.match(str(one.args[0].value)) for one in calls if one.args)
    by_client = any(isinstance(one, ir.Attr) and _ASKED.match(one.name) for call in calls for one in within(call.func))
    number = any(isinstance(one, ir.Name) and one.id == "int" for one in within(value))
    return named and by_client and number


def _has_bound(value: ir.Expr) -> bool:
    return any(
        (isinstance(one, ir.Call) and name_of(one.func) in _BOUNDS)
        or (isinstance(one, ir.Binary) and one.op in _ORDERS)
        for one in within(value)
    )


def _is_kept_down(info: FunctionInfo, name: str) -> bool:
    """Whether a function compares the size with anything, or chooses the smaller of two."""
    for node in in_body(info.node):
        if isinstance(node, ir.Binary) and node.op in _COMPARES:
            if name in names_in(node):
                return True
        elif (isinstance(node, ir.Call) and name_of(node.func) in _BOUNDS and name in names_in(*node.args)) or (
            isinstance(node, ir.Assign)
            and isinstance(node.target, ir.Name)
            and node.target.id == name
            and node.value is not None
            and not _is_asked(node.value)
        ):
            return True
    return False


def _limits(
    context: CodeContext, sources: RowSources, info: FunctionInfo, name: str, depth: int
) -> Iterator[tuple[FunctionInfo, ir.Expr]]:
    """The reads that a size decides: in the function, or in those that are given it."""
    if _is_kept_down(info, name):
        return
    for node in in_body(info.node):
        if isinstance(node, ir.Index) and isinstance(node.key, ir.Slice) and node.key.high is not None:
            if name in _added(node.key.high) and sources.behind(info, node.value) is not None:
                yield info, node
        elif isinstance(node, ir.Call):
            given = [*node.args, *(value for _, value in node.keywords)]
            if not any(isinstance(one, ir.Name) and one.id == name for one in given):
                continue
            if isinstance(node.func, ir.Attr) and node.func.name in ("limit", "to_list", "fetchmany"):
                yield info, node
            elif depth:
                callee = callee_of(context.program, info, node.func)
                for param, value in arguments(node, callee) if callee is not None and callee is not info else ():
                    if callee is not None and isinstance(value, ir.Name) and value.id == name:
                        yield from _limits(context, sources, callee, param, depth - 1)


def _added(high: ir.Expr) -> set[str]:
    """The names that the end of a slice is: `size`, `offset + size`."""
    if isinstance(high, ir.Name):
        return {high.id}
    if isinstance(high, ir.Binary) and high.op == "+":
        return {one.id for one in (high.left, high.right) if isinstance(one, ir.Name)}
    return set()
